package message

import "testing"

func TestSameAuthority(t *testing.T) {
	for _, c := range []struct {
		scheme, a, b string
		want         bool
	}{
		{"http", "A.test", "a.test", true},
		{"http", "a.test:80", "a.test", true},
		{"HTTP", "a.test", "a.test:", true},
		{"https", "a.test:443", "a.test", true},
		{"HTTPS", "[::1]:443", "[::1]", true},
		{"http", "a.test:443", "a.test", false},
		{"https", "a.test:80", "a.test", false},
		{"http", "a.test:8080", "a.test:80", false},
		{"http", "a.test", "b.test", false},
	} {
		if got := SameAuthority(c.scheme, c.a, c.b); got != c.want {
			t.Errorf("%s: %s and %s: %v", c.scheme, c.a, c.b, got)
		}
	}
}
