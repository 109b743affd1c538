package jsonschema

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// White space and line terminators of ECMA-262 (12.2, 12.3), and all else.
const (
	whiteSpace    = `\t-\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`
	notWhiteSpace = `\x{0}-\x{8}\x{e}-\x{1f}\x{21}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{fefe}\x{ff00}-\x{10ffff}`
)

// escape writes what a backslash begins outside a class.
func (t *translator) escape(start int) (bool, error) {
	switch c := t.peek(); {
	case c == 'b' || c == 'B':
		t.pos++
		t.out.WriteString(`\` + string(c))
		return false, nil
	case c >= '1' && c <= '9':
		t.number()
		t.backtrack(start, "the back-reference")
		return true, nil
	case c == 'k' && t.at(1) == '<':
		t.pos += 2
		for t.more() && t.peek() != '>' {
			t.pos++
		}
		name := string(t.input[start+3 : t.pos])
		if !t.accept(">") {
			return false, t.fail(start, "the back-reference has no end")
		}
		t.named = append(t.named, namedReference{name, start})
		t.backtrack(start, "the back-reference")
		return true, nil
	}
	set, isSet, err := t.setEscape(start)
	if err != nil {
		return false, err
	}
	if isSet {
		t.out.WriteString("[" + set + "]")
		return true, nil
	}
	r, err := t.characterEscape(start, false)
	if err != nil {
		return false, err
	}
	t.literal(r)
	return true, nil
}

// setEscape reads \d, \s, \w, \p{…} and their opposites, as it is written
// inside a class of RE2.
func (t *translator) setEscape(start int) (string, bool, error) {
	c := t.peek()
	switch c {
	case 'd', 'D', 'w', 'W':
		t.pos++
		return `\` + string(c), true, nil
	case 's':
		t.pos++
		return whiteSpace, true, nil
	case 'S':
		t.pos++
		return notWhiteSpace, true, nil
	case 'p', 'P':
		t.pos++
		set, err := t.property(start, c == 'P')
		return set, true, err
	}
	return "", false, nil
}

// characterEscape reads an escape that means one character.
func (t *translator) characterEscape(start int, inClass bool) (rune, error) {
	if !t.more() {
		return 0, t.fail(start, `there is nothing behind the \`)
	}
	c := t.input[t.pos]
	t.pos++
	switch c {
	case 't':
		return '\t', nil
	case 'n':
		return '\n', nil
	case 'v':
		return '\v', nil
	case 'f':
		return '\f', nil
	case 'r':
		return '\r', nil
	case '0':
		if t.peek() >= '0' && t.peek() <= '9' {
			return 0, t.fail(start, "octal escapes are not ECMA-262's")
		}
		return 0, nil
	case 'c':
		if l := t.peek(); l >= 'a' && l <= 'z' || l >= 'A' && l <= 'Z' {
			t.pos++
			return l % 32, nil
		}
		return 0, t.fail(start, `\c is followed by a letter`)
	case 'x':
		if r, ok := t.hex(2); ok {
			return r, nil
		}
		return 0, t.fail(start, `\x is followed by two hexadecimal digits`)
	case 'u':
		return t.unicodeEscape(start)
	case 'b':
		if inClass {
			return '\b', nil
		}
	}
	// Identity escapes: u allows SyntaxCharacter and /; others that are no
	// letter and no digit have one meaning and are common in real documents.
	if c == '_' || !unicode.IsLetter(c) && !unicode.IsDigit(c) {
		return c, nil
	}
	return 0, t.fail(start, `ECMA-262 has no escape \%c`, c)
}

// hex reads exactly n hexadecimal digits.
func (t *translator) hex(n int) (rune, bool) {
	if t.pos+n > len(t.input) {
		return 0, false
	}
	v, err := strconv.ParseUint(string(t.input[t.pos:t.pos+n]), 16, 32)
	if err != nil || t.input[t.pos] == '+' {
		return 0, false
	}
	t.pos += n
	return rune(v), true
}

// unicodeEscape reads what follows \u: four digits, a pair of surrogates, or {…}.
func (t *translator) unicodeEscape(start int) (rune, error) {
	if t.accept("{") {
		from := t.pos
		for t.more() && t.peek() != '}' {
			t.pos++
		}
		v, err := strconv.ParseUint(string(t.input[from:t.pos]), 16, 32)
		if err != nil || v > unicode.MaxRune || !t.accept("}") {
			return 0, t.fail(start, `\u{…} holds a code point in hexadecimal`)
		}
		return rune(v), nil
	}
	high, ok := t.hex(4)
	if !ok {
		return 0, t.fail(start, `\u is followed by four hexadecimal digits`)
	}
	if !utf16.IsSurrogate(high) || high >= 0xDC00 {
		return high, nil
	}
	before := t.pos
	if t.accept(`\u`) {
		if low, ok := t.hex(4); ok {
			if r := utf16.DecodeRune(high, low); r != unicode.ReplacementChar {
				return r, nil
			}
		}
	}
	t.pos = before
	return high, nil
}

// class writes [...]. Its members are ranges of numbers and RE2's own sets.
func (t *translator) class(start int) error {
	negated := t.accept("^")
	var set strings.Builder
	for {
		if !t.more() {
			return t.fail(start, "there is a [ without its ]")
		}
		if t.accept("]") {
			break
		}
		if err := t.classRange(&set); err != nil {
			return err
		}
	}
	switch {
	case set.Len() == 0 && negated:
		t.out.WriteString(`(?s:.)`)
	case set.Len() == 0:
		t.out.WriteString(`[^\x{0}-\x{10ffff}]`)
	case negated:
		t.out.WriteString("[^" + set.String() + "]")
	default:
		t.out.WriteString("[" + set.String() + "]")
	}
	return nil
}

// classRange writes one member of a class, or a range of two.
func (t *translator) classRange(set *strings.Builder) error {
	at := t.pos
	low, lowSet, err := t.classAtom()
	if err != nil {
		return err
	}
	if t.peek() != '-' || t.at(1) == ']' || t.at(1) == -1 {
		writeMember(set, low, lowSet)
		return nil
	}
	t.pos++
	high, highSet, err := t.classAtom()
	if err != nil {
		return err
	}
	if lowSet != "" || highSet != "" {
		// Annex B: beside a set a - is itself.
		writeMember(set, low, lowSet)
		writeMember(set, '-', "")
		writeMember(set, high, highSet)
		return nil
	}
	if low > high {
		return t.fail(at, "the range ends before it begins")
	}
	fmt.Fprintf(set, `\x{%x}-\x{%x}`, low, high)
	return nil
}

func writeMember(set *strings.Builder, r rune, members string) {
	if members != "" {
		set.WriteString(members)
		return
	}
	fmt.Fprintf(set, `\x{%x}`, r)
}

// classAtom is a character, or a set.
func (t *translator) classAtom() (rune, string, error) {
	start := t.pos
	c := t.input[t.pos]
	t.pos++
	if c != '\\' {
		return c, "", nil
	}
	set, isSet, err := t.setEscape(start)
	if isSet || err != nil {
		return 0, set, err
	}
	r, err := t.characterEscape(start, true)
	return r, "", err
}
