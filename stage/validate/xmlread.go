package validate

import (
	"bytes"
	"encoding/xml"
	"slices"
	"strconv"

	"sallyport/jsonschema"
	"sallyport/source"
)

// schemaInstance is the namespace of attributes that speak of the document and
// not of the data; of them only nil is read (XML Schema 1.1 Part 1 §2.7).
const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// maxXMLItems bounds the elements and attributes of one body.
const maxXMLItems = 100_000

// xmlReader turns the elements of a body that was found well-formed into JSON
// text by a plan. What fits no plan becomes a member by its own name, for the
// schema to refuse; what has no place in JSON is a fault.
type xmlReader struct {
	*xml.Decoder
	faults faults
	items  int
}

// readXML is the body as JSON text, or what is wrong with it before any schema.
func readXML(content []byte, root *xmlPlan) ([]byte, faults, error) {
	r := &xmlReader{Decoder: xml.NewDecoder(bytes.NewReader(content))}
	for {
		token, err := r.Token()
		if err != nil {
			return nil, nil, err
		}
		if start, ok := token.(xml.StartElement); ok {
			if root.local != "" && !root.is(start.Name.Local, start.Name.Space) {
				r.wrong("", "must be the element "+root.local)
				return nil, r.faults, nil
			}
			out, err := r.element(nil, root, start, "")
			return out, r.faults, err
		}
	}
}

func (r *xmlReader) wrong(pointer, says string) { r.faults.add("body", pointer, "xml", says) }

// element appends the value of an element that has begun, and reads its end.
func (r *xmlReader) element(out []byte, p *xmlPlan, start xml.StartElement, pointer string) ([]byte, error) {
	if r.items += 1 + len(start.Attr); r.items > maxXMLItems {
		return nil, errXML
	}
	switch {
	case isNil(start):
		text, err := r.text(pointer)
		if len(bytes.TrimSpace(text)) > 0 {
			r.wrong(pointer, "must be empty, since it is nil")
		}
		return append(out, "null"...), err
	case p.array:
		return r.list(out, p, start, pointer)
	case p.free:
		return append(out, "{}"...), r.Skip()
	case p.object:
		return r.object(out, p, start, pointer)
	}
	for _, a := range start.Attr {
		if !isDeclaration(a) {
			r.wrong(pointer, "takes no attribute")
		}
	}
	text, err := r.text(pointer)
	return appendXMLText(out, p.types, text), err
}

func isNil(start xml.StartElement) bool {
	return slices.ContainsFunc(start.Attr, func(a xml.Attr) bool {
		return a.Name.Space == schemaInstance && a.Name.Local == "nil" && (a.Value == "true" || a.Value == "1")
	})
}

// isDeclaration tells the attributes that are no data.
func isDeclaration(a xml.Attr) bool {
	return a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" || a.Name.Space == schemaInstance || a.Name.Space == "http://www.w3.org/XML/1998/namespace"
}

// text reads to the end of an element that holds text alone.
func (r *xmlReader) text(pointer string) ([]byte, error) {
	var text []byte
	for {
		token, err := r.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text = append(text, token...)
		case xml.StartElement:
			r.wrong(pointer, "must hold text and no elements")
			if err := r.Skip(); err != nil {
				return nil, err
			}
		case xml.EndElement:
			return text, nil
		}
	}
}

// appendXMLText writes a text as the type that its schema lets through. White
// space around what is no string counts for nothing (XML Schema Part 2 §4.3.6).
func appendXMLText(out []byte, types jsonschema.Types, text []byte) []byte {
	if trimmed := bytes.TrimSpace(text); !mayBe(types, jsonschema.String) && len(trimmed) > 0 {
		text = trimmed
	}
	d := decoder{out: out, text: text}
	d.appendScalar(types)
	return d.out
}

// list reads the element that wraps an array.
func (r *xmlReader) list(out []byte, p *xmlPlan, start xml.StartElement, pointer string) ([]byte, error) {
	name := p.item.or(start.Name.Local)
	out = append(out, '[')
	for n := 0; ; {
		token, err := r.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			at := pointer + "/" + strconv.Itoa(n)
			if !name.is(token.Name.Local, token.Name.Space) {
				r.wrong(at, "must be the element "+name.local)
			}
			if n > 0 {
				out = append(out, ',')
			}
			if out, err = r.element(out, p.item, token, at); err != nil {
				return nil, err
			}
			n++
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				r.wrong(pointer, "must hold elements and no text")
			}
		case xml.EndElement:
			return append(out, ']'), nil
		}
	}
}

// memberText is what was read of one member so far.
type memberText struct {
	name string
	list bool
	n    int
	json []byte
}

type objectText []memberText

// at is the member of a name, which is made where there is none.
func (o *objectText) at(name string) *memberText {
	for i := range *o {
		if (*o)[i].name == name {
			return &(*o)[i]
		}
	}
	*o = append(*o, memberText{name: name})
	return &(*o)[len(*o)-1]
}

func (o objectText) append(out []byte) []byte {
	out = append(out, '{')
	for i := range o {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendQuoted(out, []byte(o[i].name)), ':')
		if o[i].list {
			out = append(append(append(out, '['), o[i].json...), ']')
		} else {
			out = append(out, o[i].json...)
		}
	}
	return append(out, '}')
}

// maxUndeclared bounds the members that no plan names, which are looked for one
// after the other.
const maxUndeclared = 200

func (r *xmlReader) object(out []byte, p *xmlPlan, start xml.StartElement, pointer string) ([]byte, error) {
	var members objectText
	for _, a := range start.Attr {
		if isDeclaration(a) {
			continue
		}
		f := p.find(a.Name, true)
		m, _ := r.enter(&members, p, f, pointer)
		m.json = appendXMLText(m.json, f.plan.types, []byte(a.Value))
	}
	text, err := r.children(&members, p, pointer)
	if err != nil {
		return nil, err
	}
	if own := p.textMember(); own != nil {
		m, _ := r.enter(&members, p, found{property: own.property, plan: own.plan, declared: true}, pointer)
		m.json = appendXMLText(m.json, own.plan.types, text)
	} else if len(bytes.TrimSpace(text)) > 0 {
		r.wrong(pointer, "must hold elements and no text of its own")
	}
	return members.append(out), nil
}

// children reads to the end of an object's element.
func (r *xmlReader) children(members *objectText, p *xmlPlan, pointer string) (text []byte, err error) {
	for {
		token, err := r.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text = append(text, token...)
		case xml.StartElement:
			f := p.find(token.Name, false)
			m, at := r.enter(members, p, f, pointer)
			if len(*members) > len(p.members)+maxUndeclared {
				return nil, errXML
			}
			if m.json, err = r.element(m.json, f.plan, token, at); err != nil {
				return nil, err
			}
		case xml.EndElement:
			return text, nil
		}
	}
}

// enter makes ready for a member's value, or for the next item of one that is a
// list without an element of its own. A second value of another is one too many;
// so is one that stands where its property does not belong.
func (r *xmlReader) enter(members *objectText, p *xmlPlan, f found, pointer string) (m *memberText, at string) {
	m = members.at(f.property)
	at = pointer + "/" + source.EscapePointer(f.property)
	switch {
	case f.repeats:
		at += "/" + strconv.Itoa(m.n)
		if m.list = true; m.n > 0 {
			m.json = append(m.json, ',')
		}
	case m.n > 0:
		if f.declared || p.declares(f.property) {
			r.wrong(at, "may be given only once")
		}
		m.json = m.json[:0]
	case !f.declared && p.declares(f.property):
		r.wrong(at, "must be the attribute or the element that the document says")
	}
	m.n++
	return m, at
}

// anyElement is the plan of what nobody declares.
var anyElement = &xmlPlan{free: true, object: true}

// anyText is the plan of an attribute that nobody declares.
var anyText = &xmlPlan{types: jsonschema.String}

// found is the property that an attribute or an element belongs to.
type found struct {
	property string
	plan     *xmlPlan
	repeats  bool // it is one item of an array
	declared bool
}

func (p *xmlPlan) find(name xml.Name, attribute bool) found {
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
		return found{property: name.Local, plan: anyText}
	case p.others != nil:
		return found{property: name.Local, plan: p.others}
	}
	return found{property: name.Local, plan: anyElement}
}

func (p *xmlPlan) declares(property string) bool {
	return slices.ContainsFunc(p.members, func(m xmlMember) bool { return m.property == property })
}

func (p *xmlPlan) textMember() *xmlMember {
	for i := range p.members {
		if p.members[i].plan.text {
			return &p.members[i]
		}
	}
	return nil
}

// root is how the root must be called, for explain.
func (p *xmlPlan) root() string {
	if p.local == "" {
		return "one element"
	}
	return "the element " + p.local
}
