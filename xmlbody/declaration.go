package xmlbody

import "strings"

// declaration reads the XML declaration where there is one: version, encoding,
// standalone, in this order (XML 1.0 §2.8 and §4.3.3, productions 23 to 32).
// Another reader would take the bytes for those of the encoding that it names,
// so that only UTF-8 may be named; and XML 1.1 has other characters and names.
func (s *scanner) declaration() bool {
	const begin = "<?xml"
	if len(s.source) <= len(begin) || s.source[:len(begin)] != begin || !isSpace(s.source[len(begin)]) {
		return true
	}
	s.at = len(begin)
	s.space()
	version, given, ok := s.pseudo("version")
	if !ok || !given || version != "1.0" {
		return false
	}
	spaced := s.space()
	if spaced {
		encoding, given, ok := s.pseudo("encoding")
		if !ok || given && !strings.EqualFold(encoding, "UTF-8") {
			return false
		}
		if given {
			spaced = s.space()
		}
	}
	if spaced {
		standalone, given, ok := s.pseudo("standalone")
		if !ok || given && standalone != "yes" && standalone != "no" {
			return false
		}
		s.space()
	}
	return s.eat("?>")
}

// pseudo reads what looks like an attribute, where it has this name.
func (s *scanner) pseudo(name string) (value string, given, ok bool) {
	if !s.eat(name) {
		return "", false, true
	}
	if !s.equals() {
		return "", true, false
	}
	raw, ok := s.quoted()
	return string(raw), true, ok
}
