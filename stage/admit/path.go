package admit

import (
	"strings"
	"unicode/utf8"

	"sallyport/problem"
)

// CanonicalPath is the one reading of a path as it stands in a request target:
// unreserved characters decoded and hex digits in capitals (RFC 3986 §6.2.2).
// What a backend behind us could read otherwise is refused: empty and dot
// segments, backslashes, control characters, encodings of encodings, bytes
// that are not UTF-8. An encoded slash is kept as %2F: whether a parameter may
// hold one is decided when the operation is known.
func CanonicalPath(raw string) (string, error) {
	if raw == "" || raw[0] != '/' {
		return "", ambiguous("It must begin with a slash.")
	}
	changed, encoded := false, false
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c == '%':
			b, err := escape(raw, i)
			if err != nil {
				return "", err
			}
			changed = changed || unreserved(b) || lowerHex(raw[i+1]) || lowerHex(raw[i+2])
			encoded = encoded || b >= utf8.RuneSelf
			i += 2
		case c == '\\':
			return "", ambiguous("A backslash is read as a slash by some servers.")
		case !pathByte(c):
			return "", ambiguous("A character that RFC 3986 does not allow in a path must be percent-encoded.")
		}
	}
	path := raw
	if changed {
		path = decodeUnreserved(raw)
		if encodesEncoding(path) { // %25%32%65 is %252e only now
			return "", ambiguous("An encoding of an encoding has two readings.")
		}
	}
	if encoded && !utf8.ValidString(decodeAll(path)) {
		return "", ambiguous("The percent-encoded bytes are not valid UTF-8.") // overlong forms of / and . among them
	}
	return path, checkSegments(path)
}

func ambiguous(why string) error {
	return problem.Refuse(problem.PathAmbiguous, "%s", why)
}

// escape is the byte of the escape at raw[i], if it can stand in a path.
func escape(raw string, i int) (byte, error) {
	if i+2 >= len(raw) || !hex(raw[i+1]) || !hex(raw[i+2]) {
		return 0, ambiguous("A percent sign must be followed by two hexadecimal digits.")
	}
	b := unhex(raw[i+1])<<4 | unhex(raw[i+2])
	switch {
	case b < 0x20 || b == 0x7f:
		return 0, ambiguous("A control character is not allowed in a path.")
	case b == '\\':
		return 0, ambiguous("A backslash is read as a slash by some servers.")
	case b == '%' && i+4 < len(raw) && hex(raw[i+3]) && hex(raw[i+4]):
		return 0, ambiguous("An encoding of an encoding has two readings.")
	}
	return b, nil
}

func encodesEncoding(path string) bool {
	for i := 0; i+4 < len(path); i++ {
		if path[i] == '%' && path[i+1] == '2' && path[i+2] == '5' && hex(path[i+3]) && hex(path[i+4]) {
			return true
		}
	}
	return false
}

// checkSegments refuses segments that servers resolve differently: empty ones,
// "." and "..", and dots with a path parameter behind them (..;/). An encoded
// slash ends a segment for servers that decode before they resolve, so that a
// parameter which may hold one cannot climb either (..%2F..%2F).
func checkSegments(path string) error {
	start := 1
	for i := 1; i <= len(path); i++ {
		switch {
		case i == len(path) || path[i] == '/':
			if i == start && i < len(path) {
				return ambiguous("An empty segment (//) has two readings.")
			}
		case path[i] != '%' || path[i+1] != '2' || path[i+2] != 'F':
			continue
		}
		if dots(path[start:i]) {
			return ambiguous("A dot segment has two readings.")
		}
		if start = i + 1; i < len(path) && path[i] == '%' {
			start = i + 3
		}
	}
	return nil
}

// dots tells whether a segment is "." or "..", with or without a path
// parameter, whose semicolon may be encoded.
func dots(segment string) bool {
	rest := strings.TrimPrefix(strings.TrimPrefix(segment, "."), ".")
	return len(rest) < len(segment) && (rest == "" || rest[0] == ';' || strings.HasPrefix(rest, "%3B"))
}

func decodeUnreserved(raw string) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '%' {
			out = append(out, raw[i])
			continue
		}
		if b := unhex(raw[i+1])<<4 | unhex(raw[i+2]); unreserved(b) {
			out = append(out, b)
		} else {
			out = append(out, '%', upper(raw[i+1]), upper(raw[i+2]))
		}
		i += 2
	}
	return string(out)
}

func decodeAll(path string) string {
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		if path[i] == '%' {
			out = append(out, unhex(path[i+1])<<4|unhex(path[i+2]))
			i += 2
		} else {
			out = append(out, path[i])
		}
	}
	return string(out)
}

// CheckQuery refuses a query that could not be passed on with one reading. It
// is laxer than RFC 3986 §3.4: browsers leave brackets, braces and bars as
// they are (WHATWG URL, query percent-encode set).
func CheckQuery(raw string) error {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		switch {
		case c <= ' ' || c >= 0x7f || c == '#':
			return problem.Refuse(problem.RequestMalformed, "A character in the query must be percent-encoded.")
		case c == '%':
			if i+2 >= len(raw) || !hex(raw[i+1]) || !hex(raw[i+2]) {
				return problem.Refuse(problem.RequestMalformed, "A percent sign in the query must be followed by two hexadecimal digits.")
			}
			if raw[i+1] == '0' && raw[i+2] == '0' {
				return problem.Refuse(problem.RequestMalformed, "A NUL character is not allowed in the query.")
			}
		}
	}
	return nil
}

// pathByte: pchar and "/" of RFC 3986 §3.3, without the percent sign.
func pathByte(c byte) bool { return classes[c]&inPath != 0 }

// unreserved: RFC 3986 §2.3.
func unreserved(c byte) bool { return classes[c]&isUnreserved != 0 }

const (
	isUnreserved = 1 << iota
	inPath
)

// classes says of each byte which of the sets of RFC 3986 it is in.
var classes = func() (table [256]uint8) {
	for c := range table {
		switch b := byte(c); {
		case 'a' <= b|0x20 && b|0x20 <= 'z', '0' <= b && b <= '9', strings.IndexByte("-._~", b) >= 0:
			table[c] = isUnreserved | inPath
		case strings.IndexByte("/!$&'()*+,;=:@", b) >= 0:
			table[c] = inPath
		}
	}
	return table
}()

func hex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func lowerHex(c byte) bool { return 'a' <= c && c <= 'f' }

func upper(c byte) byte {
	if lowerHex(c) {
		return c - 0x20
	}
	return c
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
