package http1

import (
	"strings"

	"sallyport/message"
)

// checkForm takes the forms of RFC 9112 §3.2 that a gateway in front of an API
// can serve: origin-form, absolute-form, and the asterisk of OPTIONS. CONNECT
// and its authority-form would ask for a tunnel.
func checkForm(method, target string) error {
	switch {
	case method == "CONNECT":
		return errTarget
	case target[0] == '/', target == "*" && method == "OPTIONS":
		return nil
	}
	if _, authority, ok := absolute(target); !ok || !isAuthority(authority) {
		return errTarget
	}
	return nil
}

// absolute cuts scheme and authority out of a target in absolute-form.
func absolute(target string) (scheme, authority string, ok bool) {
	scheme, rest, ok := strings.Cut(target, "://")
	if !ok || !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		return "", "", false
	}
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		rest = rest[:end]
	}
	return scheme, rest, true
}

// findAuthority holds the Host field to RFC 9112 §3.2. Where the target names a
// host too, §3.2.2 has a server ignore the field; we refuse where they differ,
// since not every server behind us follows the same rule.
func (h *head) findAuthority() error {
	switch {
	case h.hosts > 1, h.hosts == 0 && h.minor == '1':
		return errHostCount
	case h.hosts == 1 && !isAuthority(h.host):
		return errHost
	}
	h.authority = h.host
	if scheme, named, ok := absolute(h.target); ok && h.target[0] != '/' {
		if h.hosts == 1 && !message.SameAuthority(scheme, named, h.host) {
			return errHostOther
		}
		h.authority = named
	}
	return nil
}

// isAuthority is a host and perhaps a port (RFC 3986 §3.2.2, §3.2.3), without
// user information, which no Host field has.
func isAuthority(s string) bool {
	end := span(s, inHost)
	if s != "" && s[0] == '[' {
		end = strings.IndexByte(s, ']') + 1
		if end < len("[::]") || !isAddress(s[1:end-1]) {
			return false
		}
	}
	if end == 0 {
		return false
	}
	port := s[end:]
	if port == "" {
		return true
	}
	if port[0] != ':' || len(port) > len(":65535") {
		return false
	}
	for i := 1; i < len(port); i++ {
		if !isDigit(port[i]) {
			return false
		}
	}
	return true
}

// isAddress looks at the bytes of an IP literal; whether they make an address
// is for whoever routes by it.
func isAddress(s string) bool {
	for i := range len(s) {
		if octets[s[i]]&isHex == 0 && s[i] != ':' && s[i] != '.' {
			return false
		}
	}
	return true
}
