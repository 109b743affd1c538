package validate

import (
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/message"
	"sallyport/openapi"
	"sallyport/problem"
	"sallyport/source"
)

// The tests write parameters and bodies as a document does; these make of it
// what package openapi would.

func parse(t testing.TB, text string) *source.Node {
	t.Helper()
	node, err := source.Parse("test.yaml", []byte(text), source.DefaultLimits)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return node
}

func document() Document {
	return Document{Compiler: jsonschema.NewCompiler(jsonschema.Options{Dialect: jsonschema.OpenAPI31})}
}

func parameterOf(n *source.Node) *openapi.Parameter {
	p := &openapi.Parameter{
		Name: n.Str("name"), In: n.Str("in"), Required: n.True("required") || n.Str("in") == "path",
		Style: n.Str("style"), AllowReserved: n.True("allowReserved"), AllowEmptyValue: n.True("allowEmptyValue"),
		Schema: n.Get("schema"), Extension: n.Get("x-sallyport"), At: n.Position(),
	}
	if p.Style == "" {
		p.Style = map[string]string{"path": "simple", "header": "simple", "query": "form", "cookie": "form"}[p.In]
	}
	p.Explode = p.Style == "form" || p.Style == "cookie"
	if n.Has("explode") {
		p.Explode = n.True("explode")
	}
	if list := contentOf(n.Get("content")); len(list) > 0 {
		p.Content = list[0]
	}
	return p
}

func contentOf(n *source.Node) []*openapi.MediaType {
	if n == nil {
		return nil
	}
	var list []*openapi.MediaType
	for i := range n.Members {
		v := n.Members[i].Value
		m := &openapi.MediaType{Range: strings.ToLower(n.Members[i].Name), Schema: v.Get("schema"), ItemSchema: v.Get("itemSchema"), At: v.Position()}
		m.Encodings = encodingsOf(v)
		list = append(list, m)
	}
	return list
}

func encodingsOf(n *source.Node) openapi.Encodings {
	var e openapi.Encodings
	if named := n.Get("encoding"); named != nil {
		e.Encoding = map[string]*openapi.Encoding{}
		for j := range named.Members {
			e.Encoding[named.Members[j].Name] = encodingOf(named.Members[j].Value)
		}
	}
	if prefix := n.Get("prefixEncoding"); prefix != nil {
		for _, item := range prefix.Items {
			e.PrefixEncoding = append(e.PrefixEncoding, encodingOf(item))
		}
	}
	if item := n.Get("itemEncoding"); item != nil {
		e.ItemEncoding = encodingOf(item)
	}
	return e
}

func encodingOf(n *source.Node) *openapi.Encoding {
	e := &openapi.Encoding{Encodings: encodingsOf(n), ContentType: n.Str("contentType"), Style: n.Str("style"), AllowReserved: n.True("allowReserved"), At: n.Position()}
	e.Explode = e.Style == "form" && !n.Has("explode") || n.True("explode")
	if headers := n.Get("headers"); headers != nil {
		e.Headers = map[string]*openapi.Header{}
		for i := range headers.Members {
			h := headers.Members[i].Value
			e.Headers[headers.Members[i].Name] = &openapi.Header{Required: h.True("required"), Schema: h.Get("schema"), At: h.Position()}
		}
	}
	return e
}

// parametersOf reads a list of parameters written as YAML.
func parametersOf(t testing.TB, text string) []*openapi.Parameter {
	t.Helper()
	var list []*openapi.Parameter
	for _, n := range parse(t, text).Items {
		list = append(list, parameterOf(n))
	}
	return list
}

// parameters compiles a list of parameters.
func parameters(t testing.TB, text string, o ParameterOptions) *Parameters {
	t.Helper()
	list := parametersOf(t, text)
	s, _, _, mistakes := NewParameters(list, document(), o)
	if err := mistakes.Err(); err != nil {
		t.Fatalf("%s:\n%v", text, err)
	}
	return s
}

// body compiles a request body written as YAML.
func body(t testing.TB, text string, o BodyOptions) *Body {
	t.Helper()
	s, _, _, mistakes := NewBody(bodyOf(parse(t, text)), document(), o)
	if err := mistakes.Err(); err != nil {
		t.Fatalf("%s:\n%v", text, err)
	}
	return s
}

func bodyOf(n *source.Node) *openapi.RequestBody {
	return &openapi.RequestBody{Required: n.True("required"), Content: contentOf(n.Get("content")), At: n.Position()}
}

const maxBody = 1 << 20

// exchange is a request that was matched, with path parameters as name=value.
func exchange(query string, pathParams []string, fields ...message.Field) *sallyport.Exchange {
	x := &sallyport.Exchange{
		Request: &message.Request{Method: "POST", Proto: "HTTP/1.1", Path: "/", Query: query, Fields: fields, Remote: netip.MustParseAddrPort("127.0.0.1:1")},
		Op:      &sallyport.Operation{MaxBody: maxBody},
		Env:     sallyport.NewEnv(slog.New(slog.NewTextHandler(io.Discard, nil)), 1<<30),
	}
	for _, p := range pathParams {
		name, value, _ := strings.Cut(p, "=")
		x.Op.Params = append(x.Op.Params, name)
		x.Params = append(x.Params, value)
	}
	return x
}

// sending adds a body of a media type.
func sending(mediaType, content string) *sallyport.Exchange {
	x := exchange("", nil)
	if mediaType != "" {
		x.Request.Fields.Add("Content-Type", mediaType)
	}
	x.Request.Body = message.NewBody(io.NopCloser(strings.NewReader(content)), int64(len(content)))
	return x
}

// told is a refusal in one line: its kind, and in:pointer:keyword of each fault.
func told(err error) string {
	if err == nil {
		return "passes"
	}
	r := problem.As(err)
	says := r.Kind.Name()
	for _, f := range r.Faults {
		says += " " + f.In + ":" + f.Pointer + ":" + f.Keyword
	}
	return says
}
