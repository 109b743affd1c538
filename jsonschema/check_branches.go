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
	if !k.hasType(b.accepts, v) {
		return false
	}
	report, doubt, depth, notes := k.report, k.doubt, len(k.marks), len(k.trail.notes)
	k.report = false
	var own marks
	if m != nil {
		own = k.take(k.values[v].count)
	}
	ok := k.judge(b, v, around, own)
	if ok && m != nil {
		m.merge(own)
	}
	if !ok {
		k.trail.forget(notes)
		k.doubt = doubt
	}
	k.report, k.marks = report, k.marks[:depth]
	return ok
}

func (k *check) anyOf(s *schema, v int32, around *schema, m marks) bool {
	if m != nil || k.records(s.anyFork, v) {
		return k.holding(s.anyFork, v, around, m, len(s.anyOf)) > 0 || k.explain(s, "anyOf", s.anyFork, v, around)
	}
	probable := k.chosen(s.anyFork, v)
	if probable >= 0 && k.try(s.anyOf[probable], v, around, nil) {
		return true
	}
	for _, i := range k.likely(s.anyFork, v, around) {
		if i != probable && k.try(s.anyOf[i], v, around, nil) {
			return true
		}
	}
	return k.explain(s, "anyOf", s.anyFork, v, around)
}

func (k *check) oneOf(s *schema, v int32, around *schema, m marks) bool {
	switch k.holding(s.oneFork, v, around, m, 2) {
	case 0:
		return k.explain(s, "oneOf", s.oneFork, v, around)
	case 1:
		return true
	}
	message := fitsMore
	if k.report && s.oneFork.choice != nil && k.values[v].kind == '{' {
		message = k.ambiguous(s.oneFork, v, around)
	}
	return k.refuse(v, "oneOf", message, s)
}

func (k *check) condition(s *schema, v int32, around *schema, m marks) bool {
	branch, lenient := s.other, k.lenient
	k.lenient = false
	held := k.holding(s.whenFork, v, around, m, 1) > 0
	k.lenient = lenient
	if held {
		branch = s.then
	}
	return branch == nil || k.judge(branch, v, around, m)
}

// holding counts the branches of a fork that hold, until there are enough. Where
// it is noted which they are, it counts all.
func (k *check) holding(f *fork, v int32, around *schema, m marks, enough int) int {
	depth, held := len(k.marks), 0
	var which marks
	if k.records(f, v) {
		which, enough = k.take(int32(len(f.branches))), len(f.branches)
	}
	for _, i := range k.likely(f, v, around) {
		if !k.try(f.branches[i], v, around, m) {
			continue
		}
		which.set(int(i))
		if held++; held == enough {
			break
		}
	}
	if which != nil && !k.spent {
		k.trail.note(f, v, around, which)
		k.doubt = k.doubt || held > 1 && f.choice != nil // it may name one alone
	}
	k.marks = k.marks[:depth]
	return held
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
	k.doubt = true
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
			ok = (k.isHidden(rest, i) || k.place(rest, i)) && ok
			m.set(ordinal)
		}
		ordinal++
	}
	m.setAll()
	return ok
}
