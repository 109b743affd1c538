package jsonschema

import (
	"slices"

	"sallyport/source"
)

// Outward says that a value leads somewhere, and how it is to be read.
type Outward uint8

// The ways in which a value leads outward; one may be of several.
const (
	// OutwardURL is format: uri, url or iri.
	OutwardURL Outward = 1 << iota
	// OutwardReference is format: uri-reference or iri-reference.
	OutwardReference
	// OutwardHost is format: hostname, idn-hostname, ipv4 or ipv6.
	OutwardHost
	// OutwardMarked is x-sallyport: { outward: true }.
	OutwardMarked
	// OutwardDoubt tells that the schema which says so is a branch of a union or
	// condition, which may not hold: the value may be any text.
	OutwardDoubt
)

// outwardOf are the formats of values that lead outward.
var outwardOf = map[string]Outward{
	"uri": OutwardURL, "url": OutwardURL, "iri": OutwardURL,
	"uri-reference": OutwardReference, "iri-reference": OutwardReference,
	"hostname": OutwardHost, "idn-hostname": OutwardHost, "ipv4": OutwardHost, "ipv6": OutwardHost,
}

// Leading is a value of a body that leads outward.
type Leading struct {
	Outward Outward
	// Pointer is its place in the body (RFC 6901).
	Pointer string
	// Text is the string; "", with an Outward of 0, for a value of another type
	// than the schema wants there: nobody knows what its reader makes of it.
	Text string
}

// Outward tells whether the schema, here or wherever it leads, says of strings
// that they lead outward: by x-sallyport alone where marked is set, else by format
// too. What an enum or const spells out is the document's own and does not.
func (s *Schema) Outward(marked bool) bool {
	if marked {
		return s.outwardMarked
	}
	return s.outward
}

// OutwardAt are the places of the schemas that say so, at most that many.
func (s *Schema) OutwardAt(marked bool, most int) []source.Position {
	var found []source.Position
	known := map[*schema]bool{s.root: true}
	for todo := []*schema{s.root}; len(todo) > 0 && len(found) < most; {
		one := todo[0]
		todo = todo[1:]
		if one.outward.counts(marked) {
			found = append(found, one.node.Position())
		}
		one.leads(func(b *schema) {
			if b.marks&marksOutward != 0 && !known[b] {
				known[b] = true
				todo = append(todo, b)
			}
		})
	}
	return found
}

// FindOutward appends the strings of a body that lead outward by any schema that
// may govern them, whether the body holds to the schemas or not, and what is of
// another type where such a string, or what holds it, should be. It is false
// where they cannot be known: the body is not JSON, or too much of it.
func (s *Schema) FindOutward(body []byte, marked bool, to []Leading) ([]Leading, bool) {
	if !s.Outward(marked) {
		return to, true
	}
	k := s.scratch.Get().(*check)
	defer k.release(s.scratch)
	if k.read(body) != nil {
		return to, false
	}
	k.see()
	k.setBounds()
	k.steps, k.spent = 0, false
	f := outwardSearch{check: k, marked: marked, known: make(map[int32]bool), to: to}
	for _, f.sure = range [...]bool{true, false} {
		k.sight.ways = append(k.sight.ways[:0], s.root)
		f.search(0, 0)
	}
	return f.to, !k.spent
}

// Strings appends all strings of a body, read as one way says. It is false where
// the body is not JSON.
func (s *Schema) Strings(body []byte, as Outward, to []Leading) ([]Leading, bool) {
	k := s.scratch.Get().(*check)
	defer k.release(s.scratch)
	if k.read(body) != nil {
		return to, false
	}
	for v := range k.values {
		if k.values[v].kind == '"' {
			to = append(to, k.leading(int32(v), as))
		}
	}
	return to, true
}

func (k *check) leading(v int32, as Outward) Leading {
	return Leading{as, k.pointer(v), string(k.textOf(v))}
}

// outwardSearch goes through a body twice: by what governs it in any case, and
// then by what may.
type outwardSearch struct {
	*check
	marked bool
	sure   bool
	known  map[int32]bool
	to     []Leading
}

// search looks at a value that the schemas from a place in ways on may govern.
func (f *outwardSearch) search(v int32, at int) {
	k := f.check
	var is Outward
	for i := at; i < len(k.sight.ways); i++ { // it grows
		s := k.sight.ways[i]
		if s.outward.counts(f.marked) {
			is |= s.outward
		}
		add := func(b *schema) {
			if b.marks&marksOutward != 0 {
				k.addWay(b, at)
			}
		}
		if f.sure {
			s.conjuncts(add)
		} else {
			s.inPlace(add)
		}
	}
	val, to := &k.values[v], len(k.sight.ways)
	if f.sure && f.mistyped(v, at) {
		f.known[v] = true
		f.to = append(f.to, Leading{Pointer: k.pointer(v)})
		return
	}
	if val.kind == '"' && is != 0 && !f.known[v] {
		f.known[v] = true
		if !f.sure {
			is |= OutwardDoubt
		}
		f.to = append(f.to, k.leading(v, is))
	}
	if val.kind != '{' && val.kind != '[' {
		return
	}
	ordinal := 0
	for i := v + 1; i < val.end && k.spend(to-at); i = k.values[i].end {
		for _, s := range k.sight.ways[at:to] {
			if val.kind == '{' {
				k.waysToMember(s.object, i, to)
			} else {
				k.waysToItem(s.array, ordinal, to)
			}
		}
		if f.outwardFrom(to) {
			f.search(i, to)
		}
		k.sight.ways = k.sight.ways[:to]
		ordinal++
	}
}

// mistyped tells that a value is of no type that the schemas take which lead
// outward here, so that the body is not valid: a list where one URL should be, or
// a number, which is an address to some. Null, true and false lead nowhere.
func (f *outwardSearch) mistyped(v int32, at int) bool {
	switch f.check.values[v].kind {
	case 'n', 't', 'f':
		return false
	}
	leads := marksOutward
	if f.marked {
		leads = marksOutwardMarked
	}
	return slices.ContainsFunc(f.check.sight.ways[at:], func(s *schema) bool {
		return s.marks&leads != 0 && !f.check.hasType(s.accepts, v)
	})
}

// outwardFrom leaves of the ways from a place on those that lead to a mark or a
// format, and tells whether there are any.
func (f *outwardSearch) outwardFrom(at int) bool {
	ways, n := f.check.sight.ways, at
	for _, s := range ways[at:] {
		if s.marks&marksOutward != 0 {
			ways[n] = s
			n++
		}
	}
	f.check.sight.ways = ways[:n]
	return n > at
}

// counts tells whether a schema says so.
func (o Outward) counts(marked bool) bool { return o != 0 && (!marked || o&OutwardMarked != 0) }

// outward reads what the schema says of where its strings lead, beside a $ref
// too. The mark counts before the format, in both directions.
func (b *builder) outward() Outward {
	mark := b.n.Get("x-sallyport").Get("outward")
	if mark != nil && mark.Text == "false" || b.n.Has("enum") || b.n.Has("const") {
		return 0
	}
	is := outwardOf[b.n.Str("format")]
	if mark != nil && mark.Text == "true" {
		is |= OutwardMarked
		if is == OutwardMarked {
			is |= OutwardURL | OutwardHost
		}
	}
	return is
}
