package rule

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sallyport/jsonschema"
)

// asked are inputs with one answer and everything else as it mostly is.
func asked(t testing.TB, r *Rule, answer string) *inputs {
	t.Helper()
	s := schemaOf(t, order)
	return &inputs{
		rule:    r,
		who:     who{ID: "https://id|ann", Subject: "ann", Roles: []string{"clerk", "auditor"}, Scopes: []string{"read"}},
		path:    map[string]string{"userId": "ann", "id": "42"},
		query:   map[string]string{"tenant": "acme", "all": "true", "most": "2.5"},
		headers: map[string]string{"X-Tenant": "acme"},
		bodies:  map[Root][]byte{Response: []byte(answer), Caller: []byte(`{"org": {"id": "acme"}, "level": 3, "https://e/role": "boss"}`)},
		shapes:  map[Root]*jsonschema.Schema{Response: s, Caller: schemaOf(t, "true")},
	}
}

func TestDecide(t *testing.T) {
	v := vocabulary(t)
	for _, c := range []struct {
		rule, answer string
		want         Verdict
		native       bool
	}{
		{`response.owner == caller.subject`, `{"owner": "ann"}`, Yes, true},
		{`response.owner == caller.subject`, `{"owner": "bob"}`, No, true},
		{`response.owner == caller.subject`, `{"owner": "Ann"}`, No, true},
		{`response.owner == caller.subject`, `{"owner": "ann "}`, No, true},
		{`response.owner == caller.subject`, `{"owner": "\u0061nn"}`, Yes, true},
		{`response.owner == caller.subject`, `{"owner": null}`, No, true},
		{`response.owner == caller.subject`, `{"owner": ["ann"]}`, No, true},
		{`response.owner == caller.subject`, `{}`, Undecided, true},
		{`response.owner == caller.tenant`, `{"owner": ""}`, Undecided, true}, // a caller without the claim owns nothing
		{`response.owner != caller.tenant`, `{"owner": ""}`, Undecided, true},
		{`response.manager == null`, `{"manager": null}`, Yes, true},
		{`response.manager == caller.subject || "auditor" in caller.roles`, `{}`, Yes, true},
		{`response.manager == caller.subject || "boss" in caller.roles`, `{}`, Undecided, true},
		{`response.id == path.id`, `{"id": 42}`, Yes, true},
		{`response.id == path.id`, `{"id": 42.0}`, Yes, true},
		{`response.id == path.id`, `{"id": 4.2e1}`, Yes, true},
		{`response.id == path.id`, `{"id": "42"}`, No, true},
		{`response.id == path.id`, `{"id": 42.00000000000000000001}`, Undecided, true},
		{`response.id == path.id`, `{"id": 18446744073709551658}`, Undecided, true}, // 42 in 64 bits
		{`response.either == path.userId`, `{"either": 7}`, No, true},
		{`response.customer.id == caller.subject`, `{"customer": {"id": "ann"}}`, Yes, true},
		{`response.customer.id == caller.subject`, `{"customer": null}`, Undecided, true},
		{"response.customer.`a/b` == 'x'", `{"customer": {"a/b": "x"}}`, Yes, true},
		{`caller.claims.org.id == query.tenant`, `{}`, Yes, true},
		{`caller.claims.org.name == query.tenant`, `{}`, Undecided, true},
		{`caller.claims["https://e/role"] == "boss"`, `{}`, Yes, true},
		{"headers.`x-tenant` == query.tenant", `{}`, Yes, true},
		{`path.userId in ["ann", "bob"]`, `{}`, Yes, true},
		{`!(path.userId in caller.roles)`, `{}`, Yes, true},
		{`query.all`, `{}`, Yes, false},
		{`query.most > 2.0`, `{}`, Yes, false},
		{`caller.subject in response.members`, `{"members": ["bob", "ann"]}`, Yes, false},
		{`caller.subject in response.members`, `{"members": ["bob"]}`, No, false},
		{`caller.subject in response.members`, `{}`, Undecided, false},
		{`response.lines.all(l, l.count < 10)`, `{"lines": [{"sku": "a", "count": 2}, {"sku": "b", "count": 3}]}`, Yes, false},
		{`response.lines.exists(l, l.sku == "b" && l.count == 3)`, `{"lines": [{"sku": "a", "count": 2}, {"sku": "b", "count": 3}]}`, Yes, false},
		{`response.lines[0].sku == "a"`, `{"lines": [{"sku": "a"}]}`, Yes, false},
		{`response.lines[1].sku == "a"`, `{"lines": [{"sku": "a"}]}`, Undecided, false},
		{`has(response.owner) ? response.owner == caller.subject : false`, `{}`, No, false},
		{`has(response.customer.id)`, `{"customer": {"id": "a"}}`, Yes, false},
		{`has(response.customer.id)`, `{}`, No, false},
		{`response.free.anything == "x"`, `{"free": {"anything": "x"}}`, Yes, true},
		{`response.price > 10.0`, `{"price": 11}`, Yes, false},
		{`response.owner.startsWith("acme-")`, `{"owner": "acme-7"}`, Yes, false},
		{`string(path.id) == response.owner`, `{"owner": "42"}`, Yes, false},
		{`caller.subject == "a" + "nn"`, `{}`, Yes, false},
		{`caller.subject == query.tenant + "x"`, `{}`, No, false},
		{`!(caller.subject == query.tenant + "x")`, `{}`, Yes, false},
		{`path.userId in [query.tenant, "ann"]`, `{}`, Yes, false},
		{`true`, `{}`, Yes, true},
	} {
		r := compiled(t, c.rule, v)
		if r.Native() != c.native {
			t.Errorf("%s: native is %v", c.rule, r.Native())
		}
		in := asked(t, r, c.answer)
		if got := r.Decide(in); got != c.want {
			t.Errorf("%s on %s: %s, want %s", c.rule, c.answer, got, c.want)
		}
		if got := r.decideByCEL(asked(t, r, c.answer)); got != c.want {
			t.Errorf("%s on %s: CEL says %s, want %s", c.rule, c.answer, got, c.want)
		}
	}
}

func TestCompileFindsMistakes(t *testing.T) {
	v := vocabulary(t)
	for _, c := range []struct {
		rule   string
		offset int
		says   string
	}{
		{`response.ownr == caller.subject`, 8, "nothing declares 'ownr' here"},
		{`caller.name == "x"`, 6, "nothing declares 'name' here"},
		{`object.owner == caller.subject`, 0, "'object' is not known here (a rule of this operation begins with caller, path, query, headers, response, item)"},
		{`path.user == caller.subject`, 4, "nothing declares 'user' here"},
		{`path.id == caller.subject`, 8, "== is not defined for (int, string) (convert one side"},
		{`response.owner`, 0, "the rule gives string, not yes or no"},
		{`response == item`, 9, "== is not defined for (response, item)"},
		{`size(response.lines) > 0 && response.lines.exists(response, true)`, 49, "response means something else already"},
		{`response.owner.matches(caller.subject)`, 22, "the pattern of matches is not constant"},
		{`response.owner ==`, 17, "Syntax error"},
		{`"é" == response.ownr`, 16, "nothing declares 'ownr'"},
		{`response.lines.all(a, response.lines.all(b, response.lines.all(c, response.lines.all(d, a == b && c == d))))`, 0, "could take too long"},
		{strings.Repeat("!", maxText) + "true", 0, "longer than"},
		{strings.Repeat("(", 100) + "true" + strings.Repeat(")", 100), 0, ""},
		{`caller.claims == response.free`, 6, ""},
	} {
		r, err := Compile(c.rule, v)
		if err == nil {
			t.Errorf("%s compiles: %v", c.rule, r.Needs())
			continue
		}
		m := err.(*Mistake)
		if !strings.Contains(m.Error(), c.says) || c.says != "" && m.Offset != c.offset {
			t.Errorf("%.60s: at %d: %s", c.rule, m.Offset, m)
		}
	}
}

func TestNeeds(t *testing.T) {
	r := compiled(t, `path.userId == caller.subject || response.owner == headers.`+"`X-Tenant`", vocabulary(t))
	if got := r.Needs().String(); got != "caller, path, headers, response" {
		t.Error(got)
	}
	if p := r.Places(Response); len(p) != 1 || p[0].String() != "/owner" {
		t.Error(p)
	}
	if p := r.Parameters(Headers); len(p) != 1 || p[0].Name != "X-Tenant" {
		t.Error(p)
	}
}

// What runs natively means what CEL means, whatever is asked of whatever.
func TestNativeIsCEL(outer *testing.T) {
	t := outer
	v := vocabulary(t)
	values := []string{`query.tenant + "x"`, `size(caller.roles)`, `response.owner`, `response.manager`, `response.id`, `response.either`, `response.open`, `response.free.x`, `response.customer.id`,
		`caller.subject`, `caller.tenant`, `caller.claims.org.id`, `caller.claims.level`, `path.userId`, `path.id`, `query.tenant`, `"ann"`, `"acme"`, `42`, `true`, `null`}
	answers := []string{`"ann"`, `"acme"`, `""`, `null`, `42`, `42.0`, `-0`, `7`, `1e400`, `99999999999999999999`, `1.5`, `true`, `false`, `[]`, `["ann"]`, `{}`, `{"x": "ann"}`, `{"id": "ann"}`}
	natives := 0
	rapid.Check(t, func(t *rapid.T) {
		var expression func(depth int) string
		expression = func(depth int) string {
			value := rapid.SampledFrom(values)
			kind := rapid.IntRange(0, 6).Draw(t, "kind")
			if depth == 0 {
				kind %= 4
			}
			switch kind {
			case 0, 1:
				return "dyn(" + value.Draw(t, "left") + ") == " + value.Draw(t, "right")
			case 2:
				return value.Draw(t, "left") + " != " + value.Draw(t, "right")
			case 3:
				return value.Draw(t, "of") + ` in ` + rapid.SampledFrom([]string{"caller.roles", "caller.scopes", `["ann", "42"]`}).Draw(t, "list")
			case 4:
				return "!(" + expression(depth-1) + ")"
			case 5:
				return "(" + expression(depth-1) + ") && (" + expression(depth-1) + ")"
			}
			return "(" + expression(depth-1) + ") || (" + expression(depth-1) + ")"
		}
		text := strings.ReplaceAll(expression(3), "dyn(", "(")
		r, err := Compile(text, v)
		if err != nil {
			t.Skip("the types do not fit")
		}
		var members []string
		for _, name := range []string{"owner", "manager", "id", "either", "open", "free", "customer"} {
			if rapid.Bool().Draw(t, "there") {
				members = append(members, `"`+name+`": `+rapid.SampledFrom(answers).Draw(t, name))
			}
		}
		answer := "{" + strings.Join(members, ", ") + "}"
		anew := func() *inputs { return asked(outer, r, answer) }
		if r.Native() {
			natives++
		}
		if got, want := r.Decide(anew()), r.decideByCEL(anew()); got != want {
			t.Fatalf("%s on %s: %s natively, %s by CEL", text, answer, got, want)
		}
	})
	if natives == 0 {
		t.Error("no rule ran natively")
	}
}

func FuzzCompile(f *testing.F) {
	v := vocabulary(f)
	for _, seed := range []string{`response.owner == caller.subject`, `response.lines.all(l, l.count < 10)`, "headers.`x`", `"a" in caller.roles`, `caller.claims["a"].b[0]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Compile(text, v)
		if err != nil {
			if m := err.(*Mistake); m.Offset < 0 || m.Offset > len(text) {
				t.Errorf("at %d of %d", m.Offset, len(text))
			}
			return
		}
		if got, want := r.Decide(asked(t, r, `{"owner": "ann"}`)), r.decideByCEL(asked(t, r, `{"owner": "ann"}`)); got != want {
			t.Errorf("%s natively, %s by CEL", got, want)
		}
	})
}
