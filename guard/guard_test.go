package guard

import (
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/rule"
	"sallyport/source"
)

func TestSet(t *testing.T) {
	v := &rule.Vocabulary{
		Path:    []rule.Parameter{{Name: "user", Types: jsonschema.String}},
		Query:   []rule.Parameter{{Name: "tenant", Types: jsonschema.String}},
		Headers: []rule.Parameter{{Name: "X-Tenant", Types: jsonschema.String}},
	}
	for _, c := range []struct {
		rule string
		path string
		raw  string
		want problem.Kind
	}{
		{`path.user == caller.subject`, "ann", "", problem.Internal},
		{`path.user == caller.subject`, "%61nn", "", problem.Internal},
		{`path.user == caller.subject`, "bob", "", problem.ObjectUnknown},
		{`path.user == caller.subject`, "%zz", "", problem.ObjectUnknown},
		{`query.tenant == "acme"`, "", "tenant=acme", problem.Internal},
		{`query.tenant == "acme"`, "", "%74enant=ac%6de", problem.Internal},
		{`query.tenant == "acme"`, "", "tenant=acme&tenant=acme", problem.ObjectUnknown},
		{`query.tenant == "acme"`, "", "Tenant=acme", problem.ObjectUnknown},
		{`query.tenant == "acme"`, "", "tenant=%zz", problem.ObjectUnknown},
		{"headers.`x-tenant` == caller.tenant", "", "", problem.Internal},
		{`caller.claims.org == "acme"`, "", "", problem.Internal},
		{`caller.claims.team == "acme"`, "", "", problem.ObjectUnknown},
		{`"clerk" in caller.roles && caller.kind == "jwt"`, "", "", problem.Internal},
	} {
		compiled, err := rule.Compile(c.rule, v)
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(compiled, source.Position{}, false)
		if err != nil {
			t.Fatal(err)
		}
		x := &sallyport.Exchange{
			Op:      &sallyport.Operation{Params: []string{"user"}},
			Params:  []string{c.path},
			Request: &message.Request{Method: "GET", Query: c.raw, Fields: message.Fields{{Name: "X-Tenant", Value: "acme"}}},
			Caller: sallyport.Principal{Credentials: []*sallyport.Credential{{
				Kind: "jwt", Subject: "ann", Tenant: "acme", Roles: []string{"clerk"}, Claims: `{"org": "acme"}`,
			}}},
		}
		err = NewSet(rule.Caller, r).Decide(x, nil)
		if err == nil && c.want == problem.Internal {
			continue
		}
		if err == nil || problem.As(err).Kind != c.want {
			t.Errorf("%s with %q and %q: %v", c.rule, c.path, c.raw, err)
		}
	}
}

// Nobody owns what nobody is named for.
func TestSetWithoutCaller(t *testing.T) {
	compiled, err := rule.Compile(`caller.subject == path.user`, &rule.Vocabulary{Path: []rule.Parameter{{Name: "user", Types: jsonschema.String}}})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(compiled, source.Position{}, true)
	if err != nil {
		t.Fatal(err)
	}
	x := &sallyport.Exchange{Op: &sallyport.Operation{Params: []string{"user"}}, Params: []string{""}, Request: &message.Request{}}
	if err := NewSet(rule.Caller, r).Decide(x, nil); err == nil || problem.As(err).Kind != problem.RuleRefused {
		t.Errorf("%v", err)
	}
}
