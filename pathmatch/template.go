package pathmatch

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxTemplate is the length in bytes beyond which a template is refused unread.
const MaxTemplate = 8 << 10

// TemplateError says what is wrong with a path template, and where.
type TemplateError struct {
	Template string // as it was given
	Offset   int    // of the byte at which the mistake was seen, from 0
	Reason   string // a clause without a subject's name or a full stop
}

func (e *TemplateError) Error() string {
	return fmt.Sprintf("path template %.200q, byte %d: %s", e.Template, e.Offset, e.Reason)
}

// Names returns the names of a template's parameters in the order in which [Values] holds their values.
func Names(template string) ([]string, error) {
	t, err := parse(template)
	if err != nil {
		return nil, err
	}
	return t.names, nil
}

// template is a path template taken apart, its literals in canonical form.
type template struct {
	segments []segment
	names    []string
}

// shape is equal for two templates if and only if no path can tell them apart: OpenAPI calls templates
// identical that differ in the names of their parameters alone.
func (t template) shape() string {
	var b strings.Builder
	for _, s := range t.segments {
		b.WriteByte('/')
		b.WriteString(s.shape())
	}
	return b.String()
}

// parser reads one template from left to right.
type parser struct {
	text    string
	at      int
	literal []byte // the canonical form of the literal being read
	out     template
}

func parse(text string) (template, error) {
	p := parser{text: text}
	if err := p.admit(); err != nil {
		return template{}, err
	}
	for p.at < len(p.text) {
		p.at++ // the "/" before the segment
		if err := p.segment(); err != nil {
			return template{}, err
		}
	}
	return p.out, nil
}

// admit checks what must hold before the text is gone through.
func (p *parser) admit() error {
	if len(p.text) > MaxTemplate {
		return p.refuse(MaxTemplate, fmt.Sprintf("is longer than %d bytes", MaxTemplate))
	}
	if !strings.HasPrefix(p.text, "/") {
		return p.refuse(0, `does not begin with "/"`)
	}
	for i, r := range p.text {
		if r == utf8.RuneError && !strings.HasPrefix(p.text[i:], string(utf8.RuneError)) {
			return p.refuse(i, "is not valid UTF-8")
		}
	}
	return nil
}

func (p *parser) refuse(offset int, reason string) error {
	return &TemplateError{Template: p.text, Offset: offset, Reason: reason}
}

func (p *parser) segment() error {
	start := p.at
	var s segment
	for p.at < len(p.text) && p.text[p.at] != '/' {
		if p.text[p.at] != '{' {
			if err := p.character(); err != nil {
				return err
			}
			continue
		}
		if len(s.literals) > 0 && len(p.literal) == 0 {
			return p.refuse(p.at, "has two parameters with nothing between them, so their values cannot be told apart")
		}
		s.literals = append(s.literals, p.take())
		if err := p.parameter(); err != nil {
			return err
		}
	}
	s.literals = append(s.literals, p.take())
	p.out.segments = append(p.out.segments, s)
	return p.checkSegment(s, start)
}

// take hands out the literal read so far and begins the next one.
func (p *parser) take() string {
	literal := string(p.literal)
	p.literal = p.literal[:0]
	return literal
}

func (p *parser) checkSegment(s segment, start int) error {
	if s.parameters() > 0 {
		return nil
	}
	switch s.literals[0] {
	case "":
		if p.at < len(p.text) {
			return p.refuse(p.at, `has an empty segment ("//")`)
		}
	case ".", "..":
		// RFC 3986 section 5.2.4 removes them, so that no canonical path could ever match.
		return p.refuse(start, "has a dot segment")
	}
	return nil
}

// parameter reads "{name}". A name has no grammar of its own: "+", "?" or "*" in it mean nothing.
func (p *parser) parameter() error {
	open := p.at
	length := strings.IndexAny(p.text[open+1:], "{}/")
	if length < 0 {
		return p.refuse(open, "has a brace that is never closed")
	}
	end := open + 1 + length
	switch name := p.text[open+1 : end]; {
	case p.text[end] == '{':
		return p.refuse(end, "has a brace inside braces")
	case p.text[end] == '/':
		return p.refuse(end, `has a "/" inside braces`)
	case name == "":
		return p.refuse(open, "has a parameter without a name")
	case slices.Contains(p.out.names, name):
		return p.refuse(open, fmt.Sprintf("names the parameter %q twice", name))
	default:
		p.out.names = append(p.out.names, name)
	}
	p.at = end + 1
	return nil
}

// character reads one character of a literal and writes its canonical form.
func (p *parser) character() error {
	c := p.text[p.at]
	switch {
	case c == '}':
		return p.refuse(p.at, "closes a brace that was not opened")
	case c == '?':
		return p.refuse(p.at, `has a "?", and a query is no part of a path`)
	case c == '#':
		return p.refuse(p.at, `has a "#", and a fragment is never sent in a request`)
	case c < ' ' || c == 0x7f:
		return p.refuse(p.at, "has a control character")
	case c == '%':
		return p.triple()
	case isPathCharacter(c):
		p.literal = append(p.literal, c)
	default:
		p.literal = appendTriple(p.literal, c)
	}
	p.at++
	return nil
}

// triple reads "%" and two hex digits: RFC 3986 section 6.2.2 makes "%7e" and "~" one, and "%2f" and "%2F",
// but keeps "%2F" and "/" apart.
func (p *parser) triple() error {
	octet, ok := octetAt(p.text[p.at:])
	if !ok {
		return p.refuse(p.at, `has a "%" without two hex digits; a percent sign is written "%25"`)
	}
	if isUnreserved(octet) {
		p.literal = append(p.literal, octet)
	} else {
		p.literal = appendTriple(p.literal, octet)
	}
	p.at += len("%XX")
	return nil
}
