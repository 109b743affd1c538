package jsonschema

// expandEach adds what the schemas of a place say of this value: with their
// branches, as far as these apply.
func (k *check) expandEach(from, to int, v int32) {
	first := len(k.terms)
	for t := from; t < to; t += int(k.terms[t].size) {
		at := len(k.terms)
		switch s := k.terms[t].schema; k.terms[t].operator {
		case single:
			k.expand(s, v, s)
		case every:
			k.open(every, nil)
			k.expandEach(t+1, t+int(k.terms[t].size), v)
			k.seal(at, false)
		case some:
			k.open(some, nil)
			for a := t + 1; a < t+int(k.terms[t].size); a += int(k.terms[a].size) {
				begin := len(k.terms)
				k.expandEach(a, a+int(k.terms[a].size), v)
				k.alternative(at, begin)
			}
			k.sealSome(at)
		}
		k.once(first, at)
	}
}

// expand adds a schema and its branches, as one term or none.
func (k *check) expand(s *schema, v int32, around *schema) {
	if !s.governs && !k.counting || !k.spend(1) {
		return
	}
	rest := s.object != nil && s.object.unexpected != nil || s.array != nil && s.array.unexpected != nil
	if !rest && !s.hasBranches() {
		k.terms = append(k.terms, term{single, s, 1})
		return
	}
	at := k.open(every, s)
	if s.object != nil || s.array != nil {
		k.terms = append(k.terms, term{single, s, 1})
	}
	counting := k.counting
	k.counting = counting || s.array != nil && s.array.unexpected != nil
	k.expandBranches(s, v, around)
	k.counting = counting
	k.seal(at, rest)
}

func (k *check) expandBranches(s *schema, v int32, around *schema) {
	first := len(k.terms)
	conjunct := func(b *schema) {
		at := len(k.terms)
		k.expand(b, v, around)
		k.once(first, at)
	}
	for _, b := range s.refs {
		conjunct(b)
	}
	for _, b := range s.allOf {
		conjunct(b)
	}
	k.expandUnion(s.anyFork, v, around)
	k.expandUnion(s.oneFork, v, around)
	if s.when != nil {
		k.expandCondition(s, v, around)
	}
	if s.object == nil || k.values[v].kind != '{' {
		return
	}
	for i := range s.object.dependent {
		switch d := &s.object.dependent[i]; {
		case d.schema == nil || !d.schema.governs && !k.counting:
		case k.widest:
			k.either(d.schema, nil, v, around)
		default:
			k.chose = true
			if k.has(v, d.name) {
				conjunct(d.schema)
			}
		}
	}
}

// expandUnion adds the branches that govern.
func (k *check) expandUnion(f *fork, v int32, around *schema) {
	if f == nil || !f.governs && !k.counting {
		return
	}
	at, from := k.open(some, nil), len(k.applied)
	k.apply(f, v, around)
	for i := from; i < len(k.applied); i++ {
		begin := len(k.terms)
		k.expand(f.branches[k.applied[i]], v, around)
		k.alternative(at, begin)
	}
	k.applied = k.applied[:from]
	k.sealSome(at)
}

func (k *check) expandCondition(s *schema, v int32, around *schema) {
	if k.widest {
		k.expandNamed(s.when, v, around)
		k.either(s.then, s.other, v, around)
		return
	}
	k.chose = true
	branch := s.other
	held, known := k.trail.recall(s.whenFork, v, around)
	if known && len(held) > 0 || !known && k.judge(s.when, v, around, nil) {
		branch = s.then
		k.expandNamed(s.when, v, around)
	}
	if branch != nil {
		k.expand(branch, v, around)
	}
}

func (k *check) expandNamed(s *schema, v int32, around *schema) {
	at := k.open(named, nil)
	k.expand(s, v, around)
	if len(k.terms) == at+1 {
		k.terms = k.terms[:at]
		return
	}
	k.seal(at, true)
}

// either adds two schemas of which one will govern; nil says nothing.
func (k *check) either(a, b *schema, v int32, around *schema) {
	at := k.open(some, nil)
	for _, s := range [2]*schema{a, b} {
		begin := len(k.terms)
		if s != nil {
			k.expand(s, v, around)
		}
		k.alternative(at, begin)
	}
	k.sealSome(at)
}

// alternative ends what stands from begin on as one of the alternatives that
// the term at holds together.
func (k *check) alternative(at, begin int) {
	if len(k.terms) == begin {
		k.terms = append(k.terms, term{free, nil, 1})
	}
	k.once(at+1, begin)
}

// sealSome ends alternatives; to have the choice of nothing alone says nothing.
func (k *check) sealSome(at int) {
	k.seal(at, false)
	if len(k.terms) == at+1 && k.terms[at].operator == free {
		k.terms = k.terms[:at]
	}
}
