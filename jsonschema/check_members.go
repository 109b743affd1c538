package jsonschema

import "math/bits"

func (k *check) judgeObject(s *schema, v int32, around *schema, m marks) bool {
	r, val, ok := s.object, &k.values[v], true
	if int(val.count) < r.minimum {
		ok = k.refuse(v, "minProperties", "", s)
	}
	if r.maximum >= 0 && int(val.count) > r.maximum {
		ok = k.refuse(v, "maxProperties", "", s)
	}
	var w memberWalk
	few := r.patterns == nil && r.names == nil
	for i, end := v+1, val.end; i < end && (ok || k.report); i = k.values[i].end {
		p := k.expected(r, i, &w.next)
		switch {
		case p == nil || !few:
			ok = k.judgeMember(s, p, i, around, w.ordinal, m) && ok
		case p.hides && k.isHidden(p.schema, i):
			m.set(w.ordinal)
		default:
			ok = k.place(p.schema, i) && ok
			m.set(w.ordinal)
		}
		if p != nil {
			w.found |= p.bit
		}
		w.ordinal++
	}
	if !ok && !k.report {
		return false
	}
	ok = k.requirements(s, v, around, w.found) && ok
	for i := range r.dependent {
		if d := &r.dependent[i]; d.required != nil && (ok || k.report) {
			ok = k.dependent(s, v, d) && ok
		}
	}
	return ok
}

// memberWalk is a pass over the members of an object.
type memberWalk struct {
	ordinal int
	found   uint64 // the bits of the properties that are there
	next    int    // the property that is expected
}

// expected finds the property of a member. Members mostly come in the order of
// the schema: the one to expect is tried first.
func (k *check) expected(r *objectRules, i int32, next *int) *property {
	val, at := &k.values[i], *next
	name := k.nameIn(val)
	if at >= len(r.properties) || r.lexicon.words[at] != string(name) {
		if at = r.lexicon.find(name, val.hash); at < 0 {
			return nil
		}
	}
	*next = at + 1
	return &r.properties[at]
}

// property finds the property of a member.
func (k *check) property(r *objectRules, i int32) *property {
	if at := r.lexicon.find(k.nameOf(i), k.values[i].hash); at >= 0 {
		return &r.properties[at]
	}
	return nil
}

// propertyOf finds the property of a name of the schema.
func (r *objectRules) propertyOf(name string) *property {
	if at := r.lexicon.find([]byte(name), hashOf([]byte(name))); at >= 0 {
		return &r.properties[at]
	}
	return nil
}

// judgeMember judges one member of an object by the keywords that name members,
// p among them.
func (k *check) judgeMember(s *schema, p *property, i int32, around *schema, ordinal int, m marks) bool {
	r, ok, known := s.object, true, p != nil
	if known {
		ok = k.isHidden(p.schema, i) || k.place(p.schema, i)
	}
	for j := range r.patterns {
		if p := &r.patterns[j]; k.match(p.pattern, k.nameOf(i)) {
			known = true
			ok = (k.isHidden(p.schema, i) || k.place(p.schema, i)) && ok
		}
	}
	if !known {
		switch {
		case r.shut && k.lenient:
		case r.shut:
			ok = k.refuse(i, "additionalProperties", "", s)
		case r.additional != nil:
			known = true
			ok = (k.isHidden(r.additional, i) || k.place(r.additional, i)) && ok
		case k.recording && k.closed && s == around && !s.judgedFurther && s.closes:
			k.doubtNow()
		}
	}
	if known {
		m.set(ordinal)
	}
	if r.names != nil && !k.named(r.names, i) {
		ok = k.refuse(i, "propertyNames", "", s)
	}
	return ok
}

// named judges a member's name as the string it is.
func (k *check) named(s *schema, i int32) bool {
	v := int32(len(k.values))
	k.values = append(k.values, value{kind: '"', parent: i, end: v + 1, text: k.values[i].name, textFlag: k.values[i].nameFlag})
	report, lenient := k.report, k.lenient
	k.report, k.lenient = false, false
	ok := k.judge(s, v, s, nil)
	k.report, k.lenient = report, lenient
	k.values = k.values[:v]
	return ok
}

// requirements finds what is missing.
func (k *check) requirements(s *schema, v int32, around *schema, found uint64) bool {
	r, ok := s.object, true
	if len(r.required) == bits.OnesCount64(r.indexed) && found == r.indexed {
		return true
	}
	for i := range r.required {
		q := &r.required[i]
		if k.has(v, q.name) || around.hiddenAnyway[q.name] || !q.own && around.hidden[q.name] {
			continue
		}
		ok = k.refuseMissing(v, q.name, "required", s)
		if !k.report {
			return false
		}
	}
	return ok
}

func (k *check) has(object int32, name string) bool { return k.member(object, name) >= 0 }

func (k *check) dependent(s *schema, v int32, d *dependency) bool {
	ok := true
	if !k.has(v, d.name) {
		return true
	}
	for _, name := range d.required {
		if !k.has(v, name) {
			ok = k.refuseMissing(v, name, d.keyword, s)
		}
	}
	return ok
}

func (k *check) judgeArray(s *schema, v int32, m marks) bool {
	r, val, ok := s.array, &k.values[v], true
	if int(val.count) < r.minimum {
		ok = k.refuse(v, "minItems", "", s)
	}
	if r.maximum >= 0 && int(val.count) > r.maximum {
		ok = k.refuse(v, "maxItems", "", s)
	}
	ordinal, matched := 0, 0
	for i := v + 1; i < val.end && (ok || k.report); i = k.values[i].end {
		ok = k.item(s, i, ordinal, m) && ok
		if r.contains != nil && k.quietly(r.contains, i) {
			matched++
			if !r.judgesAlone {
				m.set(ordinal)
			}
		}
		ordinal++
	}
	if !ok && !k.report {
		return false
	}
	if r.contains != nil && matched < r.minimumContains {
		ok = k.refuse(v, "contains", "", s)
	}
	if r.contains != nil && r.maxContains >= 0 && matched > r.maxContains {
		ok = k.refuse(v, "maxContains", "", s)
	}
	if r.unique && (ok || k.report) && !k.distinct(v) {
		ok = k.refuse(v, "uniqueItems", "", s)
	}
	return ok
}

func (k *check) item(s *schema, i int32, ordinal int, m marks) bool {
	r := s.array
	switch {
	case ordinal < len(r.prefix):
		m.set(ordinal)
		return r.hides && k.isHidden(r.prefix[ordinal], i) || k.place(r.prefix[ordinal], i)
	case r.shut:
		return k.refuse(i, r.itemsKeyword, "", s)
	case r.items != nil:
		m.set(ordinal)
		return r.hides && k.isHidden(r.items, i) || k.place(r.items, i)
	}
	return true
}
