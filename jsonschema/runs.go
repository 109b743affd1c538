package jsonschema

import (
	"cmp"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"
)

// runs matches patterns such as ^[a-z][a-z0-9-]{0,62}$ or ^\d{4}-\d\d-\d\d$
// without a regular expression engine: a row of character classes, each with
// the least and most of it, between both ends of the text.
type runs struct {
	parts []run
}

type run struct {
	ascii       [2]uint64
	others      []rune // pairs from U+0080 on
	least, most int    // most -1: without end
}

func (r *run) takes(c rune) bool {
	if c < utf8.RuneSelf {
		return r.ascii[c>>6]&(1<<(c&63)) != 0
	}
	i, found := slices.BinarySearch(r.others, c)
	return found || i&1 == 1
}

func (p *runs) match(text []byte) bool {
	for i := range p.parts {
		r := &p.parts[i]
		n := 0
		for len(text) > 0 && n != r.most {
			c := text[0]
			if c >= utf8.RuneSelf {
				other, size := utf8.DecodeRune(text)
				if !r.takes(other) {
					break
				}
				text = text[size:]
				n++
				continue
			}
			if r.ascii[c>>6]&(1<<(c&63)) == 0 {
				break
			}
			text = text[1:]
			n++
		}
		if n < r.least {
			return false
		}
	}
	return len(text) == 0
}

// maxParts keeps the rows short that are worth a table.
const maxParts = 64

// runsOf makes the table, or nil where the pattern is of another kind.
func runsOf(tree *syntax.Regexp) *runs {
	flat := flatten(nil, tree)
	if len(flat) < 2 || flat[0].Op != syntax.OpBeginText || flat[len(flat)-1].Op != syntax.OpEndText {
		return nil
	}
	p := &runs{}
	for _, sub := range flat[1 : len(flat)-1] {
		if !p.add(sub, 1, 1) || len(p.parts) > maxParts {
			return nil
		}
	}
	if !p.greedy() {
		return nil
	}
	return p
}

func flatten(list []*syntax.Regexp, re *syntax.Regexp) []*syntax.Regexp {
	switch re.Op {
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			list = flatten(list, sub)
		}
		return list
	case syntax.OpCapture:
		return flatten(list, re.Sub[0])
	case syntax.OpEmptyMatch:
		return list
	}
	return append(list, re)
}

func (p *runs) add(re *syntax.Regexp, least, most int) bool {
	if re.Flags&syntax.FoldCase != 0 {
		return false
	}
	switch re.Op {
	case syntax.OpLiteral:
		if (least != 1 || most != 1) && len(re.Rune) != 1 {
			return false
		}
		for _, c := range re.Rune {
			p.append([]rune{c, c}, least, most)
		}
		return true
	case syntax.OpCharClass:
		p.append(re.Rune, least, most)
		return true
	case syntax.OpAnyChar:
		p.append([]rune{0, unicode.MaxRune}, least, most)
		return true
	}
	if least != 1 || most != 1 {
		return false
	}
	switch re.Op {
	case syntax.OpStar:
		return p.add(re.Sub[0], 0, -1) && least == 1
	case syntax.OpPlus:
		return p.addOnce(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		return p.addOnce(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		return p.addOnce(re.Sub[0], re.Min, re.Max)
	}
	return false
}

// addOnce adds a repeated class; a repetition of a repetition is none.
func (p *runs) addOnce(re *syntax.Regexp, least, most int) bool {
	switch re.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyChar:
		return p.add(re, least, most)
	}
	return false
}

// append adds a run, to the one before if that is of the same class.
func (p *runs) append(pairs []rune, least, most int) {
	r := run{least: least, most: most}
	for i := 0; i < len(pairs); i += 2 {
		low, high := pairs[i], pairs[i+1]
		for c := low; c <= min(high, 127); c++ {
			r.ascii[c>>6] |= 1 << (c & 63)
		}
		if high >= 128 {
			r.others = append(r.others, max(low, 128), high)
		}
	}
	if n := len(p.parts); n > 0 && p.parts[n-1].ascii == r.ascii && slices.Equal(p.parts[n-1].others, r.others) {
		last := &p.parts[n-1]
		last.least += least
		if last.most < 0 || most < 0 {
			last.most = -1
		} else {
			last.most += most
		}
		return
	}
	p.parts = append(p.parts, r)
}

// greedy tells whether taking as much as possible is always right: no run that
// may be shorter or longer shares a character with one that may follow it.
func (p *runs) greedy() bool {
	for i := range p.parts {
		if p.parts[i].least == p.parts[i].most {
			continue
		}
		for j := i + 1; j < len(p.parts); j++ {
			if p.parts[i].meets(&p.parts[j]) {
				return false
			}
			if p.parts[j].least > 0 {
				break
			}
		}
	}
	return true
}

func (r *run) meets(o *run) bool {
	if r.ascii[0]&o.ascii[0] != 0 || r.ascii[1]&o.ascii[1] != 0 {
		return true
	}
	for i := 0; i < len(r.others); i += 2 {
		for j := 0; j < len(o.others); j += 2 {
			if r.others[i] <= o.others[j+1] && o.others[j] <= r.others[i+1] {
				return true
			}
		}
	}
	return false
}

// joinRanges is the union of tables as sorted pairs that do not touch.
func joinRanges(tables []*unicode.RangeTable) [][2]rune {
	var all [][2]rune
	add := func(low, high, stride rune) {
		if stride == 1 {
			all = append(all, [2]rune{low, high})
			return
		}
		for c := low; c <= high; c += stride {
			all = append(all, [2]rune{c, c})
		}
	}
	for _, t := range tables {
		for _, r := range t.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range t.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	slices.SortFunc(all, func(a, b [2]rune) int { return cmp.Compare(a[0], b[0]) })
	joined := all[:0]
	for _, r := range all {
		if n := len(joined); n > 0 && r[0] <= joined[n-1][1]+1 {
			joined[n-1][1] = max(joined[n-1][1], r[1])
			continue
		}
		joined = append(joined, r)
	}
	return joined
}

// alwaysMatches tells whether every text matches: the pattern is not anchored
// and takes the empty text.
func alwaysMatches(re *syntax.Regexp) bool {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpStar, syntax.OpQuest:
		return true
	case syntax.OpRepeat:
		return re.Min == 0 || alwaysMatches(re.Sub[0])
	case syntax.OpPlus, syntax.OpCapture:
		return alwaysMatches(re.Sub[0])
	case syntax.OpConcat:
		return !slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return !alwaysMatches(sub) })
	case syntax.OpAlternate:
		return slices.ContainsFunc(re.Sub, alwaysMatches)
	}
	return false
}

// longestMatch is the longest text in bytes that a pattern anchored at both
// ends can match, or -1.
func longestMatch(re *syntax.Regexp) int {
	flat := flatten(nil, re)
	if len(flat) < 2 || flat[0].Op != syntax.OpBeginText || flat[len(flat)-1].Op != syntax.OpEndText {
		return -1
	}
	return longest(re)
}

func longest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune) * utf8.UTFMax
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return utf8.UTFMax
	case syntax.OpStar, syntax.OpPlus:
		return -1
	case syntax.OpRepeat:
		return times(longest(re.Sub[0]), re.Max)
	case syntax.OpCapture, syntax.OpQuest:
		return longest(re.Sub[0])
	case syntax.OpConcat:
		sum := 0
		for _, sub := range re.Sub {
			n := longest(sub)
			if n < 0 || sum > 1<<40 {
				return -1
			}
			sum += n
		}
		return sum
	case syntax.OpAlternate:
		most := 0
		for _, sub := range re.Sub {
			n := longest(sub)
			if n < 0 {
				return -1
			}
			most = max(most, n)
		}
		return most
	}
	return 0
}

func times(n, most int) int {
	if n < 0 || most < 0 || n > 1<<40 {
		return -1
	}
	return n * most
}
