package jsonschema

import (
	"maps"
	"slices"
)

// finish computes what needs the whole graph: loops, who may set a member,
// what is required, what governs members and items.
func (c *Compiler) finish() {
	for _, s := range c.fresh {
		s.findLoop()
	}
	for _, s := range c.fresh {
		s.shorten()
		s.hideMembers()
	}
	for _, s := range c.fresh {
		s.ownRequirements()
	}
	for _, s := range c.fresh {
		s.accepts = s.takes(0)
		s.governs = s.governsBeneath(map[*schema]bool{})
		s.anything = s.anything || s.says() == nothing
		s.collects = s.object != nil && s.object.unexpected != nil || s.array != nil && s.array.unexpected != nil
		s.judgedFurther = s.collects || s.hasBranches() || s.not != nil
		s.plain = !s.never && !s.judgedFurther
		s.closes = s.governs && s.governsMembers(map[*schema]bool{})
	}
	for _, s := range c.fresh {
		s.makeForks()
	}
	c.fresh = nil
}

const (
	unseen uint8 = iota
	open
	done
)

// findLoop refuses a schema that leads to itself for the same value: judging
// by it would never end (core §9.4.1).
func (s *schema) findLoop() {
	if s.state == done {
		return
	}
	s.state = open
	s.judgesWith(func(b *schema) {
		switch b.state {
		case unseen:
			b.findLoop()
		case open:
			s.mistakes.Add(s.node.Position(), "break the circle: a schema may come back to itself only through a member or an item",
				"the schema refers to itself for the same value, without end")
			s.never = true // nobody is served by it, and no check runs in circles
			s.refs, s.allOf, s.anyOf, s.oneOf, s.not, s.when = nil, nil, nil, nil, nil, nil
		}
	})
	s.state = done
}

// shorten finds what a schema that is nothing but a reference leads to.
func (s *schema) shorten() {
	for to := s; len(to.refs) == 1 && to.onlyRefers(); s.via = to {
		to = to.refs[0]
	}
}

// judgesWith calls f for every schema that judges the same value.
func (s *schema) judgesWith(f func(*schema)) {
	s.inPlace(f)
	if s.not != nil {
		f(s.not)
	}
}

// accessOf is who may set a value: the schema's word, or that of what holds in
// any case beside it.
func (s *schema) accessOf(seen map[*schema]bool) access {
	if seen[s] {
		return 0
	}
	seen[s] = true
	a := s.access
	s.conjuncts(func(b *schema) { a |= b.accessOf(seen) })
	return a
}

// hideMembers marks the properties that the direction takes out.
func (s *schema) hideMembers() {
	if s.object == nil || s.direction == Neutral {
		return
	}
	for i := range s.object.properties {
		p := &s.object.properties[i]
		p.hidden = p.schema.accessOf(map[*schema]bool{}).hiddenFrom(s.direction)
	}
	for i := range s.object.patterns {
		p := &s.object.patterns[i]
		p.hidden = p.schema.accessOf(map[*schema]bool{}).hiddenFrom(s.direction)
	}
	if rest := s.object.additional; rest != nil {
		s.object.restHidden = rest.accessOf(map[*schema]bool{}).hiddenFrom(s.direction)
	}
}

func (r *objectRules) hides() bool {
	if r == nil {
		return false
	}
	return r.restHidden != "" || slices.ContainsFunc(r.properties, func(p property) bool { return p.hidden != "" }) || slices.ContainsFunc(r.patterns, func(p patternProperty) bool { return p.hidden != "" })
}

// ownRequirements drops the requirements of hidden members. Where another
// branch around declares the name, that is for the check to see.
func (s *schema) ownRequirements() {
	if s.direction == Neutral {
		return
	}
	names := map[string]bool{}
	s.hiddenNames(names, (*schema).conjuncts, map[*schema]bool{})
	s.hiddenAnyway = onlyHidden(maps.Clone(names))
	s.hiddenNames(names, (*schema).inPlace, map[*schema]bool{})
	defer func() { s.hidden = onlyHidden(names) }()
	if s.object == nil {
		return
	}
	kept := s.object.required[:0:0]
	for _, r := range s.object.required {
		hidden, declared := names[r.name]
		switch {
		case hidden:
			continue
		case declared:
			r.own = true
		}
		kept = append(kept, r)
	}
	s.object.required = kept
	s.object.indexRequired()
}

// onlyHidden drops the names that are not hidden.
func onlyHidden(names map[string]bool) map[string]bool {
	maps.DeleteFunc(names, func(_ string, hidden bool) bool { return !hidden })
	if len(names) == 0 {
		return nil
	}
	return names
}

// hiddenNames collects the names that a schema and some of its branches
// declare, and whether the direction hides them.
func (s *schema) hiddenNames(names map[string]bool, branches func(*schema, func(*schema)), seen map[*schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	if s.object != nil {
		for i, name := range s.object.lexicon.words {
			names[name] = names[name] || s.object.properties[i].hidden != ""
		}
	}
	branches(s, func(b *schema) { b.hiddenNames(names, branches, seen) })
}

// governsBeneath tells whether a schema or a branch of it says something of
// members, or of items of which that is true.
func (s *schema) governsBeneath(seen map[*schema]bool) bool {
	seen[s] = true
	governs := s.object.governs() || s.object != nil && len(s.object.required) > 0 || s.array != nil && s.array.shut
	ask := func(b *schema) { governs = governs || !seen[b] && b.governsBeneath(seen) }
	s.array.each(ask)
	s.inPlace(ask)
	return governs
}

// namesAny tells whether properties or patternProperties name a member.
func (r *objectRules) namesAny() bool { return len(r.properties)+len(r.patterns) > 0 }

func (r *objectRules) governs() bool {
	return r != nil && (r.namesAny() || r.shut || r.additional != nil || r.unexpected != nil)
}

// each calls f for the schemas of items.
func (r *arrayRules) each(f func(*schema)) {
	if r == nil {
		return
	}
	for _, s := range r.prefix {
		f(s)
	}
	for _, s := range [...]*schema{r.items, r.unexpected} {
		if s != nil {
			f(s)
		}
	}
}

// forks tells whether it depends on the value which branches govern it.
func (s *schema) forks() bool {
	return s.anyOf != nil || s.oneOf != nil || s.when != nil || s.object != nil && len(s.object.dependent) > 0
}

// freeForms notes the objects that name no members: they cannot be closed.
// Conditions are left out: nothing is closed there.
func (c *Compiler) freeForms(root *schema) []Note {
	var notes []Note
	todo := []*schema{root}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if s.round == c.round {
			continue
		}
		s.round = c.round
		if s.lookUnder(); s.freeForm {
			notes = append(notes, Note{"properties", "the object names no properties and takes any member", s.node.Position()})
		}
		todo = append(todo, s.under...)
	}
	return notes
}

// lookUnder finds out once what freeForms asks of a schema again for every
// schema that leads to it: those of a large document all hang together.
func (s *schema) lookUnder() {
	if s.looked {
		return
	}
	s.looked = true
	s.freeForm = s.types&Object != 0 && !s.governsMembers(map[*schema]bool{})
	s.under = s.beneath(nil, map[*schema]bool{})
}

// governsMembers tells whether a schema or a branch of it names members, or
// says of those that are not named whether they may come.
func (s *schema) governsMembers(seen map[*schema]bool) bool {
	seen[s] = true
	governs := s.object.governs()
	s.inPlace(func(b *schema) { governs = governs || !seen[b] && b.governsMembers(seen) })
	return governs
}

// beneath adds the schemas of members and items, those of branches included.
func (s *schema) beneath(list []*schema, seen map[*schema]bool) []*schema {
	seen[s] = true
	if o := s.object; o != nil {
		for _, name := range slices.Sorted(slices.Values(o.lexicon.words)) {
			list = append(list, o.propertyOf(name).schema)
		}
		for i := range o.patterns {
			list = append(list, o.patterns[i].schema)
		}
		for _, rest := range [...]*schema{o.additional, o.unexpected} {
			if rest != nil {
				list = append(list, rest)
			}
		}
	}
	s.array.each(func(item *schema) { list = append(list, item) })
	s.inPlace(func(b *schema) {
		if b != s.when && !seen[b] {
			list = b.beneath(list, seen)
		}
	})
	return list
}

// speech is whether a schema constrains anything.
type speech bool

const (
	nothing   speech = false
	something speech = true
)

// says tells whether the schema can refuse a value or mark a member.
func (s *schema) says() speech {
	return speech(s.never || s.types != 0 || s.enum != nil || s.number != nil || s.text != nil || s.object != nil || s.array != nil ||
		s.not != nil || s.hasBranches())
}

// indexRequired gives the first requirements that are properties a bit each,
// so that one pass over the members of an object finds what is missing.
func (o *objectRules) indexRequired() {
	o.indexed = 0
	for i := range o.properties {
		o.properties[i].bit = 0
	}
	for i := range o.required {
		if p := o.propertyOf(o.required[i].name); p != nil && i < 64 && p.bit == 0 {
			p.bit = 1 << i
			o.indexed |= p.bit
		}
	}
}
