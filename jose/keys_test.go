package jose

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
)

// public returns the JWK of a signer's public key, changed: a nil value takes a member out.
func public(t testing.TB, s *Signer, changes map[string]any) map[string]any {
	t.Helper()
	var jwk map[string]any
	if err := json.Unmarshal([]byte(encode(t, s.public)), &jwk); err != nil {
		t.Fatal(err)
	}
	for name, value := range changes {
		if value == nil {
			delete(jwk, name)
		} else {
			jwk[name] = value
		}
	}
	return jwk
}

func setOf(t testing.TB, keys ...map[string]any) []byte {
	t.Helper()
	return []byte(encode(t, map[string]any{"keys": append([]map[string]any{}, keys...)}))
}

func TestWhichKeysAreUsed(t *testing.T) {
	k := testKeys()
	r, e, d := signer(t, "RS256", k.rsa, "r"), signer(t, "ES256", k.ec, "e"), signer(t, "EdDSA", k.ed, "d")
	even := public(t, r, nil)
	even["n"] = even["n"].(string)[:len(even["n"].(string))-1] + "A" // the last four bits, and two unused
	for name, c := range map[string]struct {
		key  map[string]any
		used bool
	}{
		"RSA":                         {public(t, r, nil), true},
		"EC":                          {public(t, e, nil), true},
		"Ed25519":                     {public(t, d, nil), true},
		"without use and alg":         {public(t, r, map[string]any{"use": nil, "alg": nil}), true},
		"without kid":                 {public(t, r, map[string]any{"kid": nil}), true},
		"key_ops verify":              {public(t, r, map[string]any{"use": nil, "key_ops": []string{"verify"}}), true},
		"unknown members":             {public(t, r, map[string]any{"nbf": 1, "exp": "x"}), true},
		"RSA for PSS":                 {public(t, r, map[string]any{"alg": "PS512"}), true},
		"for encryption":              {public(t, r, map[string]any{"use": "enc"}), false},
		"use in capitals":             {public(t, r, map[string]any{"use": "SIG"}), false},
		"use a number":                {public(t, r, map[string]any{"use": 1}), false},
		"key_ops encrypt":             {public(t, r, map[string]any{"use": nil, "key_ops": []string{"encrypt"}}), false},
		"key_ops empty":               {public(t, r, map[string]any{"use": nil, "key_ops": []string{}}), false},
		"key_ops twice":               {public(t, r, map[string]any{"use": nil, "key_ops": []string{"verify", "verify"}}), false},
		"key_ops a string":            {public(t, r, map[string]any{"use": nil, "key_ops": "verify"}), false},
		"alg for encryption":          {public(t, r, map[string]any{"use": nil, "alg": "RSA-OAEP"}), false},
		"alg of a MAC":                {public(t, r, map[string]any{"alg": "HS256"}), false},
		"alg none":                    {public(t, r, map[string]any{"alg": "none"}), false},
		"alg of another curve":        {public(t, e, map[string]any{"alg": "ES384"}), false},
		"alg of another kind":         {public(t, e, map[string]any{"alg": "RS256"}), false},
		"kid a number":                {public(t, r, map[string]any{"kid": 1}), false},
		"kty missing":                 {public(t, r, map[string]any{"kty": nil}), false},
		"kty of tomorrow":             {public(t, r, map[string]any{"kty": "LWE"}), false},
		"kty in lower case":           {public(t, r, map[string]any{"kty": "rsa"}), false},
		"private":                     {public(t, r, map[string]any{"d": "AQAB"}), false},
		"private, of null":            {public(t, r, map[string]any{"dq": json.RawMessage("null")}), false},
		"a secret beside":             {public(t, r, map[string]any{"k": "AQAB"}), false},
		"e is one":                    {public(t, r, map[string]any{"e": "AQ"}), false},
		"e is even":                   {public(t, r, map[string]any{"e": "AQAA"}), false},
		"e is missing":                {public(t, r, map[string]any{"e": nil}), false},
		"e is huge":                   {public(t, r, map[string]any{"e": strings.Repeat("AQAB", 9)}), false},
		"n is even":                   {even, false},
		"n is short":                  {public(t, r, map[string]any{"n": b64("\xff" + strings.Repeat("\x01", 127))}), false},
		"n is missing":                {public(t, r, map[string]any{"n": nil}), false},
		"n is a number":               {public(t, r, map[string]any{"n": 65537}), false},
		"n has padding":               {public(t, r, map[string]any{"n": r.publicN(t) + "="}), false},
		"crv of another curve":        {public(t, e, map[string]any{"crv": "P-384"}), false},
		"crv secp256k1":               {public(t, e, map[string]any{"crv": "secp256k1", "alg": nil}), false},
		"point off the curve":         {public(t, e, map[string]any{"x": b64(strings.Repeat("\x01", 32))}), false},
		"point of zeros":              {public(t, e, map[string]any{"x": b64(strings.Repeat("\x00", 32)), "y": b64(strings.Repeat("\x00", 32))}), false},
		"coordinate short":            {public(t, e, map[string]any{"x": b64("\x01")}), false},
		"Ed25519 short":               {public(t, d, map[string]any{"x": b64("\x01")}), false},
		"Ed25519 of low order":        {public(t, d, map[string]any{"x": b64("\x01" + strings.Repeat("\x00", 31))}), false},
		"X25519":                      {public(t, d, map[string]any{"crv": "X25519"}), false},
		"Ed448":                       {public(t, d, map[string]any{"crv": "Ed448", "x": b64(strings.Repeat("\x01", 57))}), false},
		"a certificate that is none":  {public(t, r, map[string]any{"x5c": []string{"AAAA"}, "x5t": "AA", "x5u": 1}), true},
		"n is 8192 bits long":         {public(t, r, map[string]any{"n": b64("\xff" + strings.Repeat("\x01", 1023))}), true},
		"n is 8200 bits long":         {public(t, r, map[string]any{"n": b64("\xff" + strings.Repeat("\x01", 1024))}), false},
		"a coordinate with a zero":    {public(t, e, map[string]any{"x": b64("\x00" + strings.Repeat("\x01", 32))}), false},
		"a coordinate with padding":   {public(t, e, map[string]any{"x": public(t, e, nil)["x"].(string) + "="}), false},
		"secret":                      {map[string]any{"kty": "oct", "kid": "r", "k": b64(strings.Repeat("k", 32))}, true},
		"secret of 31 bytes":          {map[string]any{"kty": "oct", "kid": "r", "k": b64(strings.Repeat("k", 31))}, false},
		"secret empty":                {map[string]any{"kty": "oct", "kid": "r", "k": ""}, false},
		"secret missing":              {map[string]any{"kty": "oct", "kid": "r"}, false},
		"secret of another alg":       {map[string]any{"kty": "oct", "kid": "r", "alg": "A256KW", "k": b64(strings.Repeat("k", 32))}, false},
		"secret too short for alg":    {map[string]any{"kty": "oct", "kid": "r", "alg": "HS512", "k": b64(strings.Repeat("k", 63))}, false},
		"secret said to be RSA's alg": {map[string]any{"kty": "oct", "kid": "r", "alg": "RS256", "k": b64(strings.Repeat("k", 64))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := ParseKeys(setOf(t, c.key))
			if err != nil {
				t.Fatal(err)
			}
			if got := keys.Len() == 1; got != c.used {
				t.Fatalf("used %v, want %v: %v", got, c.used, keys.Skipped())
			}
			if skipped := keys.Skipped(); !c.used && (len(skipped) != 1 || skipped[0].Why == "") {
				t.Errorf("skipped %v, want one with its reason", skipped)
			}
			single, err := ParseKeys([]byte(encode(t, c.key)))
			if c.key["kty"] != nil && (err != nil || single.Len() != keys.Len()) {
				t.Errorf("as a single JWK: %v, %v", single, err)
			}
		})
	}
}

func (s *Signer) publicN(t testing.TB) string { return public(t, s, nil)["n"].(string) }

func TestWeakRSAKey(t *testing.T) {
	if _, err := NewSigner("RS256", testKeys().weak, "w"); err == nil {
		t.Error("signs with 1024 bits")
	}
	if weakPrimes(testKeys().rsa.N) {
		t.Error("a sound modulus is taken for one of weak primes")
	}
}

func TestSetsThatAreRefused(t *testing.T) {
	k := testKeys()
	r := public(t, signer(t, "RS256", k.rsa, "r"), nil)
	oct := map[string]any{"kty": "oct", "kid": "s", "k": b64(strings.Repeat("k", 32))}
	many := make([]map[string]any, maxSetKeys+1)
	for i := range many {
		many[i] = map[string]any{"kty": "x"}
	}
	for name, text := range map[string]string{
		"nothing":              ``,
		"null":                 `null`,
		"an array":             `[]`,
		"an empty object":      `{}`,
		"keys an object":       `{"keys":{}}`,
		"keys null":            `{"keys":null}`,
		"keys twice":           `{"keys":[],"keys":[]}`,
		"a key that is none":   `{"keys":[1]}`,
		"a member twice":       `{"keys":[{"kty":"RSA","kty":"oct"}]}`,
		"more behind it":       `{"keys":[]} {"keys":[]}`,
		"not UTF-8":            "{\"keys\":[{\"kid\":\"\xff\"}]}",
		"too many keys":        string(setOf(t, many...)),
		"too long":             `{"keys":[]` + strings.Repeat(" ", maxSetBytes) + `}`,
		"nested too deeply":    `{"keys":[],"x":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
		"secret beside public": string(setOf(t, r, oct)),
		"PEM":                  "-----BEGIN PUBLIC KEY-----\n",
	} {
		t.Run(name, func(t *testing.T) {
			if keys, err := ParseKeys([]byte(text)); err == nil {
				t.Errorf("read %d keys", keys.Len())
			}
		})
	}
}

func TestSkippedKeysLeaveTheOthers(t *testing.T) {
	k := testKeys()
	r, e := public(t, signer(t, "RS256", k.rsa, "r"), nil), public(t, signer(t, "ES256", k.ec, "e"), map[string]any{"use": "enc"})
	keys, err := ParseKeys(setOf(t, map[string]any{"kty": "new", "kid": "n"}, e, r))
	if err != nil || keys.Len() != 1 {
		t.Fatal(keys, err)
	}
	if got := fmt.Sprint(keys.Skipped()); got != "[{0 n its kty is not known} {1 e its use is not sig}]" {
		t.Errorf("skipped %s", got)
	}
}

func TestSameKid(t *testing.T) {
	k := testKeys()
	jwk := func(alg string, changes map[string]any) map[string]any {
		switch alg {
		case "ES256":
			return public(t, signer(t, alg, k.ec, "x"), changes)
		case "ES384":
			return public(t, signer(t, alg, k.ec384, "x"), changes)
		default:
			return public(t, signer(t, alg, k.rsa, "x"), changes)
		}
	}
	other := public(t, signer(t, "RS256", k.rsa2, "x"), nil)
	noAlg := map[string]any{"alg": nil}
	noKid := map[string]any{"kid": nil}
	otherNoKid := public(t, signer(t, "RS256", k.rsa2, "x"), noKid)
	for name, c := range map[string]struct {
		keys []map[string]any
		used int
	}{
		"another kind":                     {[]map[string]any{jwk("RS256", nil), jwk("ES256", nil)}, 2},
		"another curve":                    {[]map[string]any{jwk("ES384", noAlg), jwk("ES256", noAlg)}, 2},
		"one key for two algorithms":       {[]map[string]any{jwk("RS256", nil), jwk("PS256", nil)}, 2},
		"one key twice":                    {[]map[string]any{jwk("RS256", nil), jwk("RS256", nil)}, 1},
		"one key, once without alg":        {[]map[string]any{jwk("RS256", noAlg), jwk("RS256", nil)}, 1},
		"two keys":                         {[]map[string]any{jwk("RS256", nil), other}, 0},
		"two keys, one without alg":        {[]map[string]any{jwk("RS256", noAlg), other, jwk("ES256", nil)}, 1},
		"two keys, one for encryption":     {[]map[string]any{jwk("RS256", map[string]any{"use": "enc"}), other}, 1},
		"two keys without kid":             {[]map[string]any{jwk("RS256", noKid), otherNoKid}, 2},
		"one key without kid, given twice": {[]map[string]any{jwk("RS256", noKid), jwk("RS256", noKid)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := ParseKeys(setOf(t, c.keys...))
			if err != nil || keys.Len() != c.used || len(keys.Skipped()) != len(c.keys)-c.used {
				t.Errorf("%d used, want %d: %v, %v", keys.Len(), c.used, keys.Skipped(), err)
			}
		})
	}
}

func TestVersionFollowsContent(t *testing.T) {
	k := testKeys()
	r, e := public(t, signer(t, "RS256", k.rsa, "r"), nil), public(t, signer(t, "ES256", k.ec, "e"), nil)
	version := func(keys ...map[string]any) Version {
		set, err := ParseKeys(setOf(t, keys...))
		if err != nil {
			t.Fatal(err)
		}
		return set.Version()
	}
	if version(r, e) != version(e, r) {
		t.Error("the order makes another set")
	}
	if version(r, e) != version(r, map[string]any{"kty": "new"}, e) {
		t.Error("a key that is never used makes another set")
	}
	seen := map[Version]string{}
	for name, v := range map[string]Version{
		"none":             version(),
		"both":             version(r, e),
		"one":              version(r),
		"other":            version(e),
		"one renamed":      version(public(t, signer(t, "RS256", k.rsa, "q"), nil)),
		"one for PSS":      version(public(t, signer(t, "PS256", k.rsa, "r"), nil)),
		"one for whatever": version(public(t, signer(t, "RS256", k.rsa, "r"), map[string]any{"alg": nil})),
		"another of one's": version(public(t, signer(t, "RS256", k.rsa2, "r"), nil)),
	} {
		if twin, ok := seen[v]; ok {
			t.Errorf("%s has the version of %s", name, twin)
		}
		seen[v] = name
	}
}

func TestTheKidOfATokenUnderTheOneSecretIsNotLookedAt(t *testing.T) {
	secret := "0123456789abcdef0123456789abcdef"
	keys, err := SecretKeys(secret)
	if err != nil {
		t.Fatal(err)
	}
	sign := func(secret string) string {
		signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: gojose.HS256, Key: []byte(secret)},
			(&gojose.SignerOptions{}).WithHeader("kid", "2026-11"))
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign([]byte(`{"sub":"alice","exp":4102444800}`))
		if err != nil {
			t.Fatal(err)
		}
		token, err := jws.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	v := &Verifier{Keys: keys, AnyIssuer: true, AnyAudience: true, Algorithms: []string{"HS256"}}
	if _, err := v.Verify(t.Context(), sign(secret)); err != nil {
		t.Errorf("a token under the secret, with a kid: %v", err)
	}
	if _, err := v.Verify(t.Context(), sign(strings.Repeat("x", 32))); ReasonOf(err) != ReasonSignature {
		t.Errorf("a token under another secret: %v, want a wrong signature", err)
	}
}
