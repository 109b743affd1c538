package pathmatch

import (
	"cmp"
	"strings"
)

// segment is what stands between two slashes of a template: literals with a parameter between each two of
// them. The first and the last literal may be empty, the inner ones are not.
type segment struct {
	literals []string
}

func (s segment) parameters() int { return len(s.literals) - 1 }

func (s segment) prefix() string  { return s.literals[0] }
func (s segment) suffix() string  { return s.literals[len(s.literals)-1] }
func (s segment) inner() []string { return s.literals[1 : len(s.literals)-1] }

// shape needs no escapes: in canonical form a literal has no braces.
func (s segment) shape() string { return strings.Join(s.literals, "{}") }

// isParameter reports whether the segment is one parameter and nothing else.
func (s segment) isParameter() bool {
	return len(s.literals) == 2 && s.literals[0] == "" && s.literals[1] == ""
}

// folded is the segment with its letters in lower case.
func (s segment) folded() segment {
	f := segment{literals: make([]string, len(s.literals))}
	for i, literal := range s.literals {
		f.literals[i] = strings.ToLower(literal)
	}
	return f
}

// rank orders segments of literals and parameters by how concrete they are.
type rank struct {
	literal    int // bytes of literals
	parameters int
	prefix     int // bytes before the first parameter
	suffix     int // bytes after the last
}

func (s segment) rank() rank {
	r := rank{parameters: s.parameters(), prefix: len(s.prefix()), suffix: len(s.suffix())}
	for _, literal := range s.literals {
		r.literal += len(literal)
	}
	return r
}

// compare is negative if r is more concrete than o. The order is the one the package comment promises.
func (r rank) compare(o rank) int {
	return cmp.Or(
		cmp.Compare(o.literal, r.literal),
		cmp.Compare(r.parameters, o.parameters),
		cmp.Compare(o.prefix, r.prefix),
		cmp.Compare(o.suffix, r.suffix),
	)
}

// least is the length of the shortest segment that can match: no parameter is empty.
func (r rank) least() int { return r.literal + r.parameters }
