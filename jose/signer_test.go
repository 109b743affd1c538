package jose

import (
	"context"
	"crypto"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestSignedTokensVerify(t *testing.T) {
	k := testKeys()
	for alg, private := range map[string]crypto.Signer{
		"RS256": k.rsa, "RS384": k.rsa, "RS512": k.rsa, "PS256": k.rsa, "PS384": k.rsa, "PS512": k.rsa,
		"ES256": k.ec, "ES384": k.ec384, "EdDSA": k.ed,
	} {
		t.Run(alg, func(t *testing.T) {
			s := signer(t, alg, private, "k")
			token, err := s.Sign(goodClaims(nil))
			if err != nil {
				t.Fatal(err)
			}
			v := ordinary(t)
			v.Keys = keySet(t, s)
			got, err := v.Verify(context.Background(), token)
			if err != nil {
				t.Fatal(err)
			}
			if got.KeyID != "k" || got.Algorithm != alg || got.Type != "at+jwt" {
				t.Errorf("kid %q, alg %q, typ %q", got.KeyID, got.Algorithm, got.Type)
			}
			token, err = s.SignType("other+jwt", goodClaims(nil))
			if err != nil {
				t.Fatal(err)
			}
			wantReason(t, verifyAt(t, v, token), ReasonType)
		})
	}
}

// opaque is a key held elsewhere.
type opaque struct{ crypto.Signer }

func (o opaque) Sign(r io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return o.Signer.Sign(r, digest, opts)
}

func TestSignersThatAreRefused(t *testing.T) {
	k := testKeys()
	for name, c := range map[string]struct {
		alg string
		key crypto.Signer
		kid string
	}{
		"none":            {"none", k.rsa, "k"},
		"a MAC":           {"HS256", k.rsa, "k"},
		"another kind":    {"RS256", k.ec, "k"},
		"another curve":   {"ES256", k.ec384, "k"},
		"too short a key": {"RS256", k.weak, "k"},
		"no kid":          {"RS256", k.rsa, ""},
		"no key":          {"RS256", nil, "k"},
		"a key elsewhere": {"RS256", opaque{k.rsa}, "k"},
	} {
		if _, err := NewSigner(c.alg, c.key, c.kid); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}

func TestSignWantsAnObject(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "k")
	for _, claims := range []any{nil, "x", []string{"x"}, 1, map[string]any{"f": func() {}}} {
		if token, err := s.Sign(claims); err == nil {
			t.Errorf("%T: signed as %s", claims, token)
		}
	}
}

func TestPublicKeysHoldNoPrivatePart(t *testing.T) {
	k := testKeys()
	text, err := PublicKeys(signer(t, "RS256", k.rsa, "r"), signer(t, "ES256", k.ec, "e"), signer(t, "EdDSA", k.ed, "d"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{`"d":`, `"p":`, `"q":`, `"dp":`, `"dq":`, `"qi":`, `"k":`} {
		if strings.Contains(string(text), name) {
			t.Errorf("%s in %s", name, text)
		}
	}
	if text, err := PublicKeys(); err != nil || string(text) != `{"keys":[]}` {
		t.Errorf("of no signer: %s, %v", text, err)
	}
}

func TestSignerPrintsNoPrivatePart(t *testing.T) {
	s := signer(t, "RS256", testKeys().rsa, "r")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, s); text != "RS256 signer r" {
			t.Errorf("%s: %s", verb, text)
		}
	}
}
