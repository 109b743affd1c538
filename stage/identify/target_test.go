package identify

import (
	"testing"

	"sallyport/message"
)

func TestSameTarget(t *testing.T) {
	for _, c := range []struct {
		uri, scheme, authority, path string
		same                         bool
	}{
		{"https://api.example/a/b", "https", "api.example", "/a/b", true},
		{"HTTPS://API.Example:443/a/b", "https", "api.example", "/a/b", true},
		{"https://api.example/a/b", "https", "API.example:443", "/a/b", true},
		{"http://api.example:80/a", "http", "api.example", "/a", true},
		{"https://api.example:8443/a", "https", "api.example:8443", "/a", true},
		{"https://api.example", "https", "api.example", "/", true},
		{"https://api.example?x=/y", "https", "api.example", "/", true},
		{"https://api.example/a?x=1#y", "https", "api.example", "/a", true},
		{"https://api.example/%7ea/%c3%a4", "https", "api.example", "/~a/%C3%A4", true},
		{"https://api.example/a/./b/../c", "https", "api.example", "/a/c", true},
		{"https://api.example/a/%2e%2e/", "https", "api.example", "/", true},
		{"https://api.example/a/..", "https", "api.example", "/", true},
		{"https://api.example/../a", "https", "api.example", "/a", true},
		{"https://api.example/a%2Fb", "https", "api.example", "/a%2fb", true},
		{"https://[::1]:1/a", "https", "[::1]:1", "/a", true},

		{"https://api.example/a%2Fb", "https", "api.example", "/a/b", false},
		{"https://api.example/a/", "https", "api.example", "/a", false},
		{"https://api.example/A", "https", "api.example", "/a", false},
		{"https://api.example//a", "https", "api.example", "/a", false},
		{"http://api.example/a", "https", "api.example", "/a", false},
		{"https://api.example:80/a", "https", "api.example", "/a", false},
		{"https://user@api.example/a", "https", "api.example", "/a", false},
		{"https://api.example.evil/a", "https", "api.example", "/a", false},
		{"https:///a", "https", "", "/a", false},
		{"https:/a", "https", "api.example", "/a", false},
		{"/a", "https", "api.example", "/a", false},
		{"", "https", "api.example", "/", false},
	} {
		if got := sameTarget(c.uri, &message.Request{Scheme: c.scheme, Authority: c.authority, Path: c.path}); got != c.same {
			t.Errorf("%s for %s://%s%s: %v", c.uri, c.scheme, c.authority, c.path, got)
		}
	}
}

func FuzzSameTarget(f *testing.F) {
	f.Add("https://api.example/a/./%7e/..", "/a")
	f.Add("https://api.example/%2e%2E/%", "/%")
	f.Fuzz(func(t *testing.T, uri, path string) {
		normal := normalPath("/" + path)
		if again := normalPath(normal); again != normal && normalPath(again) != again {
			t.Errorf("%q becomes %q, then %q", path, normal, again)
		}
		sameTarget(uri, &message.Request{Scheme: "https", Authority: "api.example", Path: path})
	})
}
