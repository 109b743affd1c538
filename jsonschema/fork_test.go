package jsonschema

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"sallyport/source"
)

// tagSchema draws what a member that tells kinds apart may be.
func tagSchema(t *rapid.T) any {
	value := func() any { return tagValue(t) }
	switch rapid.IntRange(0, 6).Draw(t, "tag") {
	case 0:
		return map[string]any{"enum": []any{value(), value(), value()}}
	case 1:
		return map[string]any{"oneOf": []any{map[string]any{"const": value()}, map[string]any{"enum": []any{value(), value()}}}}
	case 2:
		return map[string]any{"allOf": []any{map[string]any{"const": value()}}}
	case 3:
		return map[string]any{"type": rapid.SampledFrom([]any{"string", "integer", "null"}).Draw(t, "type")}
	case 4:
		return map[string]any{"const": value(), "readOnly": true}
	}
	return map[string]any{"const": value()}
}

func tagValue(t *rapid.T) any {
	return rapid.SampledFrom([]any{"a", "b", "c", 0, 1, 2, -1, json.Number("-0"), json.Number("1.0"), json.Number("1e0"), 1.5, nil, true, []any{}}).Draw(t, "value")
}

// kindSchema draws a union of kinds of objects, and of other values.
func kindSchema(t *rapid.T, depth int) any {
	var branches []any
	for range rapid.IntRange(1, 4).Draw(t, "branches") {
		branches = append(branches, kind(t, depth))
	}
	s := map[string]any{rapid.SampledFrom([]string{"anyOf", "oneOf"}).Draw(t, "union"): branches}
	if rapid.Bool().Draw(t, "discriminator") {
		s["discriminator"] = map[string]any{"propertyName": "kind", "mapping": map[string]any{"a": "#/$defs/d"}}
	}
	if rapid.IntRange(0, 4).Draw(t, "beside") == 0 {
		s["properties"] = map[string]any{"kind": tagSchema(t)}
	}
	return s
}

func kind(t *rapid.T, depth int) any {
	switch rapid.IntRange(0, 7).Draw(t, "kind") {
	case 0:
		return tagSchema(t)
	case 1:
		return map[string]any{"$ref": "#/$defs/d"}
	case 2:
		if depth > 0 {
			return kindSchema(t, depth-1)
		}
	}
	s := map[string]any{"properties": map[string]any{"kind": tagSchema(t)}}
	if depth > 0 {
		s["properties"].(map[string]any)["x"] = kindSchema(t, depth-1)
	}
	if rapid.Bool().Draw(t, "required") {
		s["required"] = []any{"kind"}
	}
	if rapid.IntRange(0, 3).Draw(t, "closed") == 0 {
		s["additionalProperties"] = false
	}
	if rapid.IntRange(0, 3).Draw(t, "if") == 0 {
		s["if"], s["then"] = map[string]any{"properties": map[string]any{"y": tagSchema(t)}}, map[string]any{"properties": map[string]any{"y": true, "z": true}}
	}
	if rapid.IntRange(0, 2).Draw(t, "wrapped") == 0 {
		return map[string]any{"allOf": []any{s}}
	}
	return s
}

func kindValue(t *rapid.T, depth int) any {
	if rapid.IntRange(0, 5).Draw(t, "plain") == 0 {
		return tagValue(t)
	}
	m := map[string]any{}
	for _, name := range []string{"kind", "y", "z", "undeclared"} {
		if rapid.IntRange(0, 2).Draw(t, name) > 0 {
			m[name] = tagValue(t)
		}
	}
	if depth > 0 {
		m["x"] = kindValue(t, depth-1)
	}
	return m
}

// withoutTags makes a schema judge every branch in full.
func withoutTags(s *schema, seen map[*schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	for _, f := range [...]*fork{s.anyFork, s.oneFork} {
		if f != nil {
			f.tags, f.own = nil, nil
		}
	}
	for _, b := range s.all {
		withoutTags(b, seen)
	}
}

// A branch that is passed over by its tag would not have held; and what Clean
// finds by one judgement is what it finds when it takes out first.
func TestTagsAndTheTrailChangeNothing(t *testing.T) {
	held, cut := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		whole := map[string]any{"allOf": []any{kindSchema(t, 2)}, "$defs": map[string]any{"d": map[string]any{"properties": map[string]any{"kind": tagSchema(t), "x": kindSchema(t, 0)}}}}
		text, _ := json.Marshal(whole)
		node, err := source.Parse("schema.json", text, source.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range []Use{{}, {Direction: Request}, {Closed: true}, {Request, true}} {
			o := Options{Dialect: OpenAPI31, Resolve: localRefs(node)}
			s, err := NewCompiler(o).Compile(node, use)
			if err != nil {
				return
			}
			plain, _ := NewCompiler(o).Compile(node, use)
			withoutTags(plain.root, map[*schema]bool{})
			for range 3 {
				body, _ := json.Marshal(kindValue(t, 2))
				if got, want := s.Check(body), plain.Check(body); told(got) != told(want) {
					t.Fatalf("%s\n%s\n%s\nwithout tags %s", text, body, told(got), told(want))
				} else if got == nil {
					held++
				}
				for _, may := range []Cleaning{{}, {true, true}} {
					got, want, turn := s.Clean(body, may), plain.Clean(body, may), s.cleanInTurn(body, may)
					if !reflect.DeepEqual(got, turn) {
						t.Fatalf("%s\n%s\n%#v\nin turn %#v", text, body, got, turn)
					}
					if !reflect.DeepEqual(got, want) {
						t.Fatalf("%s\n%s\n%+v\nwithout tags %+v", text, body, got, want)
					}
					cut += got.CutCount
				}
			}
		}
	})
	t.Logf("%d bodies held, %d members taken out", held, cut)
}

func (s *Schema) cleanInTurn(body []byte, may Cleaning) Cleaned {
	k := s.scratch.Get().(*check)
	defer k.release(s.scratch)
	if fault := k.read(body); fault != nil {
		return Cleaned{Body: body, Faults: []Fault{*fault}, Undecided: true}
	}
	k.setBounds()
	k.closed, k.hides, k.may = s.closed, s.hides, may
	return k.inTurn(s, body)
}

func TestTagsNarrow(t *testing.T) {
	const schema = `{"oneOf":[
		{"required":["kind"],"properties":{"kind":{"const":"a"}}},
		{"required":["kind"],"properties":{"kind":{"enum":["b",7]}}},
		{"properties":{"kind":{"oneOf":[{"const":"a"},{"const":"c"}]}}},
		{"required":["other"]}]}`
	s := compileText(t, Options{Dialect: OpenAPI31}, Use{}, schema)
	for _, c := range []struct {
		body string
		want []int32
	}{
		{`{"kind":"a"}`, []int32{0, 2, 3}},
		{`{"kind":"b"}`, []int32{1, 3}},
		{`{"kind":7}`, []int32{1, 3}},
		{`{"kind":7.0}`, []int32{0, 1, 2, 3}},
		{`{"kind":"c"}`, []int32{2, 3}},
		{`{"kind":"z"}`, []int32{3}},
		{`{"kind":null}`, []int32{0, 1, 2, 3}},
		{`{}`, []int32{2, 3}},
		{`[]`, []int32{0, 1, 2, 3}},
	} {
		k := s.scratch.Get().(*check)
		if fault := k.read([]byte(c.body)); fault != nil {
			t.Fatal(fault)
		}
		if got := k.likely(s.root.oneFork, 0, s.root); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v", c.body, got)
		}
		k.release(s.scratch)
	}
}

// The common case costs one judgement, and no walk.
func TestNothingToTakeOutIsJudgedOnce(t *testing.T) {
	const together = `{"allOf":[{"properties":{"a":{"type":"object"}}},{"properties":{"b":{"anyOf":[{"type":"null"},{"properties":{"c":{}}}]}}}]}`
	union, listed := unionOf(5)
	for _, c := range []struct {
		schema, body string
		once, doubt  bool
	}{
		{orderSchema, string(orderBody()), true, false},
		{union, string(listed), true, false},
		{together, `{"b":{"c":1},"a":{"free":1}}`, true, false},
		{together, `{"b":{"c":1,"d":1}}`, false, true},
		{together, `{"b":7,"a":7}`, true, false},
		{together, `{"b":{"c":1},"a":[]}`, true, true},
		{`{"required":["x"],"properties":{"a":{"anyOf":[{}]}}}`, `{"x":1}`, true, true},
		{orderSchema, `{"id":1,"other":1}`, false, true},
	} {
		s := compileText(t, Options{Dialect: OpenAPI31}, Use{Request, true}, c.schema)
		k := s.scratch.Get().(*check)
		if fault := k.read([]byte(c.body)); fault != nil {
			t.Fatal(fault)
		}
		k.setBounds()
		k.closed, k.hides = s.closed, s.hides
		if once := k.atOnce(s); once != c.once || k.doubt != c.doubt {
			t.Errorf("%s: at once %v, in doubt %v", c.body, once, k.doubt)
		}
		k.release(s.scratch)
	}
}
