package config

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// Destinations is where values of requests may lead that a backend may fetch
// from: URLs, host names and addresses (server-side request forgery). A value is
// taken only where every reader finds the same host in it.
type Destinations struct {
	Place `json:"-"`

	// Which values are held: marked are those of schemas and parameters with
	// x-sallyport: {outward: true}; all are also those of format uri, url, iri,
	// uri-reference, iri-reference, hostname, idn-hostname, ipv4 and ipv6, but for
	// those with {outward: false}; off holds none.
	Mode string `yaml:"mode" default:"marked" choices:"off marked all"`
	// Record what would be refused and let it by, as with inspect in the API's
	// observe, but without the rules.
	Observe bool `yaml:"observe"`
	// The schemes that a URL may have. A URL of any scheme must name a host.
	Schemes []URLScheme `yaml:"schemes" default:"http https"`
	// The ports that a URL may name besides that of its scheme. Without any,
	// every port.
	Ports []Port `yaml:"ports"`
	// The only hosts that may be led to: names, *.example.com for all names
	// below, addresses and networks. What a name resolves to must be public, or
	// in networks. Without any, every public host.
	Hosts []Reach `yaml:"hosts"`
	// Addresses that may be led to though they are not public, such as
	// 10.1.0.0/16.
	Networks []Network `yaml:"networks"`
	// Find out the addresses of names, which must all be allowed. Without it a
	// name is judged by its text alone, and one that leads to a private address
	// is let by.
	Resolve bool `yaml:"resolve" default:"true"`
	// What comes of a name of which no address is found within a second.
	Unresolved string `yaml:"unresolved" default:"refuse" choices:"refuse pass"`
}

func (o *Destinations) check(c *decoder) {
	distinctItems(c, o.Place, "schemes", o.Schemes)
	distinctItems(c, o.Place, "hosts", o.Hosts)
	if o.Wrote("unresolved") && o.Wrote("resolve") && !o.Resolve {
		c.wrong(o.PositionOf("unresolved"), "remove one of them", "resolve: false asks nobody for an address")
	}
	if o.Wrote("mode") && o.Mode == "off" && o.Observe {
		c.wrong(o.PositionOf("observe"), "remove one of them", "mode: off leaves nothing to be observed")
	}
}

// URLScheme is the scheme of a URL (RFC 3986 §3.1), in lower case.
type URLScheme string

func (*URLScheme) wanted() (string, string) { return "the scheme of a URL", "https" }

func (w *URLScheme) set(text string) error {
	for i := range len(text) {
		if c := text[i]; !alphanumeric(c) && (i == 0 || c != '+' && c != '-' && c != '.') || i == 0 && c <= '9' {
			return errForm
		}
	}
	if text == "" {
		return errForm
	}
	*w = URLScheme(strings.ToLower(text))
	return nil
}

// Reach is a host that a value may lead to.
type Reach string

func (*Reach) wanted() (string, string) {
	return "a host or a network", "hooks.example.com, *.example.com or 10.1.0.0/16"
}

func (r *Reach) set(text string) error {
	if p, err := netip.ParsePrefix(text); err == nil {
		if p.Masked() != p {
			return errors.New("it has bits beyond its length; the prefix is " + p.Masked().String())
		}
		*r = Reach(text)
		return nil
	}
	var h Host
	if err := h.set(text); err != nil {
		return err
	}
	*r = Reach(strings.Trim(string(h), "[]"))
	return nil
}

// Port is a port of TCP.
type Port int

func (*Port) wanted() (string, string) { return "a port", "8443" }

func (*Port) numeric() {}

func (p *Port) set(text string) error {
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil || n == 0 {
		return errForm
	}
	*p = Port(n)
	return nil
}
