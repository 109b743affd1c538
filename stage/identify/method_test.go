package identify

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/jose"
	"sallyport/problem"
)

type counting struct {
	*Key
	times int
}

func (c *counting) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	c.times++
	return c.Key.Check(x, secret)
}

func TestKey(t *testing.T) {
	k := keyed("header", "good", "old", "new")
	k.Keys[sha256.Sum256([]byte("old"))].Expires = noon
	k.Keys[sha256.Sum256([]byte("new"))].Expires = noon.Add(1)
	for _, good := range []string{"good", "new"} {
		if c, err := k.Check(asking(t), good); err != nil || c.Consumer != good {
			t.Errorf("%s: %v, %v", good, c, err)
		}
	}
	expired := wantKind(t, second(k.Check(asking(t), "old")), problem.CredentialsInvalid)
	unknown := wantKind(t, second(k.Check(asking(t), "nobody's")), problem.CredentialsInvalid)
	long := wantKind(t, second(k.Check(asking(t), strings.Repeat("a", maxKey+1))), problem.CredentialsInvalid)
	if expired.Detail != unknown.Detail || long.Detail != unknown.Detail {
		t.Error("a caller can tell an expired key from an unknown one")
	}
	if expired.Cause.Error() == unknown.Cause.Error() {
		t.Error("the log cannot tell an expired key from an unknown one")
	}
}

func second(_ *sallyport.Credential, err error) error { return err }

func TestJWT(t *testing.T) {
	for _, alg := range []string{"EdDSA", "RS256"} {
		t.Run(alg, func(t *testing.T) {
			one := newIssuer(t, "https://one.example", alg)
			m := one.method(t, "one", 16)
			token := one.token(t, nil)
			for _, how := range []string{"new", "again, from the cache"} {
				c, err := m.Check(asking(t), token)
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				if c.Kind != "jwt" || c.Issuer != one.name || c.Subject != "ann" || c.ID != one.name+"|ann" || !slices.Equal(c.Scopes, []string{"read", "write"}) || c.Expires.Unix() != noon.Unix()+60 {
					t.Errorf("%s: %+v", how, c)
				}
			}
		})
	}
}

func TestJWTRefusals(t *testing.T) {
	one, two := newIssuer(t, "https://one.example", "EdDSA"), newIssuer(t, "https://one.example", "EdDSA")
	for _, c := range []struct {
		name, token string
		want        problem.Kind
	}{
		{"expired", one.token(t, map[string]any{"exp": noon.Unix()}), problem.TokenExpired},
		{"expired, with a signature of another key", two.token(t, map[string]any{"exp": noon.Unix()}), problem.TokenInvalid},
		{"another key under the same name", two.token(t, nil), problem.TokenInvalid},
		{"for somebody else", one.token(t, map[string]any{"aud": "shop"}), problem.TokenInvalid},
		{"of another issuer", one.token(t, map[string]any{"iss": "https://two.example"}), problem.TokenInvalid},
		{"without subject", one.token(t, map[string]any{"sub": nil}), problem.TokenInvalid},
		{"with an empty subject", one.token(t, map[string]any{"sub": ""}), problem.TokenInvalid},
		{"not yet valid", one.token(t, map[string]any{"nbf": noon.Unix() + 60}), problem.TokenInvalid},
		{"nothing of a token", "x", problem.TokenInvalid},
		{"with text behind it", one.token(t, nil) + " x", problem.TokenInvalid},
		{"too long", strings.Repeat("a", 9000), problem.TokenInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := one.method(t, "one", 16).Check(asking(t), c.token)
			r := wantKind(t, err, c.want)
			if strings.Contains(r.Error(), c.token) && len(c.token) > 8 {
				t.Error("the token is repeated")
			}
		})
	}
}

func TestJWTWithoutKeysIsOurFailure(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	keyless := one.accepted()
	keyless.Verifier.Keys = absent{}
	m := newJWT(t, "one", 16, keyless)
	_, err := m.Check(asking(t), one.token(t, nil))
	r := wantKind(t, err, problem.KeysUnavailable)
	if r.Kind.Status() != 503 || r.Fields.Get("Retry-After") == "" || r.Detail != "" {
		t.Errorf("%d, Retry-After %q, %q", r.Kind.Status(), r.Fields.Get("Retry-After"), r.Detail)
	}
	if keyless.Ready(t.Context()) == nil {
		t.Error("a key set that cannot be fetched is ready")
	}
	if err := one.accepted().Ready(t.Context()); err != nil {
		t.Errorf("a fixed key set: %v", err)
	}
}

func TestJWTClaims(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	by := one.accepted()
	by.Claims = Claims{Subject: "email", Tenant: "/org/id", Roles: "realm.roles", Scopes: []string{"perms"}, Client: []string{"client_id", "azp"}}
	m := newJWT(t, "one", 16, by)
	c, err := m.Check(asking(t), one.token(t, map[string]any{
		"email": "ann@bank.example", "org": map[string]any{"id": "t1"}, "realm": map[string]any{"roles": []string{"teller", "auditor"}}, "perms": []string{"pay"}, "client_id": "", "azp": "app",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if c.Subject != "ann@bank.example" || c.Tenant != "t1" || !slices.Equal(c.Roles, []string{"teller", "auditor"}) || !slices.Equal(c.Scopes, []string{"pay"}) || c.Client != "app" || c.Scheme != "one" {
		t.Errorf("%+v", c)
	}
	_, err = m.Check(asking(t), one.token(t, nil))
	wantKind(t, err, problem.TokenInvalid) // the claim that says who is missing, sub does not stand in for it
}

func TestCredentialsAreNotMixedUp(t *testing.T) {
	// Two schemes share one credential's proof; each exchange sees its own name.
	shared := keyed("one", "good")
	one := &Scheme{Name: "one", Place: Place{In: "header", Name: "X-Key"}, Method: shared}
	two := &Scheme{Name: "two", Place: Place{In: "query", Name: "key"}, Method: shared}
	x := request("key=good", "X-Key", "good")
	if err := security(all(one, two)).Run(x); err != nil {
		t.Fatal(err)
	}
	if x.Caller.Credential("one") == nil || x.Caller.Credential("two") == nil {
		t.Errorf("credentials of %s", names(x.Identities))
	}
	for _, h := range shared.Keys {
		if h.Credential.Scheme != "one" {
			t.Error("the shared credential was changed")
		}
	}
}

// revocations are the tokens that were taken back, by their jti.
type revocations map[string]bool

func (r revocations) Revoked(issuer, token, subject string, issued time.Time) (bool, error) {
	if issuer != "https://one.example" || subject != "ann" || issued.IsZero() {
		return false, errors.New("asked about somebody else")
	}
	return r[token], nil
}

func TestATokenThatIsTakenBackEndsAtOnce(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	m, taken := one.method(t, "one", 16), revocations{}
	m.Revocations = taken
	token := one.token(t, map[string]any{"jti": "a", "iat": noon.Unix()})
	other := one.token(t, map[string]any{"jti": "b", "iat": noon.Unix()})
	for _, good := range []string{token, token, other} {
		if _, err := m.Check(asking(t), good); err != nil {
			t.Fatal(err)
		}
	}
	taken["a"] = true
	unknown := wantKind(t, second(m.Check(asking(t), "x")), problem.TokenInvalid)
	if r := wantKind(t, second(m.Check(asking(t), token)), problem.TokenInvalid); r.Detail != unknown.Detail || r.Cause.Error() != "token revoked" {
		t.Errorf("told %q, logged %v", r.Detail, r.Cause)
	}
	if _, err := m.Check(asking(t), other); err != nil {
		t.Errorf("another token: %v", err)
	}
}

func TestATokenOfWhichNothingIsKnownIsOurFailure(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	m := one.method(t, "one", 16)
	m.Revocations = revocations{}
	r := wantKind(t, second(m.Check(asking(t), one.token(t, nil))), problem.KeysUnavailable) // iat is missing: the roster fails
	if r.Fields.Get("Retry-After") == "" || r.Detail != "" {
		t.Errorf("%v, %q", r.Fields, r.Detail)
	}
}

func TestSeveralIssuersOfOneScheme(t *testing.T) {
	one, two := newIssuer(t, "https://one.example", "EdDSA"), newIssuer(t, "https://two.example", "RS256")
	second := two.accepted()
	second.Claims.Subject = "email"
	m := newJWT(t, "any", 16, one.accepted(), second)
	for range 2 {
		for _, c := range []struct {
			of   *issuer
			want string
		}{{one, "https://one.example|ann"}, {two, "https://two.example|bob@two.example"}} {
			got, err := m.Check(asking(t), c.of.token(t, map[string]any{"email": "bob@two.example"}))
			if err != nil || got.ID != c.want {
				t.Errorf("%s: %+v, %v", c.of.name, got, err)
			}
		}
	}
	_, err := m.Check(asking(t), two.token(t, map[string]any{"iss": one.name, "email": "x"}))
	wantKind(t, err, problem.TokenInvalid)
}

// hasty is a key set that may not be fetched again yet.
type hasty struct{ absent }

func (hasty) Find(context.Context, string) (*jose.Keys, error) {
	return nil, &jose.Undecided{Retry: 12*time.Second + 1}
}

func TestAnUndecidedTokenMayComeAgain(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	by := one.accepted()
	by.Verifier.Keys = hasty{}
	_, err := newJWT(t, "one", 16, by).Check(asking(t), one.token(t, nil))
	if r := wantKind(t, err, problem.KeysUnavailable); r.Fields.Get("Retry-After") != "13" || weigh(err) != 0 {
		t.Errorf("it may come again after %q s, and counts %v", r.Fields.Get("Retry-After"), weigh(err))
	}
}
