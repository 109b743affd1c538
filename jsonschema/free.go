package jsonschema

// What a schema binds is found by a walk through a body that holds to it, which
// is not judged again but where it must be known which branches hold. It marks
// strings in the tree; what it does not come to, for whatever reason, is free.

// Bounds of what is bound.
const (
	// maxBound is the longest text that a format or pattern binds, in bytes:
	// what letters and digits alone encode is longer.
	maxBound = 128
	// maxBinding is how many schemas are looked at, and for each value of the
	// body, and as many to judge branches: recursion through several could double
	// with each level.
	maxBinding     = 20_000
	bindingByValue = 16
)

// bindPlace marks what the schema of a place binds in a value that holds to it.
func (k *check) bindPlace(s *schema, v int32) {
	switch k.values[v].kind {
	case '"', '{', '[':
	default:
		return
	}
	if s.via != nil {
		s = s.via
	}
	k.bind(s, v, s)
}

// bind marks what a schema binds in a value that holds to it. around is the
// schema of the place.
func (k *check) bind(s *schema, v int32, around *schema) {
	val := &k.values[v]
	if s.anything || !k.mayBind() {
		return
	}
	if s.enum != nil {
		k.bindConstant(v)
		return
	}
	switch {
	case val.kind == '"':
		if s.text != nil && s.text.bounds && val.text.to-val.text.from <= maxBound {
			val.textFlag |= bound
			return
		}
	case val.kind == '{' && s.object != nil:
		k.bindMembers(s.object, v)
	case val.kind == '[' && s.array != nil:
		k.bindItems(s.array, v)
	}
	if s.hasBranches() {
		k.bindBranches(s, v, around)
	}
}

// mayBind counts a step of the walk. Its end is told by k.spent too, where a
// branch was judged.
func (k *check) mayBind() bool {
	k.sight.bindings++
	return k.sight.bindings <= k.maxSteps && !k.spent
}

// bindConstant marks all that is in a value that the schema spells out.
func (k *check) bindConstant(v int32) {
	k.values[v].textFlag |= bound
	for i := v + 1; i < k.values[v].end; i++ {
		k.values[i].textFlag |= bound
		k.values[i].nameFlag |= bound
	}
}

// bindMembers: names are bound by those that spell them out. A pattern binds
// none, since __proto__ and constructor are attacks by themselves.
func (k *check) bindMembers(r *objectRules, v int32) {
	next := 0
	for i := v + 1; i < k.values[v].end; i = k.values[i].end {
		name, known := k.nameOf(i), false
		if p := k.expected(r, i, &next); p != nil {
			known = true
			k.values[i].nameFlag |= bound
			if !p.hides {
				k.bindPlace(p.schema, i)
			}
		} else if r.requires(name) || r.names != nil && r.names.enum != nil {
			k.values[i].nameFlag |= bound
		}
		for j := range r.patterns {
			if p := &r.patterns[j]; k.match(p.pattern, name) {
				known = true
				if !p.schema.hides() {
					k.bindPlace(p.schema, i)
				}
			}
		}
		if !known && r.additional != nil && !r.additional.hides() && !k.spent {
			k.bindPlace(r.additional, i)
		}
	}
}

func (k *check) bindItems(r *arrayRules, v int32) {
	if r.hides {
		return
	}
	ordinal := 0
	for i := v + 1; i < k.values[v].end; i = k.values[i].end {
		switch {
		case ordinal < len(r.prefix):
			k.bindPlace(r.prefix[ordinal], i)
		case r.items != nil:
			k.bindPlace(r.items, i)
		}
		ordinal++
	}
}

func (k *check) bindBranches(s *schema, v int32, around *schema) {
	for _, b := range s.refs {
		k.bind(b, v, around)
	}
	for _, b := range s.allOf {
		k.bind(b, v, around)
	}
	k.bindUnion(s.anyFork, v, around)
	k.bindUnion(s.oneFork, v, around)
	if s.when != nil {
		k.bindCondition(s, v, around)
	}
	if s.object == nil || k.values[v].kind != '{' {
		return
	}
	for i := range s.object.dependent {
		if d := &s.object.dependent[i]; d.schema != nil && k.has(v, d.name) {
			k.bind(d.schema, v, around)
		}
	}
}

// bindUnion marks what the branches that hold bind. One of them does: where
// only one can, by the look of the value, it is that one.
func (k *check) bindUnion(f *fork, v int32, around *schema) {
	if f == nil {
		return
	}
	if held, known := k.trail.recall(f, v, around); known {
		for _, i := range held {
			k.bind(f.branches[i], v, around)
		}
		return
	}
	likely := k.likely(f, v, around)
	fits, fitting := (*schema)(nil), 0
	for _, i := range likely {
		if b := f.branches[i]; k.hasType(b.accepts, v) {
			fits = b
			fitting++
		}
	}
	if fitting == 1 {
		k.bind(fits, v, around)
		return
	}
	for _, i := range likely {
		if b := f.branches[i]; k.hasType(b.accepts, v) && k.asks(b, v, around) {
			k.bind(b, v, around)
		}
	}
}

// bindCondition marks what then or else binds. A condition that holds binds
// nothing by itself: it was only asked.
func (k *check) bindCondition(s *schema, v int32, around *schema) {
	held, known := k.trail.recall(s.whenFork, v, around)
	holds := len(held) > 0
	if !known {
		holds = k.asks(s.when, v, around)
	}
	branch := s.other
	if holds {
		branch = s.then
	}
	if branch != nil && !k.spent {
		k.bind(branch, v, around)
	}
}

// asks tells whether a branch holds. Where that takes too long, it does not.
func (k *check) asks(b *schema, v int32, around *schema) bool {
	report := k.report
	k.report = false
	holds := k.judge(b, v, around, nil)
	k.report = report
	return holds && !k.spent
}

// freeText lists what is not marked.
func (k *check) freeText() {
	free := k.sight.found.free
	for i := range k.values {
		val := &k.values[i]
		if val.from >= 0 && val.nameFlag&bound == 0 {
			free = append(free, freeString(i<<1|1))
		}
		if val.kind == '"' && val.textFlag&bound == 0 {
			free = append(free, freeString(i<<1))
		}
	}
	k.sight.found.free = free
}
