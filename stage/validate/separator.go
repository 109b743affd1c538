package validate

import "strings"

// separator is what stands between the items of a value.
type separator uint8

const (
	comma separator = iota
	dot
	semicolon
	ampersand
	// space and pipe have no place in a URI (RFC 3986 §2): they come encoded,
	// and are separators in whatever form they come.
	space
	pipe
)

// cut is the text before the first separator, and the text after it.
func (s separator) cut(text string) (item, rest string, more bool) {
	switch s {
	case dot:
		return strings.Cut(text, ".")
	case semicolon:
		return strings.Cut(text, ";")
	case ampersand:
		return strings.Cut(text, "&")
	case space:
		return cutEncoded(text, " +", '2', '0', '0')
	case pipe:
		return cutEncoded(text, "|", '7', 'C', 'c')
	}
	return strings.Cut(text, ",")
}

func cutEncoded(text, raw string, high, low, otherLow byte) (item, rest string, more bool) {
	for i := 0; i < len(text); i++ {
		switch {
		case strings.IndexByte(raw, text[i]) >= 0:
			return text[:i], text[i+1:], true
		case text[i] == '%' && i+2 < len(text) && text[i+1] == high && (text[i+2] == low || text[i+2] == otherLow):
			return text[:i], text[i+3:], true
		}
	}
	return text, "", false
}
