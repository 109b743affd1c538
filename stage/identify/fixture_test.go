package identify

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"sallyport"
	"sallyport/jose"
	"sallyport/message"
	"sallyport/problem"
)

// noon is the hour at which the tests' credentials are good.
var noon = time.Unix(1_800_000_000, 0)

func atNoon() time.Time { return noon }

// issuer signs tokens and can check them.
type issuer struct {
	name   string
	signer *jose.Signer
	keys   jose.Source
}

func newIssuer(t testing.TB, name, alg string) *issuer {
	t.Helper()
	signer := ed(t, name)
	if alg == "RS256" {
		var err error
		if signer, err = jose.NewSigner(alg, rsaKey(), name); err != nil {
			t.Fatal(err)
		}
	}
	text, err := jose.PublicKeys(signer)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jose.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{name, signer, keys}
}

func ed(t testing.TB, kid string) *jose.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner("EdDSA", private, kid)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

var rsaKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// token is a good one; changes replace claims, nil removes one.
func (i *issuer) token(t testing.TB, changes map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": i.name, "aud": "bank", "sub": "ann", "exp": noon.Unix() + 60, "scope": "read write"}
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	token, err := i.signer.Sign(claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// method keeps about so many tokens.
func (i *issuer) method(t testing.TB, scheme string, cached int) *JWT {
	t.Helper()
	return newJWT(t, scheme, cached, i.accepted())
}

func newJWT(t testing.TB, scheme string, cached int, issuers ...*Issuer) *JWT {
	t.Helper()
	m, err := NewJWT(scheme, bearerPlace, jose.NewCache(cached*2<<10), issuers...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// accepted is the issuer as the gateway knows it.
func (i *issuer) accepted() *Issuer {
	return &Issuer{Verifier: &jose.Verifier{Keys: i.keys, Issuer: i.name, Audiences: []string{"bank"}, RequiredClaims: []string{}, Skew: -1, Now: atNoon}}
}

// bearer is a scheme of that issuer's tokens.
func (i *issuer) bearer(t testing.TB, name string) *Scheme {
	return &Scheme{Name: name, Place: bearerPlace, Method: i.method(t, name, 32)}
}

var bearerPlace = Place{In: "authorization", Scheme: "bearer"}

// absent is a key set that could not be fetched.
type absent struct{}

func (absent) Current() *jose.Keys { return nil }
func (absent) Find(context.Context, string) (*jose.Keys, error) {
	return nil, errors.New("connection refused")
}
func (absent) Ready(context.Context) error { return errors.New("connection refused") }

func keyScheme(name, in, parameter string, keys ...string) *Scheme {
	return &Scheme{Name: name, Place: Place{In: in, Name: parameter}, Method: keyed(name, keys...)}
}

func keyed(scheme string, keys ...string) *Key {
	k := &Key{Keys: make(map[[sha256.Size]byte]*HeldKey), Now: atNoon}
	for _, key := range keys {
		k.Keys[sha256.Sum256([]byte(key))] = &HeldKey{Credential: &sallyport.Credential{Scheme: scheme, Kind: "key", ID: "key:" + key, Consumer: key}}
	}
	return k
}

func all(schemes ...*Scheme) []Requirement {
	var requirements []Requirement
	for _, s := range schemes {
		requirements = append(requirements, Requirement{Scheme: s})
	}
	return requirements
}

func security(alternatives ...[]Requirement) *Security {
	return &Security{Realm: "bank", Alternatives: alternatives}
}

func request(query string, fields ...string) *sallyport.Exchange {
	r := &message.Request{Method: "GET", Path: "/", Query: query}
	for i := 0; i < len(fields); i += 2 {
		r.Fields.Add(fields[i], fields[i+1])
	}
	return &sallyport.Exchange{Context: context.Background(), Request: r}
}

func wantKind(t testing.TB, err error, want problem.Kind) *problem.Refusal {
	t.Helper()
	if err == nil {
		t.Fatalf("let in, want %s", want)
	}
	r := problem.As(err)
	if r.Kind != want {
		t.Fatalf("%v, want %s", err, want)
	}
	return r
}

// asking is an exchange that a method is asked about alone.
func asking(t testing.TB) *sallyport.Exchange {
	return &sallyport.Exchange{Context: t.Context(), Request: &message.Request{Method: "GET", Path: "/"}}
}
