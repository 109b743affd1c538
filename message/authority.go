package message

import "strings"

// SameAuthority tells whether two authorities of http or https name the same
// host and port: letter case counts for nothing, and no port is the scheme's
// own (RFC 9110 §4.2.3).
func SameAuthority(scheme, a, b string) bool {
	return strings.EqualFold(withoutDefault(scheme, a), withoutDefault(scheme, b))
}

func withoutDefault(scheme, authority string) string {
	port := ":80"
	if strings.EqualFold(scheme, "https") {
		port = ":443"
	}
	return strings.TrimSuffix(strings.TrimSuffix(authority, port), ":")
}
