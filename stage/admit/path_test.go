package admit

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"sallyport/problem"
)

func TestCanonicalPath(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{ // want "" is refused
		{"root", "/", "/"},
		{"plain", "/accounts/42", "/accounts/42"},
		{"slash at the end", "/accounts/", "/accounts/"},
		{"unreserved characters are decoded", "/%61%2D%5f%7e%2Ex/%30", "/a-_~.x/0"},
		{"hex digits in capitals", "/%c3%a9/%3a", "/%C3%A9/%3A"},
		{"reserved characters stay as they are", "/a:b@c!$&'()*+,=", "/a:b@c!$&'()*+,="},
		{"an encoded slash is judged later", "/a%2fb", "/a%2Fb"},
		{"a semicolon is judged later", "/a;x=1", "/a;x=1"},
		{"an encoded percent sign", "/100%25", "/100%25"},
		{"an encoded percent sign with what is no hex behind it", "/100%25/20", "/100%25/20"},
		{"an encoded percent sign before one hex digit", "/%25a/b", "/%25a/b"},
		{"dots within a name", "/a..b/.hidden/v1.2", "/a..b/.hidden/v1.2"},
		{"three dots", "/.../x", "/.../x"},
		{"dots at the end of a name", "/admin./x", "/admin./x"},
		{"an encoded question mark", "/a%3Fb", "/a%3Fb"},
		{"an encoded space", "/a%20b", "/a%20b"},
		{"beyond the basic plane", "/%F0%9F%98%80", "/%F0%9F%98%80"},

		{"empty", "", ""},
		{"relative", "a/b", ""},
		{"asterisk", "*", ""},
		{"empty segment", "/a//b", ""},
		{"empty segment first", "//a", ""},
		{"empty segment last", "/a//", ""},
		{"dot segment", "/a/./b", ""},
		{"dot segment last", "/a/.", ""},
		{"dot-dot segment", "/a/../b", ""},
		{"dot-dot segment last", "/a/..", ""},
		{"encoded dot segment", "/a/%2e/b", ""},
		{"encoded dot-dot segment", "/a/%2E%2e/b", ""},
		{"half encoded dot-dot segment", "/a/.%2e/b", ""},
		{"dot-dot with a path parameter", "/a/..;/b", ""},
		{"dot-dot with a named path parameter", "/a/..;x=1/b", ""},
		{"dot with a path parameter", "/a/.;/b", ""},
		{"encoded dot-dot with a path parameter", "/a/%2e%2e;x/b", ""},
		{"dot-dot with an encoded semicolon", "/a/..%3b/b", ""},
		{"dot-dot behind an encoded slash", "/a%2f..%2fb", ""},
		{"encoded dot-dot behind an encoded slash", "/a%2f%2e%2e", ""},
		{"dot-dot before an encoded slash", "/..%2fetc", ""},
		{"dot between encoded slashes", "/a%2f.%2fb", ""},
		{"backslash", `/a\b`, ""},
		{"encoded backslash", "/a%5cb", ""},
		{"dot-dot with a backslash", `/..\x`, ""},
		{"overlong dot of two bytes", "/%c0%ae%c0%ae/x", ""},
		{"overlong slash of two bytes", "/%c0%af", ""},
		{"overlong slash of three bytes", "/%e0%80%af", ""},
		{"overlong slash of four bytes", "/%f0%80%80%af", ""},
		{"surrogate", "/%ed%a0%80", ""},
		{"beyond Unicode", "/%f4%90%80%80", ""},
		{"a lone continuation byte", "/%80", ""},
		{"a cut sequence", "/%c3", ""},
		{"a sequence across a slash", "/%c3/%a9", ""},
		{"double encoding", "/%252e%252e", ""},
		{"double encoded slash", "/a%252fb", ""},
		{"double encoding whose hex digits are encoded", "/%25%32%65%25%32%65", ""},
		{"double encoding whose first hex digit is encoded", "/%25%32e", ""},
		{"double encoding whose second hex digit is encoded", "/%252%65", ""},
		{"triple encoding", "/%25252e", ""},
		{"encoded NUL", "/a%00.json", ""},
		{"NUL", "/a\x00", ""},
		{"encoded line break", "/a%0d%0ab", ""},
		{"line break", "/a\r\nb", ""},
		{"encoded delete", "/%7f", ""},
		{"tab", "/a\tb", ""},
		{"space", "/a b", ""},
		{"raw bytes beyond ASCII", "/caf\u00e9", ""},
		{"raw bytes that are not UTF-8", "/\xff", ""},
		{"fragment", "/a#b", ""},
		{"question mark", "/a?b", ""},
		{"what RFC 3986 leaves out", "/a{b}", ""},
		{"quote", `/a"b`, ""},
		{"percent sign alone", "/a%", ""},
		{"one hex digit", "/a%2", ""},
		{"no hex digits", "/a%zz", ""},
		{"a percent sign of another notation", "/%u002e", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := CanonicalPath(c.raw)
			if c.want == "" {
				wantKind(t, err, problem.PathAmbiguous)
				return
			}
			if err != nil || got != c.want {
				t.Fatalf("CanonicalPath(%q) = %q, %v; want %q", c.raw, got, err, c.want)
			}
		})
	}
}

// FuzzCanonicalPath: what is accepted is its own canonical form, decodes to
// what net/url reads in the raw path, and holds nothing that a server could
// resolve to another path, however often it decodes.
func FuzzCanonicalPath(f *testing.F) {
	for _, seed := range []string{
		"/", "/accounts/%34%32", "/a%2fb;x", "/%25%32%65%25%32%65", "/..%2f", "/a/..;/b", "/%c0%ae", "/%E2%82%AC", "/%2525", "/.%2e", "//", "/%u0041", `/\`, "/a%00", "/%25%",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		path, err := CanonicalPath(raw)
		if err != nil {
			wantKind(t, err, problem.PathAmbiguous)
			return
		}
		if again, err := CanonicalPath(path); again != path || err != nil {
			t.Fatalf("%q became %q, and that %q, %v", raw, path, again, err)
		}
		decoded, err := url.PathUnescape(raw)
		if err != nil {
			t.Fatalf("%q was accepted, net/url says %v", raw, err)
		}
		if same, _ := url.PathUnescape(path); same != decoded || decodeAll(path) != decoded {
			t.Fatalf("%q means %q, its canonical form %q means %q", raw, decoded, path, same)
		}
		if !utf8.ValidString(decoded) || strings.ContainsAny(decoded, "\\\x00\r\n") {
			t.Fatalf("%q was accepted and means %q", raw, decoded)
		}
		if twice, err := url.PathUnescape(decoded); err == nil && twice != decoded {
			t.Fatalf("%q means %q when decoded once, %q when decoded twice", raw, decoded, twice)
		}
		for segment := range strings.SplitSeq(strings.ReplaceAll(decoded, ";", "/"), "/") {
			if segment == ".." {
				t.Fatalf("%q was accepted and climbs: %q", raw, decoded)
			}
		}
	})
}

func TestCheckQuery(t *testing.T) {
	for _, good := range []string{"", "a=b&c", "a=%20b+c", "filter[a]=1", "q={x|y}", "a=b?c/d", "%C3%A9", "bad=%ff", "a;b", "'\"<>", `\`} {
		if err := CheckQuery(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"a b", "a\x00", "a\tb", "\u00e9", "\xff", "a#b", "%", "%2", "a%zz", "a%00b", "\x7f", "a\r\nb"} {
		wantKind(t, CheckQuery(bad), problem.RequestMalformed)
	}
}

func wantKind(t testing.TB, err error, want problem.Kind) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted, want %s", want)
	}
	if got := problem.As(err).Kind; got != want {
		t.Fatalf("%v, want %s", err, want)
	}
}
