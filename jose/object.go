package jose

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

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

// eachMember goes once through the members of the object that text must be, from its first byte to its
// last. The decoder refuses what could be read in two ways: a name given twice at any depth
// (RFC 7515 §4, RFC 7519 §4), and text that is not UTF-8. name and value share the memory of text.
func eachMember(text string, most int, each func(name, value string) error) error {
	if tooDeep(text) {
		return errTooDeep
	}
	in := jsontext.NewDecoder(bytes.NewBufferString(text))
	open, err := in.ReadToken()
	if err != nil || open.Kind() != jsontext.KindBeginObject {
		return errNotObject
	}
	for n := 0; in.PeekKind() != jsontext.KindEndObject; n++ {
		if n == most {
			return errTooMany
		}
		quoted, err := next(in, text)
		if err != nil {
			return errNotObject
		}
		name, err := stringOf(quoted)
		if err != nil {
			return errNotObject
		}
		value, err := next(in, text)
		if err != nil {
			return errNotObject
		}
		if err := each(name, value); err != nil {
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

// next is the next value, as a piece of the text that in reads.
func next(in *jsontext.Decoder, text string) (string, error) {
	value, err := in.ReadValue()
	end := in.InputOffset()
	return text[end-int64(len(value)) : end], err
}

// tooDeep runs before the decoder, so that no stack of its grows with what the client sends.
func tooDeep(data string) bool {
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

func stringOf(value string) (string, error) {
	if len(value) < 2 || value[0] != '"' {
		return "", errNotString
	}
	if inner := value[1 : len(value)-1]; !strings.Contains(inner, `\`) {
		return inner, nil
	}
	text, err := jsontext.AppendUnquote(nil, value)
	return string(text), err
}

// stringsOf reads an array of strings.
func stringsOf(value string) ([]string, error) {
	if value == "" || value[0] != '[' {
		return nil, errNotStrings
	}
	var list []string
	err := eachElement(value, func(element string) error {
		text, err := stringOf(element)
		list = append(list, text)
		return err
	})
	return list, err
}

// oneOrMore reads a string, or an array of them.
func oneOrMore(value string) ([]string, error) {
	if value != "" && value[0] == '"' {
		text, err := stringOf(value)
		return []string{text}, err
	}
	return stringsOf(value)
}

// eachElement goes through an array that was already found well-formed.
func eachElement(array string, each func(element string) error) error {
	in := jsontext.NewDecoder(bytes.NewBufferString(array))
	if _, err := in.ReadToken(); err != nil {
		return fmt.Errorf("reading an array: %w", err)
	}
	for in.PeekKind() != jsontext.KindEndArray {
		element, err := next(in, array)
		if err != nil {
			return fmt.Errorf("reading an array: %w", err)
		}
		if err := each(element); err != nil {
			return err
		}
	}
	return nil
}
