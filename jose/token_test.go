package jose

import (
	"context"
	"slices"
	"testing"
	"time"
)

func accepted(t testing.TB, payload string) *Token {
	t.Helper()
	v := ordinary(t)
	v.Bindings = BoundToKey
	token, err := v.Verify(context.Background(), forge(edHeader, payload))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

const rich = ` { "iss" : "https://issuer.example", "aud":["https://api.example","b"], "sub":"us\u0065r", "exp":1800003600.5,
 "nbf":1799999940, "iat":1799999941, "jti":"id-1", "cnf":{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}, "scope":"read  write read", "scp":["admin","read"],
 "realm_access":{"roles":["a","b"],"a/b":{"m~n":"deep"}}, "https://x.example/roles":["c"], "a.b":"whole", "a":{"b":"parts"},
 "big":9007199254740993, "list":[{"n":"zero"},{"n":"one"}], "none":null, "" : "empty" } `

func TestTokenFields(t *testing.T) {
	got := accepted(t, rich)
	if got.Issuer != "https://issuer.example" || got.Subject != "user" || got.ID != "id-1" || got.Confirmation.Key.String() != keyPrint ||
		got.KeyID != "d1" || got.Algorithm != "EdDSA" || got.Type != "at+jwt" || got.Claims != rich {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(got.Audience, []string{"https://api.example", "b"}) {
		t.Errorf("audience %q", got.Audience)
	}
	if !got.Expires.Equal(time.Unix(1800003600, 5e8)) || !got.NotBefore.Equal(time.Unix(1799999940, 0)) || !got.IssuedAt.Equal(time.Unix(1799999941, 0)) {
		t.Errorf("times %v %v %v", got.Expires, got.NotBefore, got.IssuedAt)
	}
}

func TestClaimByPath(t *testing.T) {
	token := accepted(t, rich)
	for path, want := range map[string]string{
		"sub":                     `"us\u0065r"`,
		"big":                     `9007199254740993`,
		"none":                    `null`,
		"":                        `"empty"`,
		"realm_access.roles":      `["a","b"]`,
		"/realm_access/roles":     `["a","b"]`,
		"/realm_access/roles/1":   `"b"`,
		"realm_access.roles.0":    `"a"`,
		"/realm_access/a~1b/m~0n": `"deep"`,
		"realm_access.a/b.m~n":    `"deep"`,
		"https://x.example/roles": `["c"]`,
		"a.b":                     `"whole"`,
		"/a/b":                    `"parts"`,
		"list.1.n":                `"one"`,
		"/":                       `"empty"`,
	} {
		if got, ok := token.Claim(path); !ok || got != want {
			t.Errorf("%q: %s, %v; want %s", path, got, ok, want)
		}
	}
	for _, path := range []string{"x", "sub.x", "list.2", "list.01", "list.-1", "list.n", "/list/+1", "realm_access.x.y", "/x/y", "Sub"} {
		if got, ok := token.Claim(path); ok {
			t.Errorf("%q: %s, want nothing", path, got)
		}
	}
}

func TestClaimAsText(t *testing.T) {
	token := accepted(t, rich)
	if got, ok := token.String("sub"); !ok || got != "user" {
		t.Errorf("sub %q, %v", got, ok)
	}
	for _, path := range []string{"big", "list", "x", "none"} {
		if got, ok := token.String(path); ok {
			t.Errorf("%s as a string: %q", path, got)
		}
	}
	for path, want := range map[string][]string{"scp": {"admin", "read"}, "jti": {"id-1"}, "scope": {"read  write read"}} {
		if got, ok := token.Strings(path); !ok || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", path, got, ok)
		}
	}
	for _, path := range []string{"list", "big", "x"} {
		if got, ok := token.Strings(path); ok {
			t.Errorf("%s as strings: %q", path, got)
		}
	}
}

func TestScopes(t *testing.T) {
	token := accepted(t, rich)
	for _, c := range []struct{ names, want []string }{
		{nil, []string{"read", "write", "admin"}},
		{[]string{"scp"}, []string{"admin", "read"}},
		{[]string{"realm_access.roles", "https://x.example/roles"}, []string{"a", "b", "c"}},
		{[]string{"big", "list", "none", "x"}, nil},
	} {
		if got := token.Scopes(c.names...); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.names, got, c.want)
		}
	}
}
