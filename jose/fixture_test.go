package jose

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// noon is the hour at which the tests' tokens are good.
const noon = 1_800_000_000

func atNoon() time.Time { return time.Unix(noon, 0) }

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// privateKeys are made once for all tests, since RSA keys take long.
type privateKeys struct {
	rsa, rsa2, weak *rsa.PrivateKey
	ec, ec2         *ecdsa.PrivateKey
	ec384           *ecdsa.PrivateKey
	ed              ed25519.PrivateKey
}

var testKeys = sync.OnceValue(func() privateKeys {
	must := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	var k privateKeys
	var err error
	k.rsa, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	k.rsa2, err = rsa.GenerateKey(rand.Reader, 2048)
	must(err)
	k.weak, err = rsa.GenerateKey(rand.Reader, 1024)
	must(err)
	k.ec, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	k.ec2, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	k.ec384, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(err)
	_, k.ed, err = ed25519.GenerateKey(rand.Reader)
	must(err)
	return k
})

func signer(t testing.TB, alg string, private crypto.Signer, kid string) *Signer {
	t.Helper()
	s, err := NewSigner(alg, private, kid)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func keySet(t testing.TB, signers ...*Signer) *Keys {
	t.Helper()
	text, err := PublicKeys(signers...)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// ordinary is a verifier over one RSA, one EC and one Ed25519 key.
func ordinary(t testing.TB) *Verifier {
	t.Helper()
	k := testKeys()
	return &Verifier{
		Keys:      keySet(t, signer(t, "RS256", k.rsa, "r1"), signer(t, "ES256", k.ec, "e1"), signer(t, "EdDSA", k.ed, "d1")),
		Issuer:    "https://issuer.example",
		Audiences: []string{"https://api.example"},
		Now:       atNoon,
	}
}

// goodClaims are accepted by the ordinary verifier; tests replace or add members.
func goodClaims(changes map[string]any) map[string]any {
	c := map[string]any{
		"iss": "https://issuer.example", "aud": "https://api.example", "sub": "user-1",
		"iat": noon - 60, "nbf": noon - 60, "exp": noon + 3600, "scope": "read write",
	}
	for name, value := range changes {
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
	}
	return c
}

// forge signs whatever header and payload are given, as bytes, with Ed25519.
func forge(header, payload string) string {
	return seal(header, payload, func(input []byte) []byte { return ed25519.Sign(testKeys().ed, input) })
}

// forgeRSA is forge with RSASSA-PKCS1-v1_5 and SHA-256.
func forgeRSA(header, payload string) string {
	return seal(header, payload, func(input []byte) []byte {
		sum := sha256.Sum256(input)
		signature, err := rsa.SignPKCS1v15(nil, testKeys().rsa, crypto.SHA256, sum[:])
		if err != nil {
			panic(err)
		}
		return signature
	})
}

func seal(header, payload string, sign func([]byte) []byte) string {
	input := b64(header) + "." + b64(payload)
	return input + "." + b64(string(sign([]byte(input))))
}

func b64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func encode(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func wantReason(t testing.TB, err error, want Reason) {
	t.Helper()
	if want == ReasonNone && err != nil {
		t.Errorf("refused: %v", err)
	} else if got := ReasonOf(err); got != want {
		t.Errorf("reason %v (%v), want %v", got, err, want)
	}
}

// vectors reads a file of the conformance data into a value of type T.
func vectors[T any](t testing.TB, path string) T {
	t.Helper()
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	name := filepath.Join(root, "jose", filepath.FromSlash(path))
	text, err := os.ReadFile(name)
	if err != nil {
		t.Skipf("conformance data absent: jose/%s", path)
	}
	var value T
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

func verifyAt(t testing.TB, v *Verifier, token string) error {
	t.Helper()
	_, err := v.Verify(context.Background(), token)
	if e, ok := err.(*Error); err != nil && !ok {
		t.Fatalf("an error of another kind: %v", err)
	} else if ok && len(token) > 40 && strings.Contains(e.Error(), token[:40]) {
		t.Fatal("the error repeats the token")
	}
	return err
}

// forgeEC is forge with one of the two P-256 keys.
func forgeEC(second bool, header, payload string) string {
	key := testKeys().ec
	if second {
		key = testKeys().ec2
	}
	return seal(header, payload, func(input []byte) []byte {
		sum := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			panic(err)
		}
		var signature [64]byte
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature[:]
	})
}

func freshEd(t testing.TB) ed25519.PrivateKey {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func signMAC(a algorithm, key, input []byte) []byte {
	h := hmac.New(a.hash.New, key)
	h.Write(input)
	return h.Sum(nil)
}
