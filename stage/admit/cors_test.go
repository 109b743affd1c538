package admit

import (
	"strings"
	"testing"
	"time"

	"sallyport/message"
	"sallyport/problem"
)

func TestCORS(t *testing.T) {
	listed := &CORS{Origins: []string{"https://app.example", "http://localhost:3000"}, Suffixes: []string{".bank.example"}, Expose: "ETag", Credentials: true}
	for _, c := range []struct {
		name    string
		cors    *CORS
		origins []string
		granted string
	}{
		{"no origin", listed, nil, ""},
		{"listed", listed, []string{"https://app.example"}, "https://app.example"},
		{"listed with a port", listed, []string{"http://localhost:3000"}, "http://localhost:3000"},
		{"another scheme", listed, []string{"http://app.example"}, ""},
		{"another port", listed, []string{"https://app.example:444"}, ""},
		{"a name that begins alike", listed, []string{"https://app.example.evil.example"}, ""},
		{"null", listed, []string{"null"}, ""},
		{"twice", listed, []string{"https://app.example", "https://app.example"}, ""},
		{"wildcard", listed, []string{"https://a.bank.example"}, "https://a.bank.example"},
		{"wildcard, two labels", listed, []string{"https://a.b.bank.example"}, "https://a.b.bank.example"},
		{"wildcard without a label", listed, []string{"https://.bank.example"}, ""},
		{"wildcard, its own domain", listed, []string{"https://bank.example"}, ""},
		{"wildcard, a name that ends alike", listed, []string{"https://evilbank.example"}, ""},
		{"wildcard in the clear", listed, []string{"http://a.bank.example"}, ""},
		{"wildcard behind a user", listed, []string{"https://evil.example@a.bank.example"}, ""},
		{"wildcard behind a path", listed, []string{"https://evil.example/.bank.example"}, ""},
		{"wildcard with a port", listed, []string{"https://a.bank.example:8443"}, ""},
		{"letter case", listed, []string{"https://APP.example"}, ""},
		{"any", &CORS{Origins: []string{"*"}}, []string{"https://whoever.example"}, "*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange("GET", "/")
			for _, o := range c.origins {
				x.Request.Fields.Add("Origin", o)
			}
			if err := c.cors.Run(x); err != nil {
				t.Fatal(err)
			}
			if got := x.Answer.Get("Access-Control-Allow-Origin"); got != c.granted {
				t.Errorf("granted to %q, want %q", got, c.granted)
			}
			withCredentials := c.granted != "" && c.cors.Credentials
			if x.Answer.Has("Access-Control-Allow-Credentials") != withCredentials || x.Answer.Has("Access-Control-Expose-Headers") != withCredentials {
				t.Errorf("granted too much or too little: %v", x.Answer)
			}
			if vary := x.Answer.Get("Vary"); (vary == "Origin") == c.cors.any() {
				t.Errorf("Vary %q: a cache would give one origin's answer to another", vary)
			}
		})
	}
}

func TestPreflight(t *testing.T) {
	p := &Preflight{
		CORS:    &CORS{Origins: []string{"https://app.example"}, Credentials: true},
		Methods: []string{"GET", "PUT"}, Fields: []string{"content-type", "x-a"}, MaxAge: 10 * time.Minute,
	}
	for _, c := range []struct {
		name, origin, method, fields string
		granted                      bool
	}{
		{"listed", "https://app.example", "PUT", "content-type,x-a", true},
		{"no fields", "https://app.example", "GET", "", true},
		{"fields in other letters and with spaces", "https://app.example", "PUT", "X-A, Content-Type", true},
		{"another origin", "https://evil.example", "PUT", "", false},
		{"no origin", "", "PUT", "", false},
		{"another method", "https://app.example", "DELETE", "", false},
		{"a method in other letters", "https://app.example", "put", "", false},
		{"another field", "https://app.example", "PUT", "x-a,x-b", false},
		{"an empty field", "https://app.example", "PUT", "x-a,", false},
		{"a list too long to go through", "https://app.example", "PUT", strings.Repeat("x-a,", 2000) + "x-a", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange("OPTIONS", "/", "Access-Control-Request-Method", c.method)
			if c.origin != "" {
				x.Request.Fields.Add("Origin", c.origin)
			}
			if c.fields != "" {
				x.Request.Fields.Add("Access-Control-Request-Headers", c.fields)
			}
			err := p.Run(x)
			if !strings.Contains(x.Answer.Get("Vary"), "Origin") {
				t.Errorf("Vary %q", x.Answer.Get("Vary"))
			}
			if !c.granted {
				wantKind(t, err, problem.OriginRefused)
				if x.Answer.Has("Access-Control-Allow-Origin") || x.Response != nil {
					t.Errorf("refused and granted at once: %v", x.Answer)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]string{
				"Access-Control-Allow-Origin": c.origin, "Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Methods": "GET, PUT",
				"Access-Control-Allow-Headers": "content-type, x-a", "Access-Control-Max-Age": "600",
			}
			for name, value := range want {
				if got := x.Answer.Get(name); got != value {
					t.Errorf("%s: %q, want %q", name, got, value)
				}
			}
			if x.Response.Status != 204 || x.Response.Body != nil {
				t.Errorf("answered %d", x.Response.Status)
			}
		})
	}
}

func TestIsPreflight(t *testing.T) {
	both := []string{"Origin", "https://app.example", "Access-Control-Request-Method", "PUT"}
	if !IsPreflight(exchange("OPTIONS", "/", both...).Request) {
		t.Error("OPTIONS with both fields is a preflight")
	}
	for _, r := range []*message.Request{
		exchange("GET", "/", both...).Request, exchange("OPTIONS", "/", both[:2]...).Request, exchange("OPTIONS", "/", both[2:]...).Request,
	} {
		if IsPreflight(r) {
			t.Errorf("%s with %v is no preflight", r.Method, r.Fields)
		}
	}
}

func TestVaryNamesEachFieldOnce(t *testing.T) {
	x := exchange("OPTIONS", "/", "Origin", "https://evil.example")
	cors := &CORS{Origins: []string{"https://app.example"}}
	if err := cors.Run(x); err != nil {
		t.Fatal(err)
	}
	_ = (&Preflight{CORS: cors}).Run(x)
	if got := strings.Count(x.Answer.Get("Vary"), "Origin"); got != 1 {
		t.Errorf("Vary %q", x.Answer.Get("Vary"))
	}
}
