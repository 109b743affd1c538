package jose

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sallyport/destination"
)

// provider serves metadata and keys by path, and remembers who was asked.
type provider struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]string
	asked []string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{pages: make(map[string]string)}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, r.URL.Path)
	text, ok := p.pages[r.URL.Path]
	if location, moved := strings.CutPrefix(text, "->"); moved {
		http.Redirect(w, r, location, http.StatusFound)
		return
	}
	if !ok {
		w.WriteHeader(http.StatusNotFound)
	}
	w.Write([]byte(text))
}

func (p *provider) set(path, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.pages[path] = strings.ReplaceAll(text, "BASE", p.URL)
}

// requests are the paths asked for since the last call.
func (p *provider) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	return asked
}

func keysOf(t *testing.T) string {
	t.Helper()
	text, err := PublicKeys(signer(t, "EdDSA", testKeys().ed, "d1"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDiscovery(t *testing.T) {
	for _, c := range []struct {
		name, issuer, at string
		asked            int
	}{
		{"OpenID Connect", "BASE", "/.well-known/openid-configuration", 2},
		{"OpenID Connect, with a path", "BASE/tenant/1", "/tenant/1/.well-known/openid-configuration", 2},
		{"OpenID Connect, with a slash at the end", "BASE/tenant/", "/tenant/.well-known/openid-configuration", 2},
		{"RFC 8414", "BASE", "/.well-known/oauth-authorization-server", 3},
		{"RFC 8414, with a path", "BASE/tenant", "/.well-known/oauth-authorization-server/tenant", 3},
		{"RFC 8414 §5", "BASE/tenant", "/.well-known/openid-configuration/tenant", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProvider(t)
			p.set(c.at, `{"issuer":"`+c.issuer+`","jwks_uri":"BASE/keys","id_token_signing_alg_values_supported":["HS256"]}`)
			p.set("/keys", keysOf(t))
			r := &Remote{Issuer: strings.ReplaceAll(c.issuer, "BASE", p.URL), Now: atNoon}
			if err := r.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			if asked := p.requests(); len(asked) != c.asked || asked[len(asked)-1] != "/keys" {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

func TestMetadataThatAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"of another issuer":            `{"issuer":"https://id.example","jwks_uri":"BASE/keys"}`,
		"of an issuer with a slash":    `{"issuer":"BASE/","jwks_uri":"BASE/keys"}`,
		"of nobody":                    `{"jwks_uri":"BASE/keys"}`,
		"of two":                       `{"issuer":"https://id.example","issuer":"BASE","jwks_uri":"BASE/keys"}`,
		"without an address":           `{"issuer":"BASE"}`,
		"with an address of a number":  `{"issuer":"BASE","jwks_uri":1}`,
		"with an address in the clear": `{"issuer":"BASE","jwks_uri":"http://keys.example/"}`,
		"with a file":                  `{"issuer":"BASE","jwks_uri":"file:///etc/keys"}`,
		"with another machine inside":  `{"issuer":"BASE","jwks_uri":"https://169.254.169.254/keys"}`,
		"with another name of ours":    `{"issuer":"BASE","jwks_uri":"https://[::1]/keys"}`,
		"with a password":              `{"issuer":"BASE","jwks_uri":"https://u:p@keys.example/"}`,
		"that are keys":                `{"keys":[]}`,
		"that are HTML":                `<html>`,
		"that lead elsewhere":          `->BASE/metadata`,
		"that are too long":            `{"issuer":"BASE","jwks_uri":"BASE/keys"` + strings.Repeat(" ", maxMetadataBytes) + `}`,
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvider(t)
			p.set("/.well-known/openid-configuration", text)
			p.set("/metadata", `{"issuer":"BASE","jwks_uri":"BASE/keys"}`)
			p.set("/keys", keysOf(t))
			r := &Remote{Issuer: p.URL, Now: atNoon}
			if err := r.Ready(t.Context()); err == nil {
				t.Error("accepted")
			}
			if asked := p.requests(); slices.Contains(asked, "/keys") || slices.Contains(asked, "/metadata") {
				t.Errorf("asked %v", asked)
			}
		})
	}
}

// A public issuer must not point at a machine that only the gateway can reach.
func TestAddressesOfKeysThatMetadataMayName(t *testing.T) {
	for _, c := range []struct {
		issuer, keys string
		good         bool
	}{
		{"https://id.example", "https://id.example/keys", true},
		{"https://id.example", "https://ID.Example.:8443/x", true},
		{"https://id.example", "https://keys.sallyport.dev:8443/x", true},
		{"https://id.example", "https://LOCALHOST/keys", false},
		{"https://id.example", "https://localhost./keys", false},
		{"https://id.example", "https://keys.localhost/keys", false},
		{"https://id.example", "https://metadata.google.internal/keys", false},
		{"https://id.example", "https://vault/keys", false},
		{"https://id.example", "https://127.1/keys", false},
		{"https://id.example", "https://2130706433/keys", false},
		{"https://id.example", "https://0x7f000001/keys", false},
		{"https://id.example", "https://0177.0.0.1/keys", false},
		{"https://id.example", "https://[::ffff:10.0.0.1]/keys", false},
		{"https://id.example", "https://[64:ff9b::a00:1]/keys", false},
		{"https://id.example", "https://10.0.0.1/keys", false},
		{"https://id.example", "https://[fd00::1]/keys", false},
		{"https://id.example", "http://127.0.0.1/keys", false},
		{"https://id.example", "https://localhost/keys", false},
		{"https://id.example", "http://id.example/keys", false},
		{"https://10.0.0.1", "https://10.0.0.1:444/keys", true},
		{"https://10.0.0.1", "https://10.0.0.2/keys", false},
		{"http://127.0.0.1:1", "http://127.0.0.1:2/keys", true},
		{"http://localhost:1", "http://LocalHost.:2/keys", true},
		{"https://id.example", "https://127.0.0.1.:2/keys", false},
	} {
		if err := (&Remote{Issuer: c.issuer}).checkKeysAddress(c.keys); (err == nil) != c.good {
			t.Errorf("%s of %s: %v", c.keys, c.issuer, err)
		}
	}
}

// A public name may lead to a private address, and do so after it was judged: no connection is made to one.
func TestForeignKeysAreFetchedFromPublicAddressesAlone(t *testing.T) {
	p := newProvider(t)
	p.set("/keys", keysOf(t))
	r := &Remote{Issuer: "https://id.example"}
	for name, c := range map[string]struct {
		control func(string, string, syscall.RawConn) error
		want    error
	}{
		"of the issuer's host": {nil, nil},
		"of another":           {strangers().Control, destination.ErrAddress},
	} {
		client, done := r.client(c.control)
		if _, _, err := get(t.Context(), client, p.URL+"/keys", "", maxSetBytes); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		done()
	}
}

// The fetch itself is held to it: the name in the metadata is public, and the machine's resolver says otherwise.
func TestFetchOfForeignKeysIsHeldToPublicAddresses(t *testing.T) {
	p := newProvider(t)
	p.set("/keys", keysOf(t))
	now := atNoon()
	port := p.URL[strings.LastIndex(p.URL, ":"):]
	r := &Remote{Issuer: "http://localhost" + port, AllowHTTP: true, Now: func() time.Time { return now }}
	r.discovered = discovered{p.URL + "/keys", now} // as if 127.0.0.1 were what a name leads to
	if _, _, err := r.fetch(); !errors.Is(err, destination.ErrAddress) {
		t.Errorf("fetched: %v", err)
	}
	if asked := p.requests(); len(asked) != 0 {
		t.Errorf("asked %v", asked)
	}
}

func TestIssuersThatCannotBeAsked(t *testing.T) {
	for issuer, good := range map[string]bool{
		"https://id.example": true, "https://id.example/tenant": true, "http://localhost:1": true,
		"http://id.example": false, "https://id.example?x": false, "https://id.example#x": false, "id.example": false, "urn:id": false,
	} {
		if err := (&Remote{Issuer: issuer}).Check(); (err == nil) != good {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

func TestMetadataAreAskedForSeldom(t *testing.T) {
	const metadata = "/.well-known/openid-configuration"
	p, now := newProvider(t), &clock{at: atNoon()}
	p.set(metadata, `{"issuer":"BASE","jwks_uri":"BASE/keys"}`)
	p.set("/keys", keysOf(t))
	r := &Remote{Issuer: p.URL, Now: now.now}
	want := func(asked ...string) {
		t.Helper()
		r.Current()
		landed(r)
		if got := p.requests(); !slices.Equal(got, asked) {
			t.Errorf("asked %v, want %v", got, asked)
		}
	}
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(metadata, "/keys")
	now.advance(time.Hour)
	want("/keys")
	now.advance(24 * time.Hour)
	p.set(metadata, "down")
	r.Current()
	landed(r)
	p.requests() // three times for metadata, and the keys at the old address
	if r.Current() == nil {
		t.Fatal("keys that can be had are given up with their metadata")
	}
	// The keys move: the first failure has the metadata read anew.
	p.set(metadata, `{"issuer":"BASE","jwks_uri":"BASE/moved"}`)
	p.set("/moved", keysOf(t))
	now.advance(time.Hour)
	want(metadata, "/moved")
	p.set("/moved", "gone")
	p.set(metadata, `{"issuer":"BASE","jwks_uri":"BASE/keys"}`)
	now.advance(time.Hour)
	want("/moved")
	now.advance(time.Minute)
	want(metadata, "/keys")
}

func FuzzMetadata(f *testing.F) {
	f.Add(`{"issuer":"https://id.example","jwks_uri":"https://id.example/keys"}`)
	f.Add(`{"issuer":"https://id.example","jwks_uri":"http://127.0.0.1/"}`)
	f.Fuzz(func(t *testing.T, text string) {
		r := &Remote{Issuer: "https://id.example"}
		keys, err := r.readMetadata(text)
		if err == nil && !strings.HasPrefix(strings.ToLower(keys), "https://") {
			t.Errorf("keys are fetched from %q", keys)
		}
	})
}
