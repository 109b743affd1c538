package xmlbody

import "slices"

// rawAttribute is an attribute as it is written.
type rawAttribute struct {
	prefix, local string
	value         []byte
	at            span
}

// start reads a start tag or an empty-element tag (XML 1.0 §3.1). White space
// stands before each attribute, and nowhere within />.
func (s *scanner) start() (token, error) {
	from := s.at
	s.at += len("<")
	nameAt := s.at
	prefix, local, ok := s.name()
	if !ok || s.rooted && len(s.open) == 0 || len(s.open) == maxDepth {
		return token{}, ErrMalformed
	}
	s.rooted = true
	raw := s.source[nameAt:s.at]
	s.raw = s.raw[:0]
	for {
		before := s.at
		spaced := s.space()
		s.closing = s.eat("/>")
		if s.closing || s.eat(">") {
			break
		}
		if !spaced || !s.attribute(before) {
			return token{}, ErrMalformed
		}
	}
	e := element{raw: raw}
	if e.declares, ok = s.scopes.declare(s.raw); !ok {
		return token{}, ErrMalformed
	}
	if e.name, ok = s.scopes.element(prefix, local); !ok || !s.resolve() {
		return token{}, ErrMalformed
	}
	s.open = append(s.open, e)
	return token{kind: startTag, name: e.name, attributes: s.found, at: span{from, s.at}}, nil
}

// attribute reads one, of which white space has been read. A < in its value must
// be written as a reference (XML 1.0 §3.1: No < in Attribute Values).
func (s *scanner) attribute(before int) bool {
	prefix, local, ok := s.name()
	if !ok || !s.equals() {
		return false
	}
	raw, ok := s.quoted()
	if !ok || slices.Contains(raw, '<') {
		return false
	}
	value, ok := decode(raw, true)
	s.raw = append(s.raw, rawAttribute{prefix, local, value, span{before, s.at}})
	return ok
}

// resolve puts the attributes into their namespaces. No two may have one name
// there (Namespaces in XML 1.0 §6.3).
func (s *scanner) resolve() bool {
	s.found = s.found[:0]
	for _, a := range s.raw {
		if a.declares() {
			continue
		}
		n, ok := s.scopes.attribute(a.prefix, a.local)
		if !ok {
			return false
		}
		s.found = append(s.found, attribute{n, a.value, a.at})
	}
	return !twice(s.found)
}

func twice(attributes []attribute) bool {
	if len(attributes) <= few {
		for i, a := range attributes {
			if slices.ContainsFunc(attributes[:i], func(b attribute) bool { return a.name == b.name }) {
				return true
			}
		}
		return false
	}
	seen := make(map[name]bool, len(attributes))
	for _, a := range attributes {
		if seen[a.name] {
			return true
		}
		seen[a.name] = true
	}
	return false
}

// end reads an end tag, which is called as its start tag is written.
func (s *scanner) end() (token, error) {
	from := s.at
	s.at += len("</")
	if len(s.open) == 0 || !s.eat(s.open[len(s.open)-1].raw) {
		return token{}, ErrMalformed
	}
	if s.space(); !s.eat(">") {
		return token{}, ErrMalformed
	}
	return s.leave(from), nil
}

// leave closes the innermost element.
func (s *scanner) leave(from int) token {
	last := len(s.open) - 1
	e := s.open[last]
	s.open = s.open[:last]
	s.scopes.drop(e.declares)
	return token{kind: endTag, name: e.name, at: span{from, s.at}}
}
