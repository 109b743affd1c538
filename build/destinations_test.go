package build_test

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/jsonschema"
	"sallyport/problem"
)

const hooks = `openapi: 3.1.0
info: {title: t, version: "1"}
security: []
paths:
  /hooks:
    post:
      operationId: addHook
      requestBody: {content: {application/json: {schema: {type: object, properties: {url: {type: string, format: uri}}}}}}
      responses: {"200": {description: ok}}
    get: {operationId: listHooks, responses: {"200": {description: ok}}}
`

// Names are asked about where the configuration says so, by one resolver for all
// plans, which lasts over a reload.
func TestDestinationsAreResolved(t *testing.T) {
	var asked []string
	lookup := func(_ context.Context, name string) ([]netip.Addr, error) {
		asked = append(asked, name)
		switch name {
		case "public.net.":
			return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
		case "inner.net.":
			return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil
		}
		return nil, errors.New("no such host")
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	now := time.Unix(1e9, 0)
	env.Now = func() time.Time { return now }
	ask := func(settings, text string) string {
		t.Helper()
		c, err := config.Parse("sallyport.yaml", []byte("apis: [{name: a, document: a.yaml, upstream: \"http://127.0.0.1:1\", public: [\"*\"], destinations: {"+settings+"}}]"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := build.Build(t.Context(), env, c, build.Options{Lookup: lookup, Documents: map[string][]byte{c.APIs[0].Document: []byte(hooks)}})
		if err != nil {
			t.Fatal(err)
		}
		env.Keep(r.Lasting)
		for _, p := range named(t, r, "addHook").Steps(sallyport.Inspect) {
			if p.Name == "destinations" {
				x := &sallyport.Exchange{Context: t.Context(), Env: env, Outward: []sallyport.Outward{{In: "body", Pointer: "/url", As: jsonschema.OutwardURL, Text: text}}}
				if err := p.Step.Run(x); err != nil {
					return problem.As(err).Faults[0].Keyword
				}
				return "passes"
			}
		}
		return "no step"
	}
	for _, c := range []struct{ settings, text, want string }{
		{"mode: off", "http://inner.net/", "no step"},
		{"mode: marked", "http://inner.net/", "no step"},
		{"mode: all", "http://inner.net/", "address"},
		{"mode: all", "http://public.net/", "passes"},
		{"mode: all", "http://unknown.net/", "unresolved"},
		{"mode: all, unresolved: pass", "http://unknown.net/", "passes"},
		{"mode: all, networks: [10.0.0.0/8]", "http://inner.net/", "passes"},
		{"mode: all, hosts: [inner.net]", "http://inner.net/", "address"},
		{"mode: all, hosts: [\"*.net\"], ports: [8443]", "http://public.net:8443/", "passes"},
		{"mode: all, hosts: [\"*.net\"], ports: [8443]", "http://public.net:8444/", "port"},
		{"mode: all, schemes: [wss]", "http://public.net/", "scheme"},
		{"mode: all, resolve: false", "http://inner.net/", "passes"},
	} {
		if got := ask(c.settings, c.text); got != c.want {
			t.Errorf("%s: %s %s; want %s", c.settings, c.text, got, c.want)
		}
	}
	if got := strings.Join(asked, " "); got != "inner.net. public.net. unknown.net." {
		t.Errorf("asked about %s: a reload forgets", got)
	}
}

func TestWhatLeadsOutwardIsListed(t *testing.T) {
	c, err := config.Parse("sallyport.yaml", []byte("apis: [{name: a, document: a.yaml, upstream: \"http://127.0.0.1:1\", public: [\"*\"]}]"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := build.Build(t.Context(), sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20), c, build.Options{Documents: map[string][]byte{c.APIs[0].Document: []byte(hooks)}})
	if err != nil {
		t.Fatal(err)
	}
	lists := func(id string) bool {
		for _, u := range named(t, r, id).Unenforced {
			if strings.Contains(u.Says, "leads outward") {
				return u.From.Line == 8
			}
		}
		return false
	}
	if !lists("addHook") || lists("listHooks") {
		t.Error("what nothing holds is not listed, or what is none is")
	}
}
