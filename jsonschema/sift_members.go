package jsonschema

// stance is what terms say of a member.
type stance uint8

const (
	silent   stance = iota
	closes          // names members, and not this one
	requires        // names it only as one that must be there
	shuts           // says in so many words that it may not come
	declares        // names it, or takes any
)

// refuses tells whether the member may not stand there.
func (a stance) refuses() bool { return a == closes || a == shuts }

// either is what alternatives say together: a member that one of them would
// leave stays.
func (a stance) either(b stance) stance {
	rank := [...]uint8{shuts: 0, closes: 1, silent: 2, requires: 3, declares: 4}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// unwelcome is the word by which a member may not stand in its object, and the
// schema that says so, or "".
func (k *check) unwelcome(i int32, at, to int) (string, *schema) {
	k.hiddenBy, k.closedBy = "", ""
	st := k.stance(i, at, to)
	switch {
	case k.hiddenBy != "" && !k.widest:
		return k.hiddenBy, k.hider
	case st.refuses() && k.closed:
		return k.closedBy, k.closer
	}
	return "", nil
}

// stance is what terms say that all govern.
func (k *check) stance(i int32, at, to int) stance {
	st := silent
	for t := at; t < to && !k.settled(st); t += int(k.terms[t].size) {
		st = max(st, k.stanceOf(i, t))
	}
	return st
}

// settled tells whether no other term can change a stance: only a term that
// hides the member has a say beyond one that declares it.
func (k *check) settled(st stance) bool { return st == declares && !k.hides }

func (k *check) stanceOf(i int32, t int) stance {
	end := t + int(k.terms[t].size)
	switch s := k.terms[t].schema; k.terms[t].operator {
	case single:
		return k.stanceOfOne(i, s)
	case every:
		st := k.stance(i, t+1, end)
		if st == declares {
			return st
		}
		return max(st, k.restSays(i, s))
	case some:
		st := k.stanceOf(i, t+1)
		for a := t + 1 + int(k.terms[t+1].size); a < end && !k.settled(st); a += int(k.terms[a].size) {
			st = st.either(k.stanceOf(i, a))
		}
		return st
	case named:
		hiddenBy := k.hiddenBy
		st := k.stance(i, t+1, end)
		k.hiddenBy = hiddenBy
		if st == declares {
			return declares
		}
	}
	return silent
}

func (k *check) stanceOfOne(i int32, s *schema) stance {
	r, st := s.object, silent
	if r == nil {
		return silent
	}
	if p := k.property(r, i); p != nil {
		st = k.declaredBy(s, p.schema, i)
	}
	for j := range r.patterns {
		if p := &r.patterns[j]; k.match(p.pattern, k.nameOf(i)) {
			st = max(st, k.declaredBy(s, p.schema, i))
		}
	}
	switch {
	case st != silent:
		return st
	case r.shut:
		return k.shuts(s, "additionalProperties")
	case r.additional != nil:
		return k.declaredBy(s, r.additional, i)
	case r.requires(k.nameOf(i)):
		return requires
	case r.namesAny() && r.unexpected == nil:
		k.shuts(s, "additionalProperties")
		return closes
	}
	return silent
}

// declaredBy is the stance of a schema that has one for the member.
func (k *check) declaredBy(s, member *schema, i int32) stance {
	if member.never {
		return k.shuts(member, "false")
	}
	if word := k.veil(member, i); word != "" {
		k.hiddenBy, k.hider = word, s
	}
	return declares
}

// requires tells whether the name is one of those that must be there.
func (r *objectRules) requires(name []byte) bool {
	for i := range r.required {
		if r.required[i].name == string(name) {
			return true
		}
	}
	return false
}

func (k *check) shuts(s *schema, word string) stance {
	k.closedBy, k.closer = word, s
	return shuts
}

// follow adds the schemas by which terms that all govern lead to a member or
// item. elsewhere is what the other terms of its place say of it.
func (k *check) follow(i int32, ordinal, at, to int, elsewhere stance) {
	first := len(k.terms)
	for t := at; t < to; t += int(k.terms[t].size) {
		end := t + int(k.terms[t].size)
		switch s := k.terms[t].schema; k.terms[t].operator {
		case single:
			k.followOne(i, ordinal, s, first)
		case every:
			begin := len(k.terms)
			k.open(every, nil)
			k.follow(i, ordinal, t+1, end, max(elsewhere, k.beside(i, t, at, to), k.restSays(i, s)))
			if rest := k.unexpected(i, ordinal, t); rest != nil && !rest.never {
				k.seed(rest, begin+1)
			}
			k.seal(begin, false)
			k.once(first, begin)
		case some:
			begin := len(k.terms)
			k.followSome(i, ordinal, t, max(elsewhere, k.beside(i, t, at, to)))
			k.once(first, begin)
		}
	}
}

// restSays is what unevaluatedProperties says of a member that no branch
// evaluates.
func (k *check) restSays(i int32, s *schema) stance {
	switch {
	case k.values[k.values[i].parent].kind != '{' || s == nil || s.object == nil || s.object.unexpected == nil:
		return silent
	case s.object.unexpected.never:
		return k.shuts(s, "unevaluatedProperties")
	}
	return k.declaredBy(s, s.object.unexpected, i)
}

// beside is what the terms that govern together say of a member, without the
// one at t.
func (k *check) beside(i int32, t, at, to int) stance {
	if k.values[k.values[i].parent].kind != '{' {
		return silent
	}
	return max(k.stance(i, at, t), k.stance(i, t+int(k.terms[t].size), to))
}

func (k *check) followSome(i int32, ordinal, t int, elsewhere stance) {
	at := k.open(some, nil)
	for a := t + 1; a < t+int(k.terms[t].size); a += int(k.terms[a].size) {
		end := a + int(k.terms[a].size)
		begin := k.open(every, nil)
		k.follow(i, ordinal, a, end, elsewhere)
		k.seal(begin, false)
		if max(elsewhere, k.says(i, ordinal, a)).refuses() {
			// With this alternative the member would not be there.
			k.terms = k.terms[:begin]
			continue
		}
		k.alternative(at, begin)
	}
	k.sealSome(at)
}

// says is what a term says of a member or item.
func (k *check) says(i int32, ordinal, t int) stance {
	if k.values[k.values[i].parent].kind == '{' {
		return k.stanceOf(i, t)
	}
	if s := k.terms[t].schema; s != nil && s.array != nil && s.array.shut && ordinal >= len(s.array.prefix) {
		return shuts
	}
	return silent
}

func (k *check) followOne(i int32, ordinal int, s *schema, first int) {
	if k.values[k.values[i].parent].kind == '[' {
		switch r := s.array; {
		case r == nil:
		case ordinal < len(r.prefix):
			k.seed(r.prefix[ordinal], first)
		case r.items != nil:
			k.seed(r.items, first)
		}
		return
	}
	r, known := s.object, false
	if r == nil {
		return
	}
	if p := k.property(r, i); p != nil {
		known = true
		k.seed(p.schema, first)
	}
	for j := range r.patterns {
		if p := &r.patterns[j]; k.match(p.pattern, k.nameOf(i)) {
			known = true
			k.seed(p.schema, first)
		}
	}
	if !known && r.additional != nil {
		k.seed(r.additional, first)
	}
}

// unexpected is the schema that unevaluatedProperties or unevaluatedItems of
// the term at t has for a member or item, nil if others evaluate it.
func (k *check) unexpected(i int32, ordinal, t int) *schema {
	s := k.terms[t].schema
	if s == nil {
		return nil
	}
	begin, end := t+1, t+int(k.terms[t].size)
	if k.values[k.values[i].parent].kind == '{' {
		if s.object == nil || s.object.unexpected == nil || k.stance(i, begin, end) == declares {
			return nil
		}
		return s.object.unexpected
	}
	if s.array == nil || s.array.unexpected == nil || k.evaluates(i, ordinal, begin, end) {
		return nil
	}
	return s.array.unexpected
}

// evaluates tells whether terms evaluate an item (core §11.2).
func (k *check) evaluates(i int32, ordinal, at, to int) bool {
	for t := at; t < to; t += int(k.terms[t].size) {
		s := k.terms[t].schema
		switch {
		case s == nil || s.array == nil:
		case k.terms[t].operator == every:
			if s.array.unexpected != nil {
				return true
			}
		case ordinal < len(s.array.prefix) || s.array.items != nil || s.array.shut || s.array.contains != nil && !s.array.judgesAlone && k.quietly(s.array.contains, i):
			return true
		}
		if k.evaluates(i, ordinal, t+1, t+int(k.terms[t].size)) {
			return true
		}
	}
	return false
}
