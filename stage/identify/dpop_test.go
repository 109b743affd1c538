package identify

import (
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
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/jose"
	"sallyport/problem"
)

// device is a client with a key that its tokens are bound to. It makes proofs by
// its own code, so that they can be wrong in every way.
type device struct {
	key *ecdsa.PrivateKey
	jwk map[string]any
	jkt string
}

func newDevice(t testing.TB) *device {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y := b64(point[1:33]), b64(point[33:])
	print := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"` + x + `","y":"` + y + `"}`))
	return &device{key, map[string]any{"kty": "EC", "crv": "P-256", "x": x, "y": y}, b64(print[:])}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// proof is one for a GET of https://api.example/, changed.
func (d *device) proof(t testing.TB, token string, header, claims map[string]any) string {
	t.Helper()
	ath := sha256.Sum256([]byte(token))
	h := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": d.jwk}
	c := map[string]any{"jti": rand.Text(), "htm": "GET", "htu": "https://api.example/", "iat": noon.Unix(), "ath": b64(ath[:])}
	change(h, header)
	change(c, claims)
	return d.sign(t, encoded(t, h)+"."+encoded(t, c))
}

func (d *device) sign(t testing.TB, input string) string {
	t.Helper()
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, d.key, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func change(m, changes map[string]any) {
	for name, value := range changes {
		if m[name] = value; value == nil {
			delete(m, name)
		}
	}
}

func encoded(t testing.TB, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return b64(text)
}

// bound is a token of the issuer for a device.
func (i *issuer) bound(t testing.TB, d *device, changes map[string]any) string {
	claims := map[string]any{"cnf": map[string]any{"jkt": d.jkt}}
	change(claims, changes)
	return i.token(t, claims)
}

func proofs(required bool) *DPoP {
	return &DPoP{Required: required, Algorithms: []string{"ES256", "EdDSA", "RS256"}, Window: time.Minute, Replays: NewReplays(), Now: atNoon}
}

// boundScheme takes tokens of the issuer by these proofs.
func (i *issuer) boundScheme(t testing.TB, d *DPoP) *Scheme {
	t.Helper()
	by := i.accepted()
	by.DPoP = d
	m := newJWT(t, "bound", 1024, by)
	return &Scheme{Name: "bound", Place: m.Place(), Method: m}
}

// calling is a request of a client that asks for https://api.example/.
func calling(fields ...string) *sallyport.Exchange {
	x := request("", fields...)
	x.Request.Scheme, x.Request.Authority = "https", "api.example"
	return x
}

func TestBoundTokenWithItsProof(t *testing.T) {
	one, d := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t)
	s, token := security(all(one.boundScheme(t, proofs(true)))), one.bound(t, d, nil)
	for range 3 {
		x := calling("Authorization", "DPoP "+token, "dpop", d.proof(t, token, nil, nil))
		if err := s.Run(x); err != nil {
			t.Fatal(err)
		}
		if x.Caller.ID() != "https://one.example|ann" {
			t.Errorf("%q calls", x.Caller.ID())
		}
	}
}

// What an attacker tries, and what honest clients get wrong. The token is good in all of them.
func TestProofsThatAreRefused(t *testing.T) {
	one, d, other := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t), newDevice(t)
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	token := one.bound(t, d, nil)
	scalar, err := d.key.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	private := map[string]any{"d": b64(scalar)}
	change(private, d.jwk)
	secret := map[string]any{"kty": "oct", "k": b64([]byte(strings.Repeat("k", 32)))}
	otherAth := sha256.Sum256([]byte(one.bound(t, d, map[string]any{"jti": "x"})))
	type changes = map[string]any
	for name, proof := range map[string]string{
		"empty":                               "",
		"no token":                            "x",
		"a bearer token":                      token,
		"two in one field":                    d.proof(t, token, nil, nil) + ", " + d.proof(t, token, nil, nil),
		"too long":                            d.proof(t, token, nil, changes{"pad": strings.Repeat("x", 9000)}),
		"typ JWT":                             d.proof(t, token, changes{"typ": "JWT"}, nil),
		"typ of an access token":              d.proof(t, token, changes{"typ": "at+jwt"}, nil),
		"no typ":                              d.proof(t, token, changes{"typ": nil}, nil),
		"alg none":                            d.proof(t, token, changes{"alg": "none"}, nil),
		"no alg":                              d.proof(t, token, changes{"alg": nil}, nil),
		"alg that is not allowed":             d.proof(t, token, changes{"alg": "ES384"}, nil),
		"alg of another kind of key":          d.proof(t, token, changes{"alg": "EdDSA"}, nil),
		"a MAC under the key as it is shown":  macProof(t, d, token, d.jwk),
		"a MAC under a secret that it brings": macProof(t, d, token, secret),
		"the private key":                     d.proof(t, token, changes{"jwk": private}, nil),
		"no key":                              d.proof(t, token, changes{"jwk": nil}, nil),
		"a key that is none":                  d.proof(t, token, changes{"jwk": "x"}, nil),
		"a key off the curve":                 d.proof(t, token, changes{"jwk": changes{"kty": "EC", "crv": "P-256", "x": d.jwk["y"], "y": d.jwk["x"]}}, nil),
		"the key at an address":               d.proof(t, token, changes{"jwk": nil, "jku": "https://evil.example/keys", "kid": "x"}, nil),
		"another key":                         other.proof(t, token, nil, nil),
		"another key, shown as ours":          other.proof(t, token, changes{"jwk": d.jwk}, nil),
		"crit":                                d.proof(t, token, changes{"crit": []string{"exp"}, "exp": 1}, nil),
		"another signature":                   cut(d.proof(t, token, nil, nil)) + "." + b64(make([]byte, 64)),
		"no signature":                        cut(d.proof(t, token, nil, nil)) + ".",
		"signed by Ed25519 under another key": edProof(t, edKey, token),
		"claims twice":                        d.sign(t, encoded(t, changes{"typ": "dpop+jwt", "alg": "ES256", "jwk": d.jwk})+"."+b64([]byte(`{"jti":"a","jti":"b"}`))),
		"htm of another method":               d.proof(t, token, nil, changes{"htm": "POST"}),
		"htm in small letters":                d.proof(t, token, nil, changes{"htm": "get"}),
		"no htm":                              d.proof(t, token, nil, changes{"htm": nil}),
		"htm a list":                          d.proof(t, token, nil, changes{"htm": []string{"GET"}}),
		"htu of another path":                 d.proof(t, token, nil, changes{"htu": "https://api.example/other"}),
		"htu of another host":                 d.proof(t, token, nil, changes{"htu": "https://api.example.evil/"}),
		"htu of another port":                 d.proof(t, token, nil, changes{"htu": "https://api.example:8443/"}),
		"htu in the clear":                    d.proof(t, token, nil, changes{"htu": "http://api.example/"}),
		"htu with a name before it":           d.proof(t, token, nil, changes{"htu": "https://api.example@evil.example/"}),
		"htu of a path alone":                 d.proof(t, token, nil, changes{"htu": "/"}),
		"no htu":                              d.proof(t, token, nil, changes{"htu": nil}),
		"ath of another token":                d.proof(t, token, nil, changes{"ath": b64(otherAth[:])}),
		"ath with padding":                    d.proof(t, token, nil, changes{"ath": b64(otherAth[:]) + "="}),
		"no ath":                              d.proof(t, token, nil, changes{"ath": nil}),
		"iat too old":                         d.proof(t, token, nil, changes{"iat": noon.Unix() - 61}),
		"iat of a time to come":               d.proof(t, token, nil, changes{"iat": noon.Unix() + 31}),
		"iat a text":                          d.proof(t, token, nil, changes{"iat": strconv.FormatInt(noon.Unix(), 10)}),
		"iat in milliseconds":                 d.proof(t, token, nil, changes{"iat": noon.UnixMilli()}),
		"no iat":                              d.proof(t, token, nil, changes{"iat": nil}),
		"no jti":                              d.proof(t, token, nil, changes{"jti": nil}),
		"an empty jti":                        d.proof(t, token, nil, changes{"jti": ""}),
		"a jti that is a number":              d.proof(t, token, nil, changes{"jti": 7}),
	} {
		t.Run(name, func(t *testing.T) {
			s := security(all(one.boundScheme(t, proofs(false))))
			r := wantKind(t, s.Run(calling("Authorization", "DPoP "+token, "DPoP", proof)), problem.ProofInvalid)
			if len(proof) > 8 && strings.Contains(r.Error()+r.Detail, proof[:8]) {
				t.Error("the proof is repeated")
			}
			if c := strings.Join(r.Fields.Values("WWW-Authenticate"), "\n"); !strings.Contains(c, `DPoP realm="bank", algs="ES256 EdDSA RS256", error="invalid_dpop_proof"`) || !strings.Contains(c, "\nBearer realm=\"bank\"") || strings.Contains(c, "invalid_token") {
				t.Errorf("challenges %s", c)
			}
		})
	}
}

func cut(proof string) string { return proof[:strings.LastIndexByte(proof, '.')] }

func macProof(t testing.TB, d *device, token string, jwk map[string]any) string {
	input := cut(d.proof(t, token, map[string]any{"alg": "HS256", "jwk": jwk}, nil))
	h := hmac.New(sha256.New, []byte(strings.Repeat("k", 32)))
	h.Write([]byte(input))
	return input + "." + b64(h.Sum(nil))
}

func edProof(t testing.TB, key ed25519.PrivateKey, token string) string {
	jwk := map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(key.Public().(ed25519.PublicKey))}
	input := cut(newDevice(t).proof(t, token, map[string]any{"alg": "EdDSA", "jwk": jwk}, nil))
	return input + "." + b64(ed25519.Sign(key, []byte(input)))
}

func TestTwoProofFieldsAreNone(t *testing.T) {
	one, d := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t)
	token := one.bound(t, d, nil)
	s := security(all(one.boundScheme(t, proofs(true))))
	for _, x := range []*sallyport.Exchange{
		calling("Authorization", "DPoP "+token),
		calling("Authorization", "DPoP "+token, "DPoP", d.proof(t, token, nil, nil), "dpop", d.proof(t, token, nil, nil)),
	} {
		wantKind(t, s.Run(x), problem.ProofInvalid)
	}
}

func TestTokensByTheWrongScheme(t *testing.T) {
	one, d := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t)
	plain, bound := one.token(t, nil), one.bound(t, d, nil)
	certificate := one.token(t, map[string]any{"cnf": map[string]any{"x5t#S256": d.jkt}})
	both := one.bound(t, d, map[string]any{"cnf": map[string]any{"jkt": d.jkt, "x5t#S256": d.jkt}})
	for _, c := range []struct {
		name, mode, scheme, token string
		good                      bool
	}{
		{"a plain one as Bearer, proofs off", "off", "Bearer", plain, true},
		{"a plain one as Bearer, proofs optional", "optional", "Bearer", plain, true},
		{"a plain one as Bearer, proofs required", "required", "Bearer", plain, false},
		{"a plain one as DPoP", "optional", "DPoP", plain, false},
		{"a bound one as Bearer, with a proof", "optional", "Bearer", bound, false},
		{"a bound one as Bearer, proofs required", "required", "Bearer", bound, false},
		{"a bound one as Bearer, proofs off", "off", "Bearer", bound, false},
		{"a bound one as DPoP", "optional", "dPOP", bound, true},
		{"one that is bound to a certificate as DPoP", "optional", "DPoP", certificate, false},
		{"one that is bound to a certificate as Bearer", "optional", "Bearer", certificate, false},
		{"one that is bound to both", "optional", "DPoP", both, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var by *DPoP
			if c.mode != "off" {
				by = proofs(c.mode == "required")
			}
			x := calling("Authorization", c.scheme+" "+c.token, "DPoP", d.proof(t, c.token, nil, nil))
			err := security(all(one.boundScheme(t, by))).Run(x)
			if c.good && err != nil || !c.good && problem.As(err).Kind != problem.TokenInvalid {
				t.Errorf("good %v: %v", c.good, err)
			}
		})
	}
	t.Run("as DPoP where no proofs are taken", func(t *testing.T) {
		err := security(all(one.boundScheme(t, nil))).Run(calling("Authorization", "DPoP "+bound, "DPoP", d.proof(t, bound, nil, nil)))
		wantKind(t, err, problem.CredentialsMissing)
	})
}

func TestOneIssuerTakesProofsAndAnotherDoesNot(t *testing.T) {
	one, two, d := newIssuer(t, "https://one.example", "EdDSA"), newIssuer(t, "https://two.example", "EdDSA"), newDevice(t)
	first := one.accepted()
	first.DPoP = proofs(true)
	m := newJWT(t, "any", 1024, first, two.accepted())
	s := security(all(&Scheme{Name: "any", Place: m.Place(), Method: m}))
	bound, plain := one.bound(t, d, nil), two.token(t, nil)
	for name, c := range map[string]struct {
		scheme, token string
		good          bool
	}{
		"bound, of the first":           {"DPoP", bound, true},
		"bound, of the second":          {"DPoP", two.bound(t, d, nil), false},
		"plain, of the first":           {"Bearer", one.token(t, nil), false},
		"plain, of the second":          {"Bearer", plain, true},
		"plain, of the second, as DPoP": {"DPoP", plain, false},
	} {
		err := s.Run(calling("Authorization", c.scheme+" "+c.token, "DPoP", d.proof(t, c.token, nil, nil)))
		if (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAProofIsTakenOnce(t *testing.T) {
	one, d, now := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t), noon
	by := proofs(true)
	by.Now = func() time.Time { return now }
	s, token := security(all(one.boundScheme(t, by))), one.bound(t, d, nil)
	proof := d.proof(t, token, nil, map[string]any{"iat": noon.Unix() + 30})
	send := func(proof string) error { return s.Run(calling("Authorization", "DPoP "+token, "DPoP", proof)) }
	if err := send(proof); err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{0, time.Second, 30 * time.Second, 59 * time.Second, 90 * time.Second, 91 * time.Second, 0, time.Hour, 0} {
		now = noon.Add(later) // back, too: what is forgotten is not taken again
		wantKind(t, send(proof), problem.ProofInvalid)
	}
	// Another one with the same jti, and one of another key with it, by turns.
	now = noon
	by.Replays = NewReplays()
	again := map[string]any{"jti": "the same"}
	if err := send(d.proof(t, token, nil, again)); err != nil {
		t.Fatal(err)
	}
	wantKind(t, send(d.proof(t, token, nil, again)), problem.ProofInvalid)
	e := newDevice(t)
	theirs := one.bound(t, e, nil)
	if err := s.Run(calling("Authorization", "DPoP "+theirs, "DPoP", e.proof(t, theirs, nil, again))); err != nil {
		t.Errorf("a jti is one among those of its key: %v", err)
	}
}

func TestAProofThatWasRefusedIsNotUsedUp(t *testing.T) {
	one, d := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t)
	s, token := security(all(one.boundScheme(t, proofs(true)))), one.bound(t, d, nil)
	proof := d.proof(t, token, nil, nil)
	elsewhere := calling("Authorization", "DPoP "+token, "DPoP", proof)
	elsewhere.Request.Path = "/elsewhere"
	wantKind(t, s.Run(elsewhere), problem.ProofInvalid)
	if err := s.Run(calling("Authorization", "DPoP "+token, "DPoP", proof)); err != nil {
		t.Error(err)
	}
}

func TestNoncesOfTheGateway(t *testing.T) {
	one, d, now := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t), noon
	by := proofs(true)
	by.Nonces, by.Now = NewNonces(nil), func() time.Time { return now }
	s, token := security(all(one.boundScheme(t, by))), one.bound(t, d, map[string]any{"exp": noon.Unix() + 3600})
	send := func(nonce any) (*sallyport.Exchange, error) {
		x := calling("Authorization", "DPoP "+token, "DPoP", d.proof(t, token, nil, map[string]any{"iat": now.Unix(), "nonce": nonce}))
		return x, s.Run(x)
	}
	_, err := send(nil)
	refused := wantKind(t, err, problem.ProofNonce)
	first := refused.Fields.Get("DPoP-Nonce")
	if c := refused.Fields.Get("WWW-Authenticate"); !strings.Contains(c, `error="use_dpop_nonce"`) || first == "" {
		t.Fatalf("told %q, %s", first, c)
	}
	for _, wrong := range []string{"", "x", first[:31] + "_", NewNonces(nil).At(now), strings.Repeat("A", 32)} {
		_, err := send(wrong)
		wantKind(t, err, problem.ProofNonce)
	}
	for minute := range 5 {
		x, err := send(first)
		if next := x.Answer.Get("DPoP-Nonce"); err != nil || (next != "") != (minute > 0) || next == first {
			t.Errorf("after %d minutes: %v, next nonce %q", minute, err, next)
		}
		now = now.Add(time.Minute)
	}
	_, err = send(first)
	wantKind(t, err, problem.ProofNonce)
	now = noon.Add(-time.Minute)
	_, err = send(first) // of a time to come
	wantKind(t, err, problem.ProofNonce)
}

// The examples of RFC 9449 §7.1: its token is no JWT, the proof for it is whole.
func TestExampleOfTheRFC(t *testing.T) {
	const (
		token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
		proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
	)
	var key jose.Thumbprint
	sum := sha256.Sum256([]byte(`{"crv":"P-256","kty":"EC","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}`))
	key = sum
	if key.String() != "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" { // §6.1
		t.Fatalf("thumbprint %s", key)
	}
	at := time.Unix(1562262618, 0)
	d := &DPoP{Algorithms: []string{"ES256"}, Window: time.Minute, Replays: NewReplays(), Now: func() time.Time { return at.Add(time.Second) }}
	asked := func() *sallyport.Exchange {
		x := request("", "DPoP", proof)
		x.Request.Scheme, x.Request.Authority, x.Request.Path = "https", "resource.example.org", "/protectedresource"
		return x
	}
	if err := d.prove(asked(), token, key, "x"); err != nil {
		t.Error(err)
	}
	wantKind(t, d.prove(asked(), token, key, "x"), problem.ProofInvalid) // once
}

func TestProofsOfOtherKeys(t *testing.T) {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaPrivate := rsaKey()
	for name, c := range map[string]struct {
		alg  string
		jwk  map[string]any
		form string
		sign func([]byte) []byte
	}{
		"EdDSA": {"EdDSA", map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(edKey.Public().(ed25519.PublicKey))}, `{"crv":"Ed25519","kty":"OKP","x":"X"}`,
			func(input []byte) []byte { return ed25519.Sign(edKey, input) }},
		"RS256": {"RS256", map[string]any{"kty": "RSA", "n": b64(rsaPrivate.N.Bytes()), "e": b64(big.NewInt(int64(rsaPrivate.E)).Bytes())}, `{"e":"E","kty":"RSA","n":"N"}`,
			func(input []byte) []byte {
				digest := sha256.Sum256(input)
				signature, err := rsa.SignPKCS1v15(nil, rsaPrivate, crypto.SHA256, digest[:])
				if err != nil {
					t.Fatal(err)
				}
				return signature
			}},
	} {
		t.Run(name, func(t *testing.T) {
			form := c.form
			for _, member := range []string{"x", "n", "e"} {
				if value, ok := c.jwk[member].(string); ok {
					form = strings.Replace(form, `"`+strings.ToUpper(member)+`"`, `"`+value+`"`, 1)
				}
			}
			print := sha256.Sum256([]byte(form))
			one := newIssuer(t, "https://one.example", "EdDSA")
			token := one.token(t, map[string]any{"cnf": map[string]any{"jkt": b64(print[:])}})
			input := cut(newDevice(t).proof(t, token, map[string]any{"alg": c.alg, "jwk": c.jwk}, nil))
			x := calling("Authorization", "DPoP "+token, "DPoP", input+"."+b64(c.sign([]byte(input))))
			if err := security(all(one.boundScheme(t, proofs(true)))).Run(x); err != nil {
				t.Error(err)
			}
		})
	}
}

func BenchmarkServeDPoP(b *testing.B) {
	one, d := newIssuer(b, "https://one.example", "EdDSA"), newDevice(b)
	s, token := security(all(one.boundScheme(b, proofs(true)))), one.bound(b, d, nil)
	list := make([]string, 10_000)
	for i := range list {
		list[i] = d.proof(b, token, nil, nil)
	}
	by, n := s.Alternatives[0][0].Scheme.Method.(*JWT).proofs, 0
	b.ReportAllocs()
	for b.Loop() {
		if n == len(list) {
			by.Replays, n = NewReplays(), 0
		}
		if err := s.Run(calling("Authorization", "DPoP "+token, "DPoP", list[n])); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
