package config

import "time"

// Introspection says whom to ask about tokens (RFC 7662). It needs client or
// bearer, and audience or any_audience.
type Introspection struct {
	Place `json:"-"`

	// The introspection endpoint; https, or http on loopback. It must answer
	// application/json, and before the gateway serves.
	URL URL `yaml:"url" required:""`
	// Who issues the tokens. Callers are told apart by it, and an answer that
	// names another iss is refused.
	Issuer string `yaml:"issuer" required:""`
	// Whom the tokens are for: aud of the answer must hold one of these.
	Audience []string `yaml:"audience"`
	// Take every token that the issuer calls active, also those that it gave for
	// other APIs.
	AnyAudience bool `yaml:"any_audience"`
	// How the gateway proves to the endpoint who it is.
	Client *EndpointClient `yaml:"client"`
	// A bearer token that proves it, in place of client.
	Bearer Secret `yaml:"bearer"`
	// How an https endpoint is spoken to. Without it, its certificate must come
	// from one of the system's roots.
	TLS *EndpointTLS `yaml:"tls"`
	// How long an answer is believed, never beyond exp; ten minutes at most. So
	// long a token that was taken back may go on. An answer that says no is
	// believed for five seconds at most.
	Cache Duration `yaml:"cache" default:"60s" off:""`
	// The time for a question, the wait for its turn included (503).
	Timeout Duration `yaml:"timeout" default:"3s"`
	// The questions that may be under way at one time.
	MaxCalls int `yaml:"max_calls" default:"64"`
	// How far the issuer's clock may be off, a minute at most.
	Skew Duration `yaml:"skew" default:"30s" off:""`
	// Take only tokens that are bound to the certificate of the client, whose
	// answer has a cnf that names it (RFC 8705 §3.2). Without it such a token is
	// held to its certificate too, and others are taken beside. It needs a
	// listener that asks for certificates (client_certificates).
	Bound string `yaml:"bound" choices:"certificate"`
	// Whether tokens are bound to a key of the client, which the answer names in
	// cnf (RFC 9449 §6.2). A mode is short for it.
	DPoP DPoP `yaml:"dpop"`
	// Which members of the answer say who the caller is. Where it has no subject,
	// client_id names a client that acts for itself.
	Claims Claims `yaml:"claims"`
}

// EndpointClient is an OAuth client: with a secret, or with the certificate that
// tls names (RFC 8705 §2).
type EndpointClient struct {
	Place `json:"-"`

	// Its client_id.
	ID string `yaml:"id" required:""`
	// Its secret.
	Secret Secret `yaml:"secret"`
	// Where id and secret stand (RFC 6749 §2.3.1): basic is the field
	// Authorization, post the body.
	Method string `yaml:"method" default:"basic" choices:"basic post"`
}

// EndpointTLS says how an https endpoint is spoken to. Its certificate is always
// verified.
type EndpointTLS struct {
	Place `json:"-"`

	// File with the roots that the endpoint's certificate must come from, PEM; in
	// place of the system's.
	CA string `yaml:"ca" path:""`
	// File with the certificate that is shown to the endpoint, PEM.
	Certificate string `yaml:"certificate" path:""`
	// File with its private key, PEM.
	Key string `yaml:"key" path:""`
}

// longestIntrospection is how long an answer may be said to be good at most.
const longestIntrospection = Duration(10 * time.Minute)

func (i *Introspection) check(c *decoder) {
	i.checkClient(c)
	switch {
	case len(i.Audience) > 0 && i.AnyAudience:
		c.wrong(i.PositionOf("any_audience"), "remove one of them", "tokens are for some audience or for any, not for both")
	case len(i.Audience) == 0 && !i.AnyAudience:
		c.wrong(i.At, "name this API's audience, or say any_audience: true", "nothing says whom the tokens are for")
	}
	distinctItems(c, i.Place, "audience", i.Audience)
	if i.Cache > longestIntrospection {
		c.wrong(i.PositionOf("cache"), "write less", "a token that was taken back would go on for %s; the most is %s", i.Cache, longestIntrospection)
	}
	if i.Skew > MaxSkew {
		c.wrong(i.PositionOf("skew"), "mend the clock", "a clock that is off by %s lets dead tokens live; the most is %s", i.Skew, MaxSkew)
	}
	switch u := i.URL; {
	case u.Host == "":
	case u.Scheme != "https" && !loopbackHost(u.Hostname()):
		// Whoever is on the way can read every token, and say of any that it is active.
		c.wrong(i.PositionOf("url"), "use https", "tokens and answers about them must not go in the clear")
	case u.Scheme != "https" && i.TLS != nil:
		c.wrong(i.PositionOf("tls"), "use https, or remove it", "an endpoint of http speaks no TLS")
	case u.Fragment != "":
		c.wrong(i.PositionOf("url"), "remove what begins with #", "the URL of an endpoint has no fragment")
	}
}

// checkClient: an endpoint that tells everybody about tokens is one to scan them
// with (RFC 7662 §2.1, §4).
func (i *Introspection) checkClient(c *decoder) {
	certified := i.TLS != nil && i.TLS.Certificate != ""
	switch client, bearer := i.Client != nil, i.Wrote("bearer"); {
	case client && bearer:
		c.wrong(i.PositionOf("bearer"), "remove one of them", "the gateway proves who it is by client or by bearer, not by both")
	case !client && !bearer:
		c.wrong(i.At, "add client with id and secret, or bearer", "nothing proves to the endpoint who asks")
	case client && i.Client.ID != "" && !i.Client.Wrote("secret") && !certified:
		c.wrong(i.Client.At, "add its secret, or a certificate under tls", "the client has nothing to prove who it is with")
	case client && i.Client.Wrote("secret") && certified:
		c.wrong(i.Client.PositionOf("secret"), "remove one of them", "the client proves who it is by its secret or by its certificate, not by both")
	}
}

func (t *EndpointTLS) check(c *decoder) {
	if (t.Certificate == "") != (t.Key == "") {
		c.wrong(t.At, "name both", "a certificate and its private key go together")
	}
}
