package jsonschema

import "unicode/utf8"

// Bounds of what is read.
const (
	// MaxDepth is the deepest nesting of a body.
	MaxDepth = 100
	// MaxValues is the largest number of values in a body: each takes some
	// forty bytes while it is checked, of two that were sent.
	MaxValues = 1 << 20

	maxBytes = 1 << 30
)

// reader reads the text of a body into a tree, once from its beginning to its
// end. It takes what RFC 8259 does, but no name twice in an object (§4 leaves
// them to each reader, so that two readers differ) and no text that is not
// UTF-8, be it written as the escape of half a surrogate pair (§8.2).
type reader struct {
	tree
	at int // the next byte
}

// read fills the tree, or says what is wrong with the text.
func (r *reader) read(body []byte) *Fault {
	if len(body) > maxBytes {
		return syntaxFault("", "is longer than can be checked")
	}
	if len(body) == 0 {
		return syntaxFault("", "is empty: JSON is expected")
	}
	r.makeRoom(body)
	r.body, r.at = body, 0
	r.add(-1, -1)
	if fault := r.value(0, 0); fault != nil {
		return fault
	}
	if r.space(); r.at < len(body) {
		return syntaxFault("", "is followed by more than white space: one JSON value is expected")
	}
	return nil
}

// space passes over white space and returns the byte behind it, 0 at the end.
func (r *reader) space() byte {
	if r.at < len(r.body) && r.body[r.at] > ' ' {
		return r.body[r.at]
	}
	return r.blanks()
}

func (r *reader) blanks() byte {
	for r.at < len(r.body) {
		switch c := r.body[r.at]; c {
		case ' ', '\n', '\r', '\t':
			r.at++
		default:
			return c
		}
	}
	return 0
}

// value reads one value, of which the place stands in the tree.
func (r *reader) value(at int32, depth int) *Fault {
	if depth > MaxDepth {
		return syntaxFault(r.pointer(at), "is nested deeper than 100")
	}
	if at == MaxValues {
		return &Fault{Pointer: r.pointer(at), Keyword: "cost", Message: "is more than is checked: a body may hold 1048576 values"}
	}
	var fault *Fault
	val := &r.values[at]
	val.kind = r.space()
	switch val.kind {
	case '"':
		text, how, ok := r.text()
		if !ok {
			return r.broken(at)
		}
		val.text.from, val.text.to, val.textFlag = text.from, text.to, how
		val.end, val.to = at+1, int32(r.at)
		return nil
	case '{':
		val.text = part{int32(r.at), int32(r.at)}
		fault = r.members(at, depth)
	case '[':
		val.text = part{int32(r.at), int32(r.at)}
		fault = r.items(at, depth)
	default:
		fault = r.scalar(at)
	}
	val = &r.values[at]
	val.end, val.to = int32(len(r.values)), int32(r.at)
	return fault
}

// scalar reads a number, true, false or null.
func (r *reader) scalar(at int32) *Fault {
	v := &r.values[at]
	switch v.kind {
	case 't':
		return r.literal(at, "true")
	case 'f':
		return r.literal(at, "false")
	case 'n':
		return r.literal(at, "null")
	}
	from := r.at
	if !r.number(v) {
		if v.from < 0 && (r.at == len(r.body) || v.kind == ']') {
			at = max(v.parent, 0) // there is no such item
		}
		return r.broken(at)
	}
	v.kind, v.text = '0', part{int32(from), int32(r.at)}
	if v.textFlag&exponent != 0 || r.at-from > maxDigits {
		if !bounded(r.body[from:r.at]) {
			return &Fault{Pointer: r.pointer(at), Keyword: "number", Message: "must be a number of at most 400 digits, with an exponent between -400 and 400"}
		}
	}
	return nil
}

func (r *reader) literal(at int32, word string) *Fault {
	for i := range len(word) {
		if r.at == len(r.body) || r.body[r.at] != word[i] {
			return r.broken(at)
		}
		r.at++
	}
	return nil
}

func (r *reader) items(at int32, depth int) *Fault {
	r.at++
	if r.space() == ']' {
		r.at++
		return nil
	}
	for {
		item := int32(len(r.values))
		r.add(at, -1)
		if fault := r.value(item, depth+1); fault != nil {
			return fault
		}
		r.values[at].count++
		switch r.space() {
		case ',':
			r.at++
		case ']':
			r.at++
			return nil
		default:
			return r.broken(at)
		}
	}
}

func (r *reader) members(at int32, depth int) *Fault {
	r.at++
	if r.space() == '}' {
		r.at++
		return nil
	}
	var names namesRead
	for {
		if r.space() != '"' {
			return r.broken(at)
		}
		member, from := int32(len(r.values)), int32(r.at)
		name, how, ok := r.text()
		if !ok {
			return r.broken(at)
		}
		text := r.body
		if how == escaped {
			text = r.decoded
		}
		hash := hashOf(text[name.from:name.to])
		val := r.add(at, from)
		val.name.from, val.name.to, val.nameFlag, val.hash = name.from, name.to, how, hash
		if !r.isNew(&names, at, member) {
			return syntaxFault(r.pointer(member), "stands twice in its object")
		}
		if r.space() != ':' {
			return r.broken(member)
		}
		r.at++
		if fault := r.value(member, depth+1); fault != nil {
			return fault
		}
		r.values[at].count++
		switch r.space() {
		case ',':
			r.at++
		case '}':
			r.at++
			return nil
		default:
			return r.broken(at)
		}
	}
}

// broken says what is wrong at the next byte, within a value, without a byte of
// what was sent.
func (r *reader) broken(within int32) *Fault {
	pointer := r.pointer(within)
	switch {
	case r.at >= len(r.body):
		return syntaxFault(pointer, "is not complete: the JSON ends early")
	case !utf8.Valid(r.body):
		return syntaxFault(pointer, "must be UTF-8")
	}
	return syntaxFault(pointer, "is not well-formed JSON")
}
