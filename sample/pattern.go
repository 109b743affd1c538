package sample

import (
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"sallyport/jsonschema"
)

// pattern is a regular expression of ECMA-262 that texts are made of.
type pattern struct {
	judge jsonschema.Pattern
	// tree is the same expression as RE2 has it; nil where it needs
	// backtracking.
	tree *syntax.Regexp
}

func (g *Generator) pattern(source string) (*pattern, error) {
	if known := g.patterns[source]; known != nil {
		return known, nil
	}
	judge, err := jsonschema.CompilePattern(source, g.options.Backtracking)
	if err != nil {
		return nil, err
	}
	p := &pattern{judge: judge}
	if text, err := jsonschema.TranslatePattern(source); err == nil {
		if p.tree, err = syntax.Parse(text, syntax.Perl); err != nil {
			return nil, err
		}
	}
	g.patterns[source] = p
	return p, nil
}

func (p *pattern) matches(text string) bool { return p.judge.Match(text) }

// extras are how many characters a text should have beyond what it must, for
// its length to be right: few first, then what is missing to a minLength.
func (p *pattern) extras(least, most int) []int {
	extras := []int{0, 1, 2, 3, 5, 8, 13, 21}
	shortest := utf8.RuneCountInString(p.text(0, 0))
	if missing := least - shortest; missing > 0 {
		extras = append(extras, missing, max(0, missing-1), max(0, missing-2), missing+1, missing+3)
	}
	if room := most - shortest; room > 0 && room < 64 {
		extras = append(extras, room)
	}
	return extras
}

// text makes a text that the pattern is likely to match: with about as many
// characters more than necessary as extra says, along other alternatives for
// other turns. Assertions such as \b are left to the check.
func (p *pattern) text(extra, turn int) string {
	if p.tree == nil {
		return ""
	}
	w := patternWriter{extra: extra, turn: turn}
	w.write(p.tree)
	if w.extra > 0 && w.out.Len() < maxPatternText {
		// Without an anchor at the end, anything may follow.
		w.out.WriteString(strings.Repeat("a", min(w.extra, maxPatternText)))
	}
	return w.out.String()
}

// maxPatternText bounds what repetitions within repetitions make.
const maxPatternText = 64 << 10

type patternWriter struct {
	out   strings.Builder
	extra int // characters that are still wanted
	turn  int // the choice that comes next
}

func (w *patternWriter) write(re *syntax.Regexp) {
	if w.out.Len() > maxPatternText {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.out.WriteRune(r)
		}
	case syntax.OpCharClass:
		w.out.WriteRune(w.member(re.Rune))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.out.WriteRune(w.member([]rune{'a', 'z'}))
	case syntax.OpCapture:
		w.write(re.Sub[0])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			w.write(sub)
		}
	case syntax.OpAlternate:
		w.write(re.Sub[w.choose(len(re.Sub))])
	case syntax.OpStar:
		w.repeat(re.Sub[0], 0, -1)
	case syntax.OpPlus:
		w.repeat(re.Sub[0], 1, -1)
	case syntax.OpQuest:
		w.repeat(re.Sub[0], 0, 1)
	case syntax.OpRepeat:
		w.repeat(re.Sub[0], re.Min, re.Max)
	}
}

// choose takes the next digit of the turn.
func (w *patternWriter) choose(n int) int {
	i := w.turn % n
	w.turn /= n
	return i
}

// repeat writes what must be there, and more while more is wanted.
func (w *patternWriter) repeat(re *syntax.Regexp, least, most int) {
	for i := 0; i < least || w.extra > 0 && (most < 0 || i < most); i++ {
		before := w.out.Len()
		w.write(re)
		written := w.out.Len() - before
		if i >= least {
			w.extra -= written
		}
		if i >= least && written == 0 || w.out.Len() > maxPatternText {
			return
		}
	}
}

// member is a character of a class: one that can stand anywhere if there is
// one, the next for other turns.
func (w *patternWriter) member(class []rune) rune {
	for _, likely := range [...]string{"abcdefghijklmnopqrstuvwxyz", "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "-_~.", " !#$&'()*+,/:;=?@[]{}|\"<>%^`\\"} {
		var fitting []rune
		for _, r := range likely {
			if within(class, r) {
				fitting = append(fitting, r)
			}
		}
		if len(fitting) > 0 {
			return fitting[w.choose(len(fitting))]
		}
	}
	if len(class) == 0 {
		return 'a' // no text can match
	}
	return class[0]
}

// within tells whether a class, a list of first and last characters, has one.
func within(class []rune, r rune) bool {
	for i := 0; i+1 < len(class); i += 2 {
		if class[i] <= r && r <= class[i+1] {
			return true
		}
	}
	return false
}
