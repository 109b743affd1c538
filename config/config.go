// Package config reads sallyport.yaml: which addresses are listened on, which
// APIs are protected, and everything about them that their OpenAPI documents
// have no word for.
//
// It reads strictly. An unknown key, a value of the wrong kind, a setting that
// contradicts another one: each is a mistake with file, line and column, with
// what was found and what would be right, and all of them are reported at once.
// Nothing is ever ignored. A secret stands in the file as a reference only.
// Strings may name environment variables as ${NAME}.
//
// The package judges what can be judged without the documents. Whether a scheme
// or an operation that the file names is there, is for whoever has both; every
// struct knows its place in the file for that.
//
// The comments of the fields are the manual: docs/reference/configuration.md
// and the JSON Schema for editors are made of them.
package config

import (
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"sallyport/source"
)

//go:generate go test -run TestGenerated -write .

// Config is one configuration, complete: what the file leaves out has its
// default.
type Config struct {
	Place `json:"-"`

	// The addresses that clients connect to. Without any, it is one on
	// loopback.
	Listen []Listener `yaml:"listen"`
	// The listener for operators: health, readiness and metrics.
	Admin Admin `yaml:"admin"`
	// Addresses or prefixes of the proxies in front of the gateway. The client
	// that Forwarded or X-Forwarded-For names is believed only if it comes from
	// one of them; from anybody else both are dropped.
	TrustedProxies []Prefix `yaml:"trusted_proxies"`
	// How large requests may be before it is known what they ask for.
	Sizes Sizes `yaml:"sizes"`
	// How long clients may take.
	Timeouts Timeouts `yaml:"timeouts"`
	// What is counted of failures to identify, and what comes of them.
	Guessing Guessing `yaml:"guessing"`
	// What is logged, and where.
	Log Log `yaml:"log"`
	// How the gateway's own error answers look.
	Problems Problems `yaml:"problems"`
	// Where is kept who may come in. A URL is short for the rest.
	Store Store `yaml:"store"`
	// Where the master key is that makes the store's secrets and hashes worth
	// nothing to whoever steals it.
	Keyring Keyring `yaml:"keyring"`
	// The APIs that are protected, each by its OpenAPI document.
	APIs []API `yaml:"apis" required:""`

	// Files are the files that were read: the configuration itself, lists of
	// keys, secrets. A change in one of them is a reason to load again.
	Files []string `yaml:"-"`
	// Stored are the secrets that lie in the store. They are to be filled before
	// anything is made of the configuration.
	Stored []*StoredSecret `yaml:"-"`
}

// Sizes bound requests before they are matched. More than that is refused.
type Sizes struct {
	Place `json:"-"`

	// All header fields of a request together (431).
	HeaderBytes Size `yaml:"header_bytes" default:"32KiB"`
	// The number of header fields of a request (431).
	HeaderCount int `yaml:"header_count" default:"100"`
	// The request target: path and query (414).
	TargetBytes Size `yaml:"target_bytes" default:"8KiB"`
	// All bodies that are held in memory at one time. What would go beyond is
	// refused for the moment (503).
	HeldBodies Size `yaml:"held_bodies" default:"256MiB"`
	// What checking passwords may take at one time: 19 MiB for each, unless its
	// hash says otherwise. No more than half of the processor's cores check
	// passwords either. What would go beyond waits for two seconds at most, and
	// is then refused for the moment (503).
	PasswordMemory Size `yaml:"password_memory" default:"256MiB"`
}

// Timeouts bound how long a client may take.
type Timeouts struct {
	Place `json:"-"`

	// From the first byte of a request to the end of its header fields, and for
	// the handshake of TLS.
	Header Duration `yaml:"header" default:"10s"`
	// How long a client may be slow: it is given up when it has sent of a body,
	// or taken of an answer, less than min_rate for so long. A client that gets
	// on may take as long as it needs; time in which the backend is waited for
	// does not count. In HTTP/2 and HTTP/3 it bounds a body as a whole, and each
	// piece of an answer.
	Body Duration `yaml:"body" default:"60s"`
	// The bytes a second that a client has to send of a body, or to take of an
	// answer, on average over the time that body says.
	MinRate Size `yaml:"min_rate" default:"240"`
	// A connection without a request is closed after this time.
	Idle Duration `yaml:"idle" default:"75s"`
	// How long requests under way are waited for when the gateway stops.
	Drain Duration `yaml:"drain" default:"30s" off:""`
}

// Log says what is logged, and where.
type Log struct {
	Place `json:"-"`

	// The form of a line.
	Format string `yaml:"format" default:"json" choices:"json text"`
	// The least important lines that are written.
	Level string `yaml:"level" default:"info" choices:"debug info warn error"`
	// Which requests leave a line: all, only those that were refused, failed
	// or observed, or none.
	Requests string `yaml:"requests" default:"all" choices:"all refused none"`
	// Where lines go: stdout, stderr, or a file that is appended to.
	Output string `yaml:"output" default:"stdout" path:"stdout stderr"`
}

// Problems says how the gateway's own error answers look.
type Problems struct {
	Place `json:"-"`

	// What is put before the name of a kind of problem to make its type
	// (RFC 9457 §3.1.1), such as https://api.example.com/problems/.
	Base string `yaml:"base" default:"urn:sallyport:problem:"`
}

func (p *Problems) check(d *decoder) {
	u, err := url.Parse(p.Base)
	switch at := p.PositionOf("base"); {
	case err != nil || u.Scheme == "":
		// A relative type would mean another one on every path (RFC 9457 §3.1.1).
		d.wrong(at, "write an absolute URI such as https://api.example.com/problems/", "%q is no beginning of a problem's type", p.Base)
	case !strings.ContainsAny(p.Base[len(p.Base)-1:], "/:#="):
		d.wrong(at, "end it with / or : or #", "%q would run into the name of the problem", p.Base)
	}
}

// Reader reads configurations. Its zero value knows no environment variable.
type Reader struct {
	// Environment finds a variable's value.
	Environment func(name string) (string, bool)
	// LiteralSecrets accepts secrets that stand in the file in the clear. It
	// is for the demonstration alone.
	LiteralSecrets bool
}

// Load reads a file with the variables of the process. All errors are
// source.Mistakes.
func Load(path string) (*Config, error) {
	return Reader{Environment: os.LookupEnv}.Load(path)
}

// Parse reads a text with the variables of the process; the name stands in
// positions, and paths are relative to its directory.
func Parse(name string, text []byte) (*Config, error) {
	return Reader{Environment: os.LookupEnv}.Parse(name, text)
}

// Default is what an empty file would mean if it could name no API.
func Default() *Config {
	d := &decoder{}
	return d.config(nil)
}

// limits are far above any configuration that a person wrote.
func limits() source.Limits {
	return source.Limits{Bytes: 4 << 20, Depth: 32, Nodes: 200_000}
}

// Load reads a file. All errors are source.Mistakes.
func (r Reader) Load(path string) (*Config, error) {
	root, err := source.ReadFile(path, limits())
	if err != nil {
		return nil, err
	}
	return r.read(path, root)
}

// Parse reads a text; the name stands in positions, and paths are relative to
// its directory.
func (r Reader) Parse(name string, text []byte) (*Config, error) {
	root, err := source.Parse(name, text, limits())
	if err != nil {
		return nil, err
	}
	return r.read(name, root)
}

func (r Reader) read(name string, root *source.Node) (*Config, error) {
	d := &decoder{Reader: r, directory: filepath.Dir(name), files: []string{name}}
	c := d.config(root)
	if err := d.mistakes.Err(); err != nil {
		return nil, err
	}
	slices.Sort(d.files)
	c.Files, c.Stored = slices.Compact(d.files), d.secrets
	return c, nil
}

func (d *decoder) config(root *source.Node) *Config {
	c := new(Config)
	d.structure(reflect.ValueOf(c).Elem(), root, "SALLYPORT")
	if _, written := c.keys["listen"]; !written {
		c.Listen = make([]Listener, 1)
		c.Listen[0].At = c.At
		d.structure(reflect.ValueOf(&c.Listen[0]).Elem(), nil, "")
	}
	return c
}
