package identify

import (
	"strings"

	"sallyport/message"
)

// sameTarget tells whether a URI names what the request asks for, without query
// and fragment (RFC 9449 §4.3, check 9), after normalisation by syntax and by
// scheme (RFC 3986 §6.2.2, §6.2.3). What the request asks for is what the client
// asked for: its scheme is the one that a trusted proxy reports.
func sameTarget(uri string, r *message.Request) bool {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok || !strings.EqualFold(scheme, r.Scheme) {
		return false
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end]
	}
	authority, path := rest, "/" // RFC 9110 §4.2.3: an empty path is a slash
	if slash := strings.IndexByte(rest, '/'); slash >= 0 {
		authority, path = rest[:slash], rest[slash:]
	}
	if authority == "" || !message.SameAuthority(scheme, authority, r.Authority) {
		return false
	}
	return path == r.Path || normalPath(path) == normalPath(r.Path)
}

// normalPath decodes unreserved characters, writes hex digits in capitals and
// takes dot segments out. What is no path stays what it is, and is like nothing.
func normalPath(path string) string {
	out := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		if path[i] != '%' || i+2 >= len(path) {
			out = append(out, path[i])
			continue
		}
		high, low := hexDigit(path[i+1]), hexDigit(path[i+2])
		if high < 0 || low < 0 {
			out = append(out, path[i])
			continue
		}
		if b := byte(high<<4 | low); unreserved(b) {
			out = append(out, b)
		} else {
			out = append(out, '%', "0123456789ABCDEF"[high], "0123456789ABCDEF"[low])
		}
		i += 2
	}
	return withoutDots(string(out))
}

// withoutDots: RFC 3986 §5.2.4, for a path that begins with a slash.
func withoutDots(path string) string {
	if !strings.Contains(path, "/.") {
		return path
	}
	segments := strings.Split(path, "/")
	kept := segments[:1]
	for i, segment := range segments[1:] {
		last := i == len(segments)-2
		switch segment {
		case "..":
			kept = kept[:max(1, len(kept)-1)]
		case ".":
		default:
			kept = append(kept, segment)
			continue
		}
		if last {
			kept = append(kept, "")
		}
	}
	return strings.Join(kept, "/")
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789ABCDEF", upperHex(c)) }

func upperHex(c byte) byte {
	if 'a' <= c && c <= 'f' {
		return c - 'a' + 'A'
	}
	return c
}

// unreserved: RFC 3986 §2.3.
func unreserved(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
