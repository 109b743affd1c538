package config

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"10s": 10 * time.Second, "1h30m": 90 * time.Minute, "180d": 180 * 24 * time.Hour, "1d12h": 36 * time.Hour,
		"500ms": 500 * time.Millisecond, "1.5s": 1500 * time.Millisecond, "0": 0, "0s": 0, "0d": 0, "3650d": longestDuration,
	} {
		var d Duration
		if err := d.set(text); err != nil || d.Duration() != want {
			t.Errorf("%q is %v (%v), not %v", text, d.Duration(), err, want)
		}
	}
	for _, text := range []string{"", "d", "10", "-1s", "+1s", "1d-1s", "1d+1s", "-1d", "1.5d", "1dd", "1 s", "3651d", "3650d1ns", "99999d", "1y", "s", "1e3s", "0x1s"} {
		if err := new(Duration).set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	for want, d := range map[string]time.Duration{"off": 0, "1m": time.Minute, "1h": time.Hour, "1h0m5s": time.Hour + 5*time.Second, "7d": 7 * 24 * time.Hour, "1h30m": 90 * time.Minute, "10m": 10 * time.Minute} {
		equal(t, "the text", Duration(d).String(), want)
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{
		"4096": 4096, "0": 0, "1B": 1, "1KiB": 1 << 10, "64 KiB": 64 << 10, "1MiB": 1 << 20, "2GiB": 2 << 30, "1kB": 1000, "10MB": 10e6, "1GB": 1e9,
		"9223372036854775807": math.MaxInt64, "8589934591GiB": 8589934591 << 30,
	} {
		var s Size
		if err := s.set(text); err != nil || s != want {
			t.Errorf("%q is %d (%v), not %d", text, s, err, want)
		}
	}
	for _, text := range []string{"", "B", "-1", "+1", "1.5MiB", "1K", "1M", "1KB", "1kib", "1MiBB", "1iB", "9223372036854775808", "8589934592GiB", "0x10", "1_000", " 1", "1 ", "1  x"} {
		if err := new(Size).set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestRate(t *testing.T) {
	for text, want := range map[string]Rate{
		"100/1m": {100, time.Minute}, "5/s": {5, time.Second}, "1/1d": {1, 24 * time.Hour}, "10/500ms": {10, 500 * time.Millisecond},
		"1000000/1s": {1e6, time.Second}, "1/h": {1, time.Hour}, "7/1m30s": {7, 90 * time.Second},
	} {
		var r Rate
		if err := r.set(text); err != nil || r != want {
			t.Errorf("%q is %v (%v), not %v", text, r, err, want)
		}
	}
	for _, text := range []string{"", "/", "1/", "/s", "1", "1/0s", "0/s", "-1/s", "1/-1s", "1.5/s", "1/1", "1/x", "1/1s/1s", "1000001/s", "1/1.5s", "2147483648/1d", "1/1us"} {
		if err := new(Rate).set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

// TestRoundTrip: what a value prints reads as the same value.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Duration(rapid.Int64Range(1, int64(longestDuration)).Draw(t, "duration"))
		var read Duration
		if err := read.set(d.String()); err != nil || read != d {
			t.Fatalf("%d is %s is %d (%v)", d, d, read, err)
		}
		s := Size(rapid.Int64Range(0, math.MaxInt64).Draw(t, "size"))
		var size Size
		if err := size.set(s.String()); err != nil || size != s {
			t.Fatalf("%d is %s is %d (%v)", s, s, size, err)
		}
		r := Rate{rapid.IntRange(1, 1e6).Draw(t, "count"), time.Duration(rapid.IntRange(1, 1e6).Draw(t, "seconds")) * time.Second}
		var rate Rate
		if err := rate.set(r.String()); err != nil || rate != r {
			t.Fatalf("%v is %s is %v (%v)", r, r, rate, err)
		}
	})
}

func TestAddress(t *testing.T) {
	for text, loopback := range map[string]bool{
		"127.0.0.1:8080": true, "127.9.9.9:1": true, "[::1]:8080": true, "localhost:0": true, "LOCALHOST:1": true, "[::ffff:127.0.0.1]:1": true,
		":8443": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1:65535": false, "api.example.com:1": false, "localhost.example:1": false,
	} {
		var a Address
		if err := a.set(text); err != nil || a.Loopback() != loopback {
			t.Errorf("%q: %v, on loopback: %v", text, err, a.Loopback())
		}
	}
}

func TestPrefix(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "192.0.2.1": "192.0.2.1/32", "2001:db8::/32": "2001:db8::/32", "::1": "::1/128", "::ffff:192.0.2.1": "192.0.2.1/32",
	} {
		var p Prefix
		if err := p.set(text); err != nil || p.String() != want {
			t.Errorf("%q is %v (%v), not %s", text, p, err, want)
		}
	}
	for _, text := range []string{"", "10.0.0.0/", "10.0.0.1/8", "0.0.0.0/0", "::/0", "::ffff:10.0.0.0/104", "10.0.0/8", "fe80::1%1", "x"} {
		if err := new(Prefix).set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestAuthority(t *testing.T) {
	for _, text := range []string{"api.example.com", "api.example.com:8443", "192.0.2.1", "192.0.2.1:1", "[::1]", "[::1]:443"} {
		if err := new(Authority).set(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", ":443", "a:0", "a:x", "a:99999", "::1", "[::1", "[192.0.2.1]", "[a]:1", "https://a", "a/b", "a b", "u@a", "a\r\nb"} {
		if err := new(Authority).set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestHost(t *testing.T) {
	for text, want := range map[string]Host{
		"api.example.com": "api.example.com", "API.Example.com.": "api.example.com", "*.example.com": "*.example.com", "localhost": "localhost",
		"192.0.2.1": "192.0.2.1", "2001:DB8::1": "[2001:db8::1]", "[::1]": "[::1]", "my_service": "my_service",
	} {
		var h Host
		if err := h.set(text); err != nil || h != want {
			t.Errorf("%q is %q (%v), not %q", text, h, err, want)
		}
	}
	for _, c := range []struct {
		host  Host
		name  string
		means bool
	}{
		{"a.example", "a.example", true},
		{"a.example", "b.a.example", false},
		{"*.example", "a.example", true},
		{"*.example", "b.a.example", true},
		{"*.example", "example", false},
		{"*.example", ".example", false},
		{"*.example", "anexample", false},
	} {
		if got := c.host.Match(c.name); got != c.means {
			t.Errorf("%s means %s: %v", c.host, c.name, got)
		}
	}
}

func TestOrigin(t *testing.T) {
	for _, text := range []string{"*", "https://app.example.com", "https://app.example.com:8443", "http://localhost:3000", "http://localhost", "http://127.0.0.1:8080", "http://[::1]:3000", "https://192.0.2.1", "https://*.example.com"} {
		if err := new(Origin).set(text); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{
		"", "null", "app.example.com", "https://", "https://a.example/", "https://a.example?", "https://a.example#", "https://u@a.example", "http://a.example", "ftp://a.example",
		"https://*", "https://*.com", "https://*.*.example.com", "https://a.*.example.com", "https://*a.example.com", "https://A.example", "https://a.example:443", "http://localhost:80",
		"https://*.example.com:8443", "http://*.localhost", "http://localhost.example.com", "https://a.example,https://b.example",
	} {
		if err := new(Origin).set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestURL(t *testing.T) {
	for _, text := range []string{"http://127.0.0.1:9000", "https://a.example/b/c?d", "http://[::1]:9000", "http://backend"} {
		var u URL
		if err := u.set(text); err != nil || u.String() != text {
			t.Errorf("%q is %q (%v)", text, u.String(), err)
		}
	}
	for _, text := range []string{"", "a.example", "//a.example", "http:a.example", "http://", "http:///x", "http://:80", "http://a:0", "ftp://a", "http://u:p@a", "http://a b/", "http://a\n/", "javascript:alert(1)"} {
		if err := new(URL).set(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		glob  Glob
		name  string
		means bool
	}{
		{"login", "login", true},
		{"login", "login2", false},
		{"*", "", true},
		{"*", "GET /a/b", true},
		{"get*", "getOrder", true},
		{"get*", "target", false},
		{"*Order", "getOrder", true},
		{"*Order", "getOrders", false},
		{"GET /docs/*", "GET /docs/a/b", true},
		{"a*b*c", "axxbyyc", true},
		{"a*b*c", "abc", true},
		{"a*b*c", "acb", false},
		{"a*a", "a", false},
		{"*ab*ab", "ab", false},
		{"a.c", "abc", false},
		{"a[b]?", "a[b]?", true},
		{"**", "x", true},
	} {
		if got := c.glob.Match(c.name); got != c.means {
			t.Errorf("%q means %q: %v", c.glob, c.name, got)
		}
	}
}
