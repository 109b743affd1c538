package xmlbody

import (
	"bytes"
	"encoding/xml"
	"slices"

	"sallyport/jsonschema"
)

// maxUndeclared bounds the members that no plan names, which are looked for one
// after the other.
const maxUndeclared = 200

// object reads an element whose attributes and elements are members.
func (r *reader) object(out *output, p *Plan, start xml.StartElement, at span, where *place) error {
	var members objectText
	if err := r.attributes(&members, p, start, at, where); err != nil {
		return err
	}
	text, from, err := r.children(&members, p, where)
	if err != nil {
		return err
	}
	if own := p.textMember(); own != nil {
		if m := r.enter(&members, p, found{property: own.property, plan: own.plan, declared: true}, span{}, where); m != nil {
			m.from = from
			m.appendText(own.plan.types, text)
		}
	} else if len(bytes.TrimSpace(text)) > 0 {
		for _, at := range from {
			r.stray(at, where, "#text", "must hold elements and no text of its own")
		}
	}
	members.appendTo(out)
	return nil
}

func (r *reader) attributes(members *objectText, p *Plan, start xml.StartElement, at span, where *place) error {
	spans := make([]span, len(start.Attr))
	if r.cutting && len(spans) > 0 {
		if spans = attributes(r.content[at.from:at.to], at.from); len(spans) != len(start.Attr) {
			return ErrMalformed
		}
	}
	for i, a := range start.Attr {
		if isDeclaration(a) {
			continue
		}
		f := p.find(a.Name, true)
		if m := r.enter(members, p, f, spans[i], where); m != nil {
			m.appendText(f.plan.types, []byte(a.Value))
		}
	}
	return nil
}

// children reads to the end of an object's element. The text that it holds
// itself comes from these bytes.
func (r *reader) children(members *objectText, p *Plan, where *place) (text []byte, from []span, err error) {
	for {
		token, at, err := r.next(where)
		if err != nil {
			return nil, nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text = append(text, token...)
			from = append(from, at)
		case xml.StartElement:
			if err := r.child(members, p, token, at, where); err != nil {
				return nil, nil, err
			}
		case xml.EndElement:
			return text, from, nil
		}
	}
}

func (r *reader) child(members *objectText, p *Plan, start xml.StartElement, at span, where *place) error {
	f := p.find(start.Name, false)
	m := r.enter(members, p, f, at, where)
	if len(*members) > len(p.members)+maxUndeclared {
		return ErrMalformed
	}
	if m == nil { // it pretends to be another
		if err := r.Skip(); err != nil {
			return ErrMalformed
		}
		r.cuts[len(r.cuts)-1].to = int(r.InputOffset())
		return nil
	}
	inner := where.member(f.property)
	if f.repeats {
		inner = inner.item(m.n - 1)
	}
	if err := r.element(&m.output, f.plan, start, at, inner); err != nil {
		return err
	}
	m.from[len(m.from)-1].to = int(r.InputOffset())
	return nil
}

// enter makes ready for a member's value, or for the next item of one that is a
// list without an element of its own. A second value of another is one too many.
// One that stands where its property does not belong is not declared: it is cut,
// and the member is nil, or it is a fault.
func (r *reader) enter(members *objectText, p *Plan, f found, at span, where *place) *memberText {
	pretends := !f.declared && p.declares(f.property)
	if pretends && r.cutting {
		r.cutUntold(at, where, f.property)
		return nil
	}
	m := members.at(f.property)
	switch {
	case f.repeats:
		if m.list = true; m.n > 0 {
			m.text = append(m.text, ',')
		}
	case m.n > 0:
		if f.declared || pretends {
			r.wrong(where.member(f.property), "may be given only once")
		}
		m.text, m.marks = m.text[:0], m.marks[:0]
	case pretends:
		r.wrong(where.member(f.property), "must be the attribute or the element that the document says")
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
}

func (p *Plan) find(name xml.Name, attribute bool) found {
	for i := range p.members {
		m := &p.members[i]
		if m.plan.attribute != attribute || m.plan.text || !m.named().is(name.Local, name.Space) {
			continue
		}
		if m.plan.array && !m.plan.wrapped && !attribute {
			return found{m.property, m.plan.item, true, true}
		}
		return found{m.property, m.plan, false, true}
	}
	switch {
	case attribute:
		return found{property: name.Local, plan: &Plan{types: jsonschema.String}}
	case p.others != nil:
		return found{property: name.Local, plan: p.others}
	}
	return found{property: name.Local, plan: &Plan{free: true, object: true}}
}

func (p *Plan) declares(property string) bool {
	return slices.ContainsFunc(p.members, func(m member) bool { return m.property == property })
}

func (p *Plan) textMember() *member {
	for i := range p.members {
		if p.members[i].plan.text {
			return &p.members[i]
		}
	}
	return nil
}
