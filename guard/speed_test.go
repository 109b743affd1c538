package guard

import (
	"testing"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/message"
	"sallyport/rule"
	"sallyport/source"
)

const order = `{"type":"object","properties":{"id":{"type":"string"},"owner":{"type":"string"},"note":{"type":"string"}}}`

func shape(t testing.TB, text string) *jsonschema.Schema {
	s, err := jsonschema.CompileText("schema.json", []byte(text), jsonschema.Options{Dialect: jsonschema.OpenAPI31}, jsonschema.Use{Direction: jsonschema.Response, Closed: true})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// over is a rule over a body.
func over(t testing.TB, root rule.Root, text string) *Set {
	compiled, err := rule.Compile(text, &rule.Vocabulary{
		Path:   []rule.Parameter{{Name: "user", Types: jsonschema.String}},
		Bodies: map[rule.Root]rule.Shape{root: shape(t, order)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(compiled, source.Position{}, false)
	if err != nil {
		t.Fatal(err)
	}
	return NewSet(root, r)
}

func anns() *sallyport.Exchange {
	return &sallyport.Exchange{
		Op: &sallyport.Operation{Params: []string{"user"}}, Params: []string{"ann"}, Request: &message.Request{Method: "GET"},
		Caller: sallyport.Principal{Credentials: []*sallyport.Credential{{Kind: "jwt", Subject: "ann", Roles: []string{"clerk"}, Claims: `{"org":"acme"}`}}},
	}
}

func owner(name string) []jsonschema.Captured {
	return []jsonschema.Captured{{Value: jsonschema.Value{Kind: jsonschema.String, Text: []byte(name), Raw: []byte(`"` + name + `"`)}}}
}

var speedRules = []struct{ name, rule string }{
	{"path native", `path.user == caller.subject`},
	{"answer native", `response.owner == caller.subject || "auditor" in caller.roles`},
	{"answer CEL", `response.owner.startsWith(caller.subject)`},
	{"claims native", `caller.claims.org == "acme"`},
}

func BenchmarkRule(b *testing.B) {
	for _, c := range speedRules {
		b.Run(c.name, func(b *testing.B) {
			set, x, captured := over(b, rule.Response, c.rule), anns(), owner("ann")
			b.ReportAllocs()
			for b.Loop() {
				if err := set.Decide(x, captured); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What is known of an exchange is put together once, for all rules and items.
func TestRulesAllocateOnce(t *testing.T) {
	x, captured := anns(), owner("ann")
	for _, c := range speedRules[:2] {
		set := over(t, rule.Response, c.rule)
		set.Rules = append(set.Rules, set.Rules[0], set.Rules[0])
		if n := testing.AllocsPerRun(100, func() { set.Decide(x, captured) }); n != 1 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
		holds := set.Holding(x)
		if n := testing.AllocsPerRun(100, func() { holds(captured) }); n != 0 {
			t.Errorf("%s: %v allocations for an item", c.name, n)
		}
	}
}

func TestHolding(t *testing.T) {
	holds := over(t, rule.Item, `item.owner == caller.subject`).Holding(anns())
	for name, want := range map[string]bool{"ann": true, "bob": false, "": false} {
		if holds(owner(name)) != want || !holds(owner("ann")) || holds(nil) {
			t.Errorf("%q: %v", name, !want)
		}
	}
}
