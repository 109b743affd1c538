package jsonschema

// branches judges by the schemas that are applied to the same value.
func (k *check) branches(s *schema, v int32, around *schema, m marks) bool {
	ok := true
	for _, list := range [2][]*schema{s.refs, s.allOf} {
		for _, b := range list {
			ok = k.judge(b, v, around, m) && ok
			if !ok && !k.report {
				return false
			}
		}
	}
	if s.anyOf != nil {
		ok = k.anyOf(s, v, around, m) && ok
	}
	if s.oneOf != nil && (ok || k.report) {
		ok = k.oneOf(s, v, around, m) && ok
	}
	if s.when != nil && (ok || k.report) {
		ok = k.condition(s, v, around, m) && ok
	}
	if s.object != nil && k.values[v].kind == '{' {
		for i := range s.object.dependent {
			if d := &s.object.dependent[i]; d.schema != nil && k.has(v, d.name) && (ok || k.report) {
				ok = k.judge(d.schema, v, around, m) && ok
			}
		}
	}
	return ok
}

// try judges by a branch that may fail: only one that holds leaves marks.
func (k *check) try(b *schema, v int32, around *schema, m marks) bool {
	report, depth := k.report, len(k.marks)
	k.report = false
	var own marks
	if m != nil {
		own = k.take(k.values[v].count)
	}
	ok := k.judge(b, v, around, own)
	if ok && m != nil {
		m.merge(own)
	}
	k.report, k.marks = report, k.marks[:depth]
	return ok
}

func (k *check) anyOf(s *schema, v int32, around *schema, m marks) bool {
	held := false
	for _, b := range s.anyOf {
		if k.try(b, v, around, m) {
			held = true
			if m == nil {
				return true
			}
		}
	}
	return held || k.explain(s, "anyOf", s.anyOf, v, around)
}

func (k *check) oneOf(s *schema, v int32, around *schema, m marks) bool {
	held := 0
	for _, b := range s.oneOf {
		if k.try(b, v, around, m) {
			if held++; held > 1 {
				return k.refuse(v, "oneOf", "must fit exactly one of the alternatives, and fits more than one", s)
			}
		}
	}
	return held == 1 || k.explain(s, "oneOf", s.oneOf, v, around)
}

func (k *check) condition(s *schema, v int32, around *schema, m marks) bool {
	branch, lenient := s.other, k.lenient
	k.lenient = false
	if k.try(s.when, v, around, m) {
		branch = s.then
	}
	k.lenient = lenient
	return branch == nil || k.judge(branch, v, around, m)
}

func (k *check) negation(s *schema, v int32) bool {
	if k.quietly(s.not, v) {
		return k.refuse(v, "not", "must not be what the schema rules out", s)
	}
	return true
}

// unevaluated judges what no branch evaluated (core §11).
func (k *check) unevaluated(s *schema, v int32, m marks, held bool) bool {
	val, ok := &k.values[v], true
	var rest *schema
	keyword := "unevaluatedProperties"
	switch {
	case val.kind == '{' && s.object != nil:
		rest = s.object.unexpected
	case val.kind == '[' && s.array != nil:
		rest, keyword = s.array.unexpected, "unevaluatedItems"
	}
	if m == nil || rest == nil || !held || rest.never && k.lenient && val.kind == '{' {
		return true // a branch that failed would have evaluated some of it
	}
	ordinal := 0
	for i := v + 1; i < val.end && (ok || k.report); i = k.values[i].end {
		switch {
		case m.has(ordinal):
		case rest.never:
			ok = k.refuse(i, keyword, "", s)
		default:
			ok = k.place(rest, i) && ok
			m.set(ordinal)
		}
		ordinal++
	}
	m.setAll()
	return ok
}
