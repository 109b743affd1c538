package pathmatch

import (
	"encoding/hex"
	"strings"
)

// isUnreserved is RFC 3986 section 2.3: what means the same encoded or not.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// isPathCharacter is pchar of RFC 3986 section 3.3 without the percent sign.
func isPathCharacter(c byte) bool {
	return isUnreserved(c) || strings.IndexByte("!$&'()*+,;=:@", c) >= 0
}

// octetAt decodes the percent-encoded octet at the beginning of s.
func octetAt(s string) (octet byte, ok bool) {
	if len(s) < len("%XX") {
		return 0, false
	}
	decoded, err := hex.DecodeString(s[1:3])
	if err != nil {
		return 0, false
	}
	return decoded[0], true
}

func appendTriple(to []byte, octet byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(to, '%', digits[octet>>4], digits[octet&15])
}

// cutsTriple reports whether s, cut at i, is cut inside a percent-encoded octet. Without it, the template
// "{id}F" would take the last digit of an encoded slash for its literal, and hand "a%2" on as a value.
func cutsTriple(s string, i int) bool {
	return i >= 1 && s[i-1] == '%' || i >= 2 && s[i-2] == '%'
}

// indexWhole is strings.Index from the given offset on, but never finds an occurrence that begins inside
// a percent-encoded octet.
func indexWhole(s, literal string, from int) int {
	for from <= len(s) {
		i := strings.Index(s[from:], literal)
		if i < 0 {
			return -1
		}
		if !cutsTriple(s, from+i) {
			return from + i
		}
		from += i + 1
	}
	return -1
}

// lastIndexWhole is strings.LastIndex with the same care.
func lastIndexWhole(s, literal string) int {
	for {
		i := strings.LastIndex(s, literal)
		if i < 0 || !cutsTriple(s, i) {
			return i
		}
		s = s[:i+len(literal)-1]
	}
}
