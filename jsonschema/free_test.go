package jsonschema

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func allFree(found *Found) []Text {
	var list []Text
	for i := range found.FreeCount() {
		list = append(list, found.Free(i))
	}
	return list
}

func freeTexts(found *Found) string {
	var list []string
	for _, f := range allFree(found) {
		if f.Name {
			list = append(list, "name "+f.Pointer())
			continue
		}
		list = append(list, f.Pointer())
	}
	return strings.Join(list, ", ")
}

func TestFree(t *testing.T) {
	const uuid = `"3f1c9a52-7d4e-4b8a-9c21-5e6f7a8b9c0d"`
	var found Found
	for _, c := range []struct{ name, schema, body, want string }{
		{"no schema", `{}`, `{"a":["s",1,true,null]}`, "name /a, /a/0"},
		{"a string", `{"type":"string"}`, `"s"`, ""},
		{"lengths bind nothing", `{"maxLength":3}`, `"s"`, ""},
		{"const", `{"properties":{"a":{"const":"s"},"b":{}}}`, `{"a":"s","b":"s"}`, "/b"},
		{"enum", `{"items":{"enum":["s","t"]}}`, `["s","t"]`, "none"},
		{"a constant object", `{"const":{"a":["s"]}}`, `{"a":["s"]}`, "none"},
		{"a format", `{"properties":{"a":{"format":"uuid"},"b":{"format":"uri"}}}`, `{"a":` + uuid + `,"b":"http://a/"}`, "/b"},
		{"an unknown format", `{"items":{"format":"slug"}}`, `["s"]`, "/0"},
		{"a format of numbers", `{"items":{"type":"string","format":"int32"}}`, `["s"]`, "/0"},
		{"a pattern", `{"items":{"pattern":"^[a-z0-9]+$"}}`, `["s"]`, "none"},
		{"a pattern without an end", `{"items":{"pattern":"^[a-z0-9]+"}}`, `["s"]`, "/0"},
		{"letters without end", `{"items":{"pattern":"^[a-z0-9]+$"}}`, `["` + strings.Repeat("a", maxBound+1) + `","` + strings.Repeat("a", maxBound) + `"]`, "/0"},
		{"names", `{"properties":{"a":{}},"required":["b"],"additionalProperties":true}`, `{"a":1,"b":2,"c":3}`, "name /c"},
		{"a pattern binds no name", `{"patternProperties":{"^[a-z]+$":{"const":"s"}},"propertyNames":{"pattern":"^[a-z]+$"}}`, `{"constructor":"s"}`, "name /constructor"},
		{"names that are listed", `{"propertyNames":{"enum":["a"]}}`, `{"a":"s"}`, "/a"},
		{"other members", `{"additionalProperties":{"const":"s"}}`, `{"a":"s"}`, "name /a"},
		{"a body with faults", `{"properties":{"a":{"const":"s"},"b":{"type":"null"}}}`, `{"a":"s","b":"t"}`, "name /a, /a, name /b, /b"},
		{"allOf", `{"allOf":[{"properties":{"a":{}}},{"properties":{"a":{"const":"s"}}}]}`, `{"a":"s"}`, "none"},
		{"$ref", `{"$ref":"#/d","d":{"const":"s"}}`, `"s"`, "none"},
		{"prefixItems", `{"prefixItems":[{"const":"s"}],"items":{"format":"uuid"}}`, `["s",` + uuid + `]`, "none"},
		{"the branch that holds", `{"oneOf":[{"properties":{"k":{"const":"a"},"v":{"const":"s"}}},{"properties":{"k":{"const":"b"},"v":{"type":"string"}}}]}`, `{"k":"b","v":"s"}`, "/v"},
		{"the branch that holds, with a pattern", `{"anyOf":[{"type":"null"},{"type":"string","pattern":"^a$"},{"type":"string","pattern":"^b$"}]}`, `"b"`, "none"},
		{"the only branch for the type", `{"anyOf":[{"type":"null"},{"type":"string","format":"date"}]}`, `"2026-01-01"`, "none"},
		{"a branch that does not hold", `{"anyOf":[{"properties":{"a":{"const":"s"}},"required":["b"]},{"required":["a"]}]}`, `{"a":"s"}`, "/a"},
		{"a condition", `{"if":{"const":"s"}}`, `"s"`, ""},
		{"then", `{"if":{"minLength":1},"then":{"const":"s"},"else":{}}`, `"s"`, "none"},
		{"else", `{"if":{"minLength":2},"then":{},"else":{"const":"s"}}`, `"s"`, "none"},
		{"not", `{"not":{"not":{"const":"s"}}}`, `"s"`, ""},
		{"contains", `{"contains":{"const":"s"}}`, `["s"]`, "/0"},
		{"dependentSchemas", `{"dependentSchemas":{"a":{"properties":{"a":{"const":"s"}}}}}`, `{"a":"s"}`, "none"},
		{"what is hidden was not judged", `{"properties":{"a":{"const":"s","readOnly":true}}}`, `{"a":"s"}`, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, c.schema)
			s.Look([]byte(c.body), Cleaning{}, &Watch{Free: true}, &found)
			if got := freeTexts(&found); c.want == "none" && found.FreeCount() > 0 || c.want != "none" && (got != c.want || found.FreeCount() == 0) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

// Two branches hold on each level.
func TestBindingDoesNotDoubleWithEachLevel(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"$ref":"#/t","t":{"anyOf":[{"properties":{"a":{"$ref":"#/t"},"z":{"const":"s"}}},{"type":"object","properties":{"z":{"const":"s"},"a":{"$ref":"#/t"}}}]}}`)
	var found Found
	for depth, free := range map[int]int{3: 0, 90: 2} {
		body := strings.Repeat(`{"a":`, depth) + `{"z":"s"}` + strings.Repeat(`}`, depth)
		got := s.Look([]byte(body), Cleaning{}, &Watch{Free: true}, &found)
		if got.Faults != nil || found.FreeCount() > free {
			t.Errorf("%d deep: %s, %d are free", depth, told(got.Faults), found.FreeCount())
		}
	}
}

func TestFreeShowsTheText(t *testing.T) {
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, `{}`)
	var found Found
	s.Look([]byte(` {"\u0061\"":"x\ny"}`), Cleaning{}, &Watch{Free: true}, &found)
	name, value := found.Free(0), found.Free(1)
	if !name.Name || string(name.Text) != `a"` || string(name.Raw) != `"\u0061\""` || value.Name || string(value.Text) != "x\ny" || string(value.Raw) != `"x\ny"` || value.Pointer() != `/a"` {
		t.Errorf("%+v", allFree(&found))
	}
	s.Look([]byte(`["s"]`), Cleaning{}, &Watch{}, &found)
	if found.FreeCount() > 0 {
		t.Error("nothing is collected that was not asked for")
	}
}

// attacks are texts that nothing may let by as bound.
var attacks = []string{"<script>alert(1)</script>", "1' OR '1'='1", "../../etc/passwd", "__proto__", "1 UNION SELECT a FROM b", "--", "${jndi:x}", "a\r\nb", "1--a", "..", ";id", "%3Cb%3E", "ʼ", "$(id)", "`id`", "{{7}}", "javascript:x", "|ls", "&a"}

// textSchema draws a schema about strings within objects and arrays.
func textSchema(t *rapid.T, depth int) any {
	leaves := []any{true, map[string]any{}, map[string]any{"type": "string"}, map[string]any{"const": "s"}, map[string]any{"enum": []any{"s", "t", 1}},
		map[string]any{"pattern": "^[a-z]+$"}, map[string]any{"pattern": "[a-z]"}, map[string]any{"pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}, map[string]any{"pattern": `^\w+$`}, map[string]any{"format": "date"}, map[string]any{"format": "uri-reference"},
		map[string]any{"format": "hostname"}, map[string]any{"minLength": 2}, map[string]any{"$ref": "#/$defs/d"}, map[string]any{"type": []any{"null", "object"}}, map[string]any{"const": map[string]any{"a": "s"}}}
	if depth == 0 {
		return rapid.SampledFrom(leaves).Draw(t, "leaf")
	}
	s := map[string]any{}
	sub := func() any { return textSchema(t, rapid.IntRange(0, depth-1).Draw(t, "depth")) }
	for range rapid.IntRange(1, 3).Draw(t, "words") {
		switch word := rapid.SampledFrom([]string{"properties", "properties", "properties", "patternProperties", "dependentSchemas", "anyOf", "oneOf", "allOf", "prefixItems",
			"if", "items", "not", "contains", "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "required", "leaf"}).Draw(t, "word"); word {
		case "properties", "patternProperties", "dependentSchemas":
			m := map[string]any{}
			for range rapid.IntRange(1, 3).Draw(t, "n") {
				name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "name")
				if word == "patternProperties" {
					name = "^" + name
				}
				m[name] = sub()
			}
			s[word] = m
		case "anyOf", "oneOf", "allOf", "prefixItems":
			var l []any
			for range rapid.IntRange(1, 3).Draw(t, "n") {
				l = append(l, sub())
			}
			s[word] = l
		case "if":
			s["if"], s["then"] = sub(), sub()
			if rapid.Bool().Draw(t, "else") {
				s["else"] = sub()
			}
		case "required":
			s[word] = []any{rapid.SampledFrom([]string{"a", "x"}).Draw(t, "name")}
		case "leaf":
			if leaf, ok := rapid.SampledFrom(leaves).Draw(t, "leaf").(map[string]any); ok {
				for word, value := range leaf {
					s[word] = value
				}
			}
		default:
			s[word] = sub()
		}
	}
	return s
}

func textValue(t *rapid.T, depth int) any {
	if depth == 0 {
		return rapid.SampledFrom([]any{"s", "t", "a-b", "2026-01-31", "<b>", 1, nil}).Draw(t, "value")
	}
	below := func() any { return textValue(t, rapid.IntRange(0, depth-1).Draw(t, "depth")) }
	if rapid.IntRange(0, 3).Draw(t, "array") == 0 {
		l := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "n") {
			l = append(l, below())
		}
		return l
	}
	m := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "n") {
		m[rapid.SampledFrom([]string{"a", "b", "c", "x"}).Draw(t, "name")] = below()
	}
	return m
}

// everyAttackIsSeen writes attacks in the place of each string of a body that
// was not called free: the schema must refuse them, or call the string free
// then. It gives the strings that were bound.
func everyAttackIsSeen(t tester, s *Schema, body []byte) int {
	var found, again Found
	watch := &Watch{Free: true}
	got := s.Look(body, Cleaning{true, true}, watch, &found)
	if got.Faults != nil {
		return 0
	}
	listed := func(f *Found, pointer string, name bool) bool {
		return slices.ContainsFunc(allFree(f), func(text Text) bool { return text.Name == name && text.Pointer() == pointer })
	}
	left, bound := got.Body, 0
	for _, l := range locate(t, left) {
		type part struct {
			from, to int
			name     bool
		}
		var parts []part
		if _, is := l.value.(string); is {
			parts = append(parts, part{l.from, l.to, false})
		}
		if l.wide > 0 {
			parts = append(parts, part{l.name, l.wide, true})
		}
		for _, p := range parts {
			if listed(&found, l.pointer, p.name) {
				continue
			}
			bound++
			for _, attack := range attacks {
				quoted, _ := json.Marshal(attack)
				evil, at := slices.Concat(left[:p.from], quoted, left[p.to:]), l.pointer
				if p.name {
					at = l.pointer[:strings.LastIndexByte(l.pointer, '/')+1] + escape(attack)
				}
				after := s.Look(evil, Cleaning{}, watch, &again)
				if after.Faults == nil && !listed(&again, at, p.name) {
					t.Fatalf("%s\n%s is bound at %s (name: %v), and %s holds unseen", left, left[p.from:p.to], l.pointer, p.name, evil)
				}
			}
		}
	}
	return bound
}

func TestWhatIsNotFreeIsBound(t *testing.T) {
	bound, bodies := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		schema, _ := json.Marshal(map[string]any{"allOf": []any{textSchema(t, 3)}, "$defs": map[string]any{"d": map[string]any{"properties": map[string]any{"a": textSchema(t, 1), "b": map[string]any{"$ref": "#/$defs/d"}}}}})
		for _, use := range []Use{{}, {Closed: true}} {
			s := tryCompile(t, use, string(schema))
			if s == nil {
				return
			}
			for range 4 {
				body, _ := json.Marshal(textValue(t, 3))
				if n := everyAttackIsSeen(t, s, body); n > 0 {
					bound += n
					bodies++
				}
			}
		}
	})
	t.Logf("%d bound strings in %d bodies", bound, bodies)
}

// FuzzLook looks at a body that anybody may send.
func FuzzLook(f *testing.F) {
	f.Add(orderBody(), "/lines/*/sku", "/customer", 4)
	f.Add([]byte(`{"x":{"password":"\"s"},"lines":[{},{"a":[]}],"payment":{"kind":"card","token":"0123456789abcdef"}}`), "/lines/*", "/*/*", 2)
	f.Add([]byte(`"\u00e9\ud83d\ude00\\"`), "", "", 1)
	f.Add([]byte("[\"\\\\\\\"\",\t{\"\\\"\\\\\" :\t\"\\\\\"}]"), "/*/*", "/0", 3)
	schemas := []*Schema{compileText(f, Options{Dialect: OpenAPI31}, Use{Response, true}, orderSchema), compileText(f, Options{Dialect: OpenAPI31}, Use{}, `{}`),
		compileText(f, Options{Dialect: OpenAPI31}, Use{Closed: true}, `{"items":{"properties":{"a":{"enum":["s"]}},"oneOf":[{"required":["a"]},{"properties":{"b":{}}}]}}`)}
	f.Fuzz(func(t *testing.T, body []byte, capture, mask string, last int) {
		to, err := CompilePlace(capture)
		if err != nil {
			return
		}
		hidden, err := CompilePlace(mask)
		if err != nil || last < 0 || last > 4 {
			return
		}
		watch := &Watch{Capture: []*Place{to, hidden}, Mask: []Mask{{hidden, last}}, Free: true}
		var found Found
		for _, s := range schemas {
			clean := s.Clean(body, Cleaning{true, true})
			got := s.Look(body, Cleaning{true, true}, watch, &found)
			if got.Undecided != clean.Undecided || told(got.Faults) != told(clean.Faults) {
				t.Fatalf("looking says %s, cleaning %s", told(got.Faults), told(clean.Faults))
			}
			if got.Undecided {
				continue
			}
			capturesWhatIsThere(t, clean.Body, watch.Capture, &found)
			if want := maskedByHand(locate(t, clean.Body), clean.Body, watch.Mask); !bytes.Equal(canonicalText(t, want), canonicalText(t, got.Body)) {
				t.Fatalf("%s\nleft %s\nwant %s", clean.Body, got.Body, want)
			}
			if len(body) < 2000 {
				everyAttackIsSeen(t, s, body)
			}
		}
	})
}

func canonicalText(t tester, body []byte) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber() // a float does not hold all that may come
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
