package xmlbody

import (
	"bytes"
	"encoding/xml"
	"slices"

	"sallyport/jsonschema"
)

// schemaInstance is the namespace of attributes that speak of the document and
// not of the data; of them only nil is read (XML Schema 1.1 Part 1 §2.7).
const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// maxFaults is how many faults of reading are told.
const maxFaults = 20

// reader turns the elements of a body that was found well-formed into JSON text
// by a plan. What fits no plan becomes a member by its own name, for the schema
// to refuse; what has no place in JSON is a fault, or is cut.
type reader struct {
	*xml.Decoder
	content []byte
	faults  []jsonschema.Fault
	items   int
	cutting bool // what has no place in JSON is cut
	cuts    []cut
}

func newReader(content []byte, cutting bool) *reader {
	content = withoutMark(content)
	return &reader{Decoder: xml.NewDecoder(bytes.NewReader(content)), content: content, cutting: cutting}
}

// Read is a body that Check has passed as JSON text, or what is wrong with it
// before any schema. The error is for more elements than are read.
func (p *Plan) Read(content []byte) ([]byte, []jsonschema.Fault, error) {
	r := newReader(content, false)
	out, err := r.document(p)
	return out.text, r.faults, err
}

// document reads to the end of the body.
func (r *reader) document(root *Plan) (output, error) {
	var out output
	for {
		token, at, err := r.next(nil)
		if err != nil {
			return out, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root.local != "" && !root.is(start.Name.Local, start.Name.Space) {
			r.wrong(nil, "must be the element "+root.local)
			return out, nil
		}
		if err := r.element(&out, root, start, at, nil); err != nil {
			return out, err
		}
		return out, r.rest()
	}
}

// rest reads what stands behind the root: comments, instructions, white space.
func (r *reader) rest() error {
	for r.cutting && r.InputOffset() < int64(len(r.content)) {
		if _, _, err := r.next(nil); err != nil {
			return nil // it was found well-formed: this is its end
		}
	}
	return nil
}

// next is the next token that belongs to the data, and where it stands. Comments
// and instructions, which no schema declares, are cut with the rest.
func (r *reader) next(p *place) (xml.Token, span, error) {
	for {
		from := int(r.InputOffset())
		token, err := r.Token()
		if err != nil {
			return nil, span{}, ErrMalformed
		}
		at := span{from, int(r.InputOffset())}
		switch token := token.(type) {
		case xml.Comment:
			r.cutUntold(at, p, "#comment")
		case xml.ProcInst:
			if token.Target != "xml" {
				r.cutUntold(at, p, "#processing-instruction")
			}
		default:
			return token, at, nil
		}
	}
}

func (r *reader) wrong(p *place, says string) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, jsonschema.Fault{Pointer: p.pointer(false), Keyword: "xml", Message: says})
	}
}

// stray is something that nobody declares and that cannot become a member.
func (r *reader) stray(at span, p *place, name, says string) {
	if r.cutting {
		r.cutUntold(at, p, name)
		return
	}
	r.wrong(p, says)
}

func (r *reader) cutUntold(at span, p *place, name string) {
	if r.cutting {
		r.cuts = append(r.cuts, cut{at, p.member(name).pointer(true)})
	}
}

// strayAttributes are those of an element that has no members.
func (r *reader) strayAttributes(start xml.StartElement, at span, p *place) error {
	var spans []span
	for i, a := range start.Attr {
		if isDeclaration(a) {
			continue
		}
		if spans == nil && r.cutting {
			if spans = attributes(r.content[at.from:at.to], at.from); len(spans) != len(start.Attr) {
				return ErrMalformed
			}
		}
		where := at
		if r.cutting {
			where = spans[i]
		}
		r.stray(where, p, a.Name.Local, "takes no attribute")
	}
	return nil
}

// element appends the value of an element that has begun, and reads its end.
func (r *reader) element(out *output, p *Plan, start xml.StartElement, at span, where *place) error {
	if r.items += 1 + len(start.Attr); r.items > maxItems {
		return ErrMalformed
	}
	switch {
	case isNil(start):
		return r.null(out, start, at, where)
	case p.array:
		return r.list(out, p, start, at, where)
	case p.free:
		out.text = append(out.text, "{}"...)
		return r.skip(where)
	case p.object:
		return r.object(out, p, start, at, where)
	}
	if err := r.strayAttributes(start, at, where); err != nil {
		return err
	}
	text, err := r.text(where)
	out.appendText(p.types, text)
	return err
}

func (r *reader) null(out *output, start xml.StartElement, at span, where *place) error {
	if err := r.strayAttributes(start, at, where); err != nil {
		return err
	}
	text, err := r.text(where)
	if len(bytes.TrimSpace(text)) > 0 {
		r.wrong(where, "must be empty, since it is nil")
	}
	out.text = append(out.text, "null"...)
	return err
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
func (r *reader) text(where *place) ([]byte, error) {
	var text []byte
	for {
		token, at, err := r.next(where)
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.CharData:
			text = append(text, token...)
		case xml.StartElement:
			if err := r.Skip(); err != nil {
				return nil, ErrMalformed
			}
			r.stray(span{at.from, int(r.InputOffset())}, where, token.Name.Local, "must hold text and no elements")
		case xml.EndElement:
			return text, nil
		}
	}
}

// skip reads to the end of an element of which nothing is said.
func (r *reader) skip(where *place) error {
	for depth := 0; depth >= 0; {
		token, _, err := r.next(where)
		if err != nil {
			return err
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
	return nil
}

// list reads the element that wraps an array.
func (r *reader) list(out *output, p *Plan, start xml.StartElement, at span, where *place) error {
	if err := r.strayAttributes(start, at, where); err != nil {
		return err
	}
	name := p.item.or(start.Name.Local)
	out.text = append(out.text, '[')
	for n := 0; ; {
		token, at, err := r.next(where)
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			item := where.item(n)
			if !name.is(token.Name.Local, token.Name.Space) {
				r.wrong(item, "must be the element "+name.local)
			}
			if n > 0 {
				out.text = append(out.text, ',')
			}
			if err := r.element(out, p.item, token, at, item); err != nil {
				return err
			}
			n++
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				r.stray(at, where, "#text", "must hold elements and no text")
			}
		case xml.EndElement:
			out.text = append(out.text, ']')
			return nil
		}
	}
}
