package config

import (
	"net/url"
	"slices"
	"strings"
)

// Store says where is kept who may come in: consumers, their keys, what was
// revoked. It is opened where a scheme needs it, or where it is written.
type Store struct {
	Place `json:"-"`

	// sqlite:PATH, a file of this machine that is made where there is none, for
	// one node; or postgres://USER@HOST/NAME, for several. A URL with a password
	// is written as ${NAME} or file:PATH, or has ${NAME} in place of the password.
	URL StoreURL `yaml:"url" default:"sqlite:sallyport.db"`
	// How long callers that are remembered may go on while the store cannot be
	// asked, from the last time that it answered. After that everybody is turned
	// away until it answers (503); off waits for nothing. Whoever is not
	// remembered is turned away at once.
	Stale Duration `yaml:"stale" default:"15m" off:""`
	// How long the store may take for one answer.
	Timeout Duration `yaml:"timeout" default:"2s"`
	// How many keys are remembered, at some 700 bytes each.
	Cache int `yaml:"cache" default:"100000"`
}

func (*Store) shorthand() string { return "url" }

// maxCache is the most keys that may be remembered: some 7 GB.
const maxCache = 10_000_000

func (s *Store) check(d *decoder) {
	if s.Cache > maxCache {
		d.wrong(s.PositionOf("cache"), "write at most 10000000", "%d keys would be some %d GB of memory", s.Cache, s.Cache*700>>30)
	}
}

// StoreURL is where a store is: a file of SQLite, or PostgreSQL.
type StoreURL struct {
	// SQLite is the path of the file; "" where it is PostgreSQL.
	SQLite string
	// Postgres is the whole URL, its password included.
	Postgres Secret
}

// String is the URL as a log may show it: without password and parameters.
func (s StoreURL) String() string {
	if s.SQLite != "" {
		return "sqlite:" + s.SQLite
	}
	u, err := url.Parse(s.Postgres.Reveal())
	if err != nil {
		return "postgres"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		shown.User = url.User(name)
	}
	return shown.String()
}

// NeedsStore tells whether the store must be open to serve this: it is written,
// a secret is in it, or a scheme asks it.
func (c *Config) NeedsStore() bool {
	if c.Wrote("store") || len(c.Stored) > 0 {
		return true
	}
	for i := range c.APIs {
		for _, s := range c.APIs[i].Identify {
			if s.Key != nil && s.Key.AsksStore() || s.Basic != nil && s.Basic.AsksStore() || s.Certificate != nil && s.Certificate.Store {
				return true
			}
		}
	}
	return false
}

func (d *decoder) storeURL(to *StoreURL, s scalar) {
	text := s.text
	if strings.HasPrefix(s.written, "file:") {
		var held Secret
		if d.secret(&held, s); held.Reveal() == "" {
			return
		}
		text = held.Reveal()
	}
	const remedy = "write sqlite:PATH or postgres://USER@HOST/NAME"
	path, isFile := strings.CutPrefix(text, "sqlite:")
	switch {
	case isFile && (path == "" || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "?\x00")):
		d.wrong(s.at, "write sqlite:PATH, without parameters", "%s names no file", d.here())
	case isFile:
		to.SQLite = d.resolve(path)
	case !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://"):
		d.wrong(s.at, remedy, "%s is neither a file of SQLite nor a URL of PostgreSQL", d.here())
	default:
		d.postgresURL(to, text, s)
	}
}

// postgresURL shows nothing of the text: it may hold a password.
func (d *decoder) postgresURL(to *StoreURL, text string, s scalar) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" && u.Query().Get("host") == "":
		d.wrong(s.at, "write postgres://USER@HOST/NAME; signs such as @ and / in a password are written %40 and %2F", "%s is no URL of PostgreSQL", d.here())
	case passwordShown(s):
		d.wrong(s.at, "write ${NAME} in its place, or ${NAME} or file:PATH for the whole URL", "the password of %s must not stand here in the clear", d.here())
	default:
		*to = StoreURL{Postgres: NewSecret(text)}
	}
}

// passwordShown tells whether a file or a flag holds a password.
func passwordShown(s scalar) bool {
	if fromEnvironment(s) {
		return false
	}
	u, err := url.Parse(strings.NewReplacer("${", "", "}", "").Replace(s.written))
	if err != nil {
		return false // the written text is a reference as a whole
	}
	password, _ := u.User.Password()
	passwords := append(slices.Concat(u.Query()["password"], u.Query()["sslpassword"]), password)
	return slices.ContainsFunc(passwords, func(p string) bool { return p != "" && !strings.Contains(s.written, "${"+p+"}") })
}
