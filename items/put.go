package items

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// Append puts an item back whose JSON was changed.
func Append(out []byte, k Kind, json []byte) ([]byte, error) {
	switch k {
	case Lines:
		return append(append(out, json...), '\n'), nil
	case Sequence:
		return append(append(append(out, separator), json...), '\n'), nil
	}
	return appendEvent(out, json)
}

// appendEvent writes an object as the block of an event: its fields in their
// order, which is that of the event it was made from, one line of data for each
// line.
func appendEvent(out, json []byte) ([]byte, error) {
	d := jsontext.NewDecoder(bytes.NewReader(json))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return out, ErrMalformed
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return out, fmt.Errorf("reading the name of a field: %w", err)
		}
		field := name.String()
		value, err := d.ReadToken()
		if err != nil {
			return out, fmt.Errorf("reading a field: %w", err)
		}
		text := []byte(value.String())
		if bytes.IndexByte(text, '\r') >= 0 || field != "data" && bytes.IndexByte(text, '\n') >= 0 {
			return out, ErrMalformed // it would end the line
		}
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			out = append(append(append(append(out, field...), ": "...), line...), '\n')
		}
	}
	return append(out, '\n'), nil
}
