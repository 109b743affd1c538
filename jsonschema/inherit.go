package jsonschema

import "maps"

// mark is something that is true of a schema if it is of one that it leads to.
type mark uint8

const (
	marksForks         mark = 1 << iota // what an object declares may depend on its value
	marksHides                          // the direction hides members
	marksSick                           // there is a mistake
	marksNoted                          // there is a note
	marksSensitive                      // a value is to be masked
	marksOutward                        // a value leads outward
	marksOutwardMarked                  // and is marked as such
	marksGoverns                        // it says something of members, or of items that have members
)

// inherit gives each new schema the marks of all that its edges lead to, in
// time that grows with the edges alone: a document may lead from every schema
// to every other.
func inherit(fresh []*schema, edges func(*schema, func(*schema)), which mark) {
	parents := make(map[*schema][]*schema, len(fresh))
	var todo []*schema
	for _, s := range fresh {
		edges(s, func(b *schema) {
			parents[b] = append(parents[b], s)
			s.marks |= b.marks & which
		})
		if s.marks&which != 0 {
			todo = append(todo, s)
		}
	}
	for len(todo) > 0 {
		b := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, s := range parents[b] {
			if more := b.marks & which &^ s.marks; more != 0 {
				s.marks |= more
				todo = append(todo, s)
			}
		}
	}
}

// leads calls f for every schema that this one leads to.
func (s *schema) leads(f func(*schema)) {
	for _, b := range s.all {
		f(b)
	}
}

// beside calls f for the schemas of items and for the branches.
func (s *schema) beside(f func(*schema)) {
	s.array.each(f)
	s.inPlace(f)
}

// markOwn notes what the schema itself says.
func (s *schema) markOwn() {
	if s.forks() {
		s.marks |= marksForks
	}
	if s.object.hides() || s.array != nil && s.array.hides {
		s.marks |= marksHides
	}
	if s.sensitive {
		s.marks |= marksSensitive
	}
	if s.outward != 0 {
		s.marks |= marksOutward
	}
	if s.outward&OutwardMarked != 0 {
		s.marks |= marksOutwardMarked
	}
	if len(s.mistakes) > 0 {
		s.marks |= marksSick
	}
	to := s.target()
	if s.freeForm = to.types&Object != 0 && !to.governsMembers(); s.freeForm || len(s.notes)+len(s.gateNotes) > 0 {
		s.marks |= marksNoted
	}
	if s.object.governs() || s.object != nil && len(s.object.required) > 0 || s.array.governs() {
		s.marks |= marksGoverns
	}
}

// answer is what was found out of a schema and its branches.
type answer uint8

const (
	unasked answer = iota
	no
	yes
)

// governsMembers tells whether a schema or a branch of it names members, or
// says of those that are not named whether they may come.
func (s *schema) governsMembers() bool {
	if s.names == unasked {
		s.names = no // where it comes back to itself, which is a mistake
		governs := s.object.governs()
		s.inPlace(func(b *schema) { governs = governs || b.governsMembers() })
		if governs {
			s.names = yes
		}
	}
	return s.names == yes
}

// accessOf is who may set a value: the schema's word, or that of what holds in
// any case beside it.
func (s *schema) accessOf() access {
	if !s.accessed {
		s.accessed = true
		s.conjuncts(func(b *schema) { s.access |= b.accessOf() })
	}
	return s.access
}

// hideNames finds the members that the schema or a branch of it hides. Where
// only one of them has any, they share the table.
func (c *Compiler) hideNames(s *schema) {
	if s.hid {
		return
	}
	s.hid = true
	s.inPlace(c.hideNames)
	if c.hiddenNames > maxHidden {
		s.mistakes.Add(s.node.Position(), "combine fewer schemas that have members with readOnly or writeOnly",
			"the schemas of the document hide more than %d names in all", maxHidden)
		return
	}
	var own map[string]bool
	if s.object != nil {
		for i, name := range s.object.lexicon.words {
			if s.object.properties[i].hides {
				if own == nil {
					own = map[string]bool{}
				}
				own[name] = true
			}
		}
	}
	always := nameTable{shared: own}
	s.conjuncts(func(b *schema) { always.add(b.hiddenAnyway) })
	s.hiddenAnyway = always.shared
	some := nameTable{shared: always.shared}
	s.inPlace(func(b *schema) { some.add(b.hidden) })
	s.hidden = some.shared
	for _, table := range [...]*nameTable{&always, &some} {
		if table.own {
			c.hiddenNames += len(table.shared)
		}
	}
}

// maxHidden bounds the names in tables that are not shared: a chain of branches
// that each hide one more has a table at every step.
const maxHidden = 1_000_000

// nameTable is a table that is copied only when it grows beyond one that others
// have.
type nameTable struct {
	shared map[string]bool
	own    bool
}

func (n *nameTable) add(more map[string]bool) {
	switch {
	case len(more) == 0:
	case n.shared == nil:
		n.shared = more
	case n.lacks(more):
		if !n.own {
			n.shared, n.own = maps.Clone(n.shared), true
		}
		maps.Copy(n.shared, more)
	}
}

func (n *nameTable) lacks(more map[string]bool) bool {
	for name := range more {
		if !n.shared[name] {
			return true
		}
	}
	return false
}

// undeclared drops from a set of names those that the schema or a branch of it
// declares.
func (s *schema) undeclared(wanted map[string]bool, seen map[*schema]bool) {
	if len(wanted) == 0 || seen[s] {
		return
	}
	seen[s] = true
	if s.object != nil {
		for name := range wanted {
			if s.object.propertyOf(name) != nil {
				delete(wanted, name)
			}
		}
	}
	s.inPlace(func(b *schema) { b.undeclared(wanted, seen) })
}
