package jsonschema

import "slices"

// place is a container that a stream goes through, and what its schemas say of
// it: those that its members and items come by, which are as many as declare
// it. It is made when the stream comes there: that is once for more bytes than
// are held, and to make it of every place that could be gone into would cost
// more at start than all of them together.
type place struct {
	kind      byte
	conjuncts []conjunct
	prefix    int // items that have a schema by their place in the array
	of        *Schema
}

// conjunct says something of a container in any case; around is the schema by
// which the stream came to it.
type conjunct struct {
	*schema
	around *schema
}

// placeOf makes a place of schemas that all govern it. Where they say something
// of the container that cannot be known part by part, the note names it.
func (s *Schema) placeOf(schemas []*schema, kind byte) (*place, *Note) {
	p := &place{kind: kind, of: s}
	for _, root := range schemas {
		if obstacle := p.add(root, root); obstacle != nil {
			return nil, obstacle
		}
	}
	return p, nil
}

// Streams tells whether an object or an array of the schema can be taken apart
// as it streams. If not, the note says what the schema asks of the whole;
// otherwise the notes name the members of the object of which that is true: each
// must fit into the limit.
func (s *Schema) Streams() ([]Note, bool) {
	object, note := s.goneInto([]*schema{s.root})
	if note != nil {
		return []Note{*note}, false
	}
	if object == nil {
		return nil, true
	}
	var notes []Note
	seen := map[string]bool{}
	for _, c := range object.conjuncts {
		for i := range c.object.properties {
			name := c.object.lexicon.words[i]
			if seen[name] || c.object.properties[i].schema.hiddenAs != "" {
				continue
			}
			seen[name] = true
			if p := c.object.properties[i].schema; p.mayHide {
				word := (readOnly | writeOnly).hiddenFrom(p.direction)
				notes = append(notes, Note{word, "/" + escape(name) + " must fit: its value says whether it is " + word, p.whereSays(word)})
			} else if _, note := s.goneInto(object.ofMember([]byte(name))); note != nil && note.Keyword != "type" && note.Keyword != "false" {
				note.Says = "/" + escape(name) + " must fit: " + note.Says
				notes = append(notes, *note)
			}
		}
	}
	return notes, true
}

// goneInto is the place of an object, nil where there may be none; the note says
// why neither an object nor an array could be gone into.
func (s *Schema) goneInto(schemas []*schema) (*place, *Note) {
	object, why := s.placeOf(schemas, '{')
	_, note := s.placeOf(schemas, '[')
	switch {
	case object != nil || note == nil:
		return object, nil
	case note.Keyword == "type" && why.Keyword == "type":
		return nil, &Note{"type", "the schema takes neither an object nor an array", note.At}
	case note.Keyword == "type":
		return nil, why
	}
	return nil, note
}

// add a schema and the branches of it that hold in any case.
func (p *place) add(s, around *schema) *Note {
	for _, c := range p.conjuncts {
		if c.schema == s && c.around == around {
			return nil
		}
	}
	if word := p.obstacle(s); word != "" {
		return &Note{word, "the schema says " + word + " of the whole", s.whereSays(word)}
	}
	if p.kind == '{' && s.object != nil || p.kind == '[' && s.array != nil {
		p.conjuncts = append(p.conjuncts, conjunct{schema: s, around: around})
		if p.kind == '[' {
			p.prefix = max(p.prefix, len(s.array.prefix))
		}
	}
	var obstacle *Note
	add := func(b *schema) {
		if obstacle == nil {
			obstacle = p.add(b, around)
		}
	}
	s.conjuncts(add)
	for _, union := range [...][]*schema{s.anyOf, s.oneOf} {
		if one := p.only(union); one != nil {
			add(one)
		}
	}
	return obstacle
}

// only is the branch of a union that must hold, since no other takes such a
// container: null beside an array is how many a list may be absent.
func (p *place) only(union []*schema) *schema {
	kind := Array
	if p.kind == '{' {
		kind = Object
	}
	var one *schema
	for _, b := range union {
		switch {
		case b.accepts&kind == 0:
		case one != nil:
			return nil
		default:
			one = b
		}
	}
	return one
}

// obstacle is the word of a schema for which the container must be known as a
// whole before its parts can be judged.
func (p *place) obstacle(s *schema) string {
	switch {
	case s.never:
		return "false"
	case s.types != 0 && p.kind == '{' && s.types&Object == 0, s.types != 0 && p.kind == '[' && s.types&Array == 0:
		return "type"
	case s.enum != nil:
		return s.enum.keyword
	case s.anyOf != nil && p.only(s.anyOf) == nil:
		return "anyOf"
	case s.oneOf != nil && p.only(s.oneOf) == nil:
		return "oneOf"
	case s.not != nil:
		return "not"
	case s.when != nil:
		return "if"
	case p.kind == '{' && s.object != nil:
		return s.object.obstacle()
	case p.kind == '[' && s.array != nil:
		return s.array.obstacle()
	}
	return ""
}

func (r *objectRules) obstacle() string {
	switch {
	case len(r.dependent) > 0:
		return r.dependent[0].keyword
	case r.unexpected != nil:
		return "unevaluatedProperties"
	}
	return ""
}

func (r *arrayRules) obstacle() string {
	switch {
	case r.unique:
		return "uniqueItems"
	case r.contains != nil:
		return "contains"
	case r.unexpected != nil:
		return "unevaluatedItems"
	case slices.ContainsFunc(r.prefix, (*schema).hides):
		return "prefixItems" // what is taken out moves the rest up
	}
	return ""
}

// partsAt is the schema of a container that holds no more than some of its
// members, or of its items from an ordinal on: it says the same of each, and
// nothing of all of them together.
func (p *place) partsAt(ordinal int) *Schema {
	root := &schema{anything: true, node: p.of.root.node}
	excused := map[string]bool{}
	clones := make([]*schema, len(p.conjuncts))
	for i, c := range p.conjuncts {
		clones[i] = c.partsAt(ordinal, excused)
		clones[i].hiddenAnyway = excused
	}
	switch len(clones) {
	case 0:
	case 1:
		root = clones[0]
	default:
		root = &schema{node: clones[0].node, allOf: clones, hiddenAnyway: excused, accepts: AnyType, governs: true, closes: true, judgedFurther: true, direction: clones[0].direction}
	}
	return &Schema{root: root, closed: p.of.closed, hides: p.of.hides, forks: p.of.forks, scratch: p.of.scratch}
}

func (c conjunct) partsAt(ordinal int, excused map[string]bool) *schema {
	part := *c.schema
	part.types, part.refs, part.allOf, part.via, part.hidden = 0, nil, nil, nil, nil
	part.anyOf, part.oneOf, part.anyFork, part.oneFork, part.bars = nil, nil, nil, nil, 0
	part.judgedFurther = false
	if c.object != nil {
		o := *c.object
		o.minimum, o.maximum = 0, -1
		part.object = &o
		for i := range o.required {
			excused[o.required[i].name] = true
		}
	}
	if c.array != nil {
		a := *c.array
		a.minimum, a.maximum = 0, -1
		a.prefix = nil
		if ordinal < len(c.array.prefix) {
			a.prefix = c.array.prefix[ordinal : ordinal+1]
		}
		part.array = &a
	}
	return &part
}

// ofMember are the schemas of a member.
func (p *place) ofMember(name []byte) []*schema {
	var list []*schema
	k := &check{}
	for _, c := range p.conjuncts {
		known := false
		if m := c.object.propertyOf(string(name)); m != nil {
			list, known = append(list, m.schema), true
		}
		for i := range c.object.patterns {
			if m := &c.object.patterns[i]; k.match(m.pattern, name) {
				list, known = append(list, m.schema), true
			}
		}
		if !known && c.object.additional != nil {
			list = append(list, c.object.additional)
		}
	}
	return list
}

// ofItem are the schemas of an item.
func (p *place) ofItem(ordinal int) []*schema {
	var list []*schema
	for _, c := range p.conjuncts {
		switch {
		case ordinal < len(c.array.prefix):
			list = append(list, c.array.prefix[ordinal])
		case c.array.shut:
			list = append(list, &schema{never: true, node: c.node})
		case c.array.items != nil:
			list = append(list, c.array.items)
		}
	}
	return list
}

// judgeWhole finds what is wrong with the container that had so many members or
// items and, of those that are required, these.
func (p *place) judgeWhole(path string, count int, has map[string]bool) []Fault {
	k := &check{}
	var faults []Fault
	refuse := func(c conjunct, pointer, word, message string) {
		if message == "" {
			message = k.message(word, c.schema)
		}
		faults = append(faults, Fault{pointer, word, message, c.whereSays(word)})
	}
	for _, c := range p.conjuncts {
		if p.kind == '[' {
			if count < c.array.minimum {
				refuse(c, path, "minItems", "")
			}
			if c.array.maximum >= 0 && count > c.array.maximum {
				refuse(c, path, "maxItems", "")
			}
			continue
		}
		if count < c.object.minimum {
			refuse(c, path, "minProperties", "")
		}
		if c.object.maximum >= 0 && count > c.object.maximum {
			refuse(c, path, "maxProperties", "")
		}
		for _, q := range c.object.required {
			if !has[q.name] && !c.around.hiddenAnyway[q.name] && (q.own || !c.around.hidden[q.name]) {
				refuse(c, path+"/"+escape(q.name), "required", "is required")
			}
		}
	}
	return ordered(faults)
}

// asks tells whether a member of that name is required.
func (p *place) asks(name []byte) bool {
	for _, c := range p.conjuncts {
		if c.object.requires(name) {
			return true
		}
	}
	return false
}

// hidesItems tells whether items are taken out, or may be.
func (p *place) hidesItems() bool {
	return p.kind == '[' && slices.ContainsFunc(p.conjuncts, func(c conjunct) bool { return c.array.hides })
}
