package jsonschema

// What may not stand at a place is found by walking through the body with the
// schemas that govern each place: those that its members and items come by,
// through every branch that holds. An object's members are declared, or not,
// by all of them together; whether the values are right is for judge to say.

// operator says how the terms under a term belong together.
type operator uint8

const (
	single operator = iota // a schema, with what it says of members and items itself
	every                  // all under it govern
	some                   // alternatives: several branches of a union hold, or none
	free                   // an alternative that says nothing
	named                  // a condition that holds: it declares, and closes nothing
)

// term is a part of what governs a place. Terms stand in a row, each followed
// by those under it.
type term struct {
	operator operator
	schema   *schema
	size     int32 // of the term and all under it
}

// sifts tells whether there can be anything that may not stand in a body.
func (s *Schema) sifts() bool { return s.closed || s.hides }

// sift takes out of the tree what may not stand in the body. Where there is
// anything, it begins with what no branch of any union declares, since that
// must not decide which of the branches hold; then comes what these branches
// leave undeclared.
func (k *check) sift(s *Schema) {
	if !s.sifts() {
		return
	}
	if s.closed && s.forks {
		k.asking = true
		found := k.siftOnce(s.root)
		k.asking = false
		if !found {
			return
		}
		k.widest = true
		k.siftOnce(s.root)
		k.widest = false
	}
	for !k.spent {
		k.chose = false
		// What was taken out can change which branches hold. Each round but the
		// last takes out something, within the budget of steps.
		if taken := k.siftOnce(s.root); !taken || !k.chose {
			return
		}
	}
}

// siftOnce walks through the body once and tells whether it took out anything,
// or would have.
func (k *check) siftOnce(root *schema) bool {
	k.taken = false
	k.terms = k.terms[:0]
	k.seed(root, 0)
	k.siftValue(0, 0)
	if k.taken && !k.asking && !k.spent {
		k.pack()
		k.setBounds()
		clear(k.memo) // it knows values by where they stood, as the trail does
		k.trail.end()
	}
	return k.taken
}

// spend counts steps and tells whether there are any left.
func (k *check) spend(steps int) bool {
	if k.steps += steps; k.steps > k.maxSteps {
		k.spent = true
	}
	return !k.spent
}

// siftValue walks through an object or array that the terms from seeds on
// govern.
func (k *check) siftValue(v int32, seeds int) {
	at := len(k.terms)
	if k.closed && k.may.Undeclared && k.bars(seeds, at, kindTypes[k.values[v].kind]) {
		k.strip(v)
		return
	}
	k.expandEach(seeds, at, v)
	switch to := len(k.terms); {
	case at == to || k.spent:
	case k.values[v].kind == '{':
		k.siftMembers(v, at, to)
	case k.values[v].kind == '[':
		k.siftItems(v, at, to)
	}
	k.terms = k.terms[:at]
}

func (k *check) siftMembers(v int32, at, to int) {
	end, before, kept, expected := k.values[v].end, int32(-1), false, 0
	for i := v + 1; i < end && k.spend(to-at) && !(k.asking && k.taken); {
		next := k.values[i].end
		if member := k.plainly(i, at, to, &expected); member != nil {
			kept = true
			if kind := k.values[i].kind; (member.governs || member.bars != 0) && (kind == '{' || kind == '[') {
				k.terms = append(k.terms, term{single, member, 1})
				k.siftValue(i, to)
				k.terms = k.terms[:to]
			}
		} else if word, by := k.unwelcome(i, at, to); word != "" {
			k.takeOut(i, word, by, neighbours{before, next, kept, next < end})
		} else {
			kept = true
			k.descend(i, 0, at, to)
		}
		before, i = i, next
	}
}

// plainly is the schema of a member in the usual case: a single schema governs
// its object, and names it. Otherwise it is nil.
func (k *check) plainly(i int32, at, to int, expected *int) *schema {
	if to-at > 1 || k.terms[at].operator != single {
		return nil
	}
	r := k.terms[at].schema.object
	if r == nil || r.patterns != nil {
		return nil
	}
	p := k.expected(r, i, expected)
	if p == nil || p.hides || p.schema.never {
		return nil
	}
	if p.schema.via != nil {
		return p.schema.via
	}
	return p.schema
}

// descend walks through a member or item.
func (k *check) descend(i int32, ordinal, at, to int) {
	if kind := k.values[i].kind; kind != '{' && kind != '[' {
		return
	}
	seeds := len(k.terms)
	k.follow(i, ordinal, at, to, silent)
	if len(k.terms) > seeds {
		k.siftValue(i, seeds)
	}
	k.terms = k.terms[:seeds]
}

// open begins a term that others stand under.
func (k *check) open(o operator, s *schema) int {
	k.terms = append(k.terms, term{o, s, 0})
	return len(k.terms) - 1
}

// seal ends it. What has nothing under it says nothing; a group of one is that one.
func (k *check) seal(at int, whole bool) {
	size := len(k.terms) - at
	switch {
	case size == 1 && !whole:
		k.terms = k.terms[:at]
	case size > 1 && !whole && int(k.terms[at+1].size) == size-1:
		k.terms = append(k.terms[:at], k.terms[at+1:]...)
	default:
		k.terms[at].size = int32(size)
	}
}

// once drops the term that begins at, if one like it stands before it in the
// group that begins with first: what comes by two ways governs once, so that
// recursion through several branches does not double with each level.
func (k *check) once(first, at int) {
	if at == len(k.terms) {
		return
	}
	for t := first; t < at; t += int(k.terms[t].size) {
		if sameTerms(k.terms[t:t+int(k.terms[t].size)], k.terms[at:]) {
			k.terms = k.terms[:at]
			return
		}
	}
}

func sameTerms(a, b []term) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// seed adds the schema of a place to the group that begins with first.
func (k *check) seed(s *schema, first int) {
	if !s.governs && s.bars == 0 {
		return
	}
	if s.via != nil {
		s = s.via
	}
	k.terms = append(k.terms, term{single, s, 1})
	k.once(first, len(k.terms)-1)
}
