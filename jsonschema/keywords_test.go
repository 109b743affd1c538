package jsonschema

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sallyport/source"
)

// proofs show for each enforced word a schema and a body that is refused for
// that word alone: without it the body passes.
var proofs = map[string]struct{ schema, body string }{
	"type":                  {`{"type": "string"}`, `1`},
	"enum":                  {`{"enum": [1]}`, `2`},
	"const":                 {`{"const": 1}`, `2`},
	"multipleOf":            {`{"multipleOf": 2}`, `3`},
	"maximum":               {`{"maximum": 2}`, `3`},
	"minimum":               {`{"minimum": 2}`, `1`},
	"exclusiveMaximum":      {`{"exclusiveMaximum": 2}`, `2`},
	"exclusiveMinimum":      {`{"exclusiveMinimum": 2}`, `2`},
	"maxLength":             {`{"maxLength": 1}`, `"ab"`},
	"minLength":             {`{"minLength": 1}`, `""`},
	"pattern":               {`{"pattern": "^a"}`, `"b"`},
	"format":                {`{"format": "date"}`, `"b"`},
	"maxItems":              {`{"maxItems": 1}`, `[1, 2]`},
	"minItems":              {`{"minItems": 1}`, `[]`},
	"uniqueItems":           {`{"uniqueItems": true}`, `[1, 1]`},
	"items":                 {`{"items": {"type": "string"}}`, `[1]`},
	"additionalItems":       {`{"items": [true], "additionalItems": {"type": "string"}}`, `[1, 1]`},
	"prefixItems":           {`{"prefixItems": [{"type": "string"}]}`, `[1]`},
	"contains":              {`{"contains": {"type": "string"}}`, `[1]`},
	"minContains":           {`{"contains": {"const": 1}, "minContains": 2}`, `[1]`},
	"maxContains":           {`{"contains": {"const": 1}, "maxContains": 1}`, `[1, 1]`},
	"unevaluatedItems":      {`{"unevaluatedItems": false}`, `[1]`},
	"maxProperties":         {`{"maxProperties": 1}`, `{"a": 1, "b": 1}`},
	"minProperties":         {`{"minProperties": 1}`, `{}`},
	"required":              {`{"required": ["a"]}`, `{}`},
	"properties":            {`{"properties": {"a": {"type": "string"}}}`, `{"a": 1}`},
	"patternProperties":     {`{"patternProperties": {"^a": {"type": "string"}}}`, `{"a": 1}`},
	"additionalProperties":  {`{"additionalProperties": false}`, `{"a": 1}`},
	"propertyNames":         {`{"propertyNames": {"maxLength": 1}}`, `{"ab": 1}`},
	"unevaluatedProperties": {`{"unevaluatedProperties": false}`, `{"a": 1}`},
	"dependencies":          {`{"dependencies": {"a": ["b"]}}`, `{"a": 1}`},
	"dependentRequired":     {`{"dependentRequired": {"a": ["b"]}}`, `{"a": 1}`},
	"dependentSchemas":      {`{"dependentSchemas": {"a": {"required": ["b"]}}}`, `{"a": 1}`},
	"allOf":                 {`{"allOf": [{"type": "string"}]}`, `1`},
	"anyOf":                 {`{"anyOf": [{"type": "string"}]}`, `1`},
	"oneOf":                 {`{"oneOf": [{"type": "string"}]}`, `1`},
	"not":                   {`{"not": {"type": "string"}}`, `"a"`},
	"if":                    {`{"if": {"type": "string"}, "then": {"maxLength": 1}}`, `"ab"`},
	"then":                  {`{"if": {"type": "string"}, "then": {"maxLength": 1}}`, `"ab"`},
	"else":                  {`{"if": {"type": "string"}, "else": {"maximum": 1}}`, `2`},
	"$ref":                  {`{"$ref": "#/definitions/s", "definitions": {"s": {"type": "string"}}}`, `1`},
	"$dynamicRef":           {`{"$dynamicRef": "#s", "$defs": {"s": {"$dynamicAnchor": "s", "type": "string"}}}`, `1`},
	"$recursiveRef":         {`{"anyOf": [{"type": "string"}, {"items": {"$recursiveRef": "#"}, "type": "array"}]}`, `[1]`},
	"nullable":              {`{"type": "string", "nullable": false}`, `null`},
}

// stripped is the schema with one word taken out, wherever it stands.
func stripped(n *source.Node, word string) *source.Node {
	out := *n
	out.Members, out.Items = nil, nil
	for _, m := range n.Members {
		if m.Name != word {
			m.Value = stripped(m.Value, word)
			out.Members = append(out.Members, m)
		}
	}
	for _, item := range n.Items {
		out.Items = append(out.Items, stripped(item, word))
	}
	return &out
}

// Every word of every dialect has an effect, and what is called enforced is.
func TestEveryKeywordHasItsEffect(t *testing.T) {
	for word, dialects := range vocabulary {
		for d := OpenAPI30; d <= Draft6; d++ {
			if dialects&(1<<d) == 0 {
				continue
			}
			t.Run(fmt.Sprintf("%v/%s", d, word), func(t *testing.T) { proveKeyword(t, d, word) })
		}
	}
	for word := range proofs {
		if vocabulary[word] == 0 {
			t.Errorf("%s is no word of any dialect", word)
		}
	}
}

func proveKeyword(t *testing.T, d Dialect, word string) {
	if why, ok := annotationWords[word]; ok {
		if why == "" {
			t.Error("an annotation without a reason")
		}
		return
	}
	if encodesText(word) || word == "readOnly" || word == "writeOnly" {
		return // TestKeywords
	}
	proof, ok := proofs[word]
	if !ok {
		t.Fatal("nothing shows that it is enforced, nor is it called an annotation")
	}
	text := proof.schema
	if !d.numericExclusive() && strings.HasPrefix(word, "exclusive") {
		text = `{"` + strings.ToLower(word[9:10]) + word[10:] + `": 2, "` + word + `": true}`
	}
	if !d.booleans() {
		text = strings.ReplaceAll(text, "[true]", "[{}]")
	}
	node := parseNode(t, text)
	s, err := NewCompiler(Options{Dialect: d}).Compile(node, Use{})
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range s.Keywords() {
		if use.Name == word && use.Effect != Enforced {
			t.Errorf("it is called %v: %s", use.Effect, use.Why)
		}
	}
	if s.Check([]byte(proof.body)) == nil {
		t.Errorf("%s passes %s", proof.body, text)
	}
	if word == "nullable" || word == "type" && d == OpenAPI30 {
		return // what it adds is shown by what its absence refuses
	}
	s, err = NewCompiler(Options{Dialect: d}).Compile(stripped(node, word), Use{})
	if err != nil {
		t.Fatal(err)
	}
	if s.Check([]byte(proof.body)) != nil {
		t.Errorf("%s is refused by %s without %s too", proof.body, text, word)
	}
}

// useLines is the words of a schema as lines.
func useLines(uses []KeywordUse) []string {
	var lines []string
	for _, u := range uses {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %d at %d:%d %v %s", u.Name, u.Count, u.At.Line, u.At.Column, u.Effect, u.Why)))
	}
	return lines
}

func TestKeywords(t *testing.T) {
	for _, c := range []struct {
		name, schema string
		dialect      Dialect
		use          Use
		says         []string
	}{
		{"counted, first place first", `{"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string", "title": "B"}}}`, OpenAPI31, Use{}, []string{
			"type 3 at 1:2 enforced", "properties 1 at 1:20 enforced", "title 1 at 1:84 annotation for people",
		}},
		{"formats", `{"anyOf": [{"format": "shoe-size"}, {"format": "binary"}, {"format": "date"}, {"type": "integer", "format": "date"}]}`, OpenAPI31, Use{}, []string{
			"anyOf 1 at 1:2 enforced",
			`format 1 at 1:13 not held the format "shoe-size" is not known: it is an annotation`,
			"format 1 at 1:38 annotation says nothing that could be checked of a text",
			"format 1 at 1:60 enforced",
			"type 1 at 1:80 enforced",
			`format 1 at 1:99 not held the format "date" is one of strings, which the schema does not take: it is not held`,
		}},
		{"what goes one way", `{"properties": {"a": {"readOnly": true}, "b": {"writeOnly": true}}}`, OpenAPI31, Use{Direction: Request}, []string{
			"properties 1 at 1:2 enforced", "readOnly 1 at 1:23 enforced", "writeOnly 1 at 1:48 annotation is for answers",
		}},
		{"and the other", `{"properties": {"a": {"readOnly": true}, "b": {"writeOnly": true}, "c": {"writeOnly": false}}}`, OpenAPI31, Use{Direction: Response}, []string{
			"properties 1 at 1:2 enforced", "readOnly 1 at 1:23 annotation is for requests", "writeOnly 1 at 1:48 enforced", "writeOnly 1 at 1:74 annotation false says nothing",
		}},
		{"beside $ref in 3.0", `{"properties": {"a": {"$ref": "#/properties/b", "maxLength": 1, "description": "d"}, "b": {}}}`, OpenAPI30, Use{}, []string{
			"properties 1 at 1:2 enforced", "$ref 1 at 1:23 enforced", "maxLength 1 at 1:49 not held beside $ref it says nothing in OpenAPI 3.0", "description 1 at 1:65 annotation for people",
		}},
		{"nothing beside it", `{"then": {}, "minContains": 1, "contentEncoding": "base64", "x-mine": 1, "minimun": 1, "nullable": true, "definitions": {"a": {"type": "string"}}}`, OpenAPI31, Use{}, []string{
			"then 1 at 1:2 not held says nothing without if",
			"minContains 1 at 1:14 not held says nothing without contains",
			"contentEncoding 1 at 1:32 not held contentEncoding is an annotation: what the text encodes is not checked",
			"x-mine 1 at 1:61 annotation an extension",
			`minimun 1 at 1:74 not held "minimun" is no keyword and is not held: is it meant to be minimum?`,
			"nullable 1 at 1:88 not held OpenAPI 3.1 has no nullable: it is not held",
			"definitions 1 at 1:106 annotation holds what references lead to",
		}},
		{"3.0 needs a partner", `{"nullable": true, "exclusiveMinimum": true}`, OpenAPI30, Use{}, []string{
			"nullable 1 at 1:2 not held says nothing without type", "exclusiveMinimum 1 at 1:20 not held says nothing without minimum",
		}},
		{"additionalItems", `{"items": {}, "additionalItems": false}`, Draft7, Use{}, []string{
			"items 1 at 1:2 enforced", "additionalItems 1 at 1:15 not held says nothing beside an items that is one schema",
		}},
		{"a circle", `{"properties": {"a": {"$ref": "#"}}}`, Draft2020, Use{}, []string{"properties 1 at 1:2 enforced", "$ref 1 at 1:23 enforced"}},
		{"a boolean", `true`, Draft2020, Use{}, nil},
		{"what only a gate minds", `{"discriminator": {"propertyName": "kind"}}`, OpenAPI31, Use{Closed: true}, []string{
			"discriminator 1 at 1:2 not held without oneOf or anyOf beside it: members that only derived schemas declare are not declared here",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			node := parseNode(t, c.schema)
			resolve := func(_ *source.Node, ref string) (*source.Node, error) {
				return node.At(strings.TrimPrefix(ref, "#")), nil
			}
			s, err := NewCompiler(Options{Dialect: c.dialect, Resolve: resolve}).Compile(node, c.use)
			if err != nil {
				t.Fatal(err)
			}
			if got := useLines(s.Keywords()); !slices.Equal(got, c.says) {
				t.Errorf("it says\n%s\nand not\n%s", strings.Join(got, "\n"), strings.Join(c.says, "\n"))
			}
		})
	}
}

// A schema that two others lead to is counted once for each direction.
func TestEachKeyword(t *testing.T) {
	node := parseNode(t, `{"a": {"properties": {"s": {"$ref": "#/s"}}}, "b": {"items": {"$ref": "#/s"}}, "s": {"type": "string"}}`)
	c := NewCompiler(Options{Dialect: Draft2020, Resolve: func(_ *source.Node, ref string) (*source.Node, error) {
		return node.At(strings.TrimPrefix(ref, "#")), nil
	}})
	var schemas []*Schema
	for _, name := range []string{"a", "b"} {
		s, err := c.Compile(node.Get(name), Use{Direction: Request})
		if err != nil {
			t.Fatal(err)
		}
		schemas = append(schemas, s)
	}
	counts := map[string]int{}
	EachKeyword(func(k Keyword) { counts[k.Name]++ }, schemas...)
	if want := map[string]int{"properties": 1, "items": 1, "$ref": 2, "type": 1}; !maps.Equal(counts, want) {
		t.Errorf("%v", counts)
	}
	again, err := c.Compile(node.Get("a"), Use{Direction: Request})
	if err != nil || again != schemas[0] {
		t.Errorf("what was compiled is compiled again: %v", err)
	}
}
