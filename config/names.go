package config

import (
	"errors"
	"strings"
)

// Glob is a pattern for names: * stands for any run of characters, everything
// else for itself.
type Glob string

// Match tells whether the whole name is meant.
func (g Glob) Match(name string) bool {
	pattern := string(g)
	first, rest, starred := strings.Cut(pattern, "*")
	if !starred {
		return pattern == name
	}
	name, ok := strings.CutPrefix(name, first)
	if !ok {
		return false
	}
	for {
		part, after, more := strings.Cut(rest, "*")
		if !more {
			return strings.HasSuffix(name, part)
		}
		i := strings.Index(name, part)
		if i < 0 {
			return false
		}
		name, rest = name[i+len(part):], after
	}
}

func (*Glob) wanted() (string, string) {
	return "a pattern", "a name; * stands for any run of characters"
}

func (g *Glob) set(text string) error {
	switch {
	case text == "":
		return errors.New("it means no name")
	case len(text) > 256:
		return errors.New("it is longer than 256 bytes")
	}
	*g = Glob(text)
	return nil
}

// FieldName is the name of a header field (RFC 9110 §5.1).
type FieldName string

func (*FieldName) wanted() (string, string) { return "a header field's name", "X-Request-Id" }

func (f *FieldName) set(text string) error {
	if !isToken(text) {
		return errForm
	}
	*f = FieldName(text)
	return nil
}

// isToken: RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !alphanumeric(c) && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != "" && len(s) <= 256
}

// fieldValue: RFC 9110 §5.5; a line break would begin a field of its own.
func fieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return len(s) <= 8192
}

// plainName: letters, digits and - _ . as they need no quoting anywhere.
func plainName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !alphanumeric(c) && (i == 0 || strings.IndexByte("-_.", c) < 0) {
			return false
		}
	}
	return s != "" && len(s) <= 64
}

func printable(s string, most int) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= most
}
