package pathmatch

import "strings"

// tree holds templates by their segments. A leaf is a number above 0; 0 is "not found".
type tree struct {
	whole map[string]int // templates without a parameter, found in one step: nothing is more concrete
	root  node
}

// node stands for the segments that lead to it. Each has exactly one parent, and find tries each child once;
// this is what bounds the work of a match.
type node struct {
	literal   map[string]*node
	tiers     []tier // the most concrete first
	parameter *node
	leaf      int
}

// insert adds a template unless an equal one is there.
func (t *tree) insert(segments []segment, leaf int) {
	if path, ok := wholePath(segments); ok {
		if t.whole == nil {
			t.whole = make(map[string]int)
		}
		if _, taken := t.whole[path]; !taken {
			t.whole[path] = leaf
		}
		return
	}
	n := &t.root
	for _, s := range segments {
		n = n.child(s)
	}
	if n.leaf == 0 {
		n.leaf = leaf
	}
}

// wholePath is the one path that a template without parameters matches.
func wholePath(segments []segment) (string, bool) {
	var b strings.Builder
	for _, s := range segments {
		if s.parameters() > 0 {
			return "", false
		}
		b.WriteByte('/')
		b.WriteString(s.literals[0])
	}
	return b.String(), true
}

// child returns the node behind the segment and makes it if there is none.
func (n *node) child(s segment) *node {
	switch {
	case s.parameters() == 0:
		return n.literalChild(s.literals[0])
	case s.isParameter():
		if n.parameter == nil {
			n.parameter = &node{}
		}
		return n.parameter
	default:
		return n.tier(s.rank()).child(s)
	}
}

func (n *node) literalChild(literal string) *node {
	if child, ok := n.literal[literal]; ok {
		return child
	}
	if n.literal == nil {
		n.literal = make(map[string]*node)
	}
	child := &node{}
	n.literal[literal] = child
	return child
}

// find returns the leaf of the most concrete template that matches the path and leaves the values of its
// parameters in into.
func (t *tree) find(path string, into *Values) int {
	if leaf, ok := t.whole[path]; ok {
		return leaf
	}
	if path == "" || path[0] != '/' {
		return 0
	}
	// A path has neither. Should a caller forget to take the query off, "/users/me?x" must not be read as
	// the user named "me?x".
	if strings.IndexByte(path, '?') >= 0 || strings.IndexByte(path, '#') >= 0 {
		return 0
	}
	return t.root.find(path[1:], into, 0)
}

// find matches the first segment of rest against the children, the most concrete first; taken counts the
// parameters that have a value already.
func (n *node) find(rest string, into *Values, taken int) int {
	segment, rest, more := strings.Cut(rest, "/")
	if child, ok := n.literal[segment]; ok {
		if leaf := child.next(rest, more, into, taken); leaf != 0 {
			return leaf
		}
	}
	if segment == "" {
		return 0 // a parameter never matches the empty string
	}
	for i := range n.tiers {
		if leaf := n.tiers[i].find(segment, rest, more, into, taken); leaf != 0 {
			return leaf
		}
	}
	if n.parameter == nil {
		return 0
	}
	into.set(taken, segment)
	return n.parameter.next(rest, more, into, taken+1)
}

// next goes on behind the segment that led to n.
func (n *node) next(rest string, more bool, into *Values, taken int) int {
	if more {
		return n.find(rest, into, taken)
	}
	if n.leaf != 0 {
		into.length = taken
	}
	return n.leaf
}
