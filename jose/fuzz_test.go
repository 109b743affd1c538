package jose

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
)

// FuzzVerify holds that no token is accepted which an independent reader finds wrongly signed, or which has
// another spelling that is accepted too.
func FuzzVerify(f *testing.F) {
	v := ordinary(f)
	keys := v.Keys.(*Keys)
	payload := encode(f, goodClaims(nil))
	for _, seed := range []string{
		forge(edHeader, payload), forge(`{"alg":"EdDSA"}`, rich), forge(edHeader, "{}"), forge(`{"alg":"none"}`, payload),
		forgeRSA(`{"alg":"RS256","kid":"r1"}`, payload), forgeEC(false, `{"alg":"ES256","kid":"e1"}`, payload),
		"..", "a.b.c", "", `{"payload":""}`, strings.Repeat(".", 9),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		got, err := v.Verify(context.Background(), token)
		if err != nil {
			if r := ReasonOf(err); r == ReasonNone || r.Ours() {
				t.Fatalf("refused without a reason of the token: %v", err)
			}
			return
		}
		parsed, err := gojose.ParseSignedCompact(token, []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(got.Algorithm)})
		if err != nil {
			t.Fatalf("accepted, but the other reader says %v", err)
		}
		if again, err := parsed.CompactSerialize(); err != nil || again != token {
			t.Fatalf("accepted in a spelling that is not its own: %v", err)
		}
		for _, k := range keys.keys {
			if signed, err := parsed.Verify(k.material); err == nil {
				if string(signed) != got.Claims {
					t.Fatal("the claims are not what was signed")
				}
				return
			}
		}
		t.Fatal("accepted, but signed by none of the keys")
	})
}

// FuzzParseKeys holds that no key of a set is usable that must not be.
func FuzzParseKeys(f *testing.F) {
	k := testKeys()
	text, err := PublicKeys(signer(f, "RS256", k.rsa, "r"), signer(f, "ES256", k.ec, "e"), signer(f, "EdDSA", k.ed, "d"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"` + b64(strings.Repeat("k", 32)) + `"},{"kty":"x"}]}`))
	f.Add([]byte(`{"kty":"RSA","n":"AQAB","e":"AQAB","x5c":["AAAA"],"x5t":"AA"}`))
	f.Add([]byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"","y":"","key_ops":["verify"]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := ParseKeys(data)
		if err != nil {
			return
		}
		shared := 0
		for _, k := range keys.keys {
			switch m := k.material.(type) {
			case *rsa.PublicKey:
				if m.N.BitLen() < minRSABits {
					t.Error("a short RSA key")
				}
			case *ecdsa.PublicKey:
				if _, err := m.ECDH(); err != nil {
					t.Errorf("a point off the curve: %v", err)
				}
			case ed25519.PublicKey:
				if len(m) != ed25519.PublicKeySize {
					t.Error("a short Ed25519 key")
				}
			case secret:
				if shared++; len(m) < 32 {
					t.Error("a short secret")
				}
			default:
				t.Errorf("a key of kind %T", m)
			}
		}
		if shared != 0 && shared != len(keys.keys) {
			t.Error("secrets beside public keys")
		}
		if again, err := ParseKeys(data); err != nil || again.Version() != keys.Version() {
			t.Error("read twice, two versions")
		}
	})
}
