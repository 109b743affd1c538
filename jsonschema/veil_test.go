package jsonschema

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"sallyport/source"
)

const secrets = `,"$defs":{"w":{"type":"string","writeOnly":true},"r":{"type":"string","readOnly":true}}}`

func TestABranchThatHoldsHides(t *testing.T) {
	runCleanCases(t, Use{Response, true}, Cleaning{true, true}, []cleanCase{
		{"anyOf: the branch that holds", `{"properties":{"r":{"anyOf":[{"type":"string","writeOnly":true},{"type":"integer"}]}}}`, `{"r":"SECRET"}`, `{}`, "/r", ""},
		{"anyOf: another branch holds", `{"properties":{"r":{"anyOf":[{"type":"string","writeOnly":true},{"type":"integer"}]}}}`, `{"r":1}`, `{"r":1}`, "", ""},
		{"anyOf: one of two that hold", `{"properties":{"r":{"anyOf":[{"type":"string","writeOnly":true},{"maxLength":9}]}}}`, `{"r":"SECRET"}`, `{}`, "/r", ""},
		{"oneOf by $ref", `{"properties":{"o":{"oneOf":[{"$ref":"#/$defs/w"},{"type":"null"}]}}` + secrets, `{"o":"SECRET"}`, `{}`, "/o", ""},
		{"none holds: one that fits by its type", `{"properties":{"r":{"anyOf":[{"type":"string","minLength":9,"writeOnly":true},{"type":"integer"}]}}}`, `{"r":"SECRET"}`, `{}`, "/r", ""},
		{"none holds and none fits", `{"properties":{"r":{"anyOf":[{"type":"string","writeOnly":true},{"type":"integer"}]}}}`, `{"r":true}`, `{"r":true}`, "", "/r type: must be an integer or a string"},
		{"then", `{"properties":{"v":{"if":{"type":"string"},"then":{"writeOnly":true}}}}`, `{"v":"SECRET"}`, `{}`, "/v", ""},
		{"not then", `{"properties":{"v":{"if":{"type":"string"},"then":{"writeOnly":true}}}}`, `{"v":1}`, `{"v":1}`, "", ""},
		{"else", `{"properties":{"v":{"if":{"type":"string"},"else":{"writeOnly":true}}}}`, `{"v":1}`, `{}`, "/v", ""},
		{"dependentSchemas", `{"properties":{"v":{"dependentSchemas":{"k":{"writeOnly":true}}}}}`, `{"v":{"k":1}}`, `{}`, "/v", ""},
		{"dependentSchemas that do not apply", `{"properties":{"v":{"dependentSchemas":{"k":{"writeOnly":true}}}}}`, `{"v":{"l":1}}`, `{"v":{"l":1}}`, "", ""},
		{"a branch of a branch", `{"properties":{"v":{"allOf":[{"oneOf":[{"anyOf":[{"$ref":"#/$defs/w"}]},{"type":"null"}]}]}}` + secrets, `{"v":"SECRET"}`, `{}`, "/v", ""},
		{"additional members", `{"additionalProperties":{"anyOf":[{"$ref":"#/$defs/w"},{"type":"integer"}]}` + secrets, `{"a":"SECRET","b":1}`, `{"b":1}`, "/a", ""},
		{"members by pattern", `{"patternProperties":{"^x":{"anyOf":[{"$ref":"#/$defs/w"},{"type":"integer"}]}}` + secrets, `{"xa":"SECRET","xb":1}`, `{"xb":1}`, "/xa", ""},
		{"unevaluated members", `{"properties":{"a":{}},"unevaluatedProperties":{"writeOnly":true}}`, `{"a":1,"b":"SECRET"}`, `{"a":1}`, "/b", ""},
		{"not is no branch", `{"properties":{"v":{"not":{"type":"integer","writeOnly":true}}}}`, `{"v":"s"}`, `{"v":"s"}`, "", ""},
		{"an object hides once its members were judged", `{"properties":{"o":{"anyOf":[{"type":"object","writeOnly":true,"properties":{"k":{"const":1}},"required":["k"]},{"type":"object","properties":{"k":{"const":2}}}]}}}`,
			`{"o":{"k":1}}`, `{}`, "/o", ""},
		{"a required member that is hidden is not missing", `{"required":["r"],"properties":{"r":{"anyOf":[{"type":"string","writeOnly":true},{"type":"integer"}]}}}`, `{"r":"SECRET"}`, `{}`, "/r", ""},
	})
	runCleanCases(t, Use{Request, true}, Cleaning{true, true}, []cleanCase{
		{"oneOf by $ref", `{"required":["o"],"properties":{"o":{"oneOf":[{"$ref":"#/$defs/r"},{"type":"null"}]}}` + secrets, `{"o":"x"}`, `{}`, "/o", ""},
		{"every way hides", `{"required":["role"],"properties":{"role":{"anyOf":[{"type":"string","readOnly":true},{"type":"null","readOnly":true}]}}}`, `{}`, `{}`, "", ""},
		{"every way hides, and it came", `{"required":["role"],"properties":{"role":{"anyOf":[{"type":"string","readOnly":true},{"type":"null","readOnly":true}]}}}`, `{"role":null}`, `{}`, "/role", ""},
	})
	runCleanCases(t, Use{Direction: Response}, Cleaning{}, []cleanCase{
		{"refused where nothing is taken out", `{"properties":{"r":{"anyOf":[{"type":"string","writeOnly":true},{"type":"integer"}]}}}`, `{"r":"SECRET"}`, `{"r":"SECRET"}`, "", "/r writeOnly: is only ever sent to the server and must not be answered"},
	})
}

func TestHiddenItemsGo(t *testing.T) {
	runCleanCases(t, Use{Response, true}, Cleaning{true, true}, []cleanCase{
		{"all", `{"type":"array","items":{"type":"string","writeOnly":true}}`, `[ "s" , "t" ]`, `[  ]`, "/*", ""},
		{"by $ref", `{"properties":{"l":{"items":{"$ref":"#/$defs/w"}}}` + secrets, `{"l":["s"]}`, `{"l":[]}`, "/l/*", ""},
		{"those that a branch hides", `{"items":{"anyOf":[{"$ref":"#/$defs/w"},{"type":"integer"}]}` + secrets, `[1,"s",2,"t"]`, `[1,2]`, "/*", ""},
		{"of arrays in arrays", `{"items":{"items":{"writeOnly":true}}}`, `[[1],[2,3]]`, `[[],[]]`, "/*/*", ""},
		{"the last of a tuple", `{"prefixItems":[{"type":"integer"},{"writeOnly":true}]}`, `[1,"s"]`, `[1]`, "/*", ""},
		{"what moves up into a hidden place goes too", `{"prefixItems":[{"type":"integer"},{"writeOnly":true}]}`, `[1,"s",2,3]`, `[1]`, "/*", ""},
		{"unevaluated items", `{"allOf":[{"prefixItems":[{}]}],"unevaluatedItems":{"writeOnly":true}}`, `[1,"s"]`, `[1]`, "/*", ""},
		{"counts are those of what is left", `{"minItems":1,"items":{"writeOnly":true}}`, `["s"]`, `[]`, "/*", "minItems: must have at least 1 item"},
		{"one schema of several", `{"allOf":[{"items":{}},{"items":{"writeOnly":true}}]}`, `["s"]`, `[]`, "/*", ""},
	})
	runCleanCases(t, Use{Direction: Request}, Cleaning{}, []cleanCase{
		{"refused", `{"items":{"readOnly":true}}`, `[1]`, `[1]`, "", "/0 readOnly: is set by the server and cannot be sent"},
		{"each by the place at which it came", `{"prefixItems":[{"readOnly":true}]}`, `[1,2]`, `[1,2]`, "", "/0 readOnly: is set by the server and cannot be sent"},
	})
}

func TestTheRootIsNotHidden(t *testing.T) {
	for _, text := range []string{`{"type":"string","writeOnly":true}`, `{"$ref":"#/$defs/w"` + secrets, `{"anyOf":[{"$ref":"#/$defs/w"},{"type":"integer"}]` + secrets} {
		s := compileText(t, Options{Dialect: OpenAPI31}, Use{Response, true}, text)
		if notes := s.Notes(); len(notes) != 1 || notes[0].Keyword != "writeOnly" || notes[0].Says != rootless {
			t.Errorf("%s: %v", text, notes)
		}
		held := false
		for _, use := range s.Keywords() {
			held = held || use.Name == "writeOnly" && use.Effect != NotHeld
		}
		if c := s.Clean([]byte(`"s"`), Cleaning{true, true}); held || c.Faults != nil || string(c.Body) != `"s"` {
			t.Errorf("%s: %v %v", text, held, c)
		}
		if s := compileText(t, Options{Dialect: OpenAPI31}, Use{Request, true}, text); s.Notes() != nil {
			t.Errorf("%s: %v", text, s.Notes())
		}
	}
}

// The schema of a body may be that of a member as well: its word is held there.
func TestTheRootOfOneIsAMemberOfAnother(t *testing.T) {
	node, err := source.Parse("s.json", []byte(`{"properties":{"a":{"type":"string","writeOnly":true}}}`), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCompiler(Options{Dialect: OpenAPI31})
	var whole []*Schema
	for _, n := range []*source.Node{node.Get("properties").Get("a"), node} {
		s, err := c.Compile(n, Use{Response, true})
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, s)
	}
	effects := ""
	EachKeyword(func(k Keyword) {
		if k.Name == "writeOnly" {
			effects += k.Effect.String() + ", "
		}
	}, whole...)
	if effects != "not held, enforced, " {
		t.Error(effects)
	}
}

func TestAContainerOfAnotherTypeIsEmptied(t *testing.T) {
	runCleanCases(t, Use{Response, true}, Cleaning{true, true}, []cleanCase{
		{"an array for an object", `{"type":"object","properties":{"a":{}}}`, `[{"a":"x","passwordHash":"$2b"}]`, `[]`, "/*", "type: must be an object"},
		{"an object for an array", `{"type":"array","items":{"type":"object"}}`, `{"s":1,"t":[2]}`, `{}`, "/s /t", "type: must be an array"},
		{"within", `{"properties":{"o":{"type":"object","properties":{"a":{}}}}}`, `{"o":[{"s":"SECRET"}]}`, `{"o":[]}`, "/o/*", "/o type: must be an object"},
		{"an object for a string", `{"properties":{"n":{"type":"string"}}}`, `{"n":{"s":"SECRET"}}`, `{"n":{}}`, "/n/s", "/n type: must be a string"},
		{"an array for a string", `{"properties":{"n":{"type":"string"}}}`, `{"n":["SECRET"]}`, `{"n":[]}`, "/n/*", "/n type: must be a string"},
		{"an item", `{"items":{"type":"string"}}`, `["a",{"s":"SECRET"},["t"]]`, `["a",{},[]]`, "/*/s /*/*", "/1 type: must be a string\n/2 type: must be a string"},
		{"for one of an enum", `{"properties":{"n":{"enum":["a","b"]}}}`, `{"n":{"s":"SECRET"}}`, `{"n":{}}`, "/n/s", `/n enum: must be one of: a, b`},
		{"where no alternative takes one", `{"properties":{"n":{"oneOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]}}}`, `{"n":{"s":"SECRET"}}`, `{"n":{}}`, "/n/s", "/n type: must be a string or an array"},
		{"where one of those that govern together takes none", `{"properties":{"n":{"allOf":[{"properties":{"s":{}}},{"type":"string"}]}}}`, `{"n":{"s":"SECRET"}}`, `{"n":{}}`, "/n/s", "/n type: must be a string"},
		{"where one alternative takes one", `{"properties":{"n":{"oneOf":[{"type":"object"},{"type":"string"}]}}}`, `{"n":{"s":1}}`, `{"n":{"s":1}}`, "", ""},
		{"a member of a free-form object is free", `{"type":"object"}`, `{"n":{"s":[1]}}`, `{"n":{"s":[1]}}`, "", ""},
		{"scalars stay", `{"properties":{"n":{"type":"string"}}}`, `{"n":7}`, `{"n":7}`, "", "/n type: must be a string"},
	})
	runCleanCases(t, Use{Request, true}, Cleaning{Hidden: true}, []cleanCase{
		{"a request is refused as it is", `{"type":"object","properties":{"a":{}}}`, `[{"b":1}]`, `[{"b":1}]`, "", "type: must be an object"},
	})
	runCleanCases(t, Use{Direction: Response}, Cleaning{true, true}, []cleanCase{
		{"nothing is undeclared by the book", `{"type":"object","properties":{"a":{}}}`, `[{"b":1}]`, `[{"b":1}]`, "", "type: must be an object"},
	})
}

// What may be hidden at every level is found in time that does not double with
// each.
func TestHidingIsFoundInTime(t *testing.T) {
	const schema = `{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"n":{"anyOf":[
		{"$ref":"#/$defs/n","required":["leaf"],"writeOnly":true},{"$ref":"#/$defs/n"},{"type":"integer"}]}}}}}`
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Response, true}, schema)
	body := strings.Repeat(`{"n":`, 99) + "1" + strings.Repeat("}", 99)
	start := time.Now()
	got := s.Clean([]byte(body), Cleaning{true, true})
	if took := time.Since(start); took > 5*time.Second || got.Undecided || string(got.Body) != body {
		t.Errorf("it took %v: %s, left %s", took, told(got.Faults), got.Body)
	}
}

func TestHiddenItemsGoFromAStream(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Response, true}, `{"minItems":2,"items":{"anyOf":[{"type":"string","writeOnly":true},{"type":"integer"}]}}`)
	for body, want := range map[string]string{
		`["s", 1 ,"t",2, "u"]`: `[1,2]`,
		`[ "s" , "t" ]`:        `[  ]`,
		`[1,"s",2]`:            `[1,2]`,
	} {
		var faults []Fault
		st := s.Stream(strings.NewReader(body), Streaming{Limit: 8, May: Cleaning{true, true}, Found: func(f []Fault, _ bool) error { faults = append(faults, f...); return nil }})
		left, err := io.ReadAll(st)
		if err != nil || string(left) != want || !json.Valid(left) || (len(faults) > 0) != !strings.Contains(want, "1") {
			t.Errorf("%s left %s, %v, %s, want %s", body, left, err, told(faults), want)
		}
	}
	st := s.Stream(strings.NewReader(`["far too long to be held"]`), Streaming{Limit: 8, May: Cleaning{true, true}})
	if left, err := io.ReadAll(st); err != ErrTooLarge || strings.Contains(string(left), "far") {
		t.Errorf("%s, %v", left, err)
	}
}
