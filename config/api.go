package config

import "strings"

// API is one protected API: an OpenAPI document, the backend behind it, and
// what the document leaves open.
type API struct {
	Place `json:"-"`

	// What the API is called in logs and metrics.
	Name string `yaml:"name" required:""`
	// The OpenAPI document, a path relative to this file.
	Document string `yaml:"document" required:"" path:""`
	// Serve what can be enforced. An operation that cannot be refuses every
	// request; without this setting the gateway does not start.
	Partial bool `yaml:"partial"`
	// Beginnings of the https URLs that a $ref of the document may name.
	// Without any, every $ref is a file.
	RemoteRefs []URL `yaml:"remote_refs"`
	// Dialects of JSON Schema that $schema or jsonSchemaDialect may name beside
	// the known ones, by address, and which of those each is read as. What else
	// the dialect says is not held. Without it, such a dialect is a mistake.
	Dialects []Dialect `yaml:"dialects,named"`
	// How the document's patterns are matched. linear takes time that grows with
	// the text alone; look-around and back-references cannot be matched so and are
	// a mistake at start. backtracking runs those on a matcher whose time can
	// double with each character, and whoever sends the text decides: for 10 ms
	// each time, 50 ms for one body, on text of up to 4 KiB. A body that takes more
	// is refused.
	Patterns string `yaml:"patterns" choices:"linear backtracking" default:"linear"`
	// The hosts that the API answers to: exact, or *.example.com for all names
	// below. Without any, every host.
	Hosts []Host `yaml:"hosts"`
	// What header fields a request must have to be for this API, by their
	// names: {X-Api-Version: "2"}. APIs with conditions or a canary are asked
	// before those without, in the order of the file; the first that fits takes
	// the request, with its document alone. (A browser's preflight carries no
	// field of this kind: it goes to the API without conditions.)
	When []Condition `yaml:"when,named"`
	// Take a share of the requests that would go to another API on the same
	// hosts: a new version is tried on some clients first. A number is short for
	// its share.
	Canary *Canary `yaml:"canary"`
	// What stands before every path of the document, in place of the base paths
	// of its servers.
	BasePath BasePath `yaml:"base_path"`
	// The backend. A URL alone, or a list of them, is short for its targets.
	Upstream Upstream `yaml:"upstream" required:""`
	// Operations, by id, that may have no security in the document. Any other
	// operation without security is a mistake at start.
	Public []Glob `yaml:"public"`
	// What each security scheme of the document needs to know, by its name.
	Identify []Scheme `yaml:"identify,named"`
	// What the roles of callers grant, by their names: {teller: [accounts:read]}.
	// A role that does not stand here grants nothing but itself.
	Roles []Role `yaml:"roles,named"`
	// How much callers may ask for, by names of your choice. Clients see the
	// names in RateLimit-Policy.
	Limits []Limit `yaml:"limits,named"`
	// Find who is looking for the ids of objects. observe, delay or refuse is short
	// for its over.
	Lookups *Lookups `yaml:"lookups"`
	// In which order, at which pace and how often operations may be called by each
	// caller, by names of your choice. The guide is flows.md.
	Flows []Flow `yaml:"flows,named"`
	// Let scripts of other origins call the API from a browser.
	CORS *CORS `yaml:"cors"`
	// What WebSockets are held to.
	WebSocket WebSocket `yaml:"websocket"`
	// What a request may hold beyond what the document declares.
	Request Request `yaml:"request"`
	// By which rules callers are bound to objects, in all operations. Outer than
	// those of the document.
	Rules Guard `yaml:"rules"`
	// Where values of requests may lead that a backend may fetch from.
	Destinations Destinations `yaml:"destinations"`
	// What of an answer may leave.
	Answers Answers `yaml:"answers"`
	// How the backend is told who calls.
	Caller Caller `yaml:"caller"`
	// Stages whose findings are recorded and not enforced. A stage's own
	// failure is enforced all the same.
	Observe []string `yaml:"observe" choices:"identify limit authorize validate inspect"`
	// Other settings for single operations, by id, by tag:NAME, or by the path as
	// the document writes it; * stands for any run of characters. Where several entries fit, they are applied in the order of
	// the file: what a later one writes counts.
	Operations []Override `yaml:"operations,named"`
}

// Caller says how the backend is told who calls.
type Caller struct {
	Place `json:"-"`

	// The beginning of the header fields that name the caller: …Id, …Subject,
	// …Tenant, …Issuer, …Scheme, …Scopes, …Roles. A client's own fields of
	// these names never reach the backend.
	Headers FieldName `yaml:"headers" default:"X-Caller-"`
	// Whether the backend sees what callers prove themselves with. strip takes
	// it out of wherever the document's schemes have it: the backend is told who
	// calls, and needs no more. A scheme that is unchecked must pass.
	Credentials string `yaml:"credentials" default:"pass" choices:"pass strip"`
	// Tell the backend the client's certificate in the field Client-Cert (RFC
	// 9440), and with chain also those between it and its root in
	// Client-Cert-Chain. It is told only where the listener has verified it
	// (client_ca). A client's own fields of these names never reach the backend.
	ClientCert string `yaml:"client_cert" default:"off" choices:"off leaf chain"`
}

func (c *Config) check(k *decoder) {
	if c.Listen != nil && len(c.Listen) == 0 {
		k.wrong(c.PositionOf("listen"), "name an address, or remove the key", "without a listener nobody can come in")
	}
	k.distinct("listen", "address", len(c.Listen), func(i int) (string, Place) {
		if strings.HasSuffix(string(c.Listen[i].Address), ":0") {
			return "", c.Listen[i].Place // the system chooses another port for each
		}
		return string(c.Listen[i].Address), c.Listen[i].Place
	})
	k.distinct("apis", "name", len(c.APIs), func(i int) (string, Place) { return c.APIs[i].Name, c.APIs[i].Place })
	for i := range c.Listen {
		if a := c.Listen[i].Address; a != "" && a == c.Admin.Address && !strings.HasSuffix(string(a), ":0") {
			k.wrong(c.Admin.PositionOf("address"), "give operators an address of their own", "%s is an address for clients already", a)
		}
	}
}

func (a *API) check(c *decoder) {
	if a.Name != "" && !plainName(a.Name) {
		c.wrong(a.PositionOf("name"), "use letters, digits, - _ and .", "%q is no name for an API", a.Name)
	}
	for i, u := range a.RemoteRefs {
		if u.Scheme != "" && u.Scheme != "https" {
			c.wrong(a.PositionOf(item("remote_refs", i)), "use https", "what a document refers to must not come in the clear")
		}
	}
	distinctItems(c, a.Place, "hosts", a.Hosts)
	distinctItems(c, a.Place, "public", a.Public)
	a.checkRoles(c)
}

func (c *Caller) check(k *decoder) {
	if c.Headers != "" && !strings.HasSuffix(string(c.Headers), "-") {
		k.wrong(c.PositionOf("headers"), "end it with a hyphen, as X-Caller- does", "%q is no beginning of a header field", string(c.Headers))
	}
}
