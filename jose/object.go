package jose

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep the values of a header, a claim or a key may nest; the deepest seen in use is
// five (a verified credential), and what reads the claims later may recurse.
const maxDepth = 32

var (
	errNotObject  = errors.New("not a JSON object")
	errTrailing   = errors.New("more after the JSON object")
	errTooMany    = errors.New("too many members")
	errTooDeep    = errors.New("nested too deeply")
	errNotString  = errors.New("not a string")
	errNotStrings = errors.New("not a list of strings")
	errNotDate    = errors.New("not a number of seconds between 1970 and 9999")
)

// eachMember goes once through the members of the object that data must be, from its first byte to its
// last. The decoder refuses what could be read in two ways: a name given twice at any depth
// (RFC 7515 §4, RFC 7519 §4), and text that is not UTF-8. value dies with the call, and end is the offset
// just behind it.
func eachMember(data []byte, most int, each func(name string, value jsontext.Value, end int64) error) error {
	if tooDeep(data) {
		return errTooDeep
	}
	in := jsontext.NewDecoder(bytes.NewBuffer(data))
	open, err := in.ReadToken()
	if err != nil || open.Kind() != jsontext.KindBeginObject {
		return errNotObject
	}
	for n := 0; in.PeekKind() != jsontext.KindEndObject; n++ {
		if n == most {
			return errTooMany
		}
		token, err := in.ReadToken()
		if err != nil {
			return errNotObject
		}
		name := token.String()
		value, err := in.ReadValue()
		if err != nil {
			return errNotObject
		}
		if err := each(name, value, in.InputOffset()); err != nil {
			return err
		}
	}
	if _, err := in.ReadToken(); err != nil {
		return errNotObject
	}
	if _, err := in.ReadToken(); err != io.EOF {
		return errTrailing
	}
	return nil
}

// tooDeep runs before the decoder, so that no stack of its grows with what the client sends.
func tooDeep(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}

func stringOf(value jsontext.Value) (string, error) {
	if value.Kind() != jsontext.KindString {
		return "", errNotString
	}
	text, err := jsontext.AppendUnquote(nil, value)
	return string(text), err
}

// stringsOf reads an array of strings.
func stringsOf(value jsontext.Value) ([]string, error) {
	if value.Kind() != jsontext.KindBeginArray {
		return nil, errNotStrings
	}
	var list []string
	err := eachElement(value, func(element jsontext.Value) error {
		text, err := stringOf(element)
		list = append(list, text)
		return err
	})
	return list, err
}

// eachElement goes through an array that was already found well-formed.
func eachElement(array jsontext.Value, each func(element jsontext.Value) error) error {
	in := jsontext.NewDecoder(bytes.NewBuffer(array))
	if _, err := in.ReadToken(); err != nil {
		return fmt.Errorf("reading an array: %w", err)
	}
	for in.PeekKind() != jsontext.KindEndArray {
		element, err := in.ReadValue()
		if err != nil {
			return fmt.Errorf("reading an array: %w", err)
		}
		if err := each(element); err != nil {
			return err
		}
	}
	return nil
}
