package admit

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// CORS lets browsers call an operation from other origins (Fetch standard,
// HTTP extensions). It grants; it protects nothing: requests without an Origin,
// or from one that is not listed, go on without its fields.
type CORS struct {
	// Origins are exact origins; one "*" alone means any, without credentials.
	Origins []string
	// Suffixes are the parts after "https://*" of wildcard origins, such as
	// ".bank.example".
	Suffixes []string
	// Expose are the answer's fields that scripts may read.
	Expose string
	// Credentials lets scripts send cookies and read the answer.
	Credentials bool
}

// Run implements sallyport.Step.
func (c *CORS) Run(x *sallyport.Exchange) error {
	if !c.any() {
		vary(x, "Origin")
	}
	origin := x.Request.Fields.Get("Origin")
	if origin == "" || !c.allows(origin) || x.Request.Fields.Count("Origin") > 1 {
		return nil
	}
	c.grant(x, origin)
	if c.Expose != "" {
		x.Answer.Set("Access-Control-Expose-Headers", c.Expose)
	}
	return nil
}

func (c *CORS) any() bool { return len(c.Origins) == 1 && c.Origins[0] == "*" }

func (c *CORS) allows(origin string) bool {
	return allowedOrigin(c.Origins, c.Suffixes, origin)
}

func (c *CORS) grant(x *sallyport.Exchange, origin string) {
	if c.any() {
		origin = "*"
	}
	x.Answer.Set("Access-Control-Allow-Origin", origin)
	if c.Credentials {
		x.Answer.Set("Access-Control-Allow-Credentials", "true")
	}
}

// Preflight answers a browser's question before its request, in the place of
// the backend: it is put into an operation of its own, before Identify.
type Preflight struct {
	CORS *CORS
	// Methods are what the path takes.
	Methods []string
	// Fields are the request fields that scripts may send, in lower case.
	Fields []string
	// MaxAge is how long the browser may remember the answer.
	MaxAge time.Duration
}

// Run implements sallyport.Step.
func (p *Preflight) Run(x *sallyport.Exchange) error {
	fields := x.Request.Fields
	vary(x, "Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers")
	origin := fields.Get("Origin")
	if origin == "" || !p.CORS.allows(origin) {
		return problem.Refuse(problem.OriginRefused, "This origin may not call the API.")
	}
	if !slices.Contains(p.Methods, fields.Get("Access-Control-Request-Method")) {
		return problem.Refuse(problem.OriginRefused, "The path does not take this method.")
	}
	if !p.allowsFields(fields.Joined("Access-Control-Request-Headers")) {
		return problem.Refuse(problem.OriginRefused, "A script may not send one of these header fields.")
	}
	p.CORS.grant(x, origin)
	x.Answer.Set("Access-Control-Allow-Methods", strings.Join(p.Methods, ", "))
	if len(p.Fields) > 0 {
		x.Answer.Set("Access-Control-Allow-Headers", strings.Join(p.Fields, ", "))
	}
	if p.MaxAge > 0 {
		x.Answer.Set("Access-Control-Max-Age", strconv.Itoa(int(p.MaxAge/time.Second)))
	}
	x.Response = &message.Response{Status: 204}
	return nil
}

// allowsFields judges a list that browsers send sorted, in lower case and
// without spaces; a list longer than any we could allow is not gone through.
func (p *Preflight) allowsFields(list string) bool {
	if list == "" {
		return true
	}
	if len(list) > 4096 {
		return false
	}
	for name := range strings.SplitSeq(list, ",") {
		if !slices.Contains(p.Fields, strings.ToLower(strings.TrimSpace(name))) {
			return false
		}
	}
	return true
}

// vary says that the answer depends on these fields, each once: more than one
// policy may have its say.
func vary(x *sallyport.Exchange, names ...string) {
	said := x.Answer.Get("Vary")
	for _, name := range names {
		switch {
		case said == "":
			said = name
		case !slices.Contains(strings.Split(said, ", "), name):
			said += ", " + name
		}
	}
	x.Answer.Set("Vary", said)
}

// IsPreflight tells a preflight from any other OPTIONS request.
func IsPreflight(r *message.Request) bool {
	return r.Method == "OPTIONS" && r.Fields.Has("Origin") && r.Fields.Has("Access-Control-Request-Method")
}
