package forward

// Owns tells the fields that only the gateway may set, and those by
// which frameworks let a client override what was checked. Many backends see
// X_Caller_Subject, X.Caller.Subject and X-Caller-Subject as the same (CGI, RFC
// 3875 §4.1.18, where some servers make an underscore of whatever is neither
// letter nor digit), so all such characters count as hyphens.
func (u *Upstream) Owns(name string) bool {
	if beginsAlike(name, u.Prefix) || beginsAlike(name, "X-Forwarded-") {
		return true
	}
	for _, owned := range ownedFields.of(name) {
		if beginsAlike(name, owned) {
			return true
		}
	}
	return false
}

// beginsAlike compares as a backend might that folds letters, and all that is neither letter nor
// digit.
func beginsAlike(name, prefix string) bool {
	if len(name) < len(prefix) {
		return false
	}
	for i := range len(prefix) {
		if folded(name[i]) != folded(prefix[i]) {
			return false
		}
	}
	return true
}

func isAlike(a, b string) bool { return len(a) == len(b) && beginsAlike(a, b) }

func folded(c byte) byte {
	switch {
	case 'A' <= c && c <= 'Z':
		return c | 0x20
	case 'a' <= c && c <= 'z' || '0' <= c && c <= '9':
		return c
	}
	return '-'
}

// plainName tells whether a name is of letters, digits and hyphens alone, and so
// no twin of another one.
func plainName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c != '-' && folded(c) == '-' {
			return false
		}
	}
	return true
}

var ownedFields = byLength(
	// Where the request comes from.
	"Forwarded", "X-Forwarded", "X-Original-Forwarded-For", "X-Real-Ip", "X-Client-Ip", "Client-Ip", "True-Client-Ip", "X-Cluster-Client-Ip",
	"X-Originating-Ip", "X-Remote-Ip", "X-Remote-Addr", "Cf-Connecting-Ip", "Fastly-Client-Ip", "X-Envoy-External-Address", "X-Envoy-Internal",
	// Who sent it.
	"X-Auth-Subject", "X-Auth-Scopes", "X-Consumer-Id", "X-Consumer-Username", "X-Consumer-Custom-Id", "X-Credential-Identifier", "X-Anonymous-Consumer",
	"X-Request-Id", "Traceparent", "Remote-User", "X-Remote-User", "Client-Cert", "Client-Cert-Chain", "X-Client-Cert", "Ssl-Client-Cert", "X-Ssl-Client-Cert",
	// What it asks for.
	"X-Http-Method-Override", "X-Http-Method", "X-Method-Override", "X-Original-Url", "X-Original-Uri", "X-Original-Method", "X-Rewrite-Url",
	"X-Envoy-Original-Path", "X-Original-Host", "X-Host",
	// CGI makes HTTP_PROXY of it, by which libraries choose their proxy.
	"Proxy",
)

// names are names by their length, since almost none that is asked for is one.
type names [32][]string

func byLength(all ...string) (by names) {
	for _, name := range all {
		by[len(name)] = append(by[len(name)], name)
	}
	return by
}

// of are those as long as that name.
func (by *names) of(name string) []string {
	if len(name) >= len(by) {
		return nil
	}
	return by[len(name)]
}

// haveAlike tells whether a backend might take the name for one of them.
func (by *names) haveAlike(name string) bool {
	for _, n := range by.of(name) {
		if isAlike(n, name) {
			return true
		}
	}
	return false
}
