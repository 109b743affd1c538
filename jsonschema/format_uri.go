package jsonschema

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode/utf8"
)

func isURI(s []byte) bool          { return isASCII(s) && isReference(s, true) }
func isURIReference(s []byte) bool { return isASCII(s) && isReference(s, false) }
func isIRI(s []byte) bool          { return isReference(s, true) }
func isIRIReference(s []byte) bool { return isReference(s, false) }

// isReference is URI-reference of RFC 3986 appendix A, and with characters
// beyond ASCII IRI-reference of RFC 3987 §2.2.
func isReference(s []byte, absolute bool) bool {
	rest := s
	scheme, after, hasScheme := cutScheme(s)
	if hasScheme {
		rest = after
	}
	if absolute && (!hasScheme || len(scheme) == 0) {
		return false
	}
	rest, fragment, _ := bytes.Cut(rest, []byte("#"))
	path, query, _ := bytes.Cut(rest, []byte("?"))
	if !hasOnly(fragment, ":@/?", false) || !hasOnly(query, ":@/?", true) {
		return false
	}
	if authority, ok := bytes.CutPrefix(path, []byte("//")); ok {
		path = nil
		if i := bytes.IndexByte(authority, '/'); i >= 0 {
			authority, path = authority[:i], authority[i:]
		}
		if !isAuthority(authority) {
			return false
		}
	} else if !hasScheme {
		// path-noscheme: the first segment has no colon.
		first, _, _ := bytes.Cut(path, []byte("/"))
		if bytes.IndexByte(first, ':') >= 0 {
			return false
		}
	}
	return hasOnly(path, ":@/", false)
}

func cutScheme(s []byte) (scheme, rest []byte, ok bool) {
	for i := range len(s) {
		c := s[i]
		switch {
		case c == ':':
			return s[:i], s[i+1:], i > 0
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return nil, s, false
		}
	}
	return nil, s, false
}

// isAuthority is [userinfo@]host[:port] (RFC 3986 §3.2).
func isAuthority(s []byte) bool {
	if i := bytes.LastIndexByte(s, '@'); i >= 0 {
		if !hasOnly(s[:i], ":", false) {
			return false
		}
		s = s[i+1:]
	}
	if literal, ok := bytes.CutPrefix(s, []byte("[")); ok {
		literal, port, closed := bytes.Cut(literal, []byte("]"))
		return closed && isIPLiteral(literal) && (len(port) == 0 || port[0] == ':' && isPort(port[1:]))
	}
	host, port, _ := bytes.Cut(s, []byte(":"))
	return hasOnly(host, "", false) && isPort(port)
}

func isPort(s []byte) bool { return behindDigits(s, 0) == len(s) }

// isIPLiteral is IPv6address or IPvFuture (RFC 3986 §3.2.2).
func isIPLiteral(s []byte) bool {
	if len(s) > 0 && (s[0] == 'v' || s[0] == 'V') {
		version, address, ok := bytes.Cut(s[1:], []byte("."))
		return ok && len(version) > 0 && len(bytes.Trim(version, "0123456789abcdefABCDEF")) == 0 &&
			len(address) > 0 && bytes.IndexByte(address, '%') < 0 && hasOnly(address, ":", false)
	}
	a, err := netip.ParseAddr(string(s))
	return err == nil && a.Is6() && a.Zone() == ""
}

// hasOnly tells whether a part of a URI consists of unreserved characters,
// sub-delims, percent-encoded bytes and the characters named.
func hasOnly(s []byte, extra string, private bool) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(s[i:])
			if !isUCSChar(r) && !(private && isPrivate(r)) {
				return false
			}
			i += size - 1
		case isAlphanumeric(c) || strings.IndexByte("-._~!$&'()*+,;=", c) >= 0 || strings.IndexByte(extra, c) >= 0:
		case c == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]):
			i += 2
		default:
			return false
		}
	}
	return true
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// isUCSChar is ucschar of RFC 3987 §2.2.
func isUCSChar(r rune) bool {
	switch {
	case r >= 0xA0 && r <= 0xD7FF, r >= 0xF900 && r <= 0xFDCF, r >= 0xFDF0 && r <= 0xFFEF:
		return true
	}
	return r >= 0x10000 && r <= 0xEFFFD && r&0xFFFF <= 0xFFFD
}

// isPrivate is iprivate of RFC 3987 §2.2.
func isPrivate(r rune) bool {
	return r >= 0xE000 && r <= 0xF8FF || r >= 0xF0000 && r <= 0xFFFFD || r >= 0x100000 && r <= 0x10FFFD
}

// isURITemplate is URI-Template of RFC 6570 §2.
func isURITemplate(s string) bool {
	for s != "" {
		literal, rest, found := strings.Cut(s, "{")
		if !isTemplateLiteral(literal) {
			return false
		}
		if !found {
			return true
		}
		expression, after, closed := strings.Cut(rest, "}")
		if !closed || !isExpression(expression) {
			return false
		}
		s = after
	}
	return true
}

// isTemplateLiteral is literals of RFC 6570 §2.1 and the apostrophe, which its
// grammar leaves out though URIs have it.
func isTemplateLiteral(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		case c <= ' ' || c == 0x7F || strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			return false
		}
	}
	return true
}

// isExpression is what stands between { and }: an operator and variables.
func isExpression(s string) bool {
	if s != "" && strings.IndexByte("+#./;?&=,!@|", s[0]) >= 0 {
		s = s[1:]
	}
	for variable := range strings.SplitSeq(s, ",") {
		name, explode := strings.CutSuffix(variable, "*")
		name, prefix, hasPrefix := strings.Cut(name, ":")
		if hasPrefix && (explode || len(prefix) > 4 || !allDigits(prefix) || prefix[0] == '0') {
			return false
		}
		if !isVariable(name) {
			return false
		}
	}
	return true
}

func isVariable(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if part == "" {
			return false
		}
		for i := 0; i < len(part); i++ {
			switch c := part[i]; {
			case isAlphanumeric(c) || c == '_':
			case c == '%' && i+2 < len(part) && isHex(part[i+1]) && isHex(part[i+2]):
				i += 2
			default:
				return false
			}
		}
	}
	return true
}
