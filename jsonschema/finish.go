package jsonschema

// finish computes what needs the whole graph: loops, who may set a member,
// what an object declares, which branches open it.
func (c *Compiler) finish() {
	for _, s := range c.fresh {
		s.findLoop()
	}
	for _, s := range c.fresh {
		s.hideMembers()
	}
	for _, s := range c.fresh {
		s.ownRequirements()
	}
	for _, s := range c.fresh {
		if s.mode.closing == closedHere && len(s.mistakes) == 0 {
			s.close()
		}
		s.anything = s.anything || s.says() == nothing
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
	if s.object == nil || s.mode.direction == Neutral {
		return
	}
	for _, p := range s.object.properties {
		p.hidden = p.schema.accessOf(map[*schema]bool{}).hiddenFrom(s.mode.direction)
	}
	for i := range s.object.patterns {
		p := &s.object.patterns[i]
		p.hidden = p.schema.accessOf(map[*schema]bool{}).hiddenFrom(s.mode.direction)
	}
}

// ownRequirements drops the requirements of hidden members. Where another
// branch around declares the name, that is for the check to see.
func (s *schema) ownRequirements() {
	if s.mode.direction == Neutral {
		return
	}
	s.hidden = map[string]bool{}
	s.hiddenNames(s.hidden, map[*schema]bool{})
	if s.object == nil {
		return
	}
	kept := s.object.required[:0:0]
	for _, r := range s.object.required {
		hidden, declared := s.hidden[r.name]
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

// hiddenNames collects the names that are declared in place, and whether the
// direction takes them out.
func (s *schema) hiddenNames(names map[string]bool, seen map[*schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	if s.object != nil {
		for name, p := range s.object.properties {
			names[name] = names[name] || p.hidden != ""
		}
	}
	s.inPlace(func(b *schema) { b.hiddenNames(names, seen) })
}

// declared is what an object's schema and all its branches name together.
type declared struct {
	names    map[string]struct{}
	patterns []*pattern
	open     bool
}

func (d *declared) none() bool { return len(d.names) == 0 && len(d.patterns) == 0 }

func (d *declared) takes(name string, k *check) bool {
	if _, ok := d.names[name]; ok || d.open {
		return true
	}
	for _, p := range d.patterns {
		if k.match(p, name) {
			return true
		}
	}
	return false
}

// declares collects what is named in place.
func (s *schema) declares(d *declared, seen map[*schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	s.namesHere(d)
	s.inPlace(func(b *schema) { b.declares(d, seen) })
}

func (s *schema) namesHere(d *declared) {
	if s.object == nil {
		return
	}
	for name := range s.object.properties {
		d.names[name] = struct{}{}
	}
	for _, p := range s.object.patterns {
		d.patterns = append(d.patterns, p.pattern)
	}
	d.open = d.open || s.object.additional != nil || s.object.unexpected != nil && !s.object.unexpected.never
}

func (s *schema) declaration() *declared {
	d := &declared{names: map[string]struct{}{}}
	s.declares(d, map[*schema]bool{})
	return d
}

// close decides whether and how the object at this place is closed.
func (s *schema) close() {
	d := s.declaration()
	if d.none() {
		if s.types&Object != 0 && !d.open {
			s.notes = append(s.notes, Note{"properties", "the object names no properties and takes any member", s.node.Position()})
		}
		return
	}
	if !s.hasBranches() {
		o := s.object
		if o.additional == nil && o.unexpected == nil && !o.shut {
			o.shut = true
		}
		return
	}
	s.closed, s.declared = true, d
	s.openers = map[*schema]bool{}
	s.findOpeners(s.openers, false, map[*schema]bool{})
}

// findOpeners finds the branches that name nothing, of unions without names
// beside them: a union of a named object and a free one is what it says.
func (s *schema) findOpeners(openers map[*schema]bool, beside bool, seen map[*schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	here := &declared{names: map[string]struct{}{}}
	s.namesHere(here)
	around := map[*schema]bool{}
	count := 0
	s.inPlace(func(b *schema) {
		if !b.declaration().none() {
			around[b] = true
			count++
		}
	})
	beside = beside || !here.none()
	s.conjuncts(func(b *schema) {
		others := count
		if around[b] {
			others--
		}
		b.findOpeners(openers, beside || others > 0, seen)
	})
	for _, union := range [][]*schema{s.anyOf, s.oneOf} {
		within := 0
		for _, b := range union {
			if around[b] {
				within++
			}
		}
		if beside || count > within {
			continue
		}
		for _, b := range union {
			if !around[b] {
				openers[b] = true
				continue
			}
			b.findOpeners(openers, false, seen)
		}
	}
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
		s.not != nil || s.hasBranches() || s.closed)
}

// indexRequired gives the first requirements that are properties a bit each,
// so that one pass over the members of an object finds what is missing.
func (o *objectRules) indexRequired() {
	o.indexed = 0
	for _, p := range o.properties {
		p.bit = 0
	}
	for i := range o.required {
		if p := o.properties[o.required[i].name]; p != nil && i < 64 && p.bit == 0 {
			p.bit = 1 << i
			o.indexed |= p.bit
		}
	}
}
