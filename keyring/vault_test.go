package keyring_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/keyring"
	"sallyport/keyring/keyringtest"
)

// transit is Vault's engine as its documents tell of it: POST
// MOUNT/encrypt/KEY and MOUNT/decrypt/KEY, a token, a namespace, errors as a
// list. A derived key needs a context, and is another key for each.
type transit struct {
	t       *testing.T
	key     []byte
	token   string
	derived bool
	asked   int
}

func newTransit(t *testing.T) *transit {
	key := make([]byte, 32)
	rand.Read(key)
	return &transit{t: t, key: key, token: "hvs.token"}
}

type question struct {
	Plaintext      *string `json:"plaintext"`
	Ciphertext     string  `json:"ciphertext"`
	Context        string  `json:"context"`
	AssociatedData string  `json:"associated_data"`
}

func (v *transit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.asked++
	fail := func(status int, says string) {
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"errors": []string{says}})
	}
	var q question
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Method != http.MethodPost {
		fail(400, "bad request")
		return
	}
	aad, err := base64.StdEncoding.DecodeString(q.AssociatedData)
	switch {
	case r.Header.Get("X-Vault-Token") != v.token || r.Header.Get("X-Vault-Namespace") != "team/a":
		fail(403, "permission denied")
		return
	case err != nil:
		fail(400, "associated_data is no base64")
		return
	case v.derived && q.Context == "":
		fail(400, "missing 'context' for key derivation")
		return
	}
	key := v.key
	if v.derived {
		key, _ = hkdf.Key(sha256.New, v.key, nil, q.Context, 32)
	}
	block, _ := aes.NewCipher(key)
	aead, _ := cipher.NewGCMWithRandomNonce(block)
	var data map[string]string
	switch r.URL.Path {
	case "/v1/kv/transit/encrypt/sallyport":
		plain, err := base64.StdEncoding.DecodeString(*q.Plaintext)
		if err != nil {
			fail(400, "plaintext is no base64")
			return
		}
		data = map[string]string{"ciphertext": "vault:v1:" + base64.StdEncoding.EncodeToString(aead.Seal(nil, nil, plain, aad)), "key_version": "1"}
	case "/v1/kv/transit/decrypt/sallyport":
		sealed, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(q.Ciphertext, "vault:v1:"))
		plain, err := aead.Open(nil, nil, sealed, aad)
		if err != nil {
			fail(400, "invalid ciphertext: unable to decrypt")
			return
		}
		data = map[string]string{"plaintext": base64.StdEncoding.EncodeToString(plain)}
	default:
		fail(404, "no handler for route")
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"request_id": "1", "data": data})
}

func serveTransit(t *testing.T, h http.Handler) keyring.VaultConfig {
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	return keyring.VaultConfig{
		Address: server.URL, Mount: "kv/transit", Key: "sallyport", Namespace: "team/a",
		Token: func() (string, error) { return "hvs.token\n", nil },
		CA:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
	}
}

func vaultMaster(t *testing.T, c keyring.VaultConfig) keyring.Master {
	t.Helper()
	m, err := keyring.VaultMaster(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestVaultMaster(t *testing.T) {
	for name, derived := range map[string]bool{"wraps the keys": false, "wraps the keys by a derived key": true} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			v, s := newTransit(t), new(keyringtest.Shelf)
			v.derived = derived
			m := vaultMaster(t, serveTransit(t, v))
			r := keyringtest.Open(t, m, s)
			sealed := seal(t, r, "v", "a", "b", "c")
			rotate(t, r)
			asked := v.asked
			open(t, r, sealed, "v", "a", "b", "c")
			if v.asked != asked {
				t.Error("Vault is asked to open")
			}
			open(t, keyringtest.Open(t, m, s), sealed, "v", "a", "b", "c")
			if got := r.Status()[0].Master; got != "vault:kv/transit/sallyport" {
				t.Errorf("named %s", got)
			}
			kept, _ := s.Load(t.Context(), keyring.PurposeSeal)
			if !bytes.HasPrefix(kept.Keys, []byte("vault:v1:")) {
				t.Errorf("kept as %.20q", kept.Keys)
			}
			if _, err := m.Unwrap(t.Context(), kept.Keys, []byte("another use")); !errors.Is(err, keyring.ErrMaster) {
				t.Errorf("opens for another use: %v", err)
			}
		})
	}
	t.Run("takes_over_from_a_file", func(t *testing.T) {
		s, old := new(keyringtest.Shelf), keyringtest.Master(t)
		r := keyringtest.Open(t, old, s)
		sealed := seal(t, r, "v", "a", "b", "c")
		m := vaultMaster(t, serveTransit(t, newTransit(t)))
		if err := r.Rewrap(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		open(t, keyringtest.Open(t, m, s), sealed, "v", "a", "b", "c")
	})
}

func TestVaultFails(t *testing.T) {
	answer := func(status int, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		})
	}
	elsewhere := newTransit(t)
	other := serveTransit(t, elsewhere)
	for name, c := range map[string]struct {
		vault http.Handler
		says  string
	}{
		"a wrong token":                answerWith(newTransit(t), "another"),
		"an answer that is no JSON":    {answer(200, "<html>"), "cannot be read"},
		"an answer of another kind":    {answer(200, `{"data":{"ciphertext":"plain"}}`), "something else"},
		"an answer without end":        {answer(200, strings.Repeat(" ", 3<<20)), "too long"},
		"a sealed Vault":               {answer(503, `{"errors":["Vault is sealed"]}`), "Vault is sealed"},
		"an error without end":         {answer(500, `{"errors":["`+strings.Repeat("x", 10000)+`"]}`), "…"},
		"an error that is no list":     {answer(500, `{"errors":1}`), "500"},
		"a redirect, with the token":   {http.RedirectHandler(other.Address, http.StatusTemporaryRedirect), "elsewhere"},
		"a redirect to its other node": {http.RedirectHandler(other.Address+"/v1/kv/transit/encrypt/sallyport", http.StatusPermanentRedirect), "active node"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			m := vaultMaster(t, serveTransit(t, c.vault))
			_, err := m.Wrap(t.Context(), []byte("the keys"), []byte("use"))
			if err == nil || !strings.Contains(err.Error(), c.says) || len(err.Error()) > 500 {
				t.Errorf("%v, want %q", err, c.says)
			}
			if err != nil && (strings.Contains(err.Error(), "hvs.token") || strings.Contains(err.Error(), "the keys")) {
				t.Errorf("%v shows a secret", err)
			}
		})
	}
	if elsewhere.asked > 0 {
		t.Error("the token went elsewhere")
	}
	t.Run("a_certificate_of_another", func(t *testing.T) {
		c := serveTransit(t, newTransit(t))
		c.CA = nil
		if _, err := vaultMaster(t, c).Wrap(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a_token_that_cannot_be_read", func(t *testing.T) {
		c := serveTransit(t, newTransit(t))
		c.Token = func() (string, error) { return "", errors.New("no such file") }
		if _, err := vaultMaster(t, c).Wrap(t.Context(), nil, nil); err == nil || !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%v", err)
		}
	})
}

func answerWith(v *transit, token string) struct {
	vault http.Handler
	says  string
} {
	v.token = token
	return struct {
		vault http.Handler
		says  string
	}{v, "permission denied"}
}

func TestVaultTakesTooLong(t *testing.T) {
	asked, done := make(chan struct{}), make(chan struct{})
	c := serveTransit(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(asked)
		<-done
	}))
	defer close(done)
	c.Timeout = 50 * time.Millisecond
	if _, err := vaultMaster(t, c).Wrap(t.Context(), []byte("keys"), nil); err == nil || !strings.Contains(err.Error(), "imeout") {
		t.Errorf("%v", err)
	}
	<-asked
}

func TestVaultAddress(t *testing.T) {
	good := keyring.VaultConfig{Address: "https://vault.example.com:8200", Key: "sallyport", Token: func() (string, error) { return "t", nil }}
	vaultMaster(t, good)
	for name, change := range map[string]func(*keyring.VaultConfig){
		"no URL":               func(c *keyring.VaultConfig) { c.Address = "vault" },
		"in the clear":         func(c *keyring.VaultConfig) { c.Address = "http://vault.example.com" },
		"a user":               func(c *keyring.VaultConfig) { c.Address = "https://u:p@vault.example.com" },
		"a query":              func(c *keyring.VaultConfig) { c.Address = "https://vault.example.com?x" },
		"no key":               func(c *keyring.VaultConfig) { c.Key = "" },
		"a key that climbs":    func(c *keyring.VaultConfig) { c.Key = "../sys" },
		"a mount that climbs":  func(c *keyring.VaultConfig) { c.Mount = "transit/../sys" },
		"a mount with a query": func(c *keyring.VaultConfig) { c.Mount = "transit?x" },
		"no token":             func(c *keyring.VaultConfig) { c.Token = nil },
		"no certificates":      func(c *keyring.VaultConfig) { c.CA = []byte("none") },
	} {
		c := good
		change(&c)
		if _, err := keyring.VaultMaster(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for _, loopback := range []string{"http://127.0.0.1:8200", "http://[::1]:8200", "http://localhost:8200"} {
		good.Address = loopback
		vaultMaster(t, good)
	}
}
