package admit

import (
	"strings"
	"testing"

	"sallyport/problem"
)

func TestCanonicalHost(t *testing.T) {
	for _, c := range []struct{ name, authority, want string }{ // want "" is refused
		{"name", "api.bank.example", "api.bank.example"},
		{"letter case", "API.Bank.Example", "api.bank.example"},
		{"port", "api.bank.example:8443", "api.bank.example"},
		{"the dot that ends a full name", "api.bank.example.", "api.bank.example"},
		{"that dot and a port", "api.bank.example.:80", "api.bank.example"},
		{"underscore", "a_b.example", "a_b.example"},
		{"one label", "localhost", "localhost"},
		{"IPv4", "192.0.2.1:80", "192.0.2.1"},
		{"IPv6", "[2001:DB8::1]", "[2001:db8::1]"},
		{"IPv6 and a port", "[::1]:8080", "[::1]"},
		{"IPv6 in full", "[2001:0db8:0:0:0:0:0:1]", "[2001:db8::1]"},

		{"empty", "", ""},
		{"port alone", ":80", ""},
		{"empty port", "a.example:", ""},
		{"port 0", "a.example:0", ""},
		{"port beyond 65535", "a.example:65536", ""},
		{"port with a sign", "a.example:+80", ""},
		{"port that is a name", "a.example:http", ""},
		{"two ports", "a.example:80:80", ""},
		{"user information", "user@a.example", ""},
		{"user and password", "user:1@a.example", ""},
		{"percent-encoding", "a%2eexample", ""},
		{"dot alone", ".", ""},
		{"empty label first", ".a.example", ""},
		{"empty label within", "a..example", ""},
		{"empty label last", "a.example..", ""},
		{"space", "a.example b", ""},
		{"comma", "a.example,b.example", ""},
		{"slash", "a.example/b", ""},
		{"backslash", `a.example\b`, ""},
		{"question mark", "a.example?b", ""},
		{"fragment", "a.example#b", ""},
		{"tilde", "~a.example", ""},
		{"bytes beyond ASCII", "b\u00fccher.example", ""},
		{"NUL", "a\x00.example", ""},
		{"IPv6 without brackets", "2001:db8::1", ""},
		{"IPv6 with a zone", "[fe80::1%25eth0]", ""},
		{"IPv6 with a bare zone", "[fe80::1%eth0]", ""},
		{"IPv4 in brackets", "[192.0.2.1]", ""},
		{"bracket not closed", "[::1", ""},
		{"bracket not opened", "::1]", ""},
		{"text behind the bracket", "[::1]a", ""},
		{"future address", "[v1.a]", ""},
		{"longer than a name may be", strings.Repeat("a.", 127) + "a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := CanonicalHost(c.authority)
			if c.want == "" {
				wantKind(t, err, problem.RequestMalformed)
				return
			}
			if err != nil || got != c.want {
				t.Fatalf("CanonicalHost(%q) = %q, %v; want %q", c.authority, got, err, c.want)
			}
		})
	}
}

// FuzzHost: what is accepted is its own canonical form, in characters that no
// server reads otherwise.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"api.example:80", "A.", "a..", "[::1]:1", "[::FFFF:1.2.3.4]", "a@b", "%41", "[fe80::1%1]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, authority string) {
		host, err := CanonicalHost(authority)
		if err != nil {
			return
		}
		if again, err := CanonicalHost(host); again != host || err != nil {
			t.Fatalf("%q became %q, and that %q, %v", authority, host, again, err)
		}
		if strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_[]:") != "" {
			t.Fatalf("%q became %q", authority, host)
		}
		if strings.IndexByte(host, ':') >= 0 != (host[0] == '[') {
			t.Fatalf("%q became %q", authority, host)
		}
	})
}
