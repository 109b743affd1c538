package items

import (
	"bytes"
	"slices"
	"strings"
)

// event is one block of an event stream.
type event struct {
	any bool // a field at all
	odd bool // a line that counts for nothing
	// values are by field, order has those that were given in the order in which
	// each came first: a client may read an event as it comes.
	values [fields][]byte
	order  [fields]field
	given  int
}

// field is one of an event that counts.
type field uint8

const (
	dataField field = iota
	eventField
	idField
	retryField
	fields
)

func (f field) String() string { return [...]string{"data", "event", "id", "retry"}[f] }

func (e *event) has(f field) bool { return slices.Contains(e.order[:e.given], f) }

// put gives a field a value, in the place of one that it had.
func (e *event) put(f field, value []byte) {
	if !e.has(f) {
		e.order[e.given] = f
		e.given++
	}
	e.values[f] = value
}

// set takes a field as a client does: the last event, id and retry count, the
// lines of data are joined; an id with a NUL, a retry that is no number and
// fields of other names count for nothing.
func (e *event) set(name string, value []byte) {
	e.any = true
	switch name {
	case "data":
		data := e.values[dataField]
		if e.has(dataField) {
			data = append(data, '\n')
		}
		e.put(dataField, append(data, value...))
	case "event":
		e.once(eventField, value, true)
	case "id":
		e.once(idField, value, bytes.IndexByte(value, 0) < 0)
	case "retry":
		e.once(retryField, value, isDigits(value))
	default:
		e.odd = true
	}
}

// once takes a field of which one counts, the last that is right.
func (e *event) once(f field, value []byte, right bool) {
	e.odd = e.odd || e.has(f) || !right
	if right {
		e.put(f, bytes.Clone(value))
	}
}

func isDigits(b []byte) bool {
	return len(b) > 0 && strings.Trim(string(b), "0123456789") == ""
}

// bare is what a block without data says to a client: where it is in the
// stream, and when to come back.
func (e *event) bare() []byte {
	var out []byte
	for _, f := range e.order[:e.given] {
		if f == idField || f == retryField {
			out = append(append(append(append(out, f.String()...), ": "...), e.values[f]...), '\n')
		}
	}
	if out == nil {
		return []byte(":\n")
	}
	return append(out, '\n')
}

// json is the event as an object of its fields, in their order (OpenAPI 3.2,
// "Server-Sent Event Streams"): retry is a number, the others are strings. It is
// nil where there is no data, since a client makes no event of that.
func (e *event) json() []byte {
	if !e.has(dataField) {
		return nil
	}
	size := 48
	for _, value := range e.values {
		size += len(value) + len(value)/8
	}
	out, open := make([]byte, 0, size), byte('{')
	for _, f := range e.order[:e.given] {
		out = append(append(append(out, open, '"'), f.String()...), '"', ':')
		open = ','
		if f == retryField {
			out = append(out, number(e.values[f])...)
		} else {
			out = appendString(out, e.values[f])
		}
	}
	return append(out, '}')
}

// number is digits without the zeros before them, which JSON does not have.
func number(digits []byte) []byte {
	short := bytes.TrimLeft(digits, "0")
	if len(short) == 0 {
		return digits[:1]
	}
	return short
}

// appendString writes a string of JSON. Bytes that are not UTF-8 stay, to be
// refused by whoever judges the text.
func appendString(out, s []byte) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c < 0x20:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
