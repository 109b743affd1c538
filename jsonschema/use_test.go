package jsonschema

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func validJSON(body []byte) bool { return json.Valid(body) && utf8.Valid(body) }

func TestClosed(t *testing.T) {
	const defs = `,"$defs":{
		"cat":{"type":"object","properties":{"kind":{"const":"cat"},"lives":{"type":"integer"}},"required":["kind"]},
		"dog":{"type":"object","properties":{"kind":{"const":"dog"},"bark":{"type":"boolean"}},"required":["kind"]},
		"base":{"type":"object","properties":{"id":{"type":"string"}}},
		"tree":{"type":"object","properties":{"left":{"$ref":"#/$defs/tree"},"right":{"$ref":"#/$defs/tree"}}}}}`
	undeclared := func(pointer string) string { return pointer + " additionalProperties: is not declared" }
	runCases(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, []bodyCase{
		{"an object that names closes", `{"properties":{"a":{}}}`, `{"a":1,"b":2}`, undeclared("/b")},
		{"an object that names none is free", `{"type":"object"}`, `{"b":2}`, ""},
		{"true opens", `{"properties":{"a":{}},"additionalProperties":true}`, `{"b":2}`, ""},
		{"a schema opens", `{"properties":{"a":{}},"additionalProperties":{"type":"integer"}}`, `{"b":2}`, ""},
		{"a schema opens to what fits", `{"properties":{"a":{}},"additionalProperties":{"type":"integer"}}`, `{"b":"x"}`, "/b type: must be an integer"},
		{"unevaluatedProperties opens", `{"properties":{"a":{}},"unevaluatedProperties":{}}`, `{"b":2}`, ""},
		{"false closes in any case", `{"additionalProperties":false}`, `{"b":2}`, undeclared("/b")},
		{"patternProperties name", `{"patternProperties":{"^x-":{}}}`, `{"x-a":1,"b":2}`, undeclared("/b")},
		{"members are closed", `{"properties":{"a":{"properties":{"c":{}}}}}`, `{"a":{"c":1,"d":2}}`, undeclared("/a/d")},
		{"items are closed", `{"items":{"properties":{"c":{}}}}`, `[{"c":1},{"d":2}]`, undeclared("/1/d")},
		{"additional members are closed", `{"additionalProperties":{"properties":{"c":{}}}}`, `{"x":{"d":2}}`, undeclared("/x/d")},
		{"allOf declares together", `{"allOf":[{"$ref":"#/$defs/base"},{"properties":{"b":{}}}]` + defs, `{"id":"1","b":2}`, ""},
		{"allOf closes together", `{"allOf":[{"$ref":"#/$defs/base"},{"properties":{"b":{}}}]` + defs, `{"id":"1","c":2}`, undeclared("/c")},
		{"allOf opens together", `{"allOf":[{"$ref":"#/$defs/base"},{"additionalProperties":true}]` + defs, `{"id":"1","c":2}`, ""},
		{"a branch that closes itself alone still judges by the book", `{"allOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]}`, `{"a":1,"b":2}`, undeclared("/b")},
		{"$ref with siblings", `{"$ref":"#/$defs/base","properties":{"b":{}}` + defs, `{"id":"1","b":1,"c":2}`, undeclared("/c")},
		{"the branch that matches declares", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]` + defs, `{"kind":"dog","bark":true}`, ""},
		{"another branch does not declare", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]` + defs, `{"kind":"dog","lives":9}`, undeclared("/lives")},
		{"where no branch matches all of them declare", `{"oneOf":[{"$ref":"#/$defs/cat"},{"$ref":"#/$defs/dog"}]` + defs, `{"kind":"cat","lives":"9","bark":1,"x":1}`,
			"/lives type: must be an integer\n" + undeclared("/x")},
		{"anyOf declares by each that matches", `{"anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}]}`, `{"a":1,"b":2,"c":3}`, undeclared("/c")},
		{"anyOf of requirements declares nothing", `{"properties":{"a":{},"b":{}},"anyOf":[{"required":["a"]},{"required":["b"]}]}`, `{"a":1,"c":3}`, undeclared("/c")},
		{"a free branch of a union is free", `{"anyOf":[{"$ref":"#/$defs/cat"},{"type":"object"}]` + defs, `{"x":1}`, ""},
		{"a free branch beside names is not", `{"properties":{"a":{}},"anyOf":[{"required":["a"]},{"type":"object"}]}`, `{"x":1}`, undeclared("/x")},
		{"if and then declare", `{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"a":{}}},"else":{"properties":{"b":{}}}}`, `{"k":1,"a":2,"b":3}`, undeclared("/b")},
		{"else declares", `{"if":{"properties":{"k":{"const":1}},"required":["k"]},"then":{"properties":{"a":{}}},"else":{"properties":{"b":{}}}}`, `{"b":3}`, ""},
		{"dependentSchemas declare", `{"properties":{"a":{}},"dependentSchemas":{"a":{"properties":{"b":{}}}}}`, `{"a":1,"b":2}`, ""},
		{"dependentSchemas that do not apply do not", `{"properties":{"a":{}},"dependentSchemas":{"a":{"properties":{"b":{}}}}}`, `{"b":2}`, undeclared("/b")},
		{"not is a condition", `{"not":{"properties":{"a":{"properties":{"b":{}},"required":["b"]}},"required":["a"]}}`, `{"a":{"b":1,"c":2}}`, "not: must not be what the schema rules out"},
		{"contains is a condition", `{"contains":{"properties":{"a":{"const":1}},"required":["a"]}}`, `[{"a":1,"x":2}]`, ""},
		{"recursion", `{"$ref":"#/$defs/tree"` + defs, `{"left":{"right":{"left":{"top":1}}}}`, undeclared("/left/right/left/top")},
		{"a type beside an object", `{"type":["object","null"],"properties":{"a":{}}}`, `null`, ""},
		{"more members than a word has bits", `{"allOf":[{"properties":{"a":{}}}],"patternProperties":{"^p":{}}}`, wide(100, "p", "q"), undeclared("/q")},
	})
	runCases(t, Options{Dialect: OpenAPI30}, Use{Closed: true}, []bodyCase{
		{"3.0 allOf", `{"allOf":[{"$ref":"#/b"},{"type":"object","properties":{"c":{"type":"string"}}}],"b":{"type":"object","properties":{"a":{"type":"string"}}}}`, `{"a":"","c":"","d":""}`, undeclared("/d")},
		{"3.0 additionalProperties", `{"type":"object","properties":{"a":{}},"additionalProperties":{}}`, `{"d":1}`, ""},
	})
	runCases(t, Options{Dialect: OpenAPI31}, Use{}, []bodyCase{
		{"by the book nothing is closed", `{"properties":{"a":{}}}`, `{"b":2}`, ""},
	})
}

// wide is an object of many members and one more.
func wide(n int, prefix, last string) string {
	m := map[string]int{last: 1}
	for i := range n {
		m[prefix+itoa(i)] = i
	}
	b, _ := json.Marshal(m)
	return string(b)
}

func TestDirection(t *testing.T) {
	const schema = `{"type":"object","required":["id","name","password"],"properties":{
		"id":{"type":"string","readOnly":true},"name":{"type":"string"},"password":{"type":"string","writeOnly":true},
		"made":{"$ref":"#/$defs/stamp"},"seen":{"allOf":[{"$ref":"#/$defs/stamp"}]}},
		"$defs":{"stamp":{"type":"string","readOnly":true}}}`
	const cannotBeSent = " readOnly: is set by the server and cannot be sent"
	runCases(t, Options{Dialect: OpenAPI31}, Use{Direction: Request}, []bodyCase{
		{"readOnly is not required", schema, `{"name":"n","password":"p"}`, ""},
		{"readOnly is refused", schema, `{"id":"1","name":"n","password":"p"}`, "/id" + cannotBeSent},
		{"readOnly through $ref and allOf", schema, `{"made":"1","seen":"2","name":"n","password":"p"}`, "/made" + cannotBeSent + "\n/seen" + cannotBeSent},
		{"writeOnly is required", schema, `{"name":"n"}`, "/password required: is required"},
		{"required in one branch, readOnly in another", `{"allOf":[{"properties":{"id":{"readOnly":true}}},{"required":["id","n"]}]}`, `{"n":1}`, ""},
		{"readOnly in the branch that is not taken", `{"oneOf":[{"properties":{"k":{"const":1},"id":{"readOnly":true}},"required":["k"]},{"properties":{"k":{"const":2},"id":{}},"required":["k","id"]}]}`, `{"k":2}`, "/id required: is required"},
		{"in items", `{"items":{"properties":{"id":{"readOnly":true}}}}`, `[{"id":"1"}]`, "/0/id" + cannotBeSent},
	})
	runCases(t, Options{Dialect: OpenAPI31}, Use{Direction: Response}, []bodyCase{
		{"writeOnly is not required", schema, `{"id":"1","name":"n"}`, ""},
		{"writeOnly is refused", schema, `{"id":"1","name":"n","password":"p"}`, "/password writeOnly: is only ever sent to the server and must not be answered"},
		{"readOnly is required", schema, `{"name":"n"}`, "/id required: is required"},
	})
	runCases(t, Options{Dialect: OpenAPI31}, Use{}, []bodyCase{
		{"neutral", schema, `{"id":"1","name":"n","password":"p"}`, ""},
	})
	runCases(t, Options{Dialect: OpenAPI30}, Use{Request, true}, []bodyCase{
		{"3.0 through allOf, closed", `{"type":"object","required":["id"],"properties":{"id":{"allOf":[{"$ref":"#/s"}],"readOnly":true}},"s":{"type":"string"}}`, `{"x":1}`, "/x additionalProperties: is not declared"},
	})
}

func TestShape(t *testing.T) {
	for _, c := range []struct{ name, schema, want string }{
		{"unconstrained", `{}`, "any"},
		{"type", `{"type":"integer"}`, "an integer"},
		{"types", `{"type":["integer","null"]}`, "null or an integer"},
		{"ref", `{"$ref":"#/$defs/a","$defs":{"a":{"type":"boolean"}}}`, "a boolean"},
		{"allOf intersects", `{"allOf":[{"type":["string","number"]},{"type":["integer","boolean"]}]}`, "an integer"},
		{"anyOf unites", `{"anyOf":[{"type":"integer"},{"type":"array","items":{"type":"string"}}]}`, "an integer or an array[a string]"},
		{"enum", `{"enum":[1,"a"]}`, "an integer or a string"},
		{"object", `{"type":"object","properties":{"a":{"type":"integer"}},"additionalProperties":{"type":"boolean"}}`, "an object{a: an integer, *: a boolean}"},
		{"properties of branches", `{"oneOf":[{"type":"object","properties":{"a":{"type":"integer"}}},{"type":"object","properties":{"a":{"type":"string"}}}]}`, "an object{a: an integer or a string}"},
		{"items of a ref", `{"type":"array","items":{"$ref":"#/$defs/a"},"$defs":{"a":{"type":"boolean"}}}`, "an array[a boolean]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := shapeText(compileText(t, Options{Dialect: OpenAPI31}, Use{}, c.schema).Shape()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func shapeText(s *Shape) string {
	text := s.Types.String()
	if s.Types == AnyType {
		text = "any"
	}
	if s.Items != nil {
		text += "[" + shapeText(s.Items) + "]"
	}
	if s.Properties != nil || s.Additional != nil {
		text += "{"
		var names []string
		for name := range s.Properties {
			names = append(names, name)
		}
		for i, name := range sorted(names) {
			if i > 0 {
				text += ", "
			}
			text += name + ": " + shapeText(s.Properties[name])
		}
		if s.Additional != nil {
			text += ", *: " + shapeText(s.Additional)
		}
		text += "}"
	}
	return text
}

func TestShapeOfARecursiveSchemaIsFinite(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{"$ref":"#/$defs/a","$defs":{"a":{"type":"object","properties":{"l":{"$ref":"#/$defs/a"},"r":{"$ref":"#/$defs/a"}}}}}`)
	if s.Shape().Properties["l"].Properties["r"].Types != Object {
		t.Error("the first levels are there")
	}
}
