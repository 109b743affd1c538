package config

import "net/url"

// Dialect says what a dialect of JSON Schema that nobody here knows is read as.
type Dialect struct {
	Place `json:"-"`

	// Name is the dialect's address.
	Name string `yaml:"-"`
	// The dialect that it is read as.
	As string `yaml:"as" required:"" choices:"as-openapi-3.1 as-2020-12 as-2019-09 as-draft-07 as-draft-06 as-draft-04"`
}

func (*Dialect) shorthand() string { return "as" }

func (d *Dialect) check(c *decoder) {
	if u, err := url.Parse(d.Name); err != nil || !u.IsAbs() {
		c.wrong(d.At, "write it as $schema does: https://example.com/dialect", "%q is no address of a dialect", d.Name)
	}
}

// dialectAddresses are those of the choices of As.
var dialectAddresses = map[string]string{
	"as-openapi-3.1": "https://spec.openapis.org/oas/3.1/dialect/base",
	"as-2020-12":     "https://json-schema.org/draft/2020-12/schema",
	"as-2019-09":     "https://json-schema.org/draft/2019-09/schema",
	"as-draft-07":    "http://json-schema.org/draft-07/schema",
	"as-draft-06":    "http://json-schema.org/draft-06/schema",
	"as-draft-04":    "http://json-schema.org/draft-04/schema",
}

// DialectAddresses are the addresses of Dialects, and of what each is read as.
func (a *API) DialectAddresses() map[string]string {
	known := make(map[string]string, len(a.Dialects))
	for i := range a.Dialects {
		known[a.Dialects[i].Name] = dialectAddresses[a.Dialects[i].As]
	}
	return known
}
