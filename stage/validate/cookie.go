package validate

import (
	"strings"

	"sallyport/message"
)

// maxCookies is far above what a browser keeps for one host (RFC 6265 §6.1).
const maxCookies = 256

// cookies goes through the pairs of the Cookie field (RFC 6265 §4.2.1).
func cookies(r *message.Request, each func(name, value string)) flaw {
	lines, seen := 0, 0
	for i := range r.Fields {
		if !message.EqualName(r.Fields[i].Name, "Cookie") {
			continue
		}
		// HTTP/2 may split the field (RFC 9113 §8.2.3); in HTTP/1 a second line
		// is wrong (RFC 6265 §5.4), and servers differ on which one they read.
		if lines++; lines > 1 && strings.HasPrefix(r.Proto, "HTTP/1") {
			return repeated
		}
		for rest, more := r.Fields[i].Value, true; more; {
			var one string
			one, rest, more = semicolon.cut(rest)
			one = strings.Trim(one, " \t")
			if one == "" {
				continue
			}
			// A quoted string that is closed in a later pair hides the pairs
			// between from parsers that read quotes.
			if seen++; seen > maxCookies || strings.Count(one, `"`)%2 != 0 {
				return badStyle
			}
			name, value, ok := strings.Cut(one, "=")
			if !ok {
				name, value = "", one // as browsers read it (RFC 6265bis §5.6)
			}
			each(strings.TrimRight(name, " \t"), strings.TrimLeft(value, " \t"))
		}
	}
	return sound
}

// cookieValue tells whether a value holds nothing but what RFC 6265 §4.2.1 lets
// a server set: no white space, quote, comma, semicolon or backslash, and no
// byte beyond ASCII. Commas are let through: they are how style form writes a
// list, unencoded (OpenAPI, Style Examples).
func cookieValue(value string) bool {
	for i := 0; i < len(value); i++ {
		if c := value[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}
