package jsonschema

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Place names values of a body: a JSON pointer (RFC 6901) in which * stands for
// every item of an array and for every member of an object. It is immutable
// and safe for concurrent use.
type Place struct {
	text  string
	steps []step
	stars int
}

// step leads from a value to one or all of those that it holds.
type step struct {
	name string
	any  bool
	// index is the item of an array that the name can also mean; -1: none.
	index int
}

// maxPlace bounds the text of a place, in bytes.
const maxPlace = 4 << 10

// CompilePlace reads a place such as /items/*/owner; the empty text is the
// whole body. A token of digits names an item of an array or a member. A member
// whose name is * cannot be named alone. The error says what is wrong with the
// text and what would be right.
func CompilePlace(text string) (*Place, error) {
	p := &Place{text: text}
	switch {
	case text == "":
		return p, nil
	case len(text) > maxPlace:
		return nil, fmt.Errorf("the place is longer than %d bytes", maxPlace)
	case !utf8.ValidString(text):
		return nil, errors.New("the place is not UTF-8")
	case text[0] == '#':
		return nil, fmt.Errorf("the place %q is written as part of an address: write it without #", text)
	case text[0] != '/':
		return nil, fmt.Errorf("the place %q does not begin with a slash: write %q", text, "/"+text)
	}
	for _, token := range strings.Split(text[1:], "/") {
		name, err := unescapeToken(token)
		if err != nil {
			return nil, fmt.Errorf("the place %q: %w", text, err)
		}
		s := step{name: name, any: name == "*", index: itemIndex(name)}
		if s.any {
			p.stars++
		}
		p.steps = append(p.steps, s)
	}
	if len(p.steps) > MaxDepth {
		return nil, fmt.Errorf("the place has %d steps: no body is deeper than %d", len(p.steps), MaxDepth)
	}
	return p, nil
}

// String is the text that the place was compiled from.
func (p *Place) String() string { return p.text }

// unescapeToken reads a reference token (RFC 6901 §4).
func unescapeToken(token string) (string, error) {
	for i := range len(token) {
		if token[i] == '~' && (i+1 == len(token) || token[i+1] != '0' && token[i+1] != '1') {
			return "", errors.New("~ is followed by 0, which stands for ~, or by 1, which stands for /")
		}
	}
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~"), nil
}

// itemIndex is the index of an item that a token means: digits without a
// leading zero (RFC 6901 §4); -1 for any other.
func itemIndex(name string) int {
	if !allDigits(name) || name[0] == '0' && name != "0" {
		return -1
	}
	n, err := strconv.Atoi(name)
	if err != nil || n > MaxValues {
		return -1
	}
	return n
}
