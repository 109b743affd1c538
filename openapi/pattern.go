package openapi

import (
	"strconv"
	"strings"
)

// patternFault says what is wrong with the form of a regular expression, or
// "". It follows the grammar of ECMA-262 §22.2.1 with the leniency of its
// Annex B and knows only faults that every engine sees: brackets, groups and
// quantifiers out of place. Whether an expression can be run is for the schema
// compiler.
func patternFault(pattern string) string {
	p := &patternReader{rest: pattern}
	return p.read()
}

type patternReader struct {
	rest   string
	groups int
	// atom: what stands before may be repeated.
	atom bool
}

func (p *patternReader) read() string {
	for p.rest != "" {
		c := p.rest[0]
		p.rest = p.rest[1:]
		if fault := p.next(c); fault != "" {
			return fault
		}
	}
	if p.groups > 0 {
		return "a ( is not closed"
	}
	return ""
}

func (p *patternReader) next(c byte) string {
	switch c {
	case '\\':
		if p.rest == "" {
			return `it ends with \`
		}
		p.rest = p.rest[1:]
		p.atom = true
	case '[':
		p.atom = true
		return p.class()
	case '(':
		p.groups++
		p.open()
		p.atom = false
	case ')':
		if p.groups--; p.groups < 0 {
			return "a ) closes nothing"
		}
		p.atom = true
	case '*', '+', '?':
		return p.quantifier()
	case '{':
		if low, high, rest, ok := braces(p.rest); ok {
			p.rest = rest
			if high < low {
				return "the bounds of { } are out of order"
			}
			return p.quantifier()
		}
		p.atom = true // Annex B: a brace that bounds nothing is itself
	case '|', '^':
		p.atom = false
	default:
		p.atom = true
	}
	return ""
}

// quantifier needs something to repeat; a ? after it makes it lazy.
func (p *patternReader) quantifier() string {
	if !p.atom {
		return "there is nothing to repeat before a quantifier"
	}
	p.atom = false
	for _, lazy := range []string{"?", "+"} { // a possessive + is Java's and PCRE's
		if strings.HasPrefix(p.rest, lazy) {
			p.rest = p.rest[1:]
			break
		}
	}
	return ""
}

// open skips what may follow a parenthesis: (?: (?= (?! (?<= (?<! (?<name>.
func (p *patternReader) open() {
	if !strings.HasPrefix(p.rest, "?") {
		return
	}
	p.rest = p.rest[1:]
	if end := strings.IndexAny(p.rest, ":=!>)"); end >= 0 && p.rest[end] != ')' {
		p.rest = p.rest[end+1:]
	}
}

// class skips a bracket expression.
func (p *patternReader) class() string {
	p.rest = strings.TrimPrefix(p.rest, "^")
	for p.rest != "" {
		c := p.rest[0]
		p.rest = p.rest[1:]
		switch c {
		case '\\':
			if p.rest != "" {
				p.rest = p.rest[1:]
			}
		case ']':
			return ""
		}
	}
	return "a [ is not closed"
}

// braces reads the bounds after a {: n} n,} or n,m}.
func braces(s string) (low, high int, rest string, ok bool) {
	inner, rest, closed := strings.Cut(s, "}")
	if !closed || len(inner) > 20 {
		return 0, 0, "", false
	}
	first, second, comma := strings.Cut(inner, ",")
	low, err := strconv.Atoi(first)
	if err != nil || low < 0 {
		return 0, 0, "", false
	}
	high = low
	if comma {
		high = int(^uint(0) >> 1)
		if second != "" {
			if high, err = strconv.Atoi(second); err != nil || high < 0 {
				return 0, 0, "", false
			}
		}
	}
	return low, high, rest, true
}
