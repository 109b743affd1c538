package bench

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	josejwt "github.com/go-jose/go-jose/v4/jwt"
	"github.com/golang-jwt/jwt/v5"

	"sallyport"
	sallyjose "sallyport/jose"
	"sallyport/message"
	"sallyport/stage/identify"
)

var tokensPath = flag.String("tokens", "", "measure how tokens are verified and write the `page` with the table")

const (
	tokenIssuer   = "https://issuer.example"
	tokenAudience = "https://api.example"
)

// accepter is a way to verify tokens: nil where the token is good.
type accepter struct {
	name   string
	accept func(token string) error
}

// accepters are ours and two libraries, each with the same keys, algorithms,
// issuer, audience and clock. The libraries are asked for all that they can
// check beside the signature.
func accepters(t testing.TB, set []byte, algorithms []string, now func() time.Time, kept int) []accepter {
	t.Helper()
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(set, &keys); err != nil {
		t.Fatal(err)
	}
	return []accepter{
		{"sallyport, new", byUs(t, set, algorithms, now, 1)},
		{"sallyport, seen before", byUs(t, set, algorithms, now, kept)},
		{"golang-jwt", byGolangJWT(keys, algorithms, now)},
		{"go-jose", byGoJose(keys, algorithms, now)},
	}
}

// byUs is the method of a scheme, which also makes the credential.
func byUs(t testing.TB, set []byte, algorithms []string, now func() time.Time, kept int) func(string) error {
	t.Helper()
	keys, err := sallyjose.ParseKeys(set)
	if err != nil {
		t.Fatal(err)
	}
	method, err := identify.NewJWT("bearer", identify.Place{In: "authorization", Scheme: "bearer"}, sallyjose.NewCache(kept), &identify.Issuer{
		Verifier: &sallyjose.Verifier{Keys: keys, Issuer: tokenIssuer, Audiences: []string{tokenAudience}, Algorithms: algorithms, Now: now},
	})
	if err != nil {
		t.Fatal(err)
	}
	x := &sallyport.Exchange{Context: context.Background(), Request: &message.Request{Method: "GET", Path: "/"}}
	return func(token string) error {
		_, err := method.Check(x, token)
		return err
	}
}

func byGolangJWT(keys jose.JSONWebKeySet, algorithms []string, now func() time.Time) func(string) error {
	parser := jwt.NewParser(jwt.WithValidMethods(algorithms), jwt.WithIssuer(tokenIssuer), jwt.WithAudience(tokenAudience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithStrictDecoding(), jwt.WithLeeway(30*time.Second), jwt.WithTimeFunc(now))
	find := func(token *jwt.Token) (any, error) {
		kid, _ := token.Header["kid"].(string)
		return keyOf(keys, kid)
	}
	return func(token string) error {
		_, err := parser.Parse(token, find)
		return err
	}
}

func byGoJose(keys jose.JSONWebKeySet, algorithms []string, now func() time.Time) func(string) error {
	var allowed []jose.SignatureAlgorithm
	for _, name := range algorithms {
		allowed = append(allowed, jose.SignatureAlgorithm(name))
	}
	return func(token string) error {
		parsed, err := josejwt.ParseSigned(token, allowed)
		if err != nil {
			return err
		}
		key, err := keyOf(keys, parsed.Headers[0].KeyID)
		if err != nil {
			return err
		}
		var claims josejwt.Claims
		if err := parsed.Claims(key, &claims); err != nil {
			return err
		}
		if claims.Expiry == nil {
			return errors.New("no exp")
		}
		return claims.ValidateWithLeeway(josejwt.Expected{Issuer: tokenIssuer, AnyAudience: josejwt.Audience{tokenAudience}, Time: now()}, 30*time.Second)
	}
}

func keyOf(keys jose.JSONWebKeySet, kid string) (any, error) {
	for _, k := range keys.Keys {
		if k.KeyID == kid && kid != "" {
			return k.Key, nil
		}
	}
	return nil, errors.New("no such key")
}

// minted is a key set of one key, and tokens that it signed.
func minted(t testing.TB, algorithm string, n int) (set []byte, tokens []string) {
	t.Helper()
	var key crypto.Signer
	var err error
	switch algorithm {
	case "RS256":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	signer, err := sallyjose.NewSigner(algorithm, key, "k")
	if err != nil {
		t.Fatal(err)
	}
	if set, err = sallyjose.PublicKeys(signer); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	for i := range n {
		token, err := signer.Sign(map[string]any{
			"iss": tokenIssuer, "aud": tokenAudience, "sub": "user-" + strconv.Itoa(i), "iat": now - 60, "exp": now + 86400,
			"jti": strconv.Itoa(i), "client_id": "app", "scope": "read write",
		})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	return set, tokens
}

// TestTokens measures the candidates in turn, and writes the page.
func TestTokens(t *testing.T) {
	if *tokensPath == "" {
		t.Skip("nothing to write: give -tokens a path")
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks of tokens

Written by `+"`make bench-tokens`"+` ([bench](../bench/README.md)); do not edit. What it costs to identify a request by its token, with the libraries that Go programs otherwise verify tokens with: the same tokens, keys and expectations (issuer, audience, algorithms, times), one thread, in turn (A B C A B C …) over %d rounds. Times are medians in µs, ratios medians of the ratio to ours within a round: on a machine that does other work too they say more than the times. Ours is the whole method of a security scheme: the verdict, and who the token names; a token that was seen before is found by its hash, with its times and its key asked about again.

%s
| algorithm | candidate | µs | of ours, new | bytes | allocations |
| --- | --- | --: | --: | --: | --: |
`, *rounds, setting("make bench-tokens", "github.com/golang-jwt/jwt/v5", "github.com/go-jose/go-jose/v4"))
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		set, tokens := minted(t, algorithm, 256)
		candidates := accepters(t, set, []string{algorithm}, time.Now, 32<<20)
		all := inTurn(t, candidates, tokens)
		for _, s := range all {
			fmt.Fprintf(&b, "| %s | %s | %.2f | %.2f | %d | %d |\n", algorithm, s.candidate, s.median()/1e3, s.times(all[0]), s.bytes, s.allocs)
		}
	}
	b.WriteString(tally(t))
	if err := os.WriteFile(*tokensPath, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func inTurn(t *testing.T, candidates []accepter, tokens []string) []*series {
	var all []*series
	for _, c := range candidates {
		for _, token := range tokens {
			if err := c.accept(token); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
		}
		all = append(all, &series{candidate: c.name})
	}
	for range *rounds {
		for i, c := range candidates {
			all[i].add(t, testing.Benchmark(func(b *testing.B) {
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					if err := c.accept(tokens[n%len(tokens)]); err != nil {
						b.Fatal(err)
					}
					n++
				}
			}))
		}
	}
	return all
}

// tally counts what each makes of tokens that attackers would send.
func tally(t *testing.T) string {
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = "../../shared/conformance"
	}
	text, err := os.ReadFile(filepath.Join(root, "jose", "attack-tokens", "jwt-attacks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		At         int64           `json:"verify_at_unix"`
		Algorithms []string        `json:"allowed_algorithms"`
		Keys       json.RawMessage `json:"jwks"`
		Cases      []struct{ Class, Name, Token, Expect string }
	}
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("\n## Attack tokens\n\nTokens made from publicly described classes of attack, that must be refused, and others beside them that must be taken. Both libraries leave to the program what is not a signature or a registered claim, and are asked here for all that an option of theirs checks.\n\n| candidate | attacks refused | good ones taken | let through |\n| --- | --: | --: | --- |\n")
	for _, c := range accepters(t, data.Keys, data.Algorithms, func() time.Time { return time.Unix(data.At, 0) }, 1<<20) {
		refused, attacks, taken, good := 0, 0, 0, 0
		let := make(map[string]bool)
		var classes []string
		for _, one := range data.Cases {
			err := c.accept(one.Token)
			switch one.Expect {
			case "reject":
				if attacks++; err != nil {
					refused++
				} else if !let[one.Class] {
					let[one.Class] = true
					classes = append(classes, one.Class)
				}
			case "accept":
				if good++; err == nil {
					taken++
				}
			}
		}
		if strings.HasPrefix(c.name, "sallyport") && (refused != attacks || taken != good) {
			t.Errorf("%s refuses %d of %d attacks and takes %d of %d good tokens", c.name, refused, attacks, taken, good)
		}
		fmt.Fprintf(&b, "| %s | %d of %d | %d of %d | %s |\n", c.name, refused, attacks, taken, good, strings.Join(classes, ", "))
	}
	return b.String()
}
