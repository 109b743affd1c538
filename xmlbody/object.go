package xmlbody

import "sallyport/jsonschema"

// maxUndeclared bounds the members that no plan names.
const maxUndeclared = 200

// object reads an element whose attributes and elements are members.
func (r *reader) object(out *output, p *Plan, start token, where *place, space string) error {
	var members objectText
	for _, a := range start.attributes {
		if a.speaksOfNil() {
			continue
		}
		f := p.find(a.name, true, "")
		if m := r.enter(&members, p, f, a.at, where); m != nil {
			m.appendText(f.plan.types, a.value)
		}
		if len(members.list) > len(p.members)+maxUndeclared {
			return ErrMalformed
		}
	}
	text, from, err := r.children(&members, p, where, space)
	if err != nil {
		return err
	}
	if own := p.textMember(); own != nil {
		if m := r.enter(&members, p, found{property: own.property, plan: own.plan, declared: true}, span{}, where); m != nil {
			m.from = from
			m.appendText(own.plan.types, text)
		}
	} else if len(trim(text)) > 0 {
		for _, at := range from {
			r.stray(at, where, "#text", "must hold elements and no text of its own")
		}
	}
	members.appendTo(out)
	return nil
}

// children reads to the end of an object's element. The text that it holds
// itself comes from these bytes.
func (r *reader) children(members *objectText, p *Plan, where *place, space string) (text []byte, from []span, err error) {
	for {
		t, err := r.data(where)
		if err != nil {
			return nil, nil, err
		}
		switch t.kind {
		case textToken:
			text = append(text, t.text...)
			from = append(from, t.at)
		case startTag:
			if err := r.child(members, p, t, where, space); err != nil {
				return nil, nil, err
			}
		case endTag:
			return text, from, nil
		}
	}
}

func (r *reader) child(members *objectText, p *Plan, start token, where *place, space string) error {
	f := p.find(start.name, false, space)
	m := r.enter(members, p, f, start.at, where)
	if len(members.list) > len(p.members)+maxUndeclared {
		return ErrMalformed
	}
	if m == nil { // it pretends to be another
		if err := r.skip(); err != nil {
			return err
		}
		r.cuts[len(r.cuts)-1].to = r.at
		return nil
	}
	inner := where.member(f.property)
	if f.repeats {
		inner = inner.item(m.n - 1)
	}
	if err := r.element(&m.output, f.plan, start, inner, space); err != nil {
		return err
	}
	m.from[len(m.from)-1].to = r.at
	return nil
}

// enter makes ready for a member's value, or for the next item of one that is a
// list without an element of its own. A second value of another is one too many.
// One that stands where its property does not belong is not declared: it is cut,
// and the member is nil, or it is a fault.
func (r *reader) enter(members *objectText, p *Plan, f found, at span, where *place) *memberText {
	pretends := f.foreign || !f.declared && p.properties[f.property]
	if pretends && r.cutting {
		r.cutUntold(at, where, f.property)
		return nil
	}
	if pretends {
		r.wrong(where.member(f.property), "must be the attribute or the element that the document says, in its namespace")
	}
	m := members.at(f.property)
	switch {
	case f.repeats:
		if m.list = true; m.n > 0 {
			m.text = append(m.text, ',')
		}
	case m.n > 0:
		if f.declared || f.other {
			r.wrong(where.member(f.property), "may be given only once")
		}
		m.text, m.marks = m.text[:0], m.marks[:0]
	}
	m.n++
	m.from = append(m.from, at)
	return m
}

// found is the property that an attribute or an element belongs to.
type found struct {
	property string
	plan     *Plan
	repeats  bool // it is one item of an array
	declared bool
	other    bool // the schema of additional properties is its own
	foreign  bool // that schema speaks of other kinds of nodes, or another namespace
}

// find looks for the property of a name. Space is the default namespace that the
// XML Objects around it declare.
func (p *Plan) find(n name, attribute bool, space string) found {
	for _, i := range p.byName[n.local] {
		m := &p.members[i]
		if m.plan.attribute != attribute || m.plan.text || m.named().in(space) != n {
			continue
		}
		if m.plan.repeats() && !attribute {
			return found{property: m.property, plan: m.plan.item, repeats: true, declared: true}
		}
		return found{property: m.property, plan: m.plan, declared: true}
	}
	if p.others == nil {
		return found{property: n.local, plan: unread(attribute)}
	}
	others, repeats := p.others, p.others.repeats() && !attribute
	if repeats {
		others = others.item
	}
	if p.others.attribute != attribute || others.in(space).space != n.space {
		return found{property: n.local, plan: unread(attribute), foreign: true}
	}
	return found{property: n.local, plan: others, repeats: repeats, other: true}
}

// unread is the plan of what nobody declares.
func unread(attribute bool) *Plan {
	if attribute {
		return &Plan{types: jsonschema.String}
	}
	return &Plan{free: true, object: true}
}

func (p *Plan) textMember() *member {
	if p.ownText < 0 {
		return nil
	}
	return &p.members[p.ownText]
}
