package filter

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/source"
)

// given is an answer of a backend.
type given struct {
	method, contentType, content string
	status                       int
	chunked                      bool
	fields                       []string // of the answer
	asked                        []string // of the request
}

func (g given) exchange() *sallyport.Exchange {
	if g.method == "" {
		g.method = "GET"
	}
	r := &message.Response{Status: g.status}
	if g.contentType != "" {
		r.Fields.Add("Content-Type", g.contentType)
	}
	for i := 0; i < len(g.fields); i += 2 {
		r.Fields.Add(g.fields[i], g.fields[i+1])
	}
	switch length := int64(len(g.content)); {
	case g.chunked:
		r.Body = message.NewBody(io.NopCloser(strings.NewReader(g.content)), -1)
	case length > 0:
		r.Body = message.NewBody(io.NopCloser(strings.NewReader(g.content)), length)
	}
	x := &sallyport.Exchange{Context: context.Background(), Request: &message.Request{Method: g.method}, Response: r, ID: "id-1"}
	for i := 0; i < len(g.asked); i += 2 {
		x.Request.Fields.Add(g.asked[i], g.asked[i+1])
	}
	x.Op = &sallyport.Operation{MaxAnswer: 100}
	x.Env = sallyport.NewEnv(slog.New(slog.DiscardHandler), 1000)
	return x
}

func media(t testing.TB, text string, schema string) Media {
	t.Helper()
	r, err := mediatype.ParseRange(text)
	if err != nil {
		t.Fatal(err)
	}
	m := Media{Range: r}
	if schema != "" {
		node, err := source.Parse("schema.json", []byte(schema), source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if m.Schema, err = jsonschema.NewCompiler(jsonschema.Options{}).Compile(node, jsonschema.Use{Direction: jsonschema.Response}); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// bank declares JSON for 200, no content for 201, nothing else but a range and
// what its tests add.
func bank(t testing.TB, mode Mode, more ...Response) *Answer {
	t.Helper()
	const account = `{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}}`
	return &Answer{Mode: mode, Responses: append([]Response{
		NewResponse(200, []Media{media(t, "application/json", account), media(t, "text/*", ""), media(t, "application/vnd.bank+json", account)}),
		NewResponse(201, nil),
		NewResponse(4, []Media{media(t, "application/problem+json", "")}),
	}, more...)}
}

// What becomes of an answer.
const (
	passes   = "passes"
	refused  = "refused"  // 502
	replaced = "replaced" // by a problem document of the same status
	recorded = "recorded" // and passes
)

func became(t *testing.T, g given, x *sallyport.Exchange, err error) string {
	t.Helper()
	if err != nil {
		if r := problem.As(err); r.Kind.Status() != 502 || r.Detail != "" || r.Faults != nil {
			t.Errorf("the caller is told %d %q %v", r.Kind.Status(), r.Detail, r.Faults)
		}
		return refused
	}
	left := ""
	if x.Response.Body != nil {
		b, err := io.ReadAll(x.Response.Body)
		if err != nil {
			t.Fatal(err)
		}
		left = string(b)
	}
	if x.Response.Status != g.status {
		t.Errorf("status %d became %d", g.status, x.Response.Status)
	}
	switch {
	case x.Response.Fields.Get("Content-Type") == problem.MediaType && strings.Contains(left, `"instance":"id-1"`):
		if strings.Contains(left, g.content) && g.content != "" || len(x.Notes()) != 1 {
			t.Errorf("replaced by %q, noted %v", left, x.Notes())
		}
		return replaced
	case left != g.content:
		t.Errorf("%q became %q", g.content, left)
	case len(x.Findings) > 0:
		return recorded
	}
	return passes
}

func TestAnswer(t *testing.T) {
	const json = "application/json"
	conditional := []string{"If-None-Match", `"1"`}
	for _, c := range []struct {
		name                string
		given               given
		prune, watch, block string
	}{
		{"as declared", given{status: 200, contentType: json, content: `{"id":1}`}, passes, passes, passes},
		{"as declared, chunked", given{status: 200, contentType: json + "; charset=utf-8", content: `{"id":1}`, chunked: true}, passes, passes, passes},
		{"of a declared range of media types", given{status: 200, contentType: "text/csv", content: "a,b"}, passes, passes, passes},
		{"of a type that ends in +json", given{status: 200, contentType: "application/vnd.bank+json", content: `{"id":"x"}`}, recorded, recorded, refused},
		{"no content", given{status: 201}, passes, passes, passes},
		{"no content, chunked", given{status: 201, chunked: true}, passes, passes, passes},
		{"no content, chunked, with a type that is not declared", given{status: 201, contentType: "text/html", chunked: true}, passes, passes, passes},
		{"no content where JSON is declared, chunked", given{status: 200, contentType: json, chunked: true}, passes, passes, passes},
		{"no content where JSON is declared", given{status: 200}, passes, passes, passes},
		{"content where none is declared", given{status: 201, contentType: json, content: "{}"}, refused, recorded, refused},

		{"another media type", given{status: 200, contentType: "image/png", content: "secret"}, refused, recorded, refused},
		{"another media type, chunked", given{status: 200, contentType: "image/png", content: "secret", chunked: true}, refused, recorded, refused},
		{"no media type", given{status: 200, content: "secret"}, refused, recorded, refused},
		{"two media types", given{status: 200, contentType: json, fields: []string{"Content-Type", "text/html"}, content: "secret"}, refused, recorded, refused},
		{"two lines that make one media type", given{status: 200, contentType: json + `; a="`, fields: []string{"Content-Type", `"; charset=utf-8`}, content: `{"id":1}`}, refused, recorded, refused},
		{"a charset that JSON does not have", given{status: 200, contentType: json + "; charset=utf-16", content: `{"id":1}`}, refused, recorded, refused},
		{"another charset, chunked", given{status: 200, contentType: json + `; Charset="ISO-8859-1"`, content: `{"id":1}`, chunked: true}, refused, recorded, refused},
		{"an extended charset", given{status: 200, contentType: json + "; charset*=utf-8''utf-16", content: `{"id":1}`}, refused, recorded, refused},
		{"a charset twice", given{status: 200, contentType: json + "; charset=utf-8; charset=utf-16", content: `{"id":1}`}, refused, recorded, refused},
		{"US-ASCII that is", given{status: 200, contentType: json + "; charset=us-ascii", content: `{"id":1}`}, passes, passes, passes},
		{"US-ASCII that is none", given{status: 200, contentType: json + "; charset=us-ascii", content: "{\"id\":1,\"a\":\"caf\u00e9\"}"}, refused, recorded, refused},
		{"a charset of text that nobody reads", given{status: 200, contentType: "text/csv; charset=iso-8859-1", content: "caf\xe9"}, passes, passes, passes},
		{"nothing of a media type", given{status: 200, contentType: "nonsense", content: "secret"}, refused, recorded, refused},
		{"an encoding that nobody takes off", given{status: 200, contentType: json, content: "secret", fields: []string{"Content-Encoding", "compress"}}, refused, recorded, refused},
		{"the encoding that was asked for", given{status: 200, contentType: json, content: `{"id":1}`, fields: []string{"Content-Encoding", "identity"}}, passes, passes, passes},

		{"a value of another type", given{status: 200, contentType: json, content: `{"id":"x"}`}, recorded, recorded, refused},
		{"a property that is missing", given{status: 200, contentType: json, content: `{}`}, recorded, recorded, refused},
		{"JSON that cannot be read", given{status: 200, contentType: json, content: `{"id":1`}, refused, recorded, refused},
		{"JSON with one name twice", given{status: 200, contentType: json, content: `{"id":1,"id":2}`}, refused, recorded, refused},
		{"too long to be held", given{status: 200, contentType: json, content: `{"id":1}` + strings.Repeat(" ", 100)}, refused, recorded, refused},
		{"too long to be held, chunked", given{status: 200, contentType: json, content: `{"id":1}` + strings.Repeat(" ", 100), chunked: true}, refused, recorded, refused},

		{"a success that is not declared", given{status: 202, contentType: json, content: "secret"}, refused, recorded, refused},
		{"a redirect that is not declared", given{status: 302, fields: []string{"Location", "/"}}, refused, recorded, refused},
		{"an error of a declared range", given{status: 404, contentType: problem.MediaType, content: "{}"}, passes, passes, passes},
		{"an error of another media type", given{status: 404, contentType: "text/html", content: "<h1>stack trace</h1>"}, replaced, recorded, refused},
		{"an error that is not declared", given{status: 500, contentType: json, content: `{"trace":"secret"}`}, replaced, recorded, refused},
		{"an error that is not declared and has no content", given{status: 503}, replaced, recorded, refused},

		{"HEAD", given{method: "HEAD", status: 200, contentType: "image/png"}, passes, passes, passes},
		{"HEAD of a status that is not declared", given{method: "HEAD", status: 202}, refused, recorded, refused},
		{"not modified, as asked", given{status: 304, asked: conditional}, passes, passes, passes},
		{"not modified, asked by date", given{status: 304, asked: []string{"If-Modified-Since", "x"}}, passes, passes, passes},
		{"not modified, though nobody asked", given{status: 304}, refused, recorded, refused},
	} {
		t.Run(c.name, func(t *testing.T) {
			for mode, want := range map[Mode]string{Prune: c.prune, Watch: c.watch, Block: c.block} {
				x := c.given.exchange()
				err := bank(t, mode).Run(x)
				if got := became(t, c.given, x, err); got != want {
					t.Errorf("mode %d: it %s (%v), want it %s", mode, got, err, want)
				}
			}
		})
	}
}

func TestStatusIsFoundExactlyThenByRangeThenByDefault(t *testing.T) {
	text := func(status int, name string) Response { return NewResponse(status, []Media{media(t, name, "")}) }
	for _, order := range [][]int{{0, 2, 200}, {200, 2, 0}, {2, 0, 200}} {
		a := &Answer{}
		for _, status := range order {
			a.Responses = append(a.Responses, text(status, map[int]string{0: "text/default", 2: "text/range", 200: "text/exact"}[status]))
		}
		for status, name := range map[int]string{200: "text/exact", 201: "text/range", 500: "text/default", 304: "text/default"} {
			r := a.find(status)
			if _, err := a.media(given{status: status, contentType: name, content: "a"}.exchange(), r); err != nil {
				t.Errorf("declared %v: %d is not %s", order, status, name)
			}
		}
	}
	if (&Answer{Responses: []Response{NewResponse(2, nil)}}).find(300) != nil {
		t.Error("a range holds for its own statuses alone")
	}
	exact := &Answer{Responses: []Response{NewResponse(200, nil), NewResponse(304, nil)}}
	if err := exact.Run(given{status: 304}.exchange()); err != nil {
		t.Errorf("a declared 304 that nobody asked for: %v", err)
	}
}

func TestReplacementKeepsWhatBelongsToTheStatus(t *testing.T) {
	x := given{status: 401, contentType: "text/html", content: "<h1>", fields: []string{"WWW-Authenticate", "Basic", "WWW-Authenticate", "Bearer", "Set-Cookie", "a=b", "Server", "theirs"}}.exchange()
	if err := (&Answer{}).Run(x); err != nil {
		t.Fatal(err)
	}
	f := x.Response.Fields
	if f.Count("WWW-Authenticate") != 2 || f.Has("Set-Cookie") || f.Has("Server") || f.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", f)
	}
}

func TestFailureOfTheBackendIsNotObserved(t *testing.T) {
	for mode, want := range map[Mode]problem.Kind{Prune: problem.UpstreamBroken, Watch: problem.UpstreamBroken, Block: problem.UpstreamBroken} {
		x := given{status: 200, contentType: "application/json"}.exchange()
		x.Response.Body = message.NewBody(io.NopCloser(io.MultiReader(strings.NewReader(`{"i`), failing{})), -1)
		if err := bank(t, mode).Run(x); err == nil || problem.As(err).Kind != want {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBudgetRunsOut(t *testing.T) {
	x := given{status: 200, contentType: "application/json", content: `{"id":1}`}.exchange()
	x.Env = sallyport.NewEnv(slog.New(slog.DiscardHandler), 1)
	if err := bank(t, Prune).Run(x); err == nil || problem.As(err).Kind != problem.Overloaded {
		t.Errorf("what cannot be held passes: %v", err)
	}
	if err := bank(t, Watch).Run(x); err != nil || len(x.Findings) != 1 {
		t.Errorf("watched: %v, %v", err, x.Findings)
	}
}

func TestParseStatus(t *testing.T) {
	for key, want := range map[string]int{"default": 0, "200": 200, "599": 599, "2XX": 2, "5XX": 5} {
		if got, err := ParseStatus(key); got != want || err != nil {
			t.Errorf("%s: %d, %v", key, got, err)
		}
	}
	for _, key := range []string{"", "2xx", "6XX", "0XX", "20X", "99", "600", "abc", "Default", "200 "} {
		if got, err := ParseStatus(key); err == nil {
			t.Errorf("%q is %d", key, got)
		}
	}
}

func TestFields(t *testing.T) {
	backend := []string{
		"Content-Type", "text/plain", "Etag", `"1"`, "Server", "Apache/2.4.1", "x-powered-by", "PHP/5", "X-AspNet-Version", "4", "Via", "1.1 inner",
		"X-Debug-Token", "1", "x-debug", "1", "X-Exception-Class", "E", "X-Django-Trace", "1", "Access-Control-Allow-Origin", "*", "access-control-allow-credentials", "true",
		"Cache-Control", "max-age=1", "X-Mine", "theirs",
	}
	names := func(f *Fields) string {
		x := given{status: 200, fields: backend}.exchange()
		if err := f.Run(x); err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, l := range x.Response.Fields {
			all = append(all, l.Name+"="+l.Value)
		}
		return strings.Join(all, " ")
	}
	for _, c := range []struct {
		name   string
		fields *Fields
		want   string
	}{
		{"what tells about the machinery", &Fields{}, `Content-Type=text/plain Etag="1" Access-Control-Allow-Origin=* access-control-allow-credentials=true Cache-Control=max-age=1 X-Mine=theirs`},
		{"grants to origins", &Fields{CORS: true}, `Content-Type=text/plain Etag="1" Cache-Control=max-age=1 X-Mine=theirs`},
		{"banners may stay, traces never", &Fields{CORS: true, KeepServer: true}, `Content-Type=text/plain Etag="1" Server=Apache/2.4.1 x-powered-by=PHP/5 X-AspNet-Version=4 Via=1.1 inner Cache-Control=max-age=1 X-Mine=theirs`},
		{"defaults and our own", &Fields{
			CORS:     true,
			Defaults: message.Fields{{Name: "cache-control", Value: "no-store"}, {Name: "Referrer-Policy", Value: "no-referrer"}},
			Set:      message.Fields{{Name: "x-mine", Value: "ours"}, {Name: "ETAG", Value: ""}, {Name: "X-New", Value: "1"}},
		}, `Content-Type=text/plain Cache-Control=max-age=1 x-mine=ours Referrer-Policy=no-referrer X-New=1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := names(c.fields); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}
