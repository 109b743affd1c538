package jose

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path"
	"testing"
	"time"
)

type attacks struct {
	At         int64           `json:"verify_at_unix"`
	Issuer     string          `json:"expected_issuer"`
	Audience   string          `json:"expected_audience"`
	Algorithms []string        `json:"allowed_algorithms"`
	Required   []string        `json:"required_claims"`
	Keys       json.RawMessage `json:"jwks"`
	Cases      []struct{ Class, Name, Token, Expect string }
}

func TestAttackTokens(t *testing.T) {
	data := vectors[attacks](t, "attack-tokens/jwt-attacks.json")
	keys, err := ParseKeys(data.Keys)
	if err != nil {
		t.Fatal(err)
	}
	if n := keys.Len(); n != 3 {
		t.Errorf("%d usable keys, want 3: the weak one and the one for encryption are left out", n)
	}
	now := func() time.Time { return time.Unix(data.At, 0) }
	settings := map[string]*Verifier{
		"as given": {
			Keys: keys, Issuer: data.Issuer, Audiences: []string{data.Audience}, Now: now,
			Algorithms: data.Algorithms, RequiredClaims: data.Required,
		},
		"by default": {Keys: keys, Issuer: data.Issuer, Audiences: []string{data.Audience}, Now: now},
	}
	for name, v := range settings {
		cache := NewCache(1 << 20)
		for _, c := range data.Cases {
			t.Run(name+"/"+c.Class+"/"+c.Name, func(t *testing.T) {
				err := verifyAt(t, v, c.Token)
				if c.Expect == "accept" && err != nil || c.Expect == "reject" && err == nil {
					t.Errorf("want %s, got %v", c.Expect, err)
				}
				for range 2 {
					if _, kept := cache.Verify(context.Background(), v, c.Token); ReasonOf(kept) != ReasonOf(err) {
						t.Errorf("the cache says %v, the verifier %v", kept, err)
					}
				}
			})
		}
	}
}

// wycheproof is the common form of its JSON web files: a group has a key, or a set of them.
type wycheproof struct {
	TestGroups []struct {
		Type, Comment   string
		Private, Public json.RawMessage
		Tests           []struct {
			TcID     int
			Comment  string
			Result   string
			JWS, JWE json.RawMessage
		}
	}
}

// leftOut lists the valid signatures that are refused here nevertheless, and why.
var leftOut = map[string]map[int]string{
	"json_web_signature_test.json": {
		346: "a PS384 signature under a key whose alg says PS256 (RFC 8725 §3.1)",
		350: "a PS384 signature under a key whose alg says PS256 (RFC 8725 §3.1)",
		351: `an ES512 signature under a key whose alg says "ES521", which is no algorithm`,
		372: "a character in the header that is not of base64url (RFC 7515 §2)",
		373: "a character in the payload that is not of base64url (RFC 7515 §2)",
	},
}

func TestWycheproofSignatures(t *testing.T) {
	contradictions := 0
	for _, file := range []string{"json_web_signature_test.json", "json_web_key_test.json", "json_web_crypto_test.json"} {
		data := vectors[wycheproof](t, "wycheproof/"+file)
		for _, group := range data.TestGroups {
			valid := map[string]int{}
			for _, c := range group.Tests {
				if c.Result == "valid" {
					valid[string(c.JWS)] = c.TcID
				}
			}
			for _, c := range group.Tests {
				if c.JWS == nil {
					continue
				}
				if twin := valid[string(c.JWS)]; c.Result == "invalid" && twin != 0 {
					// Two tests on padding have lost it in print, and are the good token of a third.
					t.Logf("%s: %d (%s) is byte for byte %d, which is valid", file, c.TcID, c.Comment, twin)
					contradictions++
					continue
				}
				t.Run(fmt.Sprintf("%s/%d_%s", file, c.TcID, c.Comment), func(t *testing.T) {
					key := group.Public
					if key == nil {
						key = group.Private
					}
					err := verifyUnder(key, compactOf(c.JWS))
					if c.Result == "invalid" && err == nil {
						t.Error("accepted")
					}
					if why, out := leftOut[file][c.TcID]; c.Result == "valid" && out != (err != nil) {
						t.Errorf("got %v, left out: %q", err, why)
					}
				})
			}
		}
	}
	if contradictions > 2 {
		t.Errorf("%d invalid tokens are also valid ones: the data cannot be right", contradictions)
	}
}

// compactOf is the token, or the text of one in a JSON serialization.
func compactOf(raw json.RawMessage) string {
	var token string
	if json.Unmarshal(raw, &token) != nil {
		return string(raw)
	}
	return token
}

// verifyUnder checks a signature alone, with the family of algorithms that the key is of.
func verifyUnder(key json.RawMessage, jws string) error {
	keys, err := ParseKeys(key)
	if err != nil {
		return err
	}
	var last error
	for _, algorithms := range [][]string{nil, {"HS256", "HS384", "HS512"}} {
		v := &Verifier{Keys: keys, AnyIssuer: true, AnyAudience: true, Algorithms: algorithms}
		if _, last = v.VerifyJWS(context.Background(), jws); last == nil {
			return nil
		}
	}
	return last
}

// No encrypted token is ever a token here, not even under the key that it was encrypted with.
func TestWycheproofEncryptionIsRefused(t *testing.T) {
	for _, file := range []string{"json_web_encryption_test.json", "json_web_crypto_test.json"} {
		refused := 0
		for _, group := range vectors[wycheproof](t, "wycheproof/"+file).TestGroups {
			for _, c := range group.Tests {
				if c.JWE == nil {
					continue
				}
				for _, key := range []json.RawMessage{group.Private, group.Public} {
					if key != nil && verifyUnder(key, compactOf(c.JWE)) == nil {
						t.Errorf("%s %d: accepted", file, c.TcID)
					}
				}
				refused++
			}
		}
		if refused == 0 {
			t.Errorf("%s: no test found", file)
		}
	}
}

func TestWycheproofECDSA(t *testing.T) {
	data := vectors[struct {
		TestGroups []struct {
			PublicKey struct{ Uncompressed string }
			Tests     []struct {
				TcID             int
				Msg, Sig, Result string
				Comment          string
			}
		}
	}](t, "wycheproof/ecdsa_secp256r1_sha256_p1363_test.json")
	for _, group := range data.TestGroups {
		point, err := hex.DecodeString(group.PublicKey.Uncompressed)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range group.Tests {
			message, _ := hex.DecodeString(c.Msg)
			signature, _ := hex.DecodeString(c.Sig)
			es256 := algorithm{"ES256", ecdsaRS, crypto.SHA256, "P-256"}
			if got := es256.verify(key, message, signature); got != (c.Result == "valid") {
				t.Errorf("%d %s: %v, want %s", c.TcID, c.Comment, got, c.Result)
			}
		}
	}
}

// RFC 7520 §4: the signatures of a published book are checked, each under the key printed beside it.
func TestCookbookSignatures(t *testing.T) {
	type example struct {
		Input struct {
			Payload string
			Key     map[string]any
		}
		Output struct{ Compact string }
	}
	for _, c := range []struct {
		name string
		good bool
	}{
		{"4_1.rsa_v15_signature.json", true},
		{"4_2.rsa-pss_signature.json", true},
		{"4_3.ecdsa_signature.json", true},
		{"4_4.hmac-sha2_integrity_protection.json", true},
		{"4_5.signature_with_detached_content.json", false}, // the payload is elsewhere
		{"4_6.protecting_specific_header_fields.json", false},
		{"4_7.protecting_content_only.json", false}, // no compact form, since nothing of the header is protected
	} {
		t.Run(c.name, func(t *testing.T) {
			data := vectors[example](t, path.Join("rfc7520-cookbook/jws", c.name))
			for _, name := range []string{"d", "p", "q", "dp", "dq", "qi"} {
				delete(data.Input.Key, name)
			}
			err := verifyUnder([]byte(encode(t, data.Input.Key)), data.Output.Compact)
			if (err == nil) != c.good {
				t.Errorf("accepted must be %v: %v", c.good, err)
			}
		})
	}
}

func TestCookbookKeys(t *testing.T) {
	for name, usable := range map[string]int{
		"3_1.ec_public_key.json":                 1,
		"3_2.ec_private_key.json":                0,
		"3_3.rsa_public_key.json":                1,
		"3_4.rsa_private_key.json":               0,
		"3_5.symmetric_key_mac_computation.json": 1,
		"3_6.symmetric_key_encryption.json":      0,
	} {
		keys, err := ParseKeys(vectors[json.RawMessage](t, "rfc7520-cookbook/jwk/"+name))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if keys.Len() != usable || len(keys.Skipped()) != 1-usable {
			t.Errorf("%s: %d usable, skipped %v", name, keys.Len(), keys.Skipped())
		}
	}
}
