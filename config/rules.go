package config

import (
	"reflect"
	"slices"
	"strings"
)

// Request is what a request may hold beyond what the document declares.
type Request struct {
	Place `json:"-"`

	// The largest body (413).
	MaxBody Size `yaml:"max_body" default:"1MiB"`
	// The largest file in a multipart body (413). Set, files do not count towards
	// max_body, which bounds the other parts together; a body that does not fit
	// into it, or does not say its length, goes on file by file as it comes, so
	// that the backend may see bytes of a request that is broken off. Without it
	// files count like everything else, and every body is checked to its end
	// first.
	MaxFile Size `yaml:"max_file"`
	// The most parts of a multipart body (400).
	MaxParts int `yaml:"max_parts" default:"1000"`
	// What comes of a query parameter that the document does not declare.
	UndeclaredQuery string `yaml:"undeclared_query" default:"refuse" choices:"refuse pass"`
	// Names of query parameters that may come undeclared, such as utm_*.
	AllowQuery []Glob `yaml:"allow_query"`
	// What comes of a property of a body that the document does not declare:
	// drop takes it out of JSON and forms; in XML it is refused then.
	UndeclaredProperties string `yaml:"undeclared_properties" default:"refuse" choices:"refuse drop pass"`
	// What comes of a readOnly property in a request: drop takes it out of JSON
	// and forms, so that what was read can be put back; in XML it is refused.
	ReadOnly string `yaml:"read_only" default:"drop" choices:"drop refuse"`
	// What comes of a body with a Content-Encoding that has to be read: decode
	// takes gzip, deflate, br and zstd off within max_body, and the backend gets
	// it decoded; refuse takes no encoded body at all (415).
	Encoded string `yaml:"encoded" default:"decode" choices:"decode refuse"`
	// What comes of a header field that differs in underscores, dots and hyphens alone
	// from another one, or from one that the operation or every message is read
	// by: X_Tenant beside X-Tenant, and Content_Length always. Many backends take
	// the two for one (CGI, WSGI, Rack), so that they would read another value
	// than was checked. drop takes it away, pass is right only for backends that
	// tell them apart; twins of what frames a message or ends at its connection
	// never reach them.
	Twins string `yaml:"twins" default:"refuse" choices:"refuse drop pass"`
	// The status for a request that its schema refuses.
	Status int `yaml:"status" default:"400" choices:"400 422"`
}

// Answers is what of an answer may leave.
type Answers struct {
	Place `json:"-"`

	// What comes of an answer that is not as the document says: prune takes
	// undeclared and writeOnly properties out of JSON and XML and records the rest,
	// block turns every fault into a 502, observe only records, off does not
	// look.
	Mode string `yaml:"mode" default:"prune" choices:"prune observe block off"`
	// The largest answer that is held to be checked as a whole. Longer JSON is
	// judged member by member and item by item as it passes, each of at most this
	// size, where the schema permits it (sallyport explain tells) and mode is not
	// block; anything else is refused (502).
	MaxBody Size `yaml:"max_body" default:"1MiB"`
	// Add the header fields that keep browsers from misusing an answer:
	// X-Content-Type-Options, Content-Security-Policy, Referrer-Policy,
	// X-Frame-Options, and Cache-Control where the backend sent none.
	SecurityHeaders bool `yaml:"security_headers" default:"true"`
	// Header fields that every answer gets, in place of the backend's or our
	// own; an empty string takes the field away.
	Headers []Header `yaml:"headers,named"`
	// Leave the backend's Server and X-Powered-By.
	KeepServer bool `yaml:"keep_server"`
}

// Header is one header field of an answer.
type Header struct {
	Place `json:"-"`

	// Name is the field's name.
	Name string `yaml:"-"`
	// The field's value.
	Value string `yaml:"value"`
}

func (*Header) shorthand() string { return "value" }

// Override is other settings for the operations that its name fits.
type Override struct {
	Place `json:"-"`

	// Name is what fits the ids of operations; tag:NAME those that have the tag,
	// and what begins with / those of the path, as the document writes it. * stands
	// for any run of characters.
	Name string `yaml:"-"`
	// As in the API.
	Request Request `yaml:"request"`
	// As in the API.
	Answers Answers `yaml:"answers"`
	// As in the API; an empty list enforces everything.
	Observe []string `yaml:"observe" choices:"identify limit authorize validate inspect"`
	// As in the API, and beside those of the document for the operation.
	Rules Guard `yaml:"rules"`
	// As in the API.
	Destinations Destinations `yaml:"destinations"`
	// The waits of the API's upstream.
	Upstream Waits `yaml:"upstream"`
}

// Rules are the settings of one operation.
type Rules struct {
	Request Request
	Answers Answers
	Observe []string
	Waits   Waits
	// Destinations is where values may lead.
	Destinations Destinations
	// Guards are the rules of the entries that fit, in the order of the file.
	Guards []*Guard
}

// For is what holds for an operation: the API's settings, and over them what
// the entries of operations that fit its id write, in the order of the file.
func (a *API) For(operation, path string, tags []string) Rules {
	r := Rules{Request: a.Request, Answers: a.Answers, Observe: a.Observe, Waits: a.Upstream.Waits, Destinations: a.Destinations}
	for i := range a.Operations {
		o := &a.Operations[i]
		if !o.Fits(operation, path, tags) {
			continue
		}
		lay(&r.Request, &o.Request, o.Request.Place)
		lay(&r.Answers, &o.Answers, o.Answers.Place)
		lay(&r.Destinations, &o.Destinations, o.Destinations.Place)
		lay(&r.Waits, &o.Upstream, o.Upstream.Place)
		if o.Wrote("rules") {
			r.Guards = append(r.Guards, &o.Rules)
		}
		if o.Wrote("observe") {
			r.Observe = o.Observe
		}
	}
	return r
}

// Fits tells whether the entry is for an operation.
func (o *Override) Fits(operation, path string, tags []string) bool {
	if tag, ok := strings.CutPrefix(o.Name, "tag:"); ok {
		return slices.ContainsFunc(tags, Glob(tag).Match)
	}
	if strings.HasPrefix(o.Name, "/") {
		return Glob(o.Name).Match(path)
	}
	return Glob(o.Name).Match(operation)
}

// lay copies the fields whose keys were written.
func lay[T any](under, over *T, written Place) {
	to, from := reflect.ValueOf(under).Elem(), reflect.ValueOf(over).Elem()
	place := to.FieldByName("Place").Addr().Interface().(*Place)
	keys := make(map[string]bool)
	for _, f := range fieldsOf(to.Type()) {
		if written.Wrote(f.key) {
			to.FieldByIndex(f.index).Set(from.FieldByIndex(f.index))
			keys[f.key] = true
		}
	}
	*place = place.with(written, keys)
}

func (h *Header) check(c *decoder) {
	if !isToken(h.Name) {
		c.wrong(h.At, "write it as in RFC 9110 §5.1", "%q is no name of a header field", h.Name)
	}
	if !h.Wrote("value") {
		c.wrong(h.At, `write "" to take the field away`, "the header field %s has no value", h.Name)
	}
	if !fieldValue(h.Value) {
		c.wrong(h.At, "keep it on one line", "the value of %s holds a control character", h.Name)
	}
}

func (a *Answers) check(c *decoder) {
	seen := make(map[string]bool)
	for i := range a.Headers {
		h := &a.Headers[i]
		if name := strings.ToLower(h.Name); seen[name] {
			c.wrong(h.At, "keep one of them", "the header field %s stands here twice: letter case makes no difference", h.Name)
		} else if framing[name] {
			c.wrong(h.At, "remove it", "%s says how the message is framed and is set by the gateway alone", h.Name)
		} else {
			seen[name] = true
		}
	}
}

// framing are fields of which a second opinion would split the message in two
// (RFC 9112 §6.3) or speak for the connection (RFC 9110 §7.6.1).
var framing = map[string]bool{
	"content-length": true, "transfer-encoding": true, "trailer": true, "upgrade": true,
	"connection": true, "keep-alive": true, "te": true, "proxy-connection": true,
}

func (r *Request) check(c *decoder) {
	distinctItems(c, r.Place, "allow_query", r.AllowQuery)
	if r.Wrote("allow_query") && len(r.AllowQuery) > 0 && r.UndeclaredQuery == "pass" {
		c.wrong(r.PositionOf("allow_query"), "remove one of them", "undeclared_query: pass lets every parameter by already")
	}
}

func (o *Override) check(c *decoder) {
	if err := new(Glob).set(o.Name); err != nil {
		c.wrong(o.At, "write an operation's id; * stands for any run of characters", "%q names no operation", o.Name)
	}
}
