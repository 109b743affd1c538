package jsonschema

import (
	"cmp"
	"math"
)

// small is a number of at most 18 digits without exponent, n ÷ 10^scale: what
// nearly all numbers are, and quicker to judge than a decimal.
type small struct {
	n     int64
	scale int
}

const (
	smallDigits = 18
	beyond      = math.MaxInt64 // what is as large as that or larger
)

// parseSmall reads a JSON number. It is false for one that is not small.
func parseSmall(text []byte) (small, bool) {
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > smallDigits {
		return small{}, false
	}
	var s small
	for i, c := range text {
		switch {
		case c-'0' <= 9:
			s.n = s.n*10 + int64(c-'0')
		case c == '.':
			s.scale = len(text) - i - 1
		default:
			return small{}, false
		}
	}
	if negative {
		s.n = -s.n
	}
	return s, true
}

// times10 multiplies by 10^e; what gets too large is beyond.
func times10(n int64, e int) int64 {
	for ; e > 0; e-- {
		switch {
		case n > beyond/10:
			return beyond
		case n < -beyond/10:
			return -beyond
		}
		n *= 10
	}
	return n
}

// aligned are two numbers at one scale. One that is beyond is so by far: the
// other, if its scale was greater, has 18 digits at most and is not.
func (s small) aligned(o small) (int64, int64) {
	return times10(s.n, o.scale-s.scale), times10(o.n, s.scale-o.scale)
}

// compare is -1, 0 or 1 as s is below, equal to or above o.
func (s small) compare(o small) int {
	if s.scale == o.scale {
		return cmp.Compare(s.n, o.n)
	}
	return cmp.Compare(s.aligned(o))
}

// multipleOf tells whether s divided by a unit above 0 is an integer, and
// whether that can be said of small numbers.
func (s small) multipleOf(unit small) (multiple, known bool) {
	n, u := s.aligned(unit)
	if n == beyond || n == -beyond || u == beyond {
		return false, false
	}
	return n%u == 0, true
}

// smallLimit is the one of a limit. Nil has none and needs none.
func (l *limit) smallLimit() bool { return l == nil || l.isSmall }

// judgesSmall tells whether small numbers can be judged as such.
func (r *numberRules) judgesSmall() bool {
	return r.minimum.smallLimit() && r.maximum.smallLimit() && r.exclusiveMinimum.smallLimit() && r.exclusiveMaximum.smallLimit() && r.multipleOf.smallLimit()
}

// holdsSmall tells whether a number surely holds to the rules. Otherwise it is
// to be judged as a decimal.
func (r *numberRules) holdsSmall(text []byte) bool {
	if !r.small {
		return false
	}
	s, ok := parseSmall(text)
	switch {
	case !ok:
		return false
	case r.minimum != nil && s.compare(r.minimum.small) < 0, r.maximum != nil && s.compare(r.maximum.small) > 0,
		r.exclusiveMinimum != nil && s.compare(r.exclusiveMinimum.small) <= 0, r.exclusiveMaximum != nil && s.compare(r.exclusiveMaximum.small) >= 0:
		return false
	case r.format != nil && !r.format.holdsSmall(s):
		return false
	case r.multipleOf != nil:
		multiple, known := s.multipleOf(r.multipleOf.small)
		return multiple && known
	}
	return true
}

// holdsSmall: 18 digits fit 64 bits and what double precision spans.
func (f *numberFormat) holdsSmall(s small) bool {
	switch {
	case !f.whole:
		return true
	case s.scale > 0:
		return false
	}
	return !f.narrow || s.n >= math.MinInt32 && s.n <= math.MaxInt32
}
