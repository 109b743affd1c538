package jsonschema

import (
	"regexp/syntax"
	"unicode"
)

// bounds tells whether no attack can be written in a text of the format: dates,
// times, UUIDs and addresses are digits and letters with fixed signs between
// them. In all others it can, markup (uri, iri, regex, email: its local part
// may be quoted), a path (json-pointer, byte), a comment of SQL (hostname takes
// 1--x), or in what is decoded from it (byte, binary).
func (f *format) bounds() bool {
	switch f.name {
	case "date-time", "date", "time", "duration", "uuid", "ipv4", "ipv6":
		return true
	}
	return false
}

// kinds is a set of the kinds of characters of which a bound text is made.
type kinds uint8

const (
	digit kinds = 1 << iota
	letter
	hyphen
	underscore
	dot
	colon
	plus

	word  = digit | letter
	signs = hyphen | underscore | dot | colon | plus
)

// kindOf is the kind of a character; 0: an attack may be written with it. White
// space is among these, since SQL needs no more than words with it between them,
// and so are letters beyond ASCII, of which some are taken for quotes.
func kindOf(c rune) kinds {
	switch {
	case '0' <= c && c <= '9':
		return digit
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
		return letter
	case c == '-':
		return hyphen
	case c == '_':
		return underscore
	case c == '.':
		return dot
	case c == ':':
		return colon
	case c == '+':
		return plus
	}
	return 0
}

// texts is what is known of the texts that a part of a pattern matches.
type texts struct {
	empty       bool  // the empty text is one
	first, last kinds // of characters
	// pairs are, for each kind, the kinds that may follow it.
	pairs [7]kinds
	free  bool // other characters may come
}

// boundsText tells whether no attack can be written in a text that matches:
// the pattern is anchored at both ends, takes ASCII letters, digits and the
// signs - _ . : + alone, and each sign alone between others:
// a hyphen or underscore between letters or digits (no --, no __proto__), a dot
// or colon between digits (no .., no scheme), a plus or hyphen otherwise only
// before the digits of a number.
func boundsText(tree *syntax.Regexp) bool {
	if tree.Op == syntax.OpAlternate {
		for _, sub := range tree.Sub {
			if !boundsText(sub) {
				return false
			}
		}
		return true
	}
	flat := flatten(nil, tree)
	if len(flat) == 1 && flat[0].Op == syntax.OpAlternate {
		return boundsText(flat[0])
	}
	if len(flat) < 2 || flat[0].Op != syntax.OpBeginText || flat[len(flat)-1].Op != syntax.OpEndText {
		return false
	}
	t := textsOf(tree)
	return !t.free && t.signsStandAlone()
}

func (t *texts) signsStandAlone() bool {
	var before [7]kinds // by kind, those that may stand before it
	for a := range t.pairs {
		for b := range t.pairs {
			if t.pairs[a]&(1<<b) != 0 {
				before[b] |= 1 << a
			}
		}
	}
	for at, may := range [7]kinds{2: word, 3: word, 4: digit, 5: digit} {
		sign := kinds(1 << at)
		if sign&signs == 0 {
			continue
		}
		leads := t.first&sign != 0
		if leads && sign&(hyphen|plus) != 0 {
			may = digit
		} else if leads {
			return false
		}
		if t.last&sign != 0 || before[at]&^may != 0 || sign == plus && before[at] != 0 || t.pairs[at]&^max(may, digit) != 0 {
			return false
		}
	}
	return true
}

func textsOf(re *syntax.Regexp) texts {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase != 0 {
			return texts{free: true}
		}
		t := texts{empty: true}
		for _, c := range re.Rune {
			t = t.then(oneOf(c, c))
		}
		return t
	case syntax.OpCharClass:
		return oneOf(re.Rune...)
	case syntax.OpCapture:
		return textsOf(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		t := textsOf(re.Sub[0])
		if re.Op == syntax.OpStar || re.Op == syntax.OpPlus || re.Op == syntax.OpRepeat && re.Max != 0 && re.Max != 1 {
			t = t.then(t)
		}
		t.empty = t.empty || re.Op == syntax.OpStar || re.Op == syntax.OpQuest || re.Op == syntax.OpRepeat && re.Min == 0
		return t
	case syntax.OpConcat:
		t := texts{empty: true}
		for _, sub := range re.Sub {
			t = t.then(textsOf(sub))
		}
		return t
	case syntax.OpAlternate:
		var t texts
		for _, sub := range re.Sub {
			t = t.or(textsOf(sub))
		}
		return t
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return texts{empty: true} // what they rule out does not matter
	}
	return texts{free: true}
}

// oneOf is one character, of ranges.
func oneOf(ranges ...rune) texts {
	var t texts
	for i := 0; i < len(ranges); i += 2 {
		for c := ranges[i]; c <= ranges[i+1]; c++ {
			kind := kindOf(c)
			if kind == 0 || c > unicode.MaxASCII {
				return texts{free: true}
			}
			t.first |= kind
		}
	}
	t.last = t.first
	return t
}

// then is one text after another.
func (t texts) then(o texts) texts {
	both := texts{empty: t.empty && o.empty, first: t.first, last: o.last, free: t.free || o.free}
	if t.empty {
		both.first |= o.first
	}
	if o.empty {
		both.last |= t.last
	}
	for i := range both.pairs {
		both.pairs[i] = t.pairs[i] | o.pairs[i]
		if t.last&(1<<i) != 0 {
			both.pairs[i] |= o.first
		}
	}
	return both
}

// or is one text or another.
func (t texts) or(o texts) texts {
	t.empty, t.free = t.empty || o.empty, t.free || o.free
	t.first, t.last = t.first|o.first, t.last|o.last
	for i := range t.pairs {
		t.pairs[i] |= o.pairs[i]
	}
	return t
}
