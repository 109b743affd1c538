package admit

import (
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

func exchange(method, target string, fields ...string) *sallyport.Exchange {
	r := &message.Request{Method: method, Target: target, Authority: "api.example", Scheme: "http", Proto: "HTTP/1.1"}
	for i := 0; i < len(fields); i += 2 {
		r.Fields.Add(fields[i], fields[i+1])
	}
	return &sallyport.Exchange{Request: r, Op: &sallyport.Operation{MaxBody: 10}}
}

func roomy() *Canonical { return &Canonical{MaxTarget: 100, MaxFields: 3, MaxFieldBytes: 30} }

func TestCanonicalSetsTheOneReading(t *testing.T) {
	for _, c := range []struct{ name, target, path, query string }{
		{"path alone", "/a/%62", "/a/b", ""},
		{"path and query", "/a?b=%63&d", "/a", "b=%63&d"},
		{"question marks within the query", "/a?b?c", "/a", "b?c"},
		{"empty query", "/a?", "/a", ""},
		{"absolute form", "http://api.example/a?b", "/a", "b"},
		{"absolute form in other letters", "HTTP://API.example/a", "/a", ""},
		{"absolute form with its port", "http://api.example:80/a", "/a", ""},
		{"absolute form without path", "http://api.example", "/", ""},
		{"absolute form with query and no path", "http://api.example?b", "/", "b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange("GET", c.target)
			if err := roomy().Run(x); err != nil {
				t.Fatal(err)
			}
			if r := x.Request; r.Path != c.path || r.Query != c.query || r.Host != "api.example" || r.Target != c.target {
				t.Errorf("path %q query %q host %q target %q", r.Path, r.Query, r.Host, r.Target)
			}
		})
	}
}

func TestCanonicalRefuses(t *testing.T) {
	for _, c := range []struct {
		name, target string
		fields       []string
		want         problem.Kind
	}{
		{"a target too long", "/" + strings.Repeat("a", 100), nil, problem.TargetTooLong},
		{"too many fields", "/", []string{"A", "", "B", "", "C", "", "D", ""}, problem.FieldsTooLarge},
		{"fields too long together", "/", []string{"A", strings.Repeat("a", 15), "B", strings.Repeat("b", 15)}, problem.FieldsTooLarge},
		{"a second Host", "/", []string{"host", "evil.example"}, problem.RequestMalformed},
		{"an asterisk", "*", nil, problem.RequestMalformed},
		{"no target", "", nil, problem.RequestMalformed},
		{"authority form", "api.example:443", nil, problem.RequestMalformed},
		{"another host in absolute form", "http://evil.example/a", nil, problem.RequestMalformed},
		{"a host that begins with ours", "http://api.example.evil.example/a", nil, problem.RequestMalformed},
		{"user information in absolute form", "http://api.example@evil.example/a", nil, problem.RequestMalformed},
		{"another port in absolute form", "http://api.example:81/a", nil, problem.RequestMalformed},
		{"a scheme that was not proved", "https://api.example/a", nil, problem.RequestMalformed},
		{"another scheme", "ftp://api.example/a", nil, problem.RequestMalformed},
		{"a fragment behind an absolute form", "http://api.example#/a", nil, problem.PathAmbiguous},
		{"a fragment in the query", "/a?b#c", nil, problem.RequestMalformed},
		{"a network path", "//evil.example/a", nil, problem.PathAmbiguous},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange("GET", c.target, c.fields...)
			wantKind(t, roomy().Run(x), c.want)
			if x.Request.Path != "" {
				t.Errorf("a refused request got the path %q", x.Request.Path)
			}
		})
	}
	x := exchange("GET", "https://API.example:443/a")
	x.Request.Scheme = "https"
	if err := roomy().Run(x); err != nil || x.Request.Path != "/a" {
		t.Errorf("over TLS: %q, %v", x.Request.Path, err)
	}
	x = exchange("GET", "http://api.example/a")
	x.Request.Scheme = "https"
	wantKind(t, roomy().Run(x), problem.RequestMalformed)
	x = exchange("GET", "/")
	x.Request.Authority = "user@api.example"
	wantKind(t, roomy().Run(x), problem.RequestMalformed)
}

func TestReading(t *testing.T) {
	for _, c := range []struct {
		name    string
		reading Reading
		path    string
		params  []string
		refused bool
	}{
		{"plain", Reading{}, "/a", nil, false},
		{"semicolon", Reading{}, "/a;x", nil, true},
		{"semicolon where the template has one", Reading{Semicolon: true}, "/a;x", nil, false},
		{"encoded semicolon", Reading{Slash: []bool{false}}, "/a%3Bx", []string{"a%3Bx"}, false},
		{"encoded slash in a parameter", Reading{Slash: []bool{false}}, "/f/a%2Fb", []string{"a%2Fb"}, true},
		{"encoded slash in a parameter that may hold one", Reading{Slash: []bool{true}}, "/f/a%2Fb%2Fc", []string{"a%2Fb%2Fc"}, false},
		{"encoded slash in the other parameter", Reading{Slash: []bool{true, false}}, "/a%2Fb/c%2Fd", []string{"a%2Fb", "c%2Fd"}, true},
		{"encoded slash outside of parameters", Reading{Slash: []bool{true}}, "/f%2Fg/a", []string{"a"}, true},
		{"more parameters than are judged", Reading{}, "/a%2Fb", []string{"a%2Fb"}, true},
		{"other encodings", Reading{Slash: []bool{false}}, "/%C3%A9", []string{"%C3%A9"}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange("GET", "")
			x.Request.Path, x.Params = c.path, c.params
			err := c.reading.Run(x)
			if !c.refused && err != nil {
				t.Error(err)
			} else if c.refused {
				wantKind(t, err, problem.PathAmbiguous)
			}
		})
	}
}

func TestSizes(t *testing.T) {
	x := exchange("POST", "/")
	if err := (Sizes{}).Run(x); err != nil {
		t.Errorf("without a body: %v", err)
	}
	x.Request.Body = message.BytesBody(make([]byte, 10))
	if err := (Sizes{}).Run(x); err != nil {
		t.Errorf("as long as the limit: %v", err)
	}
	x.Request.Body = message.NewBody(nil, 11)
	wantKind(t, Sizes{}.Run(x), problem.BodyTooLarge)
	x.Request.Body = message.NewBody(nopCloser{strings.NewReader("12345678901")}, -1)
	if err := (Sizes{}).Run(x); err != nil {
		t.Errorf("of unknown length: %v", err)
	}
	buffer := make([]byte, 11)
	if _, err := x.Request.Body.Read(buffer); err != message.ErrTooLarge {
		t.Errorf("streaming beyond the limit: %v", err)
	}
}

// Files may come beyond what is held, in a multipart body alone.
func TestSizesOfUploads(t *testing.T) {
	for _, c := range []struct {
		mediaType string
		length    int64
		passes    bool
	}{
		{"multipart/form-data; boundary=b", 11, true},
		{"Multipart/Mixed; boundary=b", 100, true},
		{"multipart/form-data; boundary=b", 101, false},
		{"application/json", 11, false},
		{"application/json; a=multipart/form-data", 11, false},
		{"", 11, false},
	} {
		x := exchange("POST", "/")
		x.Op.MaxUpload = 100
		x.Request.Fields.Set("Content-Type", c.mediaType)
		x.Request.Body = message.NewBody(nil, c.length)
		if err := (Sizes{}).Run(x); (err == nil) != c.passes {
			t.Errorf("%d bytes of %q: %v", c.length, c.mediaType, err)
		}
	}
	x := exchange("POST", "/")
	x.Request.Fields.Set("Content-Type", "multipart/form-data; boundary=b")
	x.Request.Body = message.NewBody(nil, 11)
	wantKind(t, Sizes{}.Run(x), problem.BodyTooLarge)
}

type nopCloser struct{ *strings.Reader }

func (nopCloser) Close() error { return nil }

func TestRefuse(t *testing.T) {
	x := exchange("PUT", "/")
	x.Allowed = []string{"GET", "HEAD"}
	err := (&Refuse{Kind: problem.MethodUnknown, Detail: "Other methods.", Hint: func(*sallyport.Exchange) string { return "Try 100% of them." }}).Run(x)
	wantKind(t, err, problem.MethodUnknown)
	if r := problem.As(err); r.Detail != "Other methods. Try 100% of them." || r.Fields.Get("Allow") != "GET, HEAD" {
		t.Errorf("%q, Allow %q", r.Detail, r.Fields.Get("Allow"))
	}
	err = (&Refuse{Kind: problem.OperationUnknown, Detail: "No such path."}).Run(x)
	if r := problem.As(err); r.Detail != "No such path." || r.Fields.Has("Allow") {
		t.Errorf("%q, %v", r.Detail, r.Fields)
	}
}

func TestAnswerFields(t *testing.T) {
	a := &AnswerFields{Fields: message.Fields{{Name: "X-Content-Type-Options", Value: "nosniff"}}, HSTS: "max-age=1"}
	x := exchange("GET", "/")
	if err := a.Run(x); err != nil || x.Answer.Get("X-Content-Type-Options") != "nosniff" || x.Answer.Has("Strict-Transport-Security") {
		t.Errorf("on a plain connection: %v, %v", x.Answer, err)
	}
	x = exchange("GET", "/")
	x.Request.TLS = secure()
	if err := a.Run(x); err != nil || x.Answer.Get("Strict-Transport-Security") != "max-age=1" {
		t.Errorf("over TLS: %v, %v", x.Answer, err)
	}
	x.Answer.Set("X-Content-Type-Options", "changed")
	if a.Fields[0].Value != "nosniff" {
		t.Error("an exchange changed the fields of all")
	}
}
