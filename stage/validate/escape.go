package validate

import (
	"strings"
	"unicode/utf8"
)

// coding is how text is encoded in its place.
type coding uint8

const (
	// literal text stands as it is: field values, cookies of style cookie. The
	// specification applies no percent-encoding there (3.2.0, Style Examples).
	literal coding = iota
	// percent is RFC 3986 §2.1: paths and cookies of style form.
	percent
	// formed is percent, and + for a space: queries and forms. RFC 6570 leaves +
	// alone, but every browser and every backend reads a query as
	// application/x-www-form-urlencoded, and clients that mean + send %2B.
	formed
)

// unescape appends the text that raw stands for. It is not ok where an escape
// is broken or the text is not UTF-8: decoders differ on both.
func unescape(text []byte, raw string, c coding) ([]byte, bool) {
	start := len(text)
	if c == literal || plain(raw) {
		text = append(text, raw...)
		return text, utf8.Valid(text[start:])
	}
	for i := 0; i < len(raw); i++ {
		switch b := raw[i]; {
		case b == '+' && c == formed:
			text = append(text, ' ')
		case b == '%':
			if i+2 >= len(raw) {
				return text, false
			}
			high, low := unhex(raw[i+1]), unhex(raw[i+2])
			if high > 15 || low > 15 {
				return text, false
			}
			text = append(text, high<<4|low)
			i += 2
		default:
			text = append(text, b)
		}
	}
	return text, utf8.Valid(text[start:])
}

// plain tells whether raw is its own text under every coding.
func plain(raw string) bool {
	return strings.IndexByte(raw, '%') < 0 && strings.IndexByte(raw, '+') < 0
}

func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// appendQuoted appends UTF-8 text as a JSON string (RFC 8259 §7).
func appendQuoted(out, text []byte) []byte {
	const digits = "0123456789abcdef"
	out = append(out, '"')
	start := 0
	for i, c := range text {
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		out = append(out, text[start:i]...)
		start = i + 1
		if c == '"' || c == '\\' {
			out = append(out, '\\', c)
		} else {
			out = append(out, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	out = append(out, text[start:]...)
	return append(out, '"')
}
