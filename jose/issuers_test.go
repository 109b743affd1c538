package jose

import (
	"context"
	"testing"
	"time"
)

// twoIssuers are one with an Ed25519 key for the API, and another with an RSA key for the shop, which asks a
// source that counts.
func twoIssuers(t testing.TB) (*Issuers, *counted) {
	t.Helper()
	k := testKeys()
	one := ordinary(t)
	one.Keys = keySet(t, signer(t, "EdDSA", k.ed, "k"))
	source := &counted{keys: keySet(t, signer(t, "RS256", k.rsa, "k"))}
	two := &Verifier{Keys: source, Issuer: "https://two.example", Audiences: []string{"shop"}, Algorithms: []string{"RS256"}, Now: atNoon}
	both, err := NewIssuers(one, two)
	if err != nil {
		t.Fatal(err)
	}
	return both, source
}

func TestATokenIsHeldToItsOwnIssuer(t *testing.T) {
	both, _ := twoIssuers(t)
	ed, rs := `{"alg":"EdDSA","kid":"k"}`, `{"alg":"RS256","kid":"k"}`
	first := func(changes map[string]any) string { return encode(t, goodClaims(changes)) }
	second := func(changes map[string]any) string {
		claims := goodClaims(map[string]any{"iss": "https://two.example", "aud": "shop"})
		for name, value := range changes {
			claims[name] = value
		}
		return encode(t, claims)
	}
	cache := NewCache(1 << 20)
	for name, c := range map[string]struct {
		token string
		want  Reason
	}{
		"of the first":                    {forge(ed, first(nil)), ReasonNone},
		"of the second":                   {forgeRSA(rs, second(nil)), ReasonNone},
		"the second speaks for the first": {forgeRSA(rs, first(nil)), ReasonAlgorithm},
		"the first speaks for the second": {forge(ed, second(nil)), ReasonAlgorithm},
		"for the other's audience":        {forge(ed, first(map[string]any{"aud": "shop"})), ReasonAudience},
		"for this audience, of the other": {forgeRSA(rs, second(map[string]any{"aud": "https://api.example"})), ReasonAudience},
		"of a third":                      {forge(ed, first(map[string]any{"iss": "https://three.example"})), ReasonIssuer},
		"with a slash more":               {forge(ed, first(map[string]any{"iss": "https://issuer.example/"})), ReasonIssuer},
		"of nobody":                       {forge(ed, first(map[string]any{"iss": nil})), ReasonClaimMissing},
		"of a list of them":               {forge(ed, first(map[string]any{"iss": []string{"https://issuer.example"}})), ReasonMalformed},
		"of both":                         {forge(ed, `{"iss":"https://issuer.example","iss":"https://two.example"}`), ReasonMalformed},
		"no token":                        {"x", ReasonMalformed},
		"a payload with padding":          {"e30.e30=.AA", ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := both.Verify(t.Context(), c.token)
			wantReason(t, err, c.want)
			for range 2 {
				_, err = cache.Verify(t.Context(), both, c.token)
				wantReason(t, err, c.want)
			}
		})
	}
}

func TestAnUnknownIssuerAsksNobody(t *testing.T) {
	both, source := twoIssuers(t)
	for _, iss := range []string{"https://three.example", "https://issuer.example", ""} {
		_, _ = both.Verify(t.Context(), forgeRSA(`{"alg":"RS256","kid":"k"}`, encode(t, goodClaims(map[string]any{"iss": iss}))))
	}
	if source.checks != 0 {
		t.Errorf("the second issuer's keys were asked for %d times", source.checks)
	}
}

func TestIssuersWithTwoReadings(t *testing.T) {
	a, b := ordinary(t), ordinary(t)
	nameless := &Verifier{Keys: a.Keys, AnyIssuer: true, AnyAudience: true}
	for name, list := range map[string][]*Verifier{
		"none": nil, "the same twice": {a, b}, "any beside one": {a, nameless}, "with a mistake": {a, {}},
	} {
		if _, err := NewIssuers(list...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := NewIssuers(nameless); err != nil {
		t.Error(err)
	}
}

// The verdicts of several issuers over one cache stay apart, though the token is the same.
func TestCacheKeepsSetsOfIssuersApart(t *testing.T) {
	both, _ := twoIssuers(t)
	token, cache := forge(`{"alg":"EdDSA","kid":"k"}`, encode(t, goodClaims(nil))), NewCache(1<<20)
	_, err := cache.Verify(t.Context(), both, token)
	wantReason(t, err, ReasonNone)
	strict := ordinary(t)
	strict.Keys, strict.Algorithms = both.list[0].Keys, []string{"RS256"}
	others, err := NewIssuers(strict, both.list[1])
	if err != nil {
		t.Fatal(err)
	}
	_, err = cache.Verify(t.Context(), others, token)
	wantReason(t, err, ReasonAlgorithm)
}

func TestLifetime(t *testing.T) {
	v := ordinary(t)
	v.MaxLifetime = time.Hour
	for name, c := range map[string]struct {
		changes map[string]any
		want    Reason
	}{
		"as long as it may":       {map[string]any{"iat": noon, "exp": noon + 3600}, ReasonNone},
		"a second longer":         {map[string]any{"iat": noon, "exp": noon + 3601}, ReasonLifetime},
		"for ever":                {map[string]any{"exp": latestDate}, ReasonLifetime},
		"without a beginning":     {map[string]any{"iat": nil, "exp": noon + 1}, ReasonClaimMissing},
		"longer, but over by now": {map[string]any{"iat": noon - 7300, "exp": noon - 60}, ReasonLifetime},
	} {
		t.Run(name, func(t *testing.T) {
			wantReason(t, verifyAt(t, v, forge(edHeader, encode(t, goodClaims(c.changes)))), c.want)
		})
	}
}

func TestWhatIsDerivedIsMadeOnce(t *testing.T) {
	made, cache := 0, NewCache(1<<20)
	verifier := func(derivation string) *Verifier {
		v := ordinary(t)
		v.Derivation = derivation
		v.Derive = func(token *Token) (any, error) {
			made++
			return derivation + token.Subject, nil
		}
		return v
	}
	token := forge(edHeader, encode(t, goodClaims(nil)))
	for n, c := range []struct {
		derivation string
		made       int
	}{{"a", 1}, {"a", 1}, {"b", 2}, {"a", 2}} {
		got, err := cache.Verify(context.Background(), verifier(c.derivation), token)
		if err != nil || got.Derived != c.derivation+"user-1" || made != c.made {
			t.Errorf("%d: %v, %v; made %d times, want %d", n, got, err, made, c.made)
		}
	}
	v := ordinary(t)
	v.Derivation = "c"
	if v.Check() == nil {
		t.Error("a derivation of nothing")
	}
}

// FuzzIssuers holds that which issuer's keys count is what the verified token says, and that several issuers
// take nothing that its own verifier does not.
func FuzzIssuers(f *testing.F) {
	both, _ := twoIssuers(f)
	f.Add(forge(`{"alg":"EdDSA","kid":"k"}`, encode(f, goodClaims(nil))))
	f.Add(forgeRSA(`{"alg":"RS256","kid":"k"}`, encode(f, goodClaims(map[string]any{"iss": "https://two.example", "aud": "shop"}))))
	f.Add(forge(`{"alg":"EdDSA","kid":"k"}`, `{"iss":"https://issuer.example","a":{"iss":"https://two.example"}}`))
	f.Add(".e30.")
	f.Add("a.b")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := both.Verify(context.Background(), token)
		if err != nil {
			if r := ReasonOf(err); r == ReasonNone || r.Ours() {
				t.Fatalf("refused without a reason of the token: %v", err)
			}
			return
		}
		which, ok := both.Of(got)
		if !ok {
			t.Fatalf("taken of %q", got.Issuer)
		}
		if _, err := both.list[which].Verify(context.Background(), token); err != nil {
			t.Fatalf("taken, though its own issuer's verifier says %v", err)
		}
	})
}
