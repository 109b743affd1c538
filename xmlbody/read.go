package xmlbody

import (
	"slices"

	"sallyport/jsonschema"
)

// schemaInstance is the namespace of attributes that speak of the document and
// not of the data. Of them only nil is read (XML Schema 1.1 Part 1 §2.7); the
// others lead a reader to types and files that the schema does not know.
const schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"

// maxFaults is how many faults of reading are told.
const maxFaults = 20

// reader turns the elements of a body that was found well-formed into JSON text
// by a plan. What fits no plan becomes a member by its own name, for the schema
// to refuse; what has no place in JSON is a fault, or is cut.
type reader struct {
	*scanner
	faults  []jsonschema.Fault
	items   int
	cutting bool // what has no place in JSON is cut
	cuts    []cut
}

func newReader(content []byte, cutting bool) *reader {
	return &reader{scanner: newScanner(content), cutting: cutting}
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
		t, err := r.data(nil)
		if err != nil {
			return out, err
		}
		if t.kind != startTag {
			continue
		}
		if root.local != "" && root.local != t.name.local {
			r.wrong(nil, "must be the element "+root.local)
			return out, nil
		}
		if root.space != t.name.space {
			r.wrong(nil, "must be in the namespace that the document says")
			return out, nil
		}
		if err := r.element(&out, root, t, nil, ""); err != nil {
			return out, err
		}
		return out, r.rest()
	}
}

// rest reads what stands behind the root: comments, instructions, white space.
func (r *reader) rest() error {
	for {
		if t, err := r.data(nil); err != nil || t.kind == endOfText {
			return err
		}
	}
}

// data is the next token that belongs to the data. Comments and instructions,
// which no schema declares, are cut with the rest.
func (r *reader) data(p *place) (token, error) {
	for {
		t, err := r.next()
		switch {
		case err != nil:
			return t, err
		case t.kind == comment:
			r.cutUntold(t.at, p, "#comment")
		case t.kind == instruction:
			r.cutUntold(t.at, p, "#processing-instruction")
		default:
			return t, nil
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
func (r *reader) strayAttributes(start token, p *place) {
	for _, a := range start.attributes {
		if !a.speaksOfNil() {
			r.stray(a.at, p, a.local, "takes no attribute")
		}
	}
}

// element appends the value of an element that has begun, and reads its end.
// Space is the default namespace that the XML Objects around it declare.
func (r *reader) element(out *output, p *Plan, start token, where *place, space string) error {
	if r.items += 1 + len(start.attributes); r.items > maxItems {
		return ErrMalformed
	}
	space = p.inside(space)
	switch {
	case isNil(start):
		return r.null(out, start, where)
	case p.array:
		return r.list(out, p, start, where, space)
	case p.free:
		out.text = append(out.text, "{}"...)
		return r.unread(where)
	case p.object:
		return r.object(out, p, start, where, space)
	}
	r.strayAttributes(start, where)
	text, err := r.textOf(where)
	out.appendText(p.types, text)
	return err
}

func (r *reader) null(out *output, start token, where *place) error {
	r.strayAttributes(start, where)
	text, err := r.textOf(where)
	if len(trim(text)) > 0 {
		r.wrong(where, "must be empty, since it is nil")
	}
	out.text = append(out.text, "null"...)
	return err
}

func isNil(start token) bool {
	return slices.ContainsFunc(start.attributes, func(a attribute) bool {
		return a.speaksOfNil() && (string(trim(a.value)) == "true" || string(trim(a.value)) == "1")
	})
}

// speaksOfNil tells the one attribute that needs no declaration, where it is a
// boolean (XML Schema Part 2 §3.3.2).
func (a *attribute) speaksOfNil() bool {
	if a.name != (name{"nil", schemaInstance}) {
		return false
	}
	switch string(trim(a.value)) {
	case "true", "false", "1", "0":
		return true
	}
	return false
}

// textOf reads to the end of an element that holds text alone.
func (r *reader) textOf(where *place) ([]byte, error) {
	var text []byte
	for {
		t, err := r.data(where)
		if err != nil {
			return nil, err
		}
		switch t.kind {
		case textToken:
			text = append(text, t.text...)
		case startTag:
			if err := r.skip(); err != nil {
				return nil, err
			}
			r.stray(span{t.at.from, r.at}, where, t.name.local, "must hold text and no elements")
		case endTag:
			return text, nil
		}
	}
}

// unread reads to the end of an element of which nothing is said.
func (r *reader) unread(where *place) error {
	for depth := len(r.open); len(r.open) >= depth; {
		if _, err := r.data(where); err != nil {
			return err
		}
	}
	return nil
}

// list reads the element that wraps an array.
func (r *reader) list(out *output, p *Plan, start token, where *place, space string) error {
	r.strayAttributes(start, where)
	items := p.item.or(start.name.local).in(space)
	out.text = append(out.text, '[')
	for n := 0; ; {
		t, err := r.data(where)
		if err != nil {
			return err
		}
		switch t.kind {
		case startTag:
			if t.name != items {
				if err := r.strayItem(t, items, where, n); err != nil {
					return err
				}
				continue
			}
			if n > 0 {
				out.text = append(out.text, ',')
			}
			if err := r.element(out, p.item, t, where.item(n), space); err != nil {
				return err
			}
			n++
		case textToken:
			if len(trim(t.text)) > 0 {
				r.stray(t.at, where, "#text", "must hold elements and no text")
			}
		case endTag:
			out.text = append(out.text, ']')
			return nil
		}
	}
}

// strayItem is an element among items that is called otherwise.
func (r *reader) strayItem(start token, items name, where *place, n int) error {
	if err := r.skip(); err != nil {
		return err
	}
	if r.cutting {
		r.cutUntold(span{start.at.from, r.at}, where, start.name.local)
		return nil
	}
	r.wrong(where.item(n), "must be the element "+items.local+" in its namespace")
	return nil
}
