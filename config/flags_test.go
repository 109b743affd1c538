package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFromFlags(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys.yaml")
	if err := os.WriteFile(keys, []byte("keys: [{ consumer: shop, hash: \"sha256:"+strings.Repeat("a", 64)+"\" }]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := reader().FromFlags(Flags{
		Document: "apis/bank.openapi.yaml", Upstream: "http://127.0.0.1:9000", Listen: ":8080", Admin: "off", PlainHTTP: true, Partial: true,
		Public: []string{"health", "docs*"}, JWT: []string{"bearerAuth=https://id.example,bank,jwks.json"}, Keys: []string{"apiKey=" + keys}, Unchecked: []string{"legacy"},
	})
	if err != nil {
		t.Fatal(err)
	}
	a := c.APIs[0]
	equal(t, "the name", a.Name, "bank")
	equal(t, "the document", a.Document, "apis/bank.openapi.yaml")
	equal(t, "the target", a.Upstream.Targets[0].URL, "http://127.0.0.1:9000")
	equal(t, "connect", a.Upstream.Connect.Duration(), 2*time.Second)
	equal(t, "listen", c.Listen[0].Address, ":8080")
	equal(t, "plain_http", c.Listen[0].Plain, true)
	equal(t, "admin", c.Admin.Address, "")
	equal(t, "partial", a.Partial, true)
	equal(t, "public", a.Public, []Glob{"health", "docs*"})
	equal(t, "the number of schemes", len(a.Identify), 3)
	token := a.Identify[0].JWT[0]
	equal(t, "the token", []string{a.Identify[0].Name, token.Issuer, token.Audience[0], token.Keys.File}, []string{"bearerAuth", "https://id.example", "bank", "jwks.json"})
	equal(t, "its skew", token.Skew.Duration(), 30*time.Second)
	equal(t, "who holds a key", a.Identify[1].Key.Keys[0].Consumer, "shop")
	equal(t, "what is left to the backend", a.Identify[2].Name, "legacy")
	equal(t, "the files", c.Files, []string{keys})
	for _, at := range []struct{ what, got, want string }{
		{"the document", a.PositionOf("document").String(), "--document"},
		{"a pattern", a.PositionOf("public/1").String(), "--public"},
		{"a scheme", a.Identify[0].At.String(), "--jwt"},
		{"its keys", token.PositionOf("keys").String(), "--jwt"},
		{"the target", a.Upstream.PositionOf("targets/0").String(), "--upstream"},
	} {
		equal(t, at.what+"'s place", at.got, at.want)
	}
}

func TestFromFlagsMistakes(t *testing.T) {
	good := func(change func(*Flags)) Flags {
		f := Flags{Document: "bank.yaml", Upstream: "http://127.0.0.1:9000"}
		change(&f)
		return f
	}
	for _, c := range []struct {
		flags Flags
		says  string
	}{
		{Flags{}, "--document: there is no OpenAPI document (give --document FILE, or a configuration file)\n--upstream: there is no backend (give --upstream URL)"},
		{good(func(f *Flags) { f.Listen = ":80" }), "--listen: :80 would take plain HTTP from other machines (listen on 127.0.0.1, say --plain-http, or write a file with tls)"},
		{good(func(f *Flags) { f.Listen = "80" }), `--listen: "80" is not an address to listen on: it has no port (write 127.0.0.1:8080, [::1]:8080 or :8443)`},
		{good(func(f *Flags) { f.Admin = "127.0.0.1:8080" }), "--admin: 127.0.0.1:8080 is an address for clients already (give operators an address of their own)"},
		{good(func(f *Flags) { f.Upstream = "http://u:hunter2@a" }), "--upstream: a URL with a user or password in it is a secret in the clear (take them out of the URL)"},
		{good(func(f *Flags) { f.Upstream = "http://a?b" }), "--upstream: a target has neither query nor fragment (end it after the path)"},
		{good(func(f *Flags) { f.Public = []string{""} }), `--public: "" is not a pattern: it means no name (write a name; * stands for any run of characters)`},
		{good(func(f *Flags) { f.JWT = []string{"a=i,b"} }), `--jwt: "a=i,b" is not of its form (write --jwt SCHEME=ISSUER,AUDIENCE,JWKS)`},
		{good(func(f *Flags) { f.JWT = []string{"a=i,,k"} }), `--jwt: "a=i,,k" is not of its form (write --jwt SCHEME=ISSUER,AUDIENCE,JWKS)`},
		{good(func(f *Flags) { f.JWT = []string{"a=i,b,http://id.example/keys"} }), "--jwt: keys must not come in the clear (use https)"},
		{good(func(f *Flags) { f.Store = "mysql:x" }), `--store: url is neither a file of SQLite nor a URL of PostgreSQL (write sqlite:PATH or postgres://USER@HOST/NAME)`},
		{good(func(f *Flags) { f.Store = "postgres://u:hunter2@db/x" }), `--store: the password of url must not stand here in the clear (write ${NAME} in its place, or ${NAME} or file:PATH for the whole URL)`},
		{good(func(f *Flags) { f.Keys = []string{"k="} }), `--keys: "k=" is not of its form (write --keys SCHEME=FILE)`},
		{good(func(f *Flags) { f.Keys = []string{"k=testdata/none"} }), "--keys: testdata/none: there is no such file (check the path)"},
		{good(func(f *Flags) { f.Unchecked = []string{"a=b"} }), `--unchecked: "a=b" is not of its form (write --unchecked SCHEME)`},
		{good(func(f *Flags) { f.Unchecked = []string{""} }), `--unchecked: "" is not of its form (write --unchecked SCHEME)`},
		{good(func(f *Flags) { f.Unchecked = []string{"a", "a"} }), `--unchecked: the scheme "a" is given twice (keep one of them)`},
		{good(func(f *Flags) { f.JWT, f.Unchecked = []string{"a=i,b,k"}, []string{"a"} }), `--unchecked: the scheme "a" is given twice (keep one of them)`},
	} {
		if _, err := reader().FromFlags(c.flags); err == nil || err.Error() != c.says {
			t.Errorf("it says\n%v\nand not\n%s", err, c.says)
		}
	}
}

func TestNameOf(t *testing.T) {
	for document, want := range map[string]string{
		"bank.openapi.yaml": "bank", "a/b/shop.json": "shop", "petstore": "petstore", ".yaml": "api", "mein API.yaml": "api", "": "api",
	} {
		equal(t, document, nameOf(document), want)
	}
}
