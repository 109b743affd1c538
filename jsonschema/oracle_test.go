package jsonschema

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	oracle "github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"sallyport/source"
)

// anySchema draws a schema of 2020-12 over few names and values, so that
// keywords meet each other.
func anySchema(t *rapid.T, depth int) any {
	if depth == 0 || rapid.IntRange(0, 9).Draw(t, "leaf") == 0 {
		return rapid.SampledFrom([]any{true, false, map[string]any{}, map[string]any{"$ref": "#/$defs/d"},
			map[string]any{"type": "string"}, map[string]any{"const": 1}}).Draw(t, "schema")
	}
	s := map[string]any{}
	sub := func() any { return anySchema(t, depth-1) }
	list := func() any {
		var l []any
		for range rapid.IntRange(1, 3).Draw(t, "n") {
			l = append(l, sub())
		}
		return l
	}
	named := func(names ...string) any {
		m := map[string]any{}
		for range rapid.IntRange(0, 2).Draw(t, "n") {
			m[rapid.SampledFrom(names).Draw(t, "name")] = sub()
		}
		return m
	}
	for range rapid.IntRange(1, 4).Draw(t, "keywords") {
		switch k := rapid.SampledFrom([]string{"type", "types", "enum", "const", "minimum", "exclusiveMaximum", "multipleOf", "maxLength", "pattern",
			"minItems", "uniqueItems", "items", "prefixItems", "contains", "minContains", "maxContains", "unevaluatedItems",
			"required", "properties", "patternProperties", "additionalProperties", "propertyNames", "maxProperties",
			"unevaluatedProperties", "dependentRequired", "dependentSchemas", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"}).Draw(t, "keyword"); k {
		case "type":
			s[k] = rapid.SampledFrom([]string{"null", "integer", "number", "string", "array", "object", "boolean"}).Draw(t, "type")
		case "types":
			s["type"] = []string{"object", "array", rapid.SampledFrom([]string{"null", "integer", "number"}).Draw(t, "type")}
		case "enum":
			s[k] = []any{anyValue(t, 1), anyValue(t, 1)}
		case "const":
			s[k] = anyValue(t, 1)
		case "minimum", "exclusiveMaximum":
			s[k] = rapid.SampledFrom([]any{0, 1, 1.5, -2}).Draw(t, "limit")
		case "multipleOf":
			s[k] = rapid.SampledFrom([]any{1, 0.5, 0.1, 3}).Draw(t, "unit")
		case "maxLength", "minItems", "maxProperties", "minContains", "maxContains":
			s[k] = rapid.IntRange(0, 2).Draw(t, "count")
		case "pattern":
			s[k] = "^a"
		case "uniqueItems":
			s[k] = true
		case "prefixItems", "allOf", "anyOf", "oneOf":
			s[k] = list()
		case "required":
			s[k] = []string{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")}
		case "properties", "dependentSchemas":
			s[k] = named("a", "b", "ab")
		case "patternProperties":
			s[k] = named("^a", "b$")
		case "dependentRequired":
			s[k] = map[string]any{"a": []string{"b"}}
		default:
			s[k] = sub()
		}
	}
	return s
}

func anyValue(t *rapid.T, depth int) any {
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
		return rapid.SampledFrom([]any{nil, true, 0, 1, 1.5, 2, -3, 0.3, "", "a", "ab", "é"}).Draw(t, "value")
	}
	if rapid.Bool().Draw(t, "array") {
		l := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "n") {
			l = append(l, anyValue(t, depth-1))
		}
		return l
	}
	m := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "n") {
		m[rapid.SampledFrom([]string{"a", "b", "ab", "c"}).Draw(t, "name")] = anyValue(t, depth-1)
	}
	return m
}

// A second implementation judges random bodies by random schemas as we do.
func TestAgainstAnotherValidator(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		schema := map[string]any{"allOf": []any{anySchema(t, 3)}, "$defs": map[string]any{"d": map[string]any{
			"properties": map[string]any{"a": anySchema(t, 1)}, "required": []string{"a"}}}}
		text, err := json.Marshal(schema)
		if err != nil {
			t.Fatal(err)
		}
		theirs := compileWithOracle(t, string(text))
		node, err := source.Parse("schema.json", text, source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		ours, err := NewCompiler(Options{Dialect: Draft2020}).Compile(node, Use{})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			body, err := json.Marshal(anyValue(t, 3))
			if err != nil {
				t.Fatal(err)
			}
			value, err := oracle.UnmarshalJSON(strings.NewReader(string(body)))
			if err != nil {
				t.Fatal(err)
			}
			faults := ours.Check(body)
			if want := theirs.Validate(value); (want == nil) != (faults == nil) {
				t.Fatalf("%s\n%s\nours: %s\ntheirs: %v", text, body, told(faults), want)
			}
		}
	})
}

// Closing an object takes nothing in that the specification refuses. (oneOf is
// left out: what closing takes from one branch can leave another alone.)
func TestClosingOnlyRefusesMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(map[string]any{"allOf": []any{anySchema(t, 3)}, "$defs": map[string]any{"d": anySchema(t, 1)}})
		if err != nil {
			t.Fatal(err)
		}
		node, err := source.Parse("schema.json", text, source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		c := NewCompiler(Options{Dialect: OpenAPI31})
		byTheBook, err := c.Compile(node, Use{})
		if err != nil || strings.Contains(string(text), `"oneOf"`) {
			return // a circle
		}
		closed, err := c.Compile(node, Use{Closed: true})
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			body, err := json.Marshal(anyValue(t, 3))
			if err != nil {
				t.Fatal(err)
			}
			if closed.Check(body) == nil && byTheBook.Check(body) != nil {
				t.Fatalf("%s\n%s", text, body)
			}
		}
	})
}

func compileWithOracle(t *rapid.T, text string) *oracle.Schema {
	c := oracle.NewCompiler()
	doc, err := oracle.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestChecksRunSideBySide(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Request, true}, orderSchema)
	good := orderBody()
	bad := []byte(strings.Replace(string(good), `"quantity": 3,`, `"quantity": 0,`, 1))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				if s.Check(good) != nil || len(s.Check(bad)) != 1 {
					t.Error("a check heard of another")
					return
				}
			}
		})
	}
	wait.Wait()
}

// A fault outlives the body it was found in.
func TestFaultsHoldCopies(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{"additionalProperties":false}`)
	body := []byte(`{"name\u0061":1,"other":2}`)
	before := told(s.Check(body))
	faults := s.Check(body)
	for i := range body {
		body[i] = 'X'
	}
	s.Check([]byte(`{"\u0058\u0058\u0058\u0058\u0058":1}`))
	if after := told(faults); after != before {
		t.Errorf("%s became %s", before, after)
	}
}
