package jsonschema

import (
	"strings"
	"testing"
)

func compilePlaces(t tester, texts ...string) []*Place {
	var places []*Place
	for _, text := range texts {
		p, err := CompilePlace(text)
		if err != nil {
			t.Fatal(err)
		}
		if p.String() != text {
			t.Fatalf("%q is written %q", text, p)
		}
		places = append(places, p)
	}
	return places
}

func TestCompilePlace(t *testing.T) {
	compilePlaces(t, "", "/", "/a", "/items/*/owner", "/a~1b/~01", "/0/00/-", "/*", "//")
	for _, c := range []struct{ text, says string }{
		{"a", `begin with a slash: write "/a"`},
		{"items/*/owner", `write "/items/*/owner"`},
		{"#/a", "without #"},
		{"/a~", "~ is followed by 0"},
		{"/a~2b", "~ is followed by 0"},
		{"/\xff", "not UTF-8"},
		{"/" + strings.Repeat("a", maxPlace), "longer than"},
		{strings.Repeat("/a", MaxDepth+1), "has 101 steps"},
	} {
		if p, err := CompilePlace(c.text); err == nil || !strings.Contains(err.Error(), c.says) || p != nil {
			t.Errorf("%.20q: %v, want %s", c.text, err, c.says)
		}
	}
}

func TestCanHave(t *testing.T) {
	const defs = `,"$defs":{
		"base":{"type":"object","properties":{"id":{"type":"string"},"owner":{"properties":{"name":{"type":"string"}}}}},
		"cat":{"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}}},
		"dog":{"type":"object","properties":{"kind":{"const":"dog"},"bark":{"type":"boolean"}}},
		"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"},"n":{"type":"integer"}}}}}`
	for _, c := range []struct {
		name, schema string
		can, cannot  string // places
	}{
		{"a schema that says nothing", `{}`, " /a /a/b /*/c /0/d", ""},
		{"a string", `{"type":"string"}`, " ", "/a /0 /*"},
		{"named members", `{"properties":{"a":{"type":"string"},"b":{}}}`, " /a /b /b/c /* /*/c", "/c /a/b"},
		{"free-form", `{"type":"object"}`, "/a /a/b", ""},
		{"an object is no array", `{"type":"object","properties":{"a":{}}}`, "/a /*", "/0"},
		{"an array is no object", `{"type":"array","items":{"properties":{"a":{}}}}`, "/0/a /*/a /7/a", "/a /*/b /-"},
		{"an open object", `{"properties":{"a":{"type":"string"}},"additionalProperties":{"type":"object","properties":{"n":{"type":"null"}}}}`, "/x/n", "/a/n /x/y /x/n/a"},
		{"true opens", `{"properties":{"a":{"type":"string"}},"additionalProperties":true}`, "/x /x/y", "/a/b"},
		{"true for items", `{"type":"array","items":true}`, "/0 /*/x", "/x"},
		{"const and enum", `{"enum":[{"a":1}],"const":{"a":1}}`, "/a", ""},
		{"an object that is shut", `{"properties":{"a":{}},"additionalProperties":false}`, "/a", "/x"},
		{"nothing but shut", `{"type":"object","additionalProperties":false}`, "", "/x /*"},
		{"patternProperties", `{"patternProperties":{"^x-":{"properties":{"a":{}}}}}`, "/x-1/a", "/y /x-1/b"},
		{"a member that is ruled out", `{"properties":{"a":false}}`, "", "/a"},
		{"a name that is required and not declared", `{"properties":{"a":{}},"required":["b"]}`, "/b /b/c", "/c"},
		{"prefixItems", `{"type":"array","prefixItems":[{"properties":{"a":{"type":"null"}}}],"items":{"properties":{"b":{}}}}`, "/0/a /1/b /*/a /*/b", "/0/b /1/a"},
		{"no items", `{"type":"array","items":false}`, "", "/0 /*"},
		{"$ref with siblings", `{"$ref":"#/$defs/base","properties":{"b":{}}` + defs, "/id /b /owner/name", "/c /owner/x"},
		{"allOf together", `{"allOf":[{"$ref":"#/$defs/base"},{"required":["id"]},{"properties":{"b":{}}}]` + defs, "/id /b", "/c"},
		{"allOf declares together beneath", `{"allOf":[{"$ref":"#/$defs/base"},{"properties":{"owner":{"properties":{"age":{}}}}}]` + defs, "/owner/name /owner/age", "/owner/x"},
		{"a type that allOf rules out", `{"allOf":[{"type":"string"},{"properties":{"a":{}}}]}`, "", "/a"},
		{"any branch", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]` + defs, "/kind /lives /bark", "/x"},
		{"a branch of another type", `{"anyOf":[{"type":"null"},{"$ref":"#/$defs/cat"}]` + defs, "/lives", "/x"},
		{"a free branch of a union", `{"anyOf":[{"$ref":"#/$defs/cat"},{"type":"object"}]` + defs, "/x", ""},
		{"a free branch beside names", `{"properties":{"a":{}},"anyOf":[{"required":["a"]},{"type":"object"}]}`, "/a", "/x"},
		{"if, then and else", `{"properties":{"k":{}},"if":{"properties":{"c":{}}},"then":{"properties":{"a":{}}},"else":{"properties":{"b":{}}}}`, "/k /a /b /c", "/x"},
		{"if without else leaves the rest free", `{"if":{"required":["a"]},"then":{"properties":{"a":{}}}}`, "/a /x", ""},
		{"dependentSchemas", `{"properties":{"a":{}},"dependentSchemas":{"a":{"properties":{"b":{}}}}}`, "/b", "/x"},
		{"not says nothing of what can be", `{"properties":{"a":{}},"not":{"properties":{"b":{}}}}`, "/a", "/b"},
		{"unevaluatedProperties", `{"properties":{"a":{}},"unevaluatedProperties":{"properties":{"c":{}}}}`, "/a /x/c", "/x/d"},
		{"recursion", `{"$ref":"#/$defs/tree"` + defs, "/left/left/left/n", "/left/left/x"},
		{"deep recursion through two ways", `{"$ref":"#/t","t":{"properties":{"a":{"allOf":[{"$ref":"#/t"},{"$ref":"#/t"}]}},"type":"object"}}`, strings.Repeat("/a", 90), "/a/a/a/b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, c.schema)
			for list, want := range map[string]bool{c.can: true, c.cannot: false} {
				if list == "" {
					continue
				}
				for _, p := range compilePlaces(t, strings.Split(list, " ")...) {
					if s.CanHave(p) != want {
						t.Errorf("%s can have %q: %v", c.schema, p, !want)
					}
				}
			}
		})
	}
}

func TestCanHaveWhatTheDirectionHides(t *testing.T) {
	const schema = `{"properties":{"id":{"readOnly":true},"password":{"writeOnly":true}}}`
	id, password := compilePlaces(t, "/id")[0], compilePlaces(t, "/password")[0]
	for use, want := range map[Use][2]bool{{}: {true, true}, {Request, true}: {false, true}, {Response, true}: {true, false}} {
		s := compileText(t, Options{Dialect: OpenAPI31}, use, schema)
		if got := [2]bool{s.CanHave(id), s.CanHave(password)}; got != want {
			t.Errorf("%v: %v, want %v", use, got, want)
		}
	}
}
