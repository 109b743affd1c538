package jsonschema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// translator writes a regular expression of ECMA-262 (22.2, flag u) as one of
// RE2. Every character is written by its number, so that nothing in it can be
// read as RE2's own syntax.
type translator struct {
	input []rune
	pos   int
	out   strings.Builder
	depth int
	names map[string]bool
	named []namedReference
	all   bool // modifier s: a dot takes every character
	// weight is how often the last atom repeats what is innermost in it: RE2
	// bounds the product of repetitions within each other.
	weight int
	// size is how many instructions the last atom takes.
	size int
	// needsBacktracking is the first thing that no linear engine can do.
	needsBacktracking *patternError
}

// namedReference is a back-reference to a group by its name.
type namedReference struct {
	name string
	at   int
}

const maxGroupDepth = 200

func (t *translator) fail(at int, format string, args ...any) *patternError {
	return &patternError{message: fmt.Sprintf(format, args...), at: at + 1, remedy: "patterns are regular expressions of ECMA-262"}
}

// backtrack notes a construct that needs backtracking.
func (t *translator) backtrack(at int, what string) {
	if t.needsBacktracking == nil {
		t.needsBacktracking = &patternError{
			message: fmt.Sprintf("%s at character %d cannot be matched in linear time", what, at+1),
			remedy:  "write the pattern without it, or allow backtracking (patterns: backtracking)",
		}
	}
}

func (t *translator) translate() (string, error) {
	t.names = map[string]bool{}
	if err := t.disjunction(); err != nil {
		return "", err
	}
	if t.pos < len(t.input) {
		return "", t.fail(t.pos, "there is a ) without its (")
	}
	for _, r := range t.named {
		if !t.names[r.name] { // ECMA-262 22.2.1.1: an early error
			return "", t.fail(r.at, "the back-reference leads to no group of that name")
		}
	}
	return t.out.String(), nil
}

func (t *translator) more() bool { return t.pos < len(t.input) }

// peek is the next character, or -1.
func (t *translator) peek() rune { return t.at(0) }

func (t *translator) at(ahead int) rune {
	if t.pos+ahead < len(t.input) {
		return t.input[t.pos+ahead]
	}
	return -1
}

func (t *translator) accept(text string) bool {
	runes := []rune(text)
	for i, r := range runes {
		if t.at(i) != r {
			return false
		}
	}
	t.pos += len(runes)
	return true
}

func (t *translator) disjunction() error {
	heaviest, size := 1, 1
	for {
		for t.more() && t.peek() != '|' && t.peek() != ')' {
			t.weight, t.size = 1, 1
			if err := t.term(); err != nil {
				return err
			}
			heaviest = max(heaviest, t.weight)
			if size += t.size; size > maxRepetitions {
				return t.fail(t.pos-1, "too many repetitions")
			}
		}
		if !t.accept("|") {
			t.weight, t.size = heaviest, size
			return nil
		}
		t.out.WriteByte('|')
	}
}

// term is an assertion, or an atom with its quantifier.
func (t *translator) term() error {
	start, written := t.pos, t.out.Len()
	quantifiable, err := t.atom()
	if err != nil {
		return err
	}
	q, ok, err := t.quantifier()
	if err != nil || !ok {
		return err
	}
	if !quantifiable {
		return t.fail(start, "there is nothing to repeat")
	}
	if next, again, _ := t.quantifier(); again && next != (quantifier{}) {
		return t.fail(t.pos-1, "a repetition is repeated")
	}
	atom := t.out.String()[written:]
	rest := t.out.String()[:written]
	t.out.Reset()
	t.out.WriteString(rest)
	count := max(q.least, q.most, 1)
	if count > maxRepetitions || t.size*count > maxRepetitions {
		return t.fail(start, "too many repetitions")
	}
	t.size *= count
	repeated := q.apply(atom, count, &t.weight)
	if len(repeated) > maxTranslation {
		return t.fail(start, "too many repetitions")
	}
	t.out.WriteString(repeated)
	return nil
}

// atom writes one atom or assertion; it tells whether it may be repeated.
func (t *translator) atom() (bool, error) {
	start := t.pos
	c := t.input[t.pos]
	t.pos++
	switch c {
	case '^':
		t.out.WriteString(`\A`)
		return false, nil
	case '$':
		t.out.WriteString(`\z`)
		return false, nil
	case '.':
		if t.all {
			t.out.WriteString(`(?s:.)`)
		} else {
			t.out.WriteString(`[^\n\r\x{2028}\x{2029}]`)
		}
	case '(':
		return t.group(start)
	case '[':
		return true, t.class(start)
	case '\\':
		return t.escape(start)
	case '*', '+', '?':
		return false, t.fail(start, "there is nothing to repeat")
	case '{':
		// Annex B: a brace that begins no quantifier is itself.
		t.pos--
		if _, ok, _ := t.quantifier(); ok {
			return false, t.fail(start, "there is nothing to repeat")
		}
		t.pos = start + 1
		t.literal('{')
	default:
		t.literal(c) // ] and } too, by Annex B
	}
	return true, nil
}

func (t *translator) literal(r rune) { fmt.Fprintf(&t.out, `\x{%x}`, r) }

// group is everything that begins with a parenthesis.
func (t *translator) group(start int) (bool, error) {
	if t.depth++; t.depth > maxGroupDepth {
		return false, t.fail(start, "groups are nested too deep")
	}
	defer func() { t.depth-- }()
	open, quantifiable, all := "(?:", true, t.all
	switch {
	case t.accept("?:"):
	case t.accept("?="), t.accept("?!"):
		t.backtrack(start, "look-ahead")
	case t.accept("?<="), t.accept("?<!"):
		t.backtrack(start, "look-behind")
		quantifiable = false
	case t.accept("?<"):
		if err := t.groupName(start); err != nil {
			return false, err
		}
	case t.accept("?"):
		modifiers, err := t.modifiers(start)
		if err != nil {
			return false, err
		}
		open = modifiers
	}
	t.out.WriteString(open)
	if err := t.disjunction(); err != nil {
		return false, err
	}
	if !t.accept(")") {
		return false, t.fail(start, "there is a ( without its )")
	}
	t.out.WriteByte(')')
	t.all = all
	return quantifiable, nil
}

func (t *translator) groupName(start int) error {
	var name strings.Builder
	for t.more() && t.peek() != '>' {
		r := t.peek()
		if r != '$' && r != '_' && !unicode.IsLetter(r) && (name.Len() == 0 || !unicode.IsDigit(r)) {
			return t.fail(t.pos, "this cannot stand in the name of a group")
		}
		name.WriteRune(r)
		t.pos++
	}
	if !t.accept(">") || name.Len() == 0 {
		return t.fail(start, "the group has no name")
	}
	if t.names[name.String()] {
		return t.fail(start, "two groups have the same name")
	}
	t.names[name.String()] = true
	return nil
}

// modifiers are (?i:, (?s: and (?-i: of ECMA-262 2025.
func (t *translator) modifiers(start int) (string, error) {
	add := true
	open := "(?"
	for t.more() && t.peek() != ':' {
		switch r := t.peek(); {
		case r == '-' && add:
			add = false
			open += "-"
		case r == 'i':
			open += "i"
		case r == 's':
			t.all = add
			open += "s"
		case r == 'm':
			return "", t.fail(start, "the modifier m is not supported")
		default:
			return "", t.fail(start, "ECMA-262 has no such group")
		}
		t.pos++
	}
	if !t.accept(":") || open == "(?" {
		return "", t.fail(start, "ECMA-262 has no such group")
	}
	return strings.TrimSuffix(open, "-") + ":", nil
}

// quantifier is how often an atom is repeated; most -1 is without end.
type quantifier struct {
	least, most int
	lazy        bool
}

// quantifier reads one, if there is one.
func (t *translator) quantifier() (quantifier, bool, error) {
	start := t.pos
	var q quantifier
	switch {
	case t.accept("*"):
		q = quantifier{0, -1, false}
	case t.accept("+"):
		q = quantifier{1, -1, false}
	case t.accept("?"):
		q = quantifier{0, 1, false}
	case t.accept("{"):
		if !t.braces(&q) {
			t.pos = start
			return q, false, nil
		}
		if q.most >= 0 && q.least > q.most {
			return q, false, t.fail(start, "the repetition ends before it begins")
		}
	default:
		return q, false, nil
	}
	q.lazy = t.accept("?")
	return q, true, nil
}

// braces reads n}, n,} or n,m}.
func (t *translator) braces(q *quantifier) bool {
	n, ok := t.number()
	if !ok {
		return false
	}
	q.least, q.most = n, n
	if t.accept(",") {
		q.most = -1
		if m, ok := t.number(); ok {
			q.most = m
		}
	}
	return t.accept("}")
}

func (t *translator) number() (int, bool) {
	start := t.pos
	for t.peek() >= '0' && t.peek() <= '9' {
		t.pos++
	}
	n, err := strconv.Atoi(string(t.input[start:t.pos]))
	if err != nil && t.pos > start {
		n = 1 << 30 // as good as any number that large
	}
	return n, t.pos > start
}

// RE2 repeats no more than 1000 times, counting repetitions within each other;
// more is written as a row of repetitions.
const maxRepeat = 1000

// apply writes the repetition of an atom of a weight, and sets the weight of
// what was written.
func (q quantifier) apply(atom string, count int, weight *int) string {
	suffix := ""
	if q.lazy {
		suffix = "?"
	}
	chunk := min(count, max(maxRepeat / *weight, 1))
	*weight *= chunk
	if count == chunk {
		if q.most < 0 {
			return fmt.Sprintf("%s{%d,}%s", atom, q.least, suffix)
		}
		return fmt.Sprintf("%s{%d,%d}%s", atom, q.least, q.most, suffix)
	}
	var b strings.Builder
	b.WriteString("(?:")
	row := func(n int, from string) {
		for ; n > 0; n -= chunk {
			fmt.Fprintf(&b, "%s{%s%d}%s", atom, from, min(n, chunk), suffix)
		}
	}
	row(q.least, "")
	if q.most < 0 {
		b.WriteString(atom + "*" + suffix)
	} else {
		row(q.most-q.least, "0,")
	}
	b.WriteByte(')')
	return b.String()
}
