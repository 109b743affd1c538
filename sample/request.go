package sample

import (
	"slices"
	"strings"

	"sallyport/jsonschema"
	"sallyport/openapi"
)

// Field is one header field line.
type Field struct{ Name, Value string }

// Request is a request as it goes over the wire, without Host and framing.
type Request struct {
	Method string
	// Path is percent-encoded as far as it must be, hex digits in capitals,
	// with the base path of the operation's first server before it.
	Path string
	// Query is without its question mark, "" where there is none.
	Query  string
	Fields []Field
	// Body is nil where there is none. Its Content-Type is among Fields.
	Body []byte
}

// Target is the request target in origin-form (RFC 9112 §3.2.1).
func (r *Request) Target() string {
	if r.Query == "" {
		return r.Path
	}
	return r.Path + "?" + r.Query
}

// Request makes a request that the operation takes. The error says what of the
// document stands in the way.
func (g *Generator) Request(op *openapi.Operation) (*Request, error) {
	d, err := g.draft(op)
	if err != nil {
		return nil, err
	}
	return d.request(), nil
}

// draft is a request of which every part is still known by itself, so that one
// of them can be made wrong.
type draft struct {
	op     *openapi.Operation
	method string
	path   string // "" for the template filled in
	given  []given
	secret []credential
	body   *body
	// more is put behind the query.
	more string
}

// given is one parameter and its value as text.
type given struct {
	declared *openapi.Parameter
	value    any
	pairs    []pair
}

// draft makes every part of a request.
func (g *Generator) draft(op *openapi.Operation) (*draft, error) {
	if len(op.Mistakes) > 0 {
		return nil, op.Mistakes[0]
	}
	d := &draft{op: op, method: op.Method}
	var err error
	if d.secret, err = g.credentials(op); err != nil {
		return nil, err
	}
	for _, p := range op.Parameters {
		if !p.Required && !g.options.All || d.takenBySecret(p) || aboutMessage(p) {
			continue
		}
		v, err := g.parameter(p)
		switch {
		case err == nil:
			d.given = append(d.given, v)
		case p.Required:
			return nil, err
		}
	}
	if op.Body == nil || !op.Body.Required && !g.options.All && unusual(op.Method) {
		return d, nil
	}
	if d.body, err = g.body(op.Body, jsonschema.Request); err != nil && op.Body.Required {
		return nil, err
	}
	return d, nil
}

// aboutMessage tells header fields that speak of the message and not of what is
// asked for: they follow from its body and its connection (RFC 9110 §7.6.1, §8.4,
// §8.6), whatever a document says of them.
func aboutMessage(p *openapi.Parameter) bool {
	return p.In == "header" && slices.ContainsFunc([]string{
		"Host", "Connection", "Content-Encoding", "Content-Length", "Expect", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	}, func(name string) bool { return strings.EqualFold(name, p.Name) })
}

// unusual are methods whose requests have no content by custom (RFC 9110 §9.3).
func unusual(method string) bool {
	switch method {
	case "GET", "HEAD", "DELETE", "OPTIONS", "TRACE":
		return true
	}
	return false
}

// request writes the parts down.
func (d *draft) request() *Request {
	r := &Request{Method: d.method, Path: d.path}
	if r.Path == "" {
		r.Path = d.op.BasePaths[0] + fill(d.op.Path, d.given)
	}
	var query, cookies []string
	for i := range d.given {
		g := &d.given[i]
		for _, p := range g.pairs {
			switch g.declared.In {
			case "query", "querystring":
				query = append(query, p.String())
			case "cookie":
				cookies = append(cookies, p.String())
			case "header":
				r.Fields = append(r.Fields, Field{p.name, p.value})
			}
		}
	}
	for _, c := range d.secret {
		switch c.in {
		case "query":
			query = append(query, pair{percent(c.name), percent(c.value), false}.String())
		case "cookie":
			cookies = append(cookies, c.name+"="+c.value)
		default:
			r.Fields = append(r.Fields, Field{c.name, c.value})
		}
	}
	if len(cookies) > 0 {
		r.Fields = append(r.Fields, Field{"Cookie", strings.Join(cookies, "; ")})
	}
	if d.more != "" {
		query = append(query, d.more)
	}
	r.Query = strings.Join(query, "&")
	if d.body != nil {
		r.Fields = append(r.Fields, Field{"Content-Type", d.body.mediaType})
		r.Body = d.body.content
	}
	return r
}

// fill puts values in the place of the names of a template, and encodes what
// else of it no path can hold.
func fill(template string, values []given) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(literal(before))
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		for i := range values {
			if g := &values[i]; g.declared.In == "path" && g.declared.Name == name && len(g.pairs) > 0 {
				b.WriteString(g.pairs[0].value)
			}
		}
		template = after
	}
}

// literal is text of a template as it stands in a path: what RFC 3986 §3.3
// allows there is left alone, escapes included.
func literal(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; isUnreserved(c) || strings.IndexByte("/%!$&'()*+,;=:@", c) >= 0 {
			b.WriteByte(c)
		} else {
			b.WriteString(escape(c))
		}
	}
	return b.String()
}

// percent encodes everything but unreserved characters (RFC 3986 §2.1, §2.3).
func percent(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if c := text[i]; isUnreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString(escape(c))
		}
	}
	return b.String()
}

func escape(c byte) string {
	const digits = "0123456789ABCDEF"
	return string([]byte{'%', digits[c>>4], digits[c&15]})
}

func isUnreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// segmentsOf are the parts of a path between its slashes.
func segmentsOf(path string) []string { return strings.Split(strings.TrimPrefix(path, "/"), "/") }
