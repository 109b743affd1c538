package items

import (
	"bytes"
	"strings"
)

// event is one block of an event stream.
type event struct {
	any             bool // a field at all
	odd             bool // a line that counts for nothing
	hasData         bool
	hasName, hasID  bool
	name, id, retry []byte
	data            []byte
}

// set takes a field as a client does: the last event, id and retry count, the
// lines of data are joined; an id with a NUL, a retry that is no number and
// fields of other names count for nothing.
func (e *event) set(name string, value []byte) {
	e.any = true
	switch name {
	case "data":
		if e.hasData {
			e.data = append(e.data, '\n')
		}
		e.hasData, e.data = true, append(e.data, value...)
	case "event":
		e.odd = e.odd || e.hasName
		e.hasName, e.name = true, bytes.Clone(value)
	case "id":
		if bytes.IndexByte(value, 0) >= 0 || e.hasID {
			e.odd = true
		}
		if bytes.IndexByte(value, 0) < 0 {
			e.hasID, e.id = true, bytes.Clone(value)
		}
	case "retry":
		if !isDigits(value) || e.retry != nil {
			e.odd = true
		}
		if isDigits(value) {
			e.retry = bytes.Clone(value)
		}
	default:
		e.odd = true
	}
}

func isDigits(b []byte) bool {
	return len(b) > 0 && strings.Trim(string(b), "0123456789") == ""
}

// bare is what a block without data says to a client: where it is in the
// stream, and when to come back.
func (e *event) bare() []byte {
	var out []byte
	if e.hasID {
		out = append(append(append(out, "id: "...), e.id...), '\n')
	}
	if e.retry != nil {
		out = append(append(append(out, "retry: "...), e.retry...), '\n')
	}
	if out == nil {
		return []byte(":\n")
	}
	return append(out, '\n')
}

// json is the event as an object of its fields (OpenAPI 3.2, "Server-Sent
// Event Streams"): retry is a number, the others are strings. It is nil where
// there is no data, since a client makes no event of that.
func (e *event) json() []byte {
	if !e.hasData {
		return nil
	}
	out := make([]byte, 0, len(e.data)+len(e.data)/8+len(e.name)+len(e.id)+len(e.retry)+48)
	out = appendString(append(out, `{"data":`...), e.data)
	if e.hasName {
		out = appendString(append(out, `,"event":`...), e.name)
	}
	if e.hasID {
		out = appendString(append(out, `,"id":`...), e.id)
	}
	if e.retry != nil {
		out = append(out, `,"retry":`...)
		if digits := bytes.TrimLeft(e.retry, "0"); len(digits) > 0 {
			out = append(out, digits...)
		} else {
			out = append(out, '0')
		}
	}
	return append(out, '}')
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
