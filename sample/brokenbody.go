package sample

import (
	"encoding/json"
	"slices"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/problem"
	"sallyport/source"
)

// content leaves the body out, gives it another media type or text that is not
// JSON, and breaks its members.
func (b *breaker) content() {
	valid := b.valid.body
	if valid == nil {
		if b.valid.op.Body == nil && !unusual(b.valid.method) {
			b.with(problem.BodyUnexpected, "a body where none is declared", "application/json", []byte("{}"))
		}
		return
	}
	if b.valid.op.Body.Required {
		b.add(problem.BodyMissing, "no body", func(d *draft) { d.body = nil })
	}
	if b.refusesType(strangeType) {
		b.with(problem.MediaTypeUnsupported, "wrong media type", strangeType, valid.content)
	}
	if valid.json {
		b.with(problem.BodyMalformed, "malformed JSON", valid.mediaType, append(slices.Clone(valid.content), '}'))
	}
	if valid.write == nil || valid.declared.Schema == nil {
		return
	}
	judge, err := b.Generator.schema(valid.declared.Schema, closed(jsonschema.Request))
	if err != nil {
		return
	}
	m := memberBreaker{breaker: b, judge: judge, root: valid.value, left: make(map[string]int)}
	if t, err := mediatype.Parse(valid.mediaType); err == nil && t.IsXML() {
		return // nothing holds it to its schema
	}
	m.walk(valid.value, "", 0)
}

// with is the valid request with other content.
func (b *breaker) with(kind problem.Kind, fault, mediaType string, content []byte) {
	b.add(kind, fault, func(d *draft) { d.body = &body{mediaType: mediaType, content: content} })
}

// refusesType tells whether no range of the operation includes a type.
func (b *breaker) refusesType(name string) bool {
	t, err := mediatype.Parse(name)
	return err == nil && !slices.ContainsFunc(b.valid.op.Body.Content, func(m *openapi.MediaType) bool {
		r, err := mediatype.ParseRange(m.Range)
		return err == nil && r.Includes(t)
	})
}

// memberBreaker breaks the members of a value, one at a time, and puts each
// back.
type memberBreaker struct {
	*breaker
	judge *jsonschema.Schema
	root  any
	left  map[string]int // how many variants of a sort there are
}

// walk goes through objects, the outer ones first; the fields of a form have
// no objects of which anything is sure.
func (m *memberBreaker) walk(v any, pointer string, depth int) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range sortedNames(v) {
			m.leaveOut(v, name, pointer)
			m.mistype(v, name, pointer)
		}
		m.try("undeclared property", pointer+"/"+strangeName, v, strangeName, json.Number("1"))
		if depth > 0 && !m.valid.body.json || depth > 3 {
			return
		}
		for _, name := range sortedNames(v) {
			if m.valid.body.json {
				m.walk(v[name], pointer+"/"+source.EscapePointer(name), depth+1)
			}
		}
	case []any:
		if len(v) > 0 {
			m.walk(v[0], pointer+"/0", depth+1)
		}
	}
}

// leaveOut takes a member away, if that is a fault.
func (m *memberBreaker) leaveOut(object map[string]any, name, pointer string) {
	if m.opaque(name) || m.left["missing property"] == maxOfAKind {
		return
	}
	value := object[name]
	delete(object, name)
	m.note("missing property", pointer+"/"+source.EscapePointer(name))
	object[name] = value
}

// mistype gives a member the first value of another type that is a fault.
func (m *memberBreaker) mistype(object map[string]any, name, pointer string) {
	wrong := []any{strangeText, json.Number("12.5"), true, map[string]any{strangeName: true}, []any{}}
	if !m.valid.body.json {
		wrong = wrong[:1]
		if m.opaque(name) || m.faultless(object, name, []any{strangeText}) {
			return // a field of a form may be a list of one
		}
	}
	for _, v := range wrong {
		if m.try("wrong type of property", pointer+"/"+source.EscapePointer(name), object, name, v) {
			return
		}
	}
}

// opaque tells whether a part of a form is not looked at.
func (m *memberBreaker) opaque(name string) bool {
	if m.valid.body.json {
		return false
	}
	n := m.propertyOf(m.valid.body.declared.Schema, name, 0)
	return n == nil || m.isBinary(n)
}

// try sets a member, notes the variant if that is a fault, and puts it back.
func (m *memberBreaker) try(fault, pointer string, object map[string]any, name string, v any) bool {
	if m.left[fault] == maxOfAKind {
		return true
	}
	before, given := object[name]
	object[name] = v
	noted := m.note(fault, pointer)
	if object[name] = before; !given {
		delete(object, name)
	}
	return noted
}

func (m *memberBreaker) faultless(object map[string]any, name string, v any) bool {
	before := object[name]
	object[name] = v
	faults := m.judge.Check(marshal(m.root))
	object[name] = before
	return len(faults) == 0
}

// note keeps the value as it is now, if its schema does not take it.
func (m *memberBreaker) note(fault, pointer string) bool {
	valid := m.valid.body
	if len(m.judge.Check(marshal(m.root))) == 0 {
		return false
	}
	content := valid.write(m.root)
	if len(content) == 0 {
		return false // without its last field a form is no body at all
	}
	m.left[fault]++
	m.with(problem.BodyInvalid, fault+" "+pointer, valid.mediaType, content)
	return true
}
