package xmlbody

// Namespaces that stand for themselves (Namespaces in XML 1.0 §3).
const (
	xmlSpace   = "http://www.w3.org/XML/1998/namespace"
	xmlnsSpace = "http://www.w3.org/2000/xmlns/"
)

// scopes are the namespaces that prefixes stand for where the scanner is. The
// default namespace has the empty prefix.
type scopes struct {
	bound map[string][]string // the innermost last
	order []string            // prefixes, as they were declared
}

// declares tells whether an attribute declares a namespace.
func (a *rawAttribute) declares() bool {
	return a.prefix == "xmlns" || a.prefix == "" && a.local == "xmlns"
}

// declare takes in the namespaces that a tag declares, and says how many. False
// is for what Namespaces in XML 1.0 does not let stand: a prefix without a
// namespace (§2.2), one that is declared twice, and the reserved ones for others
// or by others (§3).
func (s *scopes) declare(attributes []rawAttribute) (int, bool) {
	n := 0
	declared := map[string]bool(nil)
	for i := range attributes {
		a := &attributes[i]
		if !a.declares() {
			continue
		}
		prefix, space := "", string(a.value)
		if a.prefix != "" {
			prefix = a.local
		}
		if declared[prefix] || !declarable(prefix, space) {
			return n, false
		}
		if declared == nil {
			declared = make(map[string]bool)
		}
		declared[prefix] = true
		if s.bound == nil {
			s.bound = make(map[string][]string)
		}
		s.bound[prefix] = append(s.bound[prefix], space)
		s.order = append(s.order, prefix)
		n++
	}
	return n, true
}

func declarable(prefix, space string) bool {
	switch {
	case prefix == "xmlns" || space == xmlnsSpace:
		return false
	case prefix == "xml" || space == xmlSpace:
		return prefix == "xml" && space == xmlSpace
	}
	return prefix == "" || space != ""
}

// drop forgets the namespaces that were declared last.
func (s *scopes) drop(n int) {
	for ; n > 0; n-- {
		last := len(s.order) - 1
		prefix := s.order[last]
		s.order = s.order[:last]
		s.bound[prefix] = s.bound[prefix][:len(s.bound[prefix])-1]
	}
}

// element is the name of an element: without a prefix it is in the default
// namespace (Namespaces in XML 1.0 §6.2).
func (s *scopes) element(prefix, local string) (name, bool) {
	if known := s.bound[prefix]; len(known) > 0 {
		return name{local, known[len(known)-1]}, true
	}
	if prefix == "xml" {
		return name{local, xmlSpace}, true
	}
	return name{local, ""}, prefix == ""
}

// attribute is the name of an attribute: without a prefix it is in no namespace,
// whatever the default is (§6.2).
func (s *scopes) attribute(prefix, local string) (name, bool) {
	if prefix == "" {
		return name{local, ""}, true
	}
	return s.element(prefix, local)
}
