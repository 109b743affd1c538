package inspect

import (
	"errors"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// backend answers what is asked of it within another exchange.
type backend struct {
	status int
	fields message.Fields
	body   string
	err    error

	asked *message.Request
	count int
}

func (b *backend) Run(x *sallyport.Exchange) error {
	b.asked = x.Request
	b.count++
	if b.err != nil {
		return b.err
	}
	x.Response = &message.Response{Status: b.status, Fields: b.fields, Body: message.BytesBody([]byte(b.body))}
	return nil
}

func answering(status int, contentType, body string, fields ...string) *backend {
	b := &backend{status: status, body: body, fields: message.Fields{{Name: "Content-Type", Value: contentType}}}
	for i := 0; i < len(fields); i += 2 {
		b.fields.Add(fields[i], fields[i+1])
	}
	return b
}

func object(t testing.TB, b *backend) *Object {
	read := &sallyport.Operation{ID: "getOrder", Params: []string{"id"}, MaxAnswer: 100}
	read.Place(sallyport.Placed{Stage: sallyport.Forward, Name: "upstream", Step: b})
	return &Object{
		Read: read, Bases: []string{"/v2", "/v1"}, Literals: []string{"/orders/", ""}, Params: []string{"id"}, Query: []string{"key"}, Path: Path{[]string{"/v2", "/v1"}, 2},
		Media: ranged(t, "application/hal+json"), Accept: "application/hal+json", Look: look(t, owned("ann")), IfMatch: true,
	}
}

func TestObject(t *testing.T) {
	const hal, anns = "application/hal+json", `{"owner":"ann"}`
	for _, c := range []struct {
		name    string
		backend *backend
		want    string
	}{
		{"the owner's", answering(200, hal, anns), ""},
		{"with parameters", answering(200, hal+"; charset=utf-8", anns), ""},
		{"somebody else's", answering(200, hal, `{"owner":"bob"}`), "object-unknown"},
		{"without the field", answering(200, hal, `{}`), "object-unknown"},
		{"absent", answering(404, hal, anns), "object-unknown"},
		{"not for the caller", answering(403, hal, anns), "object-unknown"},
		{"another success", answering(203, hal, anns), "object-unknown"},
		{"another type", answering(200, "application/json", anns), "object-unknown"},
		{"another charset", answering(200, hal+"; charset=utf-16", anns), "object-unknown"},
		{"two types", answering(200, hal, anns, "Content-Type", "text/plain"), "object-unknown"},
		{"encoded", answering(200, hal, anns, "Content-Encoding", "gzip"), "object-unknown"},
		{"not JSON to its end", answering(200, hal, `{"owner":"ann"`), "object-unknown"},
		{"a failure", answering(503, hal, anns), "upstream-broken"},
		{"too large", answering(200, hal, `{"owner":"ann","note":"`+strings.Repeat("n", 100)+`"}`), "object-unknown"},
		{"no answer", &backend{err: problem.Fail(problem.UpstreamTimeout, errors.New("no answer"))}, "upstream-timeout"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := request("DELETE", "/v1/orders/42", "")
			x.Params = []string{"42"}
			if got := told(object(t, c.backend).Run(x)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// The reading is the caller's, of the object that the write names, and has
// nothing of what the write carries.
func TestObjectIsAskedFor(t *testing.T) {
	b := answering(200, "application/hal+json", `{"owner":"ann"}`)
	x := request("PUT", "/v1/orders/4%2F2?key=s&note=1&%6bey=t", `{"owner":"bob"}`,
		"Authorization", "Bearer a", "Cookie", "c=1", "Content-Type", "application/json", "Content-Length", "15", "Accept-Encoding", "gzip",
		"If-None-Match", `"1"`, "Prefer", "x", "Range", "bytes=0-1", "Idempotency-Key", "k", "TE", "trailers", "X-Tenant", "acme")
	x.Params = []string{"4%2F2"}
	if err := object(t, b).Run(x); err != nil {
		t.Fatal(err)
	}
	r := b.asked
	if r.Method != "GET" || r.Path != "/v1/orders/4%2F2" || r.Query != "key=s&%6bey=t" || r.Target != r.Path+"?"+r.Query || r.Body != nil {
		t.Errorf("%s %s ? %s, target %s", r.Method, r.Path, r.Query, r.Target)
	}
	var names []string
	for _, f := range r.Fields {
		names = append(names, f.Name+": "+f.Value)
	}
	if got := strings.Join(names, ", "); got != "Authorization: Bearer a, Cookie: c=1, X-Tenant: acme, Accept: application/hal+json" {
		t.Error(got)
	}
	if x.Request.Method != "PUT" || x.Request.Fields.Count("If-None-Match") != 1 || x.Request.Body == nil {
		t.Error("the write is another one")
	}
}

func TestObjectBase(t *testing.T) {
	o := &Object{Bases: []string{"/v2", "/v1", "/v1/eu"}, Path: Path{[]string{"/v1", "/v2", "/v1/eu", "/v4"}, 2}}
	for path, want := range map[string]string{
		"/v1/orders/42": "/v1", "/v2/orders/42": "/v2", "/v1/eu/orders/42": "/v1/eu", "/v3/orders/42": "/v2", "/v4/orders/42": "/v2",
	} {
		if got := o.base(path); got != want {
			t.Errorf("%s: %s", path, got)
		}
	}
}

func TestObjectBindsTheWrite(t *testing.T) {
	for _, c := range []struct {
		name  string
		etags []string
		own   string // a condition of the client's
		off   bool
		want  string
	}{
		{"a strong validator", []string{`"7"`}, "", false, `"7"`},
		{"a weak one", []string{`W/"7"`}, "", false, ""},
		{"two", []string{`"7"`, `"8"`}, "", false, ""},
		{"none", nil, "", false, ""},
		{"the client's own", []string{`"7"`}, "If-Match", false, "client"},
		{"the client's date", []string{`"7"`}, "If-Unmodified-Since", false, ""},
		{"off", []string{`"7"`}, "", true, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := answering(200, "application/hal+json", `{"owner":"ann"}`)
			for _, etag := range c.etags {
				b.fields.Add("ETag", etag)
			}
			o, x := object(t, b), request("DELETE", "/v1/orders/42", "")
			o.IfMatch, x.Params = !c.off, []string{"42"}
			if c.own != "" {
				x.Request.Fields.Add(c.own, "client")
			}
			if err := o.Run(x); err != nil {
				t.Fatal(err)
			}
			if got := x.Request.Fields.Joined("If-Match"); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestObjectWithoutItsParameter(t *testing.T) {
	b := answering(200, "application/hal+json", `{"owner":"ann"}`)
	x := request("DELETE", "/v1/orders", "")
	x.Op.Params = nil
	if err := object(t, b).Run(x); err == nil || b.asked != nil {
		t.Error(err)
	}
}
