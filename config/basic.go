package config

import (
	"reflect"
	"strings"
)

// Basic is the users of HTTP Basic (RFC 7617). Without users and file they are
// the store's.
type Basic struct {
	Place `json:"-"`

	// The users. No password stands here, only its hash.
	Users []User `yaml:"users"`
	// A file that holds such a list under users, besides those that stand here.
	File string `yaml:"file" path:""`
	// Ask the store for users that are not listed. Without users and file it is
	// asked anyway.
	Store bool `yaml:"store"`
	// How long a password that was right is right again without being hashed.
	// What is kept of it is a keyed hash, in memory alone; a password that is
	// changed is refused at once.
	Cache Duration `yaml:"cache" default:"5m" off:""`
}

// User is one who comes in with a username and a password.
type User struct {
	Place `json:"-"`

	// The username, to the letter; it can have no colon.
	Username string `yaml:"username" required:""`
	// The argon2id hash of the password, as sallyport password prints it.
	Hash PasswordHash `yaml:"hash" required:""`
	// What the user is called in logs, in limits and to the backend. Several
	// users may be one consumer. Without it, the username.
	Consumer string `yaml:"consumer"`
	// The scopes that the user was granted.
	Scopes []string `yaml:"scopes"`
	// The roles that the user has.
	Roles []string `yaml:"roles"`
	// When the user is let in no longer: a date (at its beginning, UTC) or a time
	// such as 2027-01-31T12:00:00Z. Without it, never.
	Expires Time `yaml:"expires"`
}

func (b *Basic) check(c *decoder) {
	if b.File != "" {
		b.Users = append(b.Users, c.userFile(b.File, b)...)
	}
	if len(b.Users) == 0 && b.Wrote("users") && !b.Wrote("file") && !b.Store {
		c.wrong(b.PositionOf("users"), "list users, or remove the key to ask the store", "without a user nobody can come in")
	}
	seen := make(map[string]bool, len(b.Users))
	for i := range b.Users {
		u := &b.Users[i]
		if u.Username != "" && seen[u.Username] {
			c.wrong(u.PositionOf("username"), "give every user a name of their own", "the user %q stands in the list twice", u.Username)
		}
		seen[u.Username] = true
		if strings.Contains(u.Username, ":") {
			c.wrong(u.PositionOf("username"), "take another name", "a username cannot have a colon: it ends there (RFC 7617 §2)")
		}
		if u.Consumer == "" {
			u.Consumer = u.Username
		}
	}
}

func (d *decoder) userFile(path string, b *Basic) []User {
	var set struct {
		Place
		Users []User `yaml:"users" required:""`
	}
	d.listFile(reflect.ValueOf(&set).Elem(), path, b.PositionOf("file"))
	return set.Users
}

// AsksStore tells whether users are the store's, too.
func (b *Basic) AsksStore() bool { return b.Store || len(b.Users) == 0 && !b.Wrote("file") }

// PasswordHash is the argon2id hash of a password in PHC form; whether it is
// well-formed is not judged here.
type PasswordHash string

func (*PasswordHash) wanted() (string, string) {
	return "a password's hash", "what sallyport password prints: $argon2id$…"
}

func (h *PasswordHash) set(text string) error {
	if !strings.HasPrefix(text, "$argon2id$") {
		// Whoever wrote the password itself here shall not find it in a log.
		return &errHidden{"a password's hash has another form, and a password itself must not stand here", "write what sallyport password prints: $argon2id$…"}
	}
	*h = PasswordHash(text)
	return nil
}
