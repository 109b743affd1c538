package admit

import (
	"net/netip"
	"strconv"
	"strings"

	"sallyport/problem"
)

// CanonicalHost is the host of an authority (RFC 3986 §3.2) in lower case,
// without port and without the dot that ends a full domain name. User
// information, percent-encoding and anything else that two servers could take
// for different hosts are refused.
func CanonicalHost(authority string) (string, error) {
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && !strings.HasSuffix(authority, "]") {
		host, port = authority[:i], authority[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return "", badHost()
		}
	}
	if strings.HasPrefix(host, "[") {
		address, err := netip.ParseAddr(strings.TrimSuffix(host[1:], "]"))
		if err != nil || !strings.HasSuffix(host, "]") || !address.Is6() || address.Zone() != "" {
			return "", badHost()
		}
		return "[" + address.String() + "]", nil
	}
	host = strings.TrimSuffix(host, ".")
	if host == "" || len(host) > 253 || host[len(host)-1] == '.' {
		return "", badHost()
	}
	mixed := false
	for i := 0; i < len(host); i++ {
		c := host[i]
		if !unreserved(c) || c == '~' || c == '.' && (i == 0 || host[i-1] == '.') {
			return "", badHost()
		}
		mixed = mixed || 'A' <= c && c <= 'Z'
	}
	if mixed {
		host = strings.ToLower(host)
	}
	return host, nil
}

func badHost() error {
	return problem.Refuse(problem.RequestMalformed, "The Host field must hold one host name, with a port at most.")
}
