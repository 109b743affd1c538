package jsonschema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

type cleanCase struct {
	name, schema, body, left, cut, faults string
}

func runCleanCases(t *testing.T, use Use, may Cleaning, cases []cleanCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, use, c.schema)
			got := s.Clean([]byte(c.body), may)
			if string(got.Body) != c.left || strings.Join(got.Cut, " ") != c.cut || told(got.Faults) != c.faults {
				t.Errorf("%s\nof %s\nleft %s\nwant %s\ncut %v, want %s\nfaults %s\n  want %s", c.schema, c.body, got.Body, c.left, got.Cut, c.cut, told(got.Faults), c.faults)
			}
			if may.Undeclared && may.Hidden {
				holdsWhatCleanPromises(t, s, []byte(c.body), got)
			}
		})
	}
}

const pets = `,"$defs":{
	"cat":{"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}},"required":["kind"]},
	"dog":{"type":"object","properties":{"kind":{"const":"dog"},"bark":{"type":"boolean"}},"required":["kind"]},
	"strict":{"type":"object","properties":{"kind":{"const":"strict"},"n":{}},"required":["kind"],"additionalProperties":false},
	"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"},"right":{"$ref":"#/$defs/tree"},"deep":{"items":{"$ref":"#/$defs/tree"}}}}}}`

func TestCleanKeepsTheBytesThatStay(t *testing.T) {
	const ab = `{"properties":{"a":{},"b":{}}}`
	runCleanCases(t, Use{Closed: true}, Cleaning{true, true}, []cleanCase{
		{"nothing", ab, `{ "b" : 1.50 , "a":1e2 }`, `{ "b" : 1.50 , "a":1e2 }`, "", ""},
		{"the first", ab, `{ "x": 1, "a": 2 }`, `{ "a": 2 }`, "/x", ""},
		{"the last", ab, `{ "a": 2 , "x": 1 }`, `{ "a": 2 }`, "/x", ""},
		{"one between", ab, "{\n  \"a\": 1,\n  \"x\": {\"y\": [1, \"}\"]},\n  \"b\": 2\n}", "{\n  \"a\": 1,\n  \"b\": 2\n}", "/x", ""},
		{"the only one", ab, `{ "x": 1 }`, `{  }`, "/x", ""},
		{"all", ab, `{"x":1,"y":2,"z":3}`, `{}`, "/x /y /z", ""},
		{"the first two", ab, `{"x":1,"y":2,"a":3}`, `{"a":3}`, "/x /y", ""},
		{"the last two", ab, `{"a":3,"x":1,"y":2}`, `{"a":3}`, "/x /y", ""},
		{"every other", ab, `{"w":0,"a":3,"x":1,"b":4,"y":2}`, `{"a":3,"b":4}`, "/w /x /y", ""},
		{"a name with escapes", ab, `{"\u0061":1,"\"x~/":2,"b":"\u0061"}`, `{"\u0061":1,"b":"\u0061"}`, `/"x~0~1`, ""},
		{"items", `{"items":` + ab + `}`, `[{"x":1},{"a":1,"x":2},7,{"y":1,"b":2}]`, `[{},{"a":1},7,{"b":2}]`, "/*/x /*/y", ""},
		{"numbers that no float holds", ab, `{"a":9007199254740993000.10,"x":0}`, `{"a":9007199254740993000.10}`, "/x", ""},
	})
}

func TestCleanTakesOutWhatIsNotDeclared(t *testing.T) {
	const undeclared = " additionalProperties: is not declared"
	runCleanCases(t, Use{Closed: true}, Cleaning{true, true}, []cleanCase{
		{"free-form", `{"type":"object"}`, `{"x":1}`, `{"x":1}`, "", ""},
		{"true opens", `{"properties":{"a":{}},"additionalProperties":true}`, `{"x":1}`, `{"x":1}`, "", ""},
		{"a schema opens and closes beneath", `{"additionalProperties":{"properties":{"a":{}}}}`, `{"k":{"a":1,"x":2}}`, `{"k":{"a":1}}`, "/k/x", ""},
		{"false closes", `{"additionalProperties":false}`, `{"x":1}`, `{}`, "/x", ""},
		{"unevaluatedProperties false closes", `{"allOf":[{"properties":{"a":{}}}],"unevaluatedProperties":false}`, `{"a":1,"x":1}`, `{"a":1}`, "/x", ""},
		{"a member that is ruled out", `{"properties":{"a":{},"b":false}}`, `{"a":1,"b":1}`, `{"a":1}`, "/b", ""},
		{"allOf declares together", `{"allOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"a":1,"b":2,"x":3}`, `{"a":1,"b":2}`, "/x", ""},
		{"allOf declares together beneath", `{"allOf":[{"properties":{"m":{"properties":{"a":{}}}}},{"properties":{"m":{"properties":{"b":{}}}}}]}`,
			`{"m":{"a":1,"b":2,"x":3}}`, `{"m":{"a":1,"b":2}}`, "/m/x", ""},
		{"what another branch declares stays, and the fault is told", `{"allOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]}`,
			`{"a":1,"b":2,"x":3}`, `{"a":1,"b":2}`, "/x", "/b" + undeclared},
		{"the branch that holds declares", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]` + pets,
			`{"kind":"dog","bark":true,"lives":9,"x":1}`, `{"kind":"dog","bark":true}`, "/x /lives", ""},
		{"a branch that shuts itself holds without what nobody declares", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/strict"}]` + pets,
			`{"kind":"strict","n":1,"x":1}`, `{"kind":"strict","n":1}`, "/x", ""},
		{"a branch that shuts itself holds without what only others declare", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/strict"}]` + pets,
			`{"kind":"strict","n":1,"lives":9}`, `{"kind":"strict","n":1}`, "/lives", ""},
		{"what lies deeper does not make a branch fail", `{"oneOf":[{"properties":{"a":{"properties":{"b":{}},"additionalProperties":false}},"required":["a"]},{"type":"null"}]}`,
			`{"a":{"b":1,"x":2}}`, `{"a":{"b":1}}`, "/a/x", ""},
		{"no branch holds: all declare", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]` + pets,
			`{"kind":"cat","lives":"9","bark":1,"x":1}`, `{"kind":"cat","lives":"9","bark":1}`, "/x", "/lives type: must be an integer"},
		{"a branch of another type does not apply", `{"anyOf":[{"type":"object","properties":{"a":{"type":"integer"}}},{"type":"array"}]}`,
			`{"a":"s","x":1}`, `{"a":"s"}`, "/x", "/a type: must be an integer"},
		{"several branches hold: each declares", `{"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"a":1,"b":2,"x":3}`, `{"a":1,"b":2}`, "/x", ""},
		{"several hold and one is free beneath", `{"anyOf":[{"properties":{"m":{"properties":{"a":{}}}}},{"properties":{"m":{"type":"object"}}}]}`,
			`{"m":{"x":1},"y":2}`, `{"m":{"x":1}}`, "/y", ""},
		{"a free branch beside names is not free", `{"properties":{"a":{}},"anyOf":[{"required":["a"]},{"type":"object"}]}`, `{"a":1,"x":1}`, `{"a":1}`, "/x", ""},
		{"a condition declares and does not close", `{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"required":["a"]}}`, `{"k":1,"a":2}`, `{"k":1,"a":2}`, "", ""},
		{"if and then", `{"properties":{"k":{}},"if":{"properties":{"k":{"const":1}}},"then":{"properties":{"a":{}}},"else":{"properties":{"b":{}}}}`,
			`{"k":1,"a":2,"b":3}`, `{"k":1,"a":2}`, "/b", ""},
		{"not is judged by the book", `{"properties":{"a":{}},"not":{"properties":{"a":{"properties":{"z":{}}}},"required":["q"]}}`, `{"a":{"y":1}}`, `{"a":{"y":1}}`, "", ""},
		{"dependentSchemas of a member that goes", `{"properties":{"a":{}},"dependentSchemas":{"t":{"properties":{"b":{}}}}}`, `{"a":1,"t":1,"b":2}`, `{"a":1}`, "/t /b", ""},
		{"recursion", `{"$ref":"#/$defs/tree"` + pets, `{"left":{"right":{"x":1,"deep":[{"y":1},{"left":{}}]}},"z":0}`, `{"left":{"right":{"deep":[{},{"left":{}}]}}}`,
			"/left/right/x /left/right/deep/*/y /z", ""},
		{"faults beside stay faults", `{"properties":{"a":{"type":"string"}},"required":["b"]}`, `{"a":1,"x":1}`, `{"a":1}`, "/x", "/a type: must be a string\n/b required: is required"},
		{"what is required may come, with any value", `{"properties":{"a":{}},"required":["x"]}`, `{"a":1,"x":{"y":1},"z":1}`, `{"a":1,"x":{"y":1}}`, "/z", ""},
		{"what another schema requires may come", `{"properties":{"a":{}},"allOf":[{"required":["x"]}]}`, `{"a":1,"x":1}`, `{"a":1,"x":1}`, "", ""},
		{"what is required and shut out goes", `{"properties":{"a":{}},"required":["x"],"additionalProperties":false}`, `{"a":1,"x":1}`, `{"a":1}`, "/x", "/x required: is required"},
		{"what another schema requires and this one shuts out goes", `{"properties":{"a":{}},"additionalProperties":false,"anyOf":[{"required":["x"]},{"type":"object"}]}`, `{"a":1,"x":1}`, `{"a":1}`, "/x", ""},
		{"what a branch requires may come where it holds", `{"properties":{"a":{}},"anyOf":[{"required":["x"]},{"required":["a"]}]}`, `{"a":1,"x":1,"z":1}`, `{"a":1,"x":1}`, "/z", ""},
		{"what a condition requires is not declared by it", `{"properties":{"a":{}},"if":{"required":["x"]},"then":{"minProperties":1}}`, `{"a":1,"x":1}`, `{"a":1}`, "/x", ""},
		{"counts are those of what is left", `{"properties":{"a":{}},"maxProperties":1}`, `{"a":1,"x":1}`, `{"a":1}`, "/x", ""},
		{"items that become the same", `{"uniqueItems":true,"items":{"properties":{"a":{}}}}`, `[{"a":1,"x":1},{"a":1,"x":2}]`, `[{"a":1},{"a":1}]`, "/*/x", "uniqueItems: must not have the same item twice"},
		{"a tuple", `{"prefixItems":[{"properties":{"a":{}}},{"properties":{"b":{}}}],"items":{"properties":{"c":{}}}}`,
			`[{"a":1,"b":1},{"a":1,"b":1},{"a":1,"c":1}]`, `[{"a":1},{"b":1},{"c":1}]`, "/*/b /*/a", ""},
		{"what unevaluatedProperties takes", `{"properties":{"a":{}},"unevaluatedProperties":{"properties":{"c":{}}}}`, `{"a":{"x":1},"b":{"c":1,"x":1}}`, `{"a":{"x":1},"b":{"c":1}}`, "/b/x", ""},
		{"what unevaluatedItems takes", `{"allOf":[{"prefixItems":[{"type":"object"}]}],"unevaluatedItems":{"properties":{"c":{}}}}`, `[{"x":1},{"c":1,"x":1}]`, `[{"x":1},{"c":1}]`, "/*/x", ""},
		{"a pattern names", `{"patternProperties":{"^x-":{"properties":{"a":{}}}}}`, `{"x-1":{"a":1,"b":1},"y":1}`, `{"x-1":{"a":1}}`, "/x-1/b /y", ""},
	})
	runCleanCases(t, Use{}, Cleaning{true, true}, []cleanCase{
		{"by the book nothing goes", `{"properties":{"a":{}},"additionalProperties":false}`, `{"x":1}`, `{"x":1}`, "", "/x" + undeclared},
	})
}

func TestCleanTakesOutWhatIsHidden(t *testing.T) {
	const user = `{"type":"object","required":["id","name","password"],"properties":{
		"id":{"type":"string","readOnly":true},"name":{"type":"string"},"password":{"$ref":"#/$defs/secret"},"pin":{"allOf":[{"$ref":"#/$defs/secret"}]}},
		"patternProperties":{"^w-":{"writeOnly":true}},"$defs":{"secret":{"type":"string","writeOnly":true}}}`
	runCleanCases(t, Use{Response, true}, Cleaning{true, true}, []cleanCase{
		{"writeOnly, through $ref and allOf too", user, `{"id":"1","password":"p","pin":7,"name":"n","w-1":1}`, `{"id":"1","name":"n"}`, "/password /pin /w-1", ""},
		{"readOnly is promised", user, `{"name":"n"}`, `{"name":"n"}`, "", "/id required: is required"},
		{"one branch of several", `{"allOf":[{"properties":{"a":{"writeOnly":true}}},{"properties":{"a":{},"b":{}},"required":["a"]}]}`, `{"a":1,"b":2}`, `{"b":2}`, "/a", ""},
		{"one alternative of several that hold", `{"anyOf":[{"properties":{"a":{"writeOnly":true}}},{"properties":{"a":{},"b":{}}}]}`, `{"a":1,"b":2}`, `{"b":2}`, "/a", ""},
		{"where it is hidden by a branch that does not hold it is undeclared", `{"oneOf":[{"properties":{"k":{"const":1},"s":{"writeOnly":true}},"required":["k"]},{"properties":{"k":{"const":2}},"required":["k"]}]}`,
			`{"k":2,"s":1}`, `{"k":2}`, "/s", ""},
		{"of additional members", `{"additionalProperties":{"writeOnly":true}}`, `{"a":1}`, `{}`, "/a", ""},
		{"in a list", `{"items":{"properties":{"s":{"writeOnly":true},"n":{}}}}`, `[{"s":1,"n":2},{"n":2,"s":1}]`, `[{"n":2},{"n":2}]`, "/*/s", ""},
	})
	runCleanCases(t, Use{Request, true}, Cleaning{Hidden: true}, []cleanCase{
		{"readOnly", user, `{"id":7,"name":"n","password":"p"}`, `{"name":"n","password":"p"}`, "/id", ""},
		{"beside what is refused the body is as it came", user, `{"id":7,"name":"n","password":"p","x":1}`, `{"id":7,"name":"n","password":"p","x":1}`, "", "/x additionalProperties: is not declared"},
	})
	runCleanCases(t, Use{Request, true}, Cleaning{Undeclared: true}, []cleanCase{
		{"undeclared alone", user, `{"name":"n","password":"p","x":1}`, `{"name":"n","password":"p"}`, "/x", ""},
		{"readOnly refused", user, `{"id":"1","name":"n","password":"p","x":1}`, `{"id":"1","name":"n","password":"p","x":1}`, "", "/id readOnly: is set by the server and cannot be sent"},
	})
	runCleanCases(t, Use{Direction: Request}, Cleaning{Hidden: true}, []cleanCase{
		{"readOnly of an object that is not closed", user, `{"id":"1","name":"n","password":"p","x":1}`, `{"name":"n","password":"p","x":1}`, "/id", ""},
	})
}

func TestWhatIsRefusedIsNotMissing(t *testing.T) {
	runCases(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, []bodyCase{
		{"required and shut out", `{"properties":{"a":{}},"required":["x"],"additionalProperties":false}`, `{"a":1,"x":1}`, "/x additionalProperties: is not declared"},
	})
}

func TestCleanOfWhatCannotBeJudged(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Response, true}, `{"properties":{"a":{}}}`)
	for _, body := range []string{``, `{"x":1`, `{"x":1,"x":2}`, `{"a":1e9999}`, strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200), "{\"x\":\"\xff\"}"} {
		if c := s.Clean([]byte(body), Cleaning{true, true}); !c.Undecided || len(c.Faults) != 1 || string(c.Body) != body || c.CutCount != 0 {
			t.Errorf("%.40q: %+v", body, c)
		}
	}
}

func TestCutsAreListedOnceAndBounded(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, leakySchema)
	if c := s.Clean(leaky(500), Cleaning{Undeclared: true}); c.CutCount != 1000 || !slices.Equal(c.Cut, []string{"/*/hash", "/*/internal"}) {
		t.Errorf("%d at %v", c.CutCount, c.Cut)
	}
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, `,"x%d":1`, i)
	}
	if c := s.Clean([]byte(`[{"a":"1"`+b.String()+`}]`), Cleaning{Undeclared: true}); c.CutCount != 300 || len(c.Cut) != maxCut || string(c.Body) != `[{"a":"1"}]` {
		t.Errorf("%d at %d places, left %s", c.CutCount, len(c.Cut), c.Body)
	}
}

// leaky is a list of items with two members each that nobody declared.
func leaky(items int) []byte {
	var b strings.Builder
	b.WriteByte('[')
	for i := range items {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"hash": "$2b$12$%020d", "a": "item number %d of the list", "b": %d.25, "name": "%s", "internal": {"shard": %d, "tags": ["a", "b"]}}`, i, i, i, strings.Repeat("n", 50), i%7)
	}
	b.WriteByte(']')
	return []byte(b.String())
}

const leakySchema = `{"type":"array","items":{"type":"object","required":["a"],"properties":{"a":{"type":"string"},"b":{"type":"number"},"name":{"type":"string","maxLength":80}}}}`

// What may hold in many ways costs no more than what is judged anyway.
func TestHostileBodiesAreCleanedInTime(t *testing.T) {
	const expression = `{"$ref":"#/$defs/e","$defs":{"e":{"anyOf":[
		{"type":"object","properties":{"and":{"$ref":"#/$defs/e"}}},
		{"type":"object","properties":{"or":{"$ref":"#/$defs/e"},"and":{"$ref":"#/$defs/e"}}},
		{"type":"object","properties":{"not":{"$ref":"#/$defs/e"},"and":{"$ref":"#/$defs/e"}},"required":["leaf"]},{"type":"string"}]}}}`
	const twice = `{"$ref":"#/$defs/n","$defs":{"n":{"allOf":[{"properties":{"and":{"$ref":"#/$defs/n"}}},{"properties":{"and":{"$ref":"#/$defs/n"}}}]}}}`
	nested := func(leaf string) string {
		return strings.Repeat(`{"and":`, 99) + leaf + strings.Repeat("}", 99)
	}
	for _, c := range []struct{ name, schema, body string }{
		{"branches that all hold", expression, nested(`"x"`)},
		{"branches of which none holds", expression, nested(`1`)},
		{"branches that close", expression, nested(`{"x":1}`)},
		{"two ways to the same", twice, nested(`{"x":1}`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, c.schema)
			start := time.Now()
			got := s.Clean([]byte(c.body), Cleaning{Undeclared: true})
			if took := time.Since(start); took > 5*time.Second || got.Undecided {
				t.Errorf("it took %v: %s", took, told(got.Faults))
			}
			if strings.Contains(string(got.Body), `{"x":1}`) {
				t.Errorf("left %s", got.Body)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	var schemas []*Schema
	for _, text := range []string{orderSchema, leakySchema, `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/strict"},{"$ref":"#/$defs/tree"}]` + pets,
		`{"allOf":[{"properties":{"a":{"writeOnly":true},"b":{"properties":{"c":{}}}}}],"unevaluatedProperties":false}`,
		`{"properties":{"a":{"anyOf":[{"type":"string","writeOnly":true},{"type":"integer"}]},"b":{"items":{"if":{"type":"object"},"then":{"properties":{"c":{"type":"string"}}},"else":{"writeOnly":true}}},
		"k":{"type":"string"},"o":{"$ref":"#"}},"prefixItems":[{"type":"integer"},{"writeOnly":true}],"items":{"$ref":"#"}}`,
		`{"anyOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"},{"$ref":"#/$defs/tree"}],"discriminator":{"propertyName":"kind"}` + pets} {
		schemas = append(schemas, compileText(f, Options{Dialect: OpenAPI31}, Use{Response, true}, text))
	}
	for _, seed := range []string{string(orderBody()), string(leaky(3)), ` { "kind" : "strict" , "x" : [ ] } `, `{"a":1,"b":{"x":1,"c":{}},"\u0061b":"\ud83d\ude00"}`, `{"left":{"deep":[{"x":1},{}]}}`,
		`{"a":"s","b":[{"c":[1]},1],"k":{},"o":[1,2,{"a":1}]}`, `{"kind":"tree","left":{},"bark":true,"lives":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range schemas {
			holdsWhatCleanPromises(t, s, body, s.Clean(body, Cleaning{true, true}))
		}
	})
}
