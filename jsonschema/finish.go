package jsonschema

// finish computes what needs the whole graph: loops, who may set a member,
// what is required, what governs members and items.
func (c *Compiler) finish() {
	for _, s := range c.fresh {
		s.findLoop()
	}
	for _, s := range c.fresh {
		s.shorten()
		s.hide()
	}
	for _, s := range c.fresh {
		s.hideMembers()
	}
	for _, s := range c.fresh {
		c.ownRequirements(s)
		s.takes()
		s.findBars()
	}
	for _, s := range c.fresh {
		s.markOwn()
	}
	inherit(c.fresh, (*schema).leads, marksForks|marksHides|marksSensitive|marksOutward|marksOutwardMarked|marksSick|marksNoted)
	inherit(c.fresh, (*schema).beside, marksGoverns)
	for _, s := range c.fresh {
		s.governs = s.marks&marksGoverns != 0
		s.anything = s.anything || s.says() == nothing
		s.collects = s.object != nil && s.object.unexpected != nil || s.array != nil && s.array.unexpected != nil
		s.judgedFurther = s.collects || s.hasBranches() || s.not != nil
		s.plain = !s.never && !s.judgedFurther
		s.closes = s.governs && s.governsMembers()
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

// shorten finds what a schema that is nothing but a reference leads to, and
// with it all on the way.
func (s *schema) shorten() {
	var way []*schema
	to := s
	for to.via == nil && len(to.refs) == 1 && to.onlyRefers() {
		way = append(way, to)
		to = to.refs[0]
	}
	if to.via != nil {
		to = to.via
	}
	for _, from := range way {
		from.via = to
	}
}

// target is what a schema that is nothing but a reference leads to, or itself.
func (s *schema) target() *schema {
	if s.via != nil {
		return s.via
	}
	return s
}

// judgesWith calls f for every schema that judges the same value.
func (s *schema) judgesWith(f func(*schema)) {
	s.inPlace(f)
	if s.not != nil {
		f(s.not)
	}
}

// ownRequirements drops the requirements of hidden members. Where another
// branch around declares the name, that is for the check to see.
func (c *Compiler) ownRequirements(s *schema) {
	if s.direction == Neutral {
		return
	}
	c.hideNames(s)
	if s.object == nil || len(s.object.required) == 0 {
		return
	}
	foreign := map[string]bool{}
	for _, r := range s.object.required {
		if s.object.propertyOf(r.name) == nil {
			foreign[r.name] = true
		}
	}
	if s.hasBranches() {
		s.undeclared(foreign, map[*schema]bool{})
	}
	kept := s.object.required[:0:0]
	for _, r := range s.object.required {
		if s.hidden[r.name] {
			continue
		}
		r.own = !foreign[r.name]
		kept = append(kept, r)
	}
	s.object.required = kept
	s.object.indexRequired()
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
		if s.freeForm {
			notes = append(notes, Note{"properties", "the object names no properties and takes any member", s.target().node.Position()})
		}
		todo = s.beneath(todo, c.round)
	}
	return notes
}

// beneath adds the schemas of members and items, those of branches included,
// where they were not added in this round before.
func (s *schema) beneath(list []*schema, round int32) []*schema {
	if s.opened == round {
		return list
	}
	s.opened = round
	if o := s.object; o != nil {
		for i := range o.properties {
			list = append(list, o.properties[i].schema)
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
		if b != s.when {
			list = b.beneath(list, round)
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
