package identify

import (
	"context"
	"encoding/base64"
	"errors"
	"hash/maphash"
	"strings"
	"time"

	"sallyport"
	"sallyport/password"
	"sallyport/problem"
)

// maxBasic is the longest credential of Basic, in base64.
const maxBasic = (password.MaxUsername + 1 + password.MaxPassword + 2) / 3 * 4

// Basic checks usernames and passwords (RFC 7617) against argon2id hashes: those
// of the configuration first, then the store's.
type Basic struct {
	// Users are those of the configuration, by their names as password.Username
	// has them.
	Users map[string]*HeldPassword
	// Passwords are the store's; nil if there are none.
	Passwords Passwords
	Checker   *password.Checker
	// Decoys are hashes that no password has, one for each cost that hashes of
	// users have: a name that nobody has is checked against one of them. It needs
	// one at least.
	Decoys []string
	// Keep is how long a password that was right is right again without being
	// hashed; zero is never.
	Keep time.Duration
	Now  func() time.Time

	seed maphash.Seed
}

// HeldPassword is one password's hash and whom it proves.
type HeldPassword struct {
	// Hash is argon2id in PHC form.
	Hash       string
	Credential *sallyport.Credential
}

// NewBasic makes a method that knows nobody yet.
func NewBasic(checker *password.Checker, now func() time.Time) *Basic {
	return &Basic{Users: make(map[string]*HeldPassword), Checker: checker, Now: now, seed: maphash.MakeSeed()}
}

// Check implements Method. A name that nobody has, a wrong password and a user
// whose time has ended look the same, and take the same time: the password is
// checked before anything else is asked.
func (b *Basic) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	username, given, err := basicCredentials(secret)
	if err != nil {
		return nil, problem.Refuse(problem.CredentialsInvalid, "The Basic credentials are not well-formed.").Because(err)
	}
	hash, holder, err := b.find(x.Context, username)
	if err != nil {
		return nil, err
	}
	right, err := b.Checker.Check(x.Context, username, given, hash, b.Keep)
	switch {
	case err != nil:
		return nil, b.undecided(err)
	case holder == nil:
		return nil, badPassword("unknown user")
	case !right:
		return nil, badPassword("wrong password")
	case !holder.Expires.IsZero() && !b.Now().Before(holder.Expires):
		return nil, badPassword("user expired")
	}
	return holder, nil
}

// Account implements Accountant: the username, whether anybody has it or not.
func (b *Basic) Account(secret string) string {
	username, _, err := basicCredentials(secret)
	if err != nil {
		return ""
	}
	return username
}

// Holders implements Known.
func (b *Basic) Holders() []*sallyport.Credential {
	var all []*sallyport.Credential
	for _, held := range b.Users {
		all = append(all, held.Credential)
	}
	return all
}

// AsksStore tells whether the store is asked about a username: the
// configuration's own users stand before it.
func (b *Basic) AsksStore(username string) bool {
	name, err := password.Username(username)
	return b.Passwords != nil && err == nil && b.Users[name] == nil
}

// find is the hash that the password of a user must have. For a name that nobody
// has it is one that no password has, and no holder.
func (b *Basic) find(ctx context.Context, username string) (hash string, holder *sallyport.Credential, err error) {
	if held, ok := b.Users[username]; ok {
		return held.Hash, held.Credential, nil
	}
	if b.Passwords == nil {
		return b.decoy(username), nil, nil
	}
	hash, holder, err = b.Passwords.Password(ctx, username)
	switch {
	case unavailable(err):
		return "", nil, problem.Fail(problem.KeysUnavailable, err).With("Retry-After", "5")
	case err != nil || holder == nil:
		return b.decoy(username), nil, nil
	}
	return hash, ofBasic(holder), nil
}

// ofBasic is a holder of the store as one who is proved by a password.
func ofBasic(holder *sallyport.Credential) *sallyport.Credential {
	if holder.Kind == "basic" {
		return holder
	}
	proved := *holder
	proved.Kind = "basic"
	return &proved
}

// decoy is the same each time for one name, as a user's hash is: else a second
// request would tell by its time that nobody has the name.
func (b *Basic) decoy(username string) string {
	return b.Decoys[maphash.String(b.seed, username)%uint64(len(b.Decoys))]
}

func (b *Basic) undecided(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return problem.Fail(problem.Overloaded, err).With("Retry-After", "2")
	}
	return problem.Fail(problem.KeysUnavailable, err).With("Retry-After", "5")
}

func badPassword(why string) error {
	return problem.Refuse(problem.CredentialsInvalid, "The username or the password is not right.").Because(reason(why))
}

const (
	badBasicLong   = reason("credentials too long")
	badBasicBase64 = reason("credentials not base64")
	badBasicColon  = reason("credentials without a colon")
)

// basicCredentials reads a username and a password (RFC 7617 §2). The first
// colon ends the username, which can have none; the password may.
func basicCredentials(secret string) (username, given string, err error) {
	if len(secret) > maxBasic {
		return "", "", badBasicLong
	}
	if strings.ContainsAny(secret, "\r\n") { // which the decoder skips
		return "", "", badBasicBase64
	}
	var room [maxBasic / 4 * 3]byte
	n, err := base64.StdEncoding.Strict().Decode(room[:], []byte(secret))
	if err != nil {
		return "", "", badBasicBase64
	}
	username, given, colon := strings.Cut(string(room[:n]), ":")
	if !colon {
		return "", "", badBasicColon
	}
	if username, err = password.Username(username); err != nil {
		return "", "", reason("username: " + err.Error())
	}
	if given, err = password.Prepare(given); err != nil {
		return "", "", reason("password: " + err.Error())
	}
	return username, given, nil
}
