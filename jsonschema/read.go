package jsonschema

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of what is read.
const (
	// MaxDepth is the deepest nesting of a body.
	MaxDepth = 100
	// MaxValues is the largest number of values in a body: each takes some
	// fifty bytes while it is checked, of two that were sent.
	MaxValues = 1 << 20

	maxBytes = 1 << 30
)

// value is one value of a body. The values stand in the order of the text,
// each followed by what it holds.
type value struct {
	kind   jsontext.Kind // n t f " 0 { [
	out    bool          // it was taken out
	parent int32         // -1 at the root
	end    int32         // the first value behind this one and all it holds
	count  int32         // of members or items
	from   int32         // where the name of a member begins in the bytes
	to     int32         // where the value ends
	name   string        // where it is a member
	text   string        // of a string, decoded; of a number, as written
}

// tree is a body that was read: it lies in the bytes of the body and dies
// with them.
type tree struct {
	values  []value
	input   bytes.Buffer
	decoder *jsontext.Decoder
	decoded []byte // strings that had escapes
}

// read fills the tree, or says what is wrong with the text.
func (t *tree) read(body []byte) *Fault {
	if len(body) > maxBytes {
		return syntaxFault("", "is longer than can be checked")
	}
	if len(body) == 0 {
		return syntaxFault("", "is empty: JSON is expected")
	}
	t.makeRoom(body)
	r := reader{tree: t, body: body, decoder: t.decoder}
	// Nobody writes to the body while it is checked, and no string of the tree
	// outlives the check: faults hold copies.
	r.text = unsafe.String(&body[0], len(body))
	t.input = *bytes.NewBuffer(body)
	r.decoder.Reset(&t.input)
	if fault := r.value(-1, 0, "", -1); fault != nil {
		return fault
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return syntaxFault("", "is followed by more than white space: one JSON value is expected")
	}
	return nil
}

// makeRoom for the values of a large body at once, or most of the work would be
// to move them each time there are too many.
func (t *tree) makeRoom(body []byte) {
	if len(body) < 16*maxKept {
		return
	}
	// A value comes after a comma, or is the first of an array or object. What
	// stands within strings is counted too, hence the bound.
	n := 1
	for _, before := range [...]string{",", "[", "{"} {
		n += bytes.Count(body, []byte(before))
	}
	if n = min(n, len(body)/12, MaxValues); n > cap(t.values) {
		t.values = make([]value, 0, n)
	}
}

type reader struct {
	tree    *tree
	body    []byte
	text    string
	decoder *jsontext.Decoder
}

// value reads one value. jsontext refuses duplicate names (RFC 8259 §4 leaves
// them to each reader, so that two readers differ) and text that is not UTF-8.
func (r *reader) value(parent int32, depth int, name string, from int32) *Fault {
	if depth > MaxDepth {
		return syntaxFault(r.pointer(), "is nested deeper than 100")
	}
	if len(r.tree.values) == MaxValues {
		return &Fault{Pointer: r.pointer(), Keyword: "cost", Message: "is more than is checked: a body may hold 1048576 values"}
	}
	kind := r.decoder.PeekKind()
	at := int32(len(r.tree.values))
	r.tree.values = append(r.tree.values, value{kind: kind, parent: parent, name: name, from: from})
	var fault *Fault
	switch kind {
	case '{', '[':
		fault = r.container(at, depth)
	default:
		fault = r.scalar(at)
	}
	v := &r.tree.values[at]
	v.end, v.to = int32(len(r.tree.values)), int32(r.decoder.InputOffset())
	return fault
}

func (r *reader) scalar(at int32) *Fault {
	raw, err := r.decoder.ReadValue()
	if err != nil {
		return r.broken(err)
	}
	v := &r.tree.values[at]
	switch v.kind {
	case '"':
		v.text = r.unquote(len(raw))
	case '0':
		end := int(r.decoder.InputOffset())
		v.text = r.text[end-len(raw) : end]
		if !bounded(v.text) {
			return &Fault{Pointer: r.pointer(), Keyword: "number", Message: "must be a number of at most 400 digits, with an exponent between -400 and 400"}
		}
	}
	return nil
}

// unquote is the string that was read last.
func (r *reader) unquote(length int) string {
	end := int(r.decoder.InputOffset())
	raw := r.text[end-length : end]
	if strings.IndexByte(raw, '\\') < 0 {
		return raw[1 : len(raw)-1]
	}
	start := len(r.tree.decoded)
	r.tree.decoded, _ = jsontext.AppendUnquote(r.tree.decoded, raw)
	decoded := r.tree.decoded[start:]
	return unsafe.String(unsafe.SliceData(decoded), len(decoded))
}

func (r *reader) container(at int32, depth int) *Fault {
	open := r.tree.values[at].kind
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.broken(err)
	}
	for {
		next := r.decoder.PeekKind()
		if next == '}' || next == ']' {
			break
		}
		name, from := "", int32(-1)
		if open == '{' {
			raw, err := r.decoder.ReadValue()
			if err != nil {
				return r.broken(err)
			}
			from = int32(r.decoder.InputOffset()) - int32(len(raw))
			name = r.unquote(len(raw))
		}
		if fault := r.value(at, depth+1, name, from); fault != nil {
			return fault
		}
		r.tree.values[at].count++
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.broken(err)
	}
	return nil
}

func (r *reader) pointer() string { return string(r.decoder.StackPointer()) }

// broken says what is wrong without a byte of what was sent.
func (r *reader) broken(err error) *Fault {
	var s *jsontext.SyntacticError
	pointer := ""
	if errors.As(err, &s) {
		pointer = string(s.JSONPointer)
	}
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName):
		return syntaxFault(pointer, "stands twice in its object")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return syntaxFault(pointer, "is not complete: the JSON ends early")
	case !utf8.Valid(r.body):
		return syntaxFault(pointer, "must be UTF-8")
	}
	return syntaxFault(pointer, "is not well-formed JSON")
}

// pointer is the place of a value by RFC 6901.
func (t *tree) pointer(v int32) string {
	var tokens []string
	size := 0
	for v > 0 {
		p := t.values[v].parent
		token := t.values[v].name
		if t.values[p].kind == '[' {
			token = itoa(t.ordinal(p, v))
		}
		token = escape(token)
		tokens = append(tokens, token)
		size += len(token) + 1
		v = p
	}
	var b strings.Builder
	b.Grow(size)
	for i := len(tokens) - 1; i >= 0; i-- {
		b.WriteByte('/')
		b.WriteString(tokens[i])
	}
	return b.String()
}

// ordinal counts a child among its parent's from 0.
func (t *tree) ordinal(parent, child int32) int {
	n := 0
	for i := parent + 1; i < child; i = t.values[i].end {
		n++
	}
	return n
}

// member finds a member by name; -1 if there is none.
func (t *tree) member(object int32, name string) int32 {
	for i := object + 1; i < t.values[object].end; i = t.values[i].end {
		if t.values[i].name == name {
			return i
		}
	}
	return -1
}
