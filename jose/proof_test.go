package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
)

// proofKey is the public JWK and the thumbprint of an Ed25519 key, by the library.
func proofKey(t testing.TB, public crypto.PublicKey) (jwk string, print Thumbprint) {
	t.Helper()
	key := gojose.JSONWebKey{Key: public}
	text, err := key.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	return string(text), Thumbprint(sum)
}

const proofClaims = `{"jti":"x","htm":"GET","htu":"https://api.example/","iat":1800000000.5,"ath":"h","nonce":"n"}`

func TestVerifyProof(t *testing.T) {
	jwk, key := proofKey(t, testKeys().ed.Public())
	otherJWK, other := proofKey(t, freshEd(t).Public())
	header := func(members string) string { return `{"typ":"dpop+jwt","alg":"EdDSA","jwk":` + jwk + members + `}` }
	for name, c := range map[string]struct {
		proof string
		key   Thumbprint
		want  Reason
	}{
		"good":                          {forge(header(""), proofClaims), key, ReasonNone},
		"typ in full, in capitals":      {forge(strings.Replace(header(""), "dpop+jwt", "application/DPoP+JWT", 1), proofClaims), key, ReasonNone},
		"a kid that leads elsewhere":    {forge(header(`,"kid":"e1"`), proofClaims), key, ReasonNone},
		"typ of a token":                {forge(strings.Replace(header(""), "dpop+jwt", "at+jwt", 1), proofClaims), key, ReasonType},
		"the key of another token":      {forge(header(""), proofClaims), other, ReasonKeyUnknown},
		"another key of the attacker":   {forge(strings.Replace(header(""), jwk, otherJWK, 1), proofClaims), key, ReasonKeyUnknown},
		"a signature by another":        {forge(strings.Replace(header(""), jwk, otherJWK, 1), proofClaims), other, ReasonSignature},
		"the private key":               {forge(strings.Replace(header(""), `"kty"`, `"d":"AA","kty"`, 1), proofClaims), key, ReasonKeyUnknown},
		"a key for encryption":          {forge(strings.Replace(header(""), `"kty"`, `"use":"enc","kty"`, 1), proofClaims), key, ReasonKeyUnknown},
		"a key of low order":            {forge(`{"typ":"dpop+jwt","alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"`+b64("\x01"+strings.Repeat("\x00", 31))+`"}}`, proofClaims), key, ReasonKeyUnknown},
		"a key twice":                   {forge(header(`,"jwk":`+jwk), proofClaims), key, ReasonMalformed},
		"no key":                        {forge(`{"typ":"dpop+jwt","alg":"EdDSA"}`, proofClaims), key, ReasonKeyUnknown},
		"crit":                          {forge(header(`,"crit":["b64"],"b64":false`), proofClaims), key, ReasonCritical},
		"an algorithm that is left out": {forge(strings.Replace(header(""), "EdDSA", "ES384", 1), proofClaims), key, ReasonAlgorithm},
		"an algorithm of another key":   {forge(strings.Replace(header(""), "EdDSA", "ES256", 1), proofClaims), key, ReasonAlgorithm},
		"a shared secret":               {forge(`{"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"`+b64(strings.Repeat("k", 32))+`"}}`, proofClaims), key, ReasonAlgorithm},
		"without jti":                   {forge(header(""), `{"htm":"GET","htu":"u","iat":1}`), key, ReasonClaimMissing},
		"claims that are a list":        {forge(header(""), `[]`), key, ReasonMalformed},
		"iat a text":                    {forge(header(""), `{"jti":"x","htm":"GET","htu":"u","iat":"1"}`), key, ReasonMalformed},
		"too long":                      {forge(header(`,"pad":"`+strings.Repeat("x", maxProofBytes)+`"`), proofClaims), key, ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := VerifyProof(c.proof, []string{"EdDSA", "ES256"}, c.key)
			wantReason(t, err, c.want)
			if err == nil && (got.ID != "x" || got.Method != "GET" || got.Target != "https://api.example/" || got.IssuedAt.Unix() != noon || got.TokenHash != "h" || got.Nonce != "n" || got.Key != key) {
				t.Errorf("read %+v", got)
			}
		})
	}
}

// A MAC never passes, not even where somebody lists one.
func TestProofsAreNeverUnderASharedSecret(t *testing.T) {
	k := strings.Repeat("k", 32)
	hs, _ := algorithmOf("HS256")
	proof := seal(`{"typ":"dpop+jwt","alg":"HS256","jwk":{"kty":"oct","k":"`+b64(k)+`"}}`, proofClaims, func(input []byte) []byte { return signMAC(hs, []byte(k), input) })
	print, err := thumbprint(secret(k))
	if err != nil {
		t.Fatal(err)
	}
	_, err = VerifyProof(proof, []string{"HS256"}, print)
	wantReason(t, err, ReasonAlgorithm)
}

// Our thumbprints of points are the library's, coordinates with leading zeros among them.
func TestThumbprintsOfPoints(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		for range 300 {
			key, err := ecdsa.GenerateKey(curve, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			_, want := proofKey(t, &key.PublicKey)
			if got, err := thumbprint(&key.PublicKey); err != nil || Thumbprint(got) != want {
				t.Fatalf("%v of %v: %v", Thumbprint(got), key.PublicKey, err)
			}
		}
	}
}

// FuzzVerifyProof holds that nothing passes which an independent reader finds wrongly signed.
func FuzzVerifyProof(f *testing.F) {
	public := testKeys().ed.Public().(ed25519.PublicKey)
	jwk, key := proofKey(f, public)
	f.Add(forge(`{"typ":"dpop+jwt","alg":"EdDSA","jwk":`+jwk+`}`, proofClaims))
	f.Add(forge(`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"","y":""}}`, proofClaims))
	f.Add(forge(`{"typ":"dpop+jwt","alg":"RS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}`, proofClaims))
	f.Add("..")
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := VerifyProof(text, []string{"EdDSA", "ES256", "RS256"}, key); err != nil {
			return
		}
		parsed, err := gojose.ParseSignedCompact(text, []gojose.SignatureAlgorithm{gojose.EdDSA})
		if err != nil {
			t.Fatalf("accepted, but the other reader says %v", err)
		}
		if _, err := parsed.Verify(public); err != nil {
			t.Fatalf("accepted, but signed by another key: %v", err)
		}
	})
}
