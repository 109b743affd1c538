package jsonschema

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// isHostname is a host name of RFC 1123 §2.1, with labels of RFC 5890 §2.3.1:
// what begins like an A-label must be one.
func isHostname(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for more := true; more; {
		var label string
		if label, s, more = strings.Cut(s, "."); !isLDHLabel(label) {
			return false
		}
	}
	return true
}

func isLDHLabel(label string) bool {
	if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
		return false
	}
	for i := range len(label) {
		if !isAlphanumeric(label[i]) && label[i] != '-' {
			return false
		}
	}
	if len(label) >= 4 && label[2:4] == "--" {
		return isALabel(label)
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// isALabel decodes a label that begins with xn-- and judges what it stands for.
func isALabel(label string) bool {
	if !strings.EqualFold(label[:4], "xn--") {
		return false
	}
	encoded := strings.ToLower(label[4:])
	decoded, ok := punycode(encoded)
	// One label has one spelling (RFC 5891 §5.4).
	return ok && !isASCII(decoded) && toPunycode(decoded) == encoded && isULabel(decoded) && isBidiDomain(decoded)
}

func isASCII[T string | []byte](s T) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isIDNHostname is a host name of RFC 5890 §2.3.2.3, its labels separated by
// any of the dots of RFC 3490 §3.1.
func isIDNHostname(s string) bool {
	s = strings.NewReplacer("\u3002", ".", "\uFF0E", ".", "\uFF61", ".").Replace(s)
	if s == "" || len(s) > 4*253 {
		return false
	}
	total := 0
	for label := range strings.SplitSeq(s, ".") {
		length := len(label)
		switch {
		case isASCII(label):
			if !isLDHLabel(label) {
				return false
			}
		case !isULabel(label):
			return false
		default:
			length = len("xn--") + len(toPunycode(label))
		}
		if length > 63 {
			return false
		}
		total += length + 1
	}
	return total-1 <= 253 && isBidiDomain(s)
}

// isULabel holds a label to RFC 5891 §4.2.3 and RFC 5892.
func isULabel(label string) bool {
	runes := []rune(label)
	if len(runes) == 0 || runes[0] == '-' || runes[len(runes)-1] == '-' {
		return false
	}
	if len(runes) >= 4 && runes[2] == '-' && runes[3] == '-' {
		return false
	}
	if unicode.Is(unicode.M, runes[0]) {
		return false
	}
	arabicDigits, extendedDigits := false, false
	for i, r := range runes {
		if !inContext(runes, i) && !isPValid(r) {
			return false
		}
		arabicDigits = arabicDigits || isArabicDigit(r)
		extendedDigits = extendedDigits || r >= 0x6F0 && r <= 0x6F9
	}
	return !arabicDigits || !extendedDigits // appendix A.8, A.9
}

// isPValid is the derived property PVALID of RFC 5892 §3, with the exceptions
// of §2.6. Characters that normalisation would change (§2.2) are taken for
// what their block says.
func isPValid(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z'
	case r == 0xDF || r == 0x3C2 || r == 0x6FD || r == 0x6FE || r == 0xF0B || r == 0x3007:
		return true
	case r == 0x640 || r == 0x7FA || r >= 0x302E && r <= 0x302F || r >= 0x3031 && r <= 0x3035 || r == 0x303B:
		return false
	case isJamo(r), isCompatibility(r), unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r):
		return false
	}
	return unicode.In(r, unicode.Ll, unicode.Lo, unicode.Lm, unicode.Mn, unicode.Mc, unicode.Nd)
}

// isJamo: old Hangul Jamo are DISALLOWED (RFC 5892 §2.9).
func isJamo(r rune) bool {
	return r >= 0x1100 && r <= 0x11FF || r >= 0xA960 && r <= 0xA97C || r >= 0xD7B0 && r <= 0xD7FB
}

// isCompatibility are the blocks whose letters stand for others.
func isCompatibility(r rune) bool {
	return r >= 0xFB00 && r <= 0xFDFF || r >= 0xFE70 && r <= 0xFEFF || r >= 0xFF00 && r <= 0xFFEF ||
		r >= 0x2100 && r <= 0x218F || r >= 0x1D400 && r <= 0x1D7FF || r >= 0xF900 && r <= 0xFAFF
}

// inContext are the rules of RFC 5892 appendix A: characters that are allowed
// beside certain others.
func inContext(runes []rune, i int) bool {
	before := func() rune {
		if i == 0 {
			return -1
		}
		return runes[i-1]
	}
	after := func() rune {
		if i+1 == len(runes) {
			return -1
		}
		return runes[i+1]
	}
	switch r := runes[i]; {
	case r == 0x200C: // A.1 zero width non-joiner
		return isVirama(before()) || joins(runes, i)
	case r == 0x200D: // A.2 zero width joiner
		return isVirama(before())
	case r == 0xB7: // A.3 middle dot
		return before() == 'l' && after() == 'l'
	case r == 0x375: // A.4 Greek keraia
		return after() >= 0 && unicode.Is(unicode.Greek, after())
	case r == 0x5F3 || r == 0x5F4: // A.5, A.6 Hebrew geresh, gershayim
		return before() >= 0 && unicode.Is(unicode.Hebrew, before())
	case r == 0x30FB: // A.7 Katakana middle dot
		for _, other := range runes {
			if other != 0x30FB && unicode.In(other, unicode.Hiragana, unicode.Katakana, unicode.Han) {
				return true
			}
		}
	}
	return false // A.8 and A.9, the digits, are for the whole label
}

// isVirama: canonical combining class 9.
func isVirama(r rune) bool {
	switch r {
	case 0x94D, 0x9CD, 0xA4D, 0xACD, 0xB4D, 0xBCD, 0xC4D, 0xCCD, 0xD3B, 0xD3C, 0xD4D, 0xDCA,
		0xE3A, 0xEBA, 0xF84, 0x1039, 0x103A, 0x1714, 0x1734, 0x17D2, 0x1A60, 0x1B44, 0x1BAA, 0x1BAB,
		0x1BF2, 0x1BF3, 0x2D7F, 0xA806, 0xA8C4, 0xA953, 0xA9C0, 0xAAF6, 0xABED:
		return true
	}
	return false
}

// joins: between letters of scripts whose letters join (appendix A.1).
func joins(runes []rune, i int) bool {
	joining := func(r rune) bool {
		return unicode.In(r, unicode.Arabic, unicode.Syriac, unicode.Mongolian, unicode.Nko, unicode.Mandaic) && unicode.IsLetter(r)
	}
	return i > 0 && i+1 < len(runes) && joining(runes[i-1]) && joining(runes[i+1])
}

// isIPv4 is dotted-decimal (RFC 2673 §3.2), each part without leading zeros.
func isIPv4(s string) bool {
	a, err := netip.ParseAddr(strings.Clone(s))
	return err == nil && a.Is4()
}

// isIPv6 is RFC 4291 §2.2, without a zone.
func isIPv6(s string) bool {
	a, err := netip.ParseAddr(strings.Clone(s))
	return err == nil && a.Is6() && a.Zone() == ""
}

// isEmail is Mailbox of RFC 5321 §4.1.2 in ASCII.
func isEmail(s string) bool { return isASCII(s) && isMailbox(s, false) }

// isIDNEmail is Mailbox of RFC 6531 §3.3.
func isIDNEmail(s string) bool { return isMailbox(s, true) }

func isMailbox(s string, international bool) bool {
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at > 64 || len(s) > 254 {
		return false
	}
	local, domain := s[:at], s[at+1:]
	if !isDotString(local) && !isQuotedString(local) {
		return false
	}
	if literal, ok := strings.CutPrefix(domain, "["); ok {
		literal, ok = strings.CutSuffix(literal, "]")
		if six, tagged := strings.CutPrefix(literal, "IPv6:"); tagged {
			return ok && isIPv6(six)
		}
		return ok && isIPv4(literal)
	}
	return isHostname(domain) || international && isIDNHostname(strings.Clone(domain))
}

// isDotString is atoms joined by single dots.
func isDotString(s string) bool {
	for more := true; more; {
		var atom string
		if atom, s, more = strings.Cut(s, "."); atom == "" {
			return false
		}
		for _, r := range atom {
			if r < utf8.RuneSelf && !isAlphanumeric(byte(r)) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", r) {
				return false
			}
		}
	}
	return true
}

// isQuotedString is "…" with \ before a quote or another \.
func isQuotedString(s string) bool {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return false
	}
	s = s[1 : len(s)-1]
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"' || s[i] < ' ' || s[i] == 0x7F:
			return false
		case s[i] == '\\':
			if i++; i == len(s) || s[i] < ' ' || s[i] > '~' {
				return false
			}
		}
	}
	return true
}
