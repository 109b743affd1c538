package xmlbody

import "sallyport/jsonschema"

// Plan says how an element, and what it holds, is read into JSON: the XML Object
// of OpenAPI along a schema.
type Plan struct {
	name
	// prefixed names have a prefix, so that theirs is no default namespace.
	prefixed bool
	types    jsonschema.Types // of a text
	object   bool
	array    bool
	// wrapped arrays have an element of their own; others are only the elements
	// of their items, repeated.
	wrapped bool
	item    *Plan
	members []member
	// byName leads from what members are called, whatever their namespace, to
	// their places; a body must not pay for a large schema at each element.
	byName     map[string][]int
	properties map[string]bool
	ownText    int   // the member that is the text of the element, or -1
	others     *Plan // members that are not named; nil where nothing is said of them
	free       bool  // an object that names nothing: what it holds is not looked at
	attribute  bool
	text       bool // the text of its element
}

// member is a property of an object.
type member struct {
	property string
	plan     *Plan
}

// name is what an element or attribute is called, or must be: exactly in this
// namespace, and in none where that is empty.
type name struct {
	local, space string
}

// in is the name where it stands in no namespace of its own, but within a
// default one.
func (n name) in(space string) name {
	if n.space == "" {
		n.space = space
	}
	return n
}

// inside is the default namespace of what an element holds, by the XML Objects:
// its own, which is written xmlns="…" where it has no prefix, or that around it
// (Namespaces in XML 1.0 §6.2; OpenAPI says of namespace no more than that it is
// that of the element).
func (p *Plan) inside(space string) string {
	if p.space == "" || p.prefixed {
		return space
	}
	return p.space
}

// repeats tells an array that has no element of its own.
func (p *Plan) repeats() bool { return p.array && !p.wrapped }

// index makes the tables of an object whose members are known to the end.
func (p *Plan) index() {
	p.ownText = -1
	if len(p.members) == 0 {
		return
	}
	p.byName, p.properties = make(map[string][]int, len(p.members)), make(map[string]bool, len(p.members))
	for i := range p.members {
		m := &p.members[i]
		p.properties[m.property] = true
		if m.plan.text && p.ownText < 0 {
			p.ownText = i
		}
		local := m.named().local
		p.byName[local] = append(p.byName[local], i)
	}
}

// named is what a member's elements are called: its own name, or else that of
// the property. Of an array that is not wrapped it is the name of the items
// that counts.
func (m *member) named() name {
	plan := m.plan
	if plan.array && !plan.wrapped {
		plan = plan.item
		if plan.local == "" {
			return name{m.property, plan.space}
		}
	}
	return plan.or(m.property)
}

// or is the name, or another where there is none.
func (n name) or(local string) name {
	if n.local == "" {
		n.local = local
	}
	return n
}

// Root is how the root must be called, for a person.
func (p *Plan) Root() string {
	if p.local == "" {
		return "one element"
	}
	return "the element " + p.local
}
