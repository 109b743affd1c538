package jsonschema

import (
	"strings"
	"unicode"
)

// isBidiDomain holds every label of a domain name to the bidi rule if any of
// them has a character that runs from right to left (RFC 5893 §1.4, §2).
func isBidiDomain(s string) bool {
	if !strings.ContainsFunc(s, func(r rune) bool { return isRightToLeft(r) || isArabicDigit(r) }) {
		return true
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isBidi([]rune(label)) {
			return false
		}
	}
	return true
}

// isBidi is the bidi rule for one label.
func isBidi(runes []rune) bool {
	if !unicode.IsLetter(runes[0]) && !isRightToLeft(runes[0]) {
		return false // rule 1: L, R or AL come first
	}
	var left, right, european, arabic bool
	for _, r := range runes {
		switch {
		case isRightToLeft(r):
			right = true
		case isArabicDigit(r):
			arabic = true
		case r >= '0' && r <= '9' || r >= 0x6F0 && r <= 0x6F9:
			european = true
		case unicode.IsLetter(r):
			left = true
		}
	}
	if !isRightToLeft(runes[0]) {
		return !right && !arabic // rule 5
	}
	return !left && !(european && arabic) && endsWell(runes) // rules 2 to 4
}

// endsWell: a label from right to left ends in a letter or a digit, marks aside.
func endsWell(runes []rune) bool {
	for i := len(runes) - 1; i >= 0; i-- {
		if !unicode.Is(unicode.Mn, runes[i]) {
			return isRightToLeft(runes[i]) || unicode.IsDigit(runes[i])
		}
	}
	return false
}

// isRightToLeft is R and AL of the bidirectional algorithm, for what can stand
// in a label: letters and two signs of Sindhi.
func isRightToLeft(r rune) bool {
	return r == 0x6FD || r == 0x6FE || unicode.IsLetter(r) && unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko,
		unicode.Samaritan, unicode.Mandaic, unicode.Adlam, unicode.Hanifi_Rohingya)
}

// isArabicDigit is AN of the bidirectional algorithm.
func isArabicDigit(r rune) bool { return r >= 0x660 && r <= 0x669 }
