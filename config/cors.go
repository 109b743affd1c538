package config

// CORS lets scripts of other origins call the API from a browser (Fetch
// standard). The methods are the document's.
type CORS struct {
	Place `json:"-"`

	// Who may call: https://app.example.com; http only on loopback, such as
	// http://localhost:3000; https://*.example.com for all names below; or "*"
	// alone for everybody, without credentials.
	Origins []Origin `yaml:"origins" required:""`
	// The header fields that scripts may send, besides those that the Fetch
	// standard always lets by.
	Headers []FieldName `yaml:"headers" default:"Authorization Content-Type"`
	// The header fields of answers that scripts may read, besides those that
	// the Fetch standard always lets them.
	Expose []FieldName `yaml:"expose"`
	// Let scripts send cookies and other credentials of the browser.
	Credentials bool `yaml:"credentials"`
	// How long browsers may remember what is allowed.
	MaxAge Duration `yaml:"max_age" default:"10m" off:""`
}

func (o *CORS) check(c *decoder) {
	distinctItems(c, o.Place, "origins", o.Origins)
	distinctItems(c, o.Place, "headers", o.Headers)
	distinctItems(c, o.Place, "expose", o.Expose)
	for i, origin := range o.Origins {
		if origin != "*" {
			continue
		}
		at := o.PositionOf(item("origins", i))
		if len(o.Origins) > 1 {
			c.wrong(at, `keep "*" alone, or name the origins`, `"*" lets everybody in: the other origins would mean nothing`)
		}
		if o.Credentials {
			c.wrong(at, "name the origins", `"*" with credentials would let every site act as the user who visits it`)
		}
	}
	for _, list := range []struct {
		key   string
		names []FieldName
	}{{"headers", o.Headers}, {"expose", o.Expose}} {
		for i, name := range list.names {
			if name == "*" {
				// Authorization is never covered by it, and with credentials it is a name like any other.
				c.wrong(o.PositionOf(item(list.key, i)), "name the fields", `"*" is not taken for header fields`)
			}
		}
	}
}
