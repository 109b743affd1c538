package jsonschema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"sallyport/source"
)

// gateSchema draws a schema about objects, of which most name some members.
func gateSchema(t *rapid.T, depth int) any {
	if depth == 0 {
		return rapid.SampledFrom([]any{true, false, map[string]any{}, map[string]any{"$ref": "#/$defs/d"}, map[string]any{"type": "object"},
			map[string]any{"type": "string"}, map[string]any{"properties": map[string]any{"a": map[string]any{}}}}).Draw(t, "leaf")
	}
	s := map[string]any{}
	sub := func() any { return gateSchema(t, depth-1) }
	words := []string{"properties", "properties", "properties", "properties", "allOf", "allOf", "anyOf", "oneOf", "oneOf", "if", "items", "type", "required",
		"patternProperties", "additionalProperties", "unevaluatedProperties", "dependentSchemas", "prefixItems", "unevaluatedItems", "$ref",
		"contains", "not", "minProperties", "maxProperties", "const", "uniqueItems", "writeOnly", "writeOnly"}
	for range rapid.IntRange(1, 3).Draw(t, "words") {
		switch word := rapid.SampledFrom(words).Draw(t, "word"); word {
		case "properties", "patternProperties", "dependentSchemas":
			m := map[string]any{}
			for range rapid.IntRange(0, 3).Draw(t, "n") {
				name := rapid.SampledFrom([]string{"a", "b", "c", "ab"}).Draw(t, "name")
				if word == "patternProperties" {
					name = "^" + name
				}
				m[name] = sub()
			}
			s[word] = m
		case "allOf", "anyOf", "oneOf", "prefixItems":
			var l []any
			for range rapid.IntRange(1, 3).Draw(t, "n") {
				l = append(l, sub())
			}
			s[word] = l
			if rapid.IntRange(0, 2).Draw(t, "named") == 0 {
				s["discriminator"] = map[string]any{"propertyName": "a", "mapping": map[string]any{"s": "#/$defs/d"}}
			}
		case "if":
			s["if"] = sub()
			if rapid.Bool().Draw(t, "then") {
				s["then"] = sub()
			}
			if rapid.Bool().Draw(t, "else") {
				s["else"] = sub()
			}
		case "type":
			s[word] = rapid.SampledFrom([]any{"object", "object", "array", "string", []any{"object", "null"}}).Draw(t, "type")
		case "required":
			s[word] = []any{rapid.SampledFrom([]string{"a", "b", "x"}).Draw(t, "name")}
		case "$ref":
			s[word] = "#/$defs/d"
		case "minProperties", "maxProperties":
			s[word] = rapid.IntRange(1, 2).Draw(t, "count")
		case "const":
			s[word] = rapid.SampledFrom([]any{1, map[string]any{"a": 1}}).Draw(t, "const")
		case "uniqueItems", "writeOnly":
			s[word] = true
		case "additionalProperties", "unevaluatedProperties":
			s[word] = rapid.OneOf(rapid.Just[any](false), rapid.Just[any](true), rapid.Custom(func(t *rapid.T) any { return gateSchema(t, depth-1) })).Draw(t, "rest")
		default:
			s[word] = sub()
		}
	}
	return s
}

func gateValue(t *rapid.T, depth int) any {
	if depth == 0 {
		return rapid.SampledFrom([]any{1, "s", nil}).Draw(t, "value")
	}
	if rapid.IntRange(0, 3).Draw(t, "array") == 0 {
		l := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "n") {
			l = append(l, gateValue(t, depth-1))
		}
		return l
	}
	m := map[string]any{}
	for range rapid.IntRange(0, 4).Draw(t, "n") {
		m[rapid.SampledFrom([]string{"a", "b", "c", "ab", "x", "y"}).Draw(t, "name")] = gateValue(t, rapid.IntRange(0, depth-1).Draw(t, "depth"))
	}
	return m
}

func TestCleanAgainstTheReference(t *testing.T) {
	compared, cut := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		schema := gateSchema(t, 3)
		defs := map[string]any{"d": map[string]any{"properties": map[string]any{"a": gateSchema(t, 2), "c": map[string]any{"$ref": "#/$defs/d"}}}}
		whole := map[string]any{"allOf": []any{schema}, "$defs": defs}
		use := Use{Closed: true}
		if rapid.Bool().Draw(t, "hides") {
			use.Direction = Response
			unrequired(whole) // of what is hidden nobody asks, which is told from around
		}
		text, _ := json.Marshal(whole)
		node, err := source.Parse("schema.json", text, source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewCompiler(Options{Dialect: OpenAPI31}).Compile(node, use)
		if err != nil {
			return // a circle
		}
		var again any
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		whole = again.(map[string]any)
		r := &reference{t: t, defs: names(whole["$defs"]), known: map[string]*Schema{}, hides: use.Direction == Response}
		for range 4 {
			body, _ := json.Marshal(gateValue(t, 4))
			var value any
			if err := json.Unmarshal(body, &value); err != nil {
				t.Fatal(err)
			}
			r.mixed, r.steps = false, 0
			want, _ := json.Marshal(r.run(whole, value))
			got := s.Clean(body, Cleaning{true, true})
			holdsWhatCleanPromises(t, s, body, got)
			if r.mixed {
				continue
			}
			compared++
			cut += got.CutCount
			if left := canonical(t, got.Body); left != string(want) {
				t.Fatalf("%s\n%s\nleft %s\nwant %s", text, body, left, want)
			}
		}
	})
	t.Logf("%d bodies compared, %d members taken out", compared, cut)
}

// unrequired takes required out of a schema.
func unrequired(s any) {
	switch s := s.(type) {
	case map[string]any:
		delete(s, "required")
		for _, sub := range s {
			unrequired(sub)
		}
	case []any:
		for _, sub := range s {
			unrequired(sub)
		}
	}
}

func TestWhatCleanPromises(t *testing.T) {
	hidden := 0
	rapid.Check(t, func(t *rapid.T) {
		text, _ := json.Marshal(map[string]any{"allOf": []any{gateSchema(t, 3)}, "$defs": map[string]any{"d": map[string]any{"properties": map[string]any{"a": gateSchema(t, 2)}}}})
		node, err := source.Parse("schema.json", text, source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range []Use{{Response, true}, {Response, false}} {
			s, err := NewCompiler(Options{Dialect: OpenAPI31}).Compile(node, use)
			if err != nil {
				return // a circle
			}
			for range 3 {
				body, _ := json.MarshalIndent(gateValue(t, 4), "", " ")
				got := s.Clean(body, Cleaning{true, true})
				holdsWhatCleanPromises(t, s, body, got)
				if !use.Closed {
					hidden += got.CutCount
				}
			}
		}
	})
	t.Logf("%d hidden members taken out", hidden)
}

func canonical(t interface{ Fatal(...any) }, body []byte) string {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatal(err, strconv.Quote(string(body)))
	}
	text, _ := json.Marshal(v)
	return string(text)
}

// holdsWhatCleanPromises: valid JSON, a part of the body, in order; cleaning
// again takes out nothing and finds the same faults.
func holdsWhatCleanPromises(t interface {
	Fatalf(string, ...any)
}, s *Schema, body []byte, c Cleaned) {
	if c.Undecided {
		return
	}
	if turn := s.cleanInTurn(body, Cleaning{true, true}); string(turn.Body) != string(c.Body) || told(turn.Faults) != told(c.Faults) || !slices.Equal(turn.Cut, c.Cut) {
		t.Fatalf("%q left %q with %s\nin turn %q with %s", body, c.Body, told(c.Faults), turn.Body, told(turn.Faults))
	}
	if !json.Valid(c.Body) {
		t.Fatalf("%q left %q", body, c.Body)
	}
	left, at := []byte{}, 0
	for _, gone := range c.Gone {
		if gone[0] < at || gone[1] <= gone[0] {
			t.Fatalf("%q: the gaps are %v", body, c.Gone)
		}
		left, at = append(left, body[at:gone[0]]...), gone[1]
	}
	if left = append(left, body[at:]...); !bytes.Equal(left, c.Body) {
		t.Fatalf("%q left %q, with the gaps %v", body, c.Body, c.Gone)
	}
	if again := s.Clean(c.Body, Cleaning{true, true}); c.CutCount > 0 && (again.CutCount != 0 || told(again.Faults) != told(c.Faults)) {
		t.Fatalf("%q left %q, with %s\nagain %q, with %s", body, c.Body, told(c.Faults), again.Body, told(again.Faults))
	}
	if refused := s.Check(body); (refused == nil) != (c.CutCount == 0 && c.Faults == nil) {
		t.Fatalf("%q is refused with %s, and left %q with %s", body, told(refused), c.Body, told(c.Faults))
	}
	if (c.CutCount == 0) != (len(c.Cut) == 0) || c.CutCount == 0 && len(c.Body) != len(body) {
		t.Fatalf("%q: %d cut, at %q", body, c.CutCount, c.Cut)
	}
}
