package jsonschema

import (
	"fmt"
	"slices"
)

// takes tells whether schemas that all govern take a value of that kind.
func (r *reference) takes(schemas []any, value any) bool {
	return !slices.ContainsFunc(schemas, func(s any) bool { return !r.mayBe(s, value, 0) || r.isOther(s, value, 0) })
}

// isOther tells whether a const is of another kind than the value.
func (r *reference) isOther(s, value any, depth int) bool {
	m, ok := r.object(s)
	if !ok || depth > 20 {
		return s == false
	}
	if c, ok := m["const"]; ok && fmt.Sprintf("%T", c) != fmt.Sprintf("%T", value) {
		return true
	}
	if m["$ref"] != nil && r.isOther(r.defs["d"], value, depth+1) {
		return true
	}
	if slices.ContainsFunc(list(m["allOf"]), func(b any) bool { return r.isOther(b, value, depth+1) }) {
		return true
	}
	for _, word := range []string{"anyOf", "oneOf"} {
		if m[word] != nil && !slices.ContainsFunc(list(m[word]), func(b any) bool { return r.takesAt(b, value, depth+1) }) {
			return true
		}
	}
	return false
}

func (r *reference) takesAt(s, value any, depth int) bool {
	return r.mayBe(s, value, depth) && !r.isOther(s, value, depth)
}

// hidden tells whether a schema, or a branch of it that governs, hides a value.
func (r *reference) hidden(s, value any) bool {
	m, ok := r.object(s)
	if !ok || !r.hides || r.widest {
		return false
	}
	hidden := func(b any) bool { return r.hidden(b, value) }
	if m["writeOnly"] == true || m["$ref"] != nil && hidden(r.defs["d"]) || slices.ContainsFunc(list(m["allOf"]), hidden) {
		return true
	}
	for _, word := range []string{"anyOf", "oneOf"} {
		if m[word] != nil && slices.ContainsFunc(r.applying(m, word, value), hidden) {
			return true
		}
	}
	if m["if"] != nil {
		branch := m["else"]
		if r.holds(m["if"], value) {
			branch = m["then"]
		}
		if hidden(branch) {
			return true
		}
	}
	o, _ := value.(map[string]any)
	for name, b := range names(m["dependentSchemas"]) {
		if _, has := o[name]; has && hidden(b) {
			return true
		}
	}
	return false
}

// judges tells whether a body holds, where what is hidden in it is not judged.
func (s *Schema) judges(t interface{ Fatal(...any) }, body []byte) bool {
	k := s.scratch.Get().(*check)
	defer k.release(s.scratch)
	if fault := k.read(body); fault != nil {
		t.Fatal(fault)
	}
	k.setBounds()
	return k.place(s.root, 0)
}
