package http1

// Classes of bytes by RFC 9110 §5.6.2 and §5.5, and RFC 3986 §3.2.
const (
	inToken  = 1 << iota // tchar
	inValue              // HTAB, SP, VCHAR, obs-text
	inTarget             // printable ASCII but the number sign, which no target holds
	inHost               // reg-name
	isHex
)

var octets = classes()

func classes() (all [256]uint8) {
	for c := range 256 {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if letter || digit || within("!#$%&'*+-.^_`|~", c) {
			all[c] |= inToken
		}
		if c == '\t' || c >= ' ' && c != 0x7f {
			all[c] |= inValue
		}
		if c > ' ' && c < 0x7f && c != '#' {
			all[c] |= inTarget
		}
		if letter || digit || within("-._~%!$&'()*+,;=", c) {
			all[c] |= inHost
		}
		if digit || 'a' <= c|0x20 && c|0x20 <= 'f' {
			all[c] |= isHex
		}
	}
	return all
}

func within(set string, c int) bool {
	for i := range len(set) {
		if int(set[i]) == c {
			return true
		}
	}
	return false
}

// span is how many bytes at the beginning of s are of a class.
func span(s string, class uint8) int {
	for i := range len(s) {
		if octets[s[i]]&class == 0 {
			return i
		}
	}
	return len(s)
}

// trim takes optional white space off (OWS, RFC 9110 §5.6.3).
func trim(s string) string {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}
