package identify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sallyport"
	"sallyport/problem"
)

func TestSecurity(t *testing.T) {
	one, two := newIssuer(t, "https://one.example", "EdDSA"), newIssuer(t, "https://two.example", "EdDSA")
	bearerOne, bearerTwo := one.bearer(t, "one"), two.bearer(t, "two")
	header, query := keyScheme("header", "header", "X-Key", "good"), keyScheme("query", "query", "key", "good")
	keyless := one.accepted()
	keyless.Verifier.Keys = absent{}
	broken := &Scheme{Name: "broken", Place: bearerPlace, Method: newJWT(t, "broken", 16, keyless)}
	open := &Scheme{Name: "open", Place: Place{In: "header", Name: "X-Open"}, Method: Unchecked{}}
	tokenOne, tokenTwo := "Bearer "+one.token(t, nil), "Bearer "+two.token(t, nil)
	expiredTwo := "Bearer " + two.token(t, map[string]any{"exp": noon.Unix()})

	for _, c := range []struct {
		name     string
		security *Security
		x        *sallyport.Exchange
		who      string // alternatives and their schemes, or
		refused  problem.Kind
	}{
		{"one alternative", security(all(header)), request("", "X-Key", "good"), "0:header", 0},
		{"without credentials", security(all(header)), request(""), "", problem.CredentialsMissing},
		{"a wrong key", security(all(header)), request("", "X-Key", "bad"), "", problem.CredentialsInvalid},
		{"an empty key", security(all(header)), request("", "X-Key", ""), "", problem.CredentialsInvalid},

		{"any of: the first", security(all(header), all(query)), request("", "X-Key", "good"), "0:header", 0},
		{"any of: the second", security(all(header), all(query)), request("key=good"), "1:query", 0},
		{"any of: both are kept in order", security(all(header), all(query)), request("key=good", "X-Key", "good"), "0:header 1:query", 0},
		{"any of: a wrong one beside a good one", security(all(header), all(query)), request("key=bad", "X-Key", "good"), "", problem.CredentialsInvalid},
		{"all of", security(all(header, query)), request("key=good", "X-Key", "good"), "0:header+query", 0},
		{"all of: one missing", security(all(header, query)), request("", "X-Key", "good"), "", problem.CredentialsMissing},
		{"all of: one wrong", security(all(header, query)), request("key=bad", "X-Key", "good"), "", problem.CredentialsInvalid},
		{"a scheme in two alternatives", security(all(header, query), all(header)), request("", "X-Key", "good"), "1:header", 0},

		{"optional: nothing", security(all(header), nil), request(""), "1:", 0},
		{"optional: good", security(all(header), nil), request("", "X-Key", "good"), "0:header 1:", 0},
		{"optional: wrong", security(all(header), nil), request("", "X-Key", "bad"), "", problem.CredentialsInvalid},
		{"optional: empty", security(all(header), nil), request("", "X-Key", ""), "", problem.CredentialsInvalid},
		{"optional: the scheme alone", security(all(bearerOne), nil), request("", "Authorization", "Bearer"), "", problem.CredentialsInvalid},
		{"optional: a tab for a space", security(all(bearerOne), nil), request("", "Authorization", strings.Replace(tokenOne, " ", "\t", 1)), "", problem.TokenInvalid},
		{"optional: a scheme that the document does not know", security(all(bearerOne), nil), request("", "Authorization", "Basic YTpi"), "1:", 0},
		{"optional first", security(nil, all(header)), request("", "X-Key", "good"), "1:header 0:", 0},

		{"twice", security(all(header)), request("", "X-Key", "good", "x-key", "good"), "", problem.CredentialsAmbiguous},
		{"twice beside nobody", security(all(header), nil), request("", "X-Key", "good", "X-Key", "bad"), "", problem.CredentialsAmbiguous},
		{"two authorizations of different schemes", security(all(bearerOne)), request("", "Authorization", tokenOne, "Authorization", "Basic YTpi"), "", problem.CredentialsAmbiguous},

		{"two issuers: the first's token", security(all(bearerOne), all(bearerTwo)), request("", "Authorization", tokenOne), "0:one", 0},
		{"two issuers: the second's token", security(all(bearerOne), all(bearerTwo)), request("", "Authorization", tokenTwo), "1:two", 0},
		{"two issuers: nobody's token", security(all(bearerOne), all(bearerTwo)), request("", "Authorization", "Bearer e30.e30.e30"), "", problem.TokenInvalid},
		{"two issuers: the second's expired token", security(all(bearerOne), all(bearerTwo)), request("", "Authorization", expiredTwo), "", problem.TokenExpired},
		{"two issuers, both asked for", security(all(bearerOne, bearerTwo)), request("", "Authorization", tokenOne), "", problem.CredentialsMissing},
		{"two issuers, and a key that is wrong", security(all(bearerOne), all(bearerTwo), all(header)), request("", "Authorization", tokenTwo, "X-Key", "bad"), "", problem.CredentialsInvalid},
		{"two issuers, one without keys: the other's token", security(all(broken), all(bearerTwo)), request("", "Authorization", tokenTwo), "1:two", 0},
		{"two issuers, one without keys: its token", security(all(broken), all(bearerTwo)), request("", "Authorization", tokenOne), "", problem.KeysUnavailable},
		{"two issuers, the last without keys: its token", security(all(bearerTwo), all(broken)), request("", "Authorization", tokenOne), "", problem.KeysUnavailable},
		{"no keys, and open to anybody", security(all(broken), nil), request("", "Authorization", tokenOne), "", problem.KeysUnavailable},
		{"no keys, and no token", security(all(broken), nil), request(""), "1:", 0},

		{"left to the backend", security(all(open)), request("", "X-Open", "whatever"), "0:open", 0},
		{"left to the backend, and not there", security(all(open)), request(""), "", problem.CredentialsMissing},
		{"a query that cannot be decoded", security(all(query), nil), request("key=%zz"), "", problem.CredentialsInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.security.Run(c.x)
			if c.refused != 0 {
				r := wantKind(t, err, c.refused)
				if c.x.Identities != nil || !c.x.Caller.Anonymous() {
					t.Error("a refused caller was made one")
				}
				if r.Kind.Status() == 401 && !r.Fields.Has("WWW-Authenticate") {
					t.Error("a 401 without a challenge (RFC 9110 §15.5.2)")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := names(c.x.Identities); got != c.who {
				t.Errorf("identities %q, want %q", got, c.who)
			}
			if c.x.Caller.Alternative != c.x.Identities[0].Alternative {
				t.Error("the caller is not the first identity")
			}
		})
	}
}

func names(identities []sallyport.Principal) string {
	var all []string
	for _, p := range identities {
		var schemes []string
		for _, c := range p.Credentials {
			schemes = append(schemes, c.Scheme)
		}
		all = append(all, string(rune('0'+p.Alternative))+":"+strings.Join(schemes, "+"))
	}
	return strings.Join(all, " ")
}

func TestChallenges(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	bearer, header := one.bearer(t, "one"), keyScheme("header", "header", "X-Key", "good")
	basic := &Scheme{Name: "basic", Place: Place{In: "authorization", Scheme: "basic"}, Method: Unchecked{}}
	certificate := &Scheme{Name: "certificate", Place: Place{In: "certificate"}, Method: Unchecked{}}
	wrong := &Scheme{Name: "wrong", Place: basic.Place, Method: refusing{}}
	own := &Scheme{Name: "own", Place: Place{In: "authorization", Scheme: "bearer", Also: []string{"dpop"}}, Method: challenging{}}
	scoped := []Requirement{{bearer, []string{"accounts:read", "accounts:write"}}}
	for _, c := range []struct {
		name     string
		security *Security
		x        *sallyport.Exchange
		want     []string
	}{
		{"no token: no error code (RFC 6750 §3.1)", security(scoped), request(""), []string{`Bearer realm="bank", scope="accounts:read accounts:write"`}},
		{"wrong token", security(scoped), request("", "Authorization", "Bearer x"), []string{`Bearer realm="bank", error="invalid_token", error_description="The token is not valid", scope="accounts:read accounts:write"`}},
		{"expired token", security(all(bearer)), request("", "Authorization", "Bearer "+one.token(t, map[string]any{"exp": 1})), []string{`Bearer realm="bank", error="invalid_token", error_description="The token has expired"`}},
		{"wrong key beside bearer: no code for a token that was not sent", security(all(bearer), all(header)), request("", "X-Key", "bad"), []string{`Bearer realm="bank"`, `ApiKey realm="bank", in="header", name="X-Key"`}},
		{"each once", security(all(bearer), all(bearer, header), nil), request("", "X-Key", "bad"), []string{`Bearer realm="bank"`, `ApiKey realm="bank", in="header", name="X-Key"`}},
		{"wrong password beside bearer: no code for a token that was not sent", security(all(bearer), all(wrong)), request("", "Authorization", "Basic YTpi"), []string{`Bearer realm="bank"`, `Basic realm="bank", charset="UTF-8"`}},
		{"a method's own challenges", security([]Requirement{{own, []string{"read"}}}), request("", "Authorization", "DPoP x"), []string{`Bearer realm="bank"`, `DPoP algs="ES256", realm="bank", scope="read", refused=true`}},
		{"a method's own challenges, nothing presented", security([]Requirement{{own, []string{"read"}}}), request(""), []string{`Bearer realm="bank"`, `DPoP algs="ES256", realm="bank", scope="read", refused=false`}},
		{"one challenge of each kind, whatever the alternatives ask for", security([]Requirement{{own, []string{"read"}}}, []Requirement{{own, []string{"write", "read"}}}), request(""), []string{`Bearer realm="bank"`, `DPoP algs="ES256", realm="bank", scope="read write", refused=false`}},
		{"other schemes", security(all(basic), all(certificate)), request(""), []string{`Basic realm="bank", charset="UTF-8"`, `Certificate realm="bank"`}},
		{"a scope that would end the string", security([]Requirement{{bearer, []string{`a"b`}}}), request(""), []string{`Bearer realm="bank"`}},
		{"a realm that would end the string", &Security{Realm: `a"b\`, Alternatives: [][]Requirement{all(header)}}, request(""), []string{`ApiKey realm="a\"b\\", in="header", name="X-Key"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := problem.As(c.security.Run(c.x))
			if got := r.Fields.Values("WWW-Authenticate"); !slices.Equal(got, c.want) {
				t.Errorf("challenges\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestMissingCredentialsAreNamed(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	basic := &Scheme{Name: "basic", Place: Place{In: "authorization", Scheme: "basic"}}
	certificate := &Scheme{Name: "certificate", Place: Place{In: "certificate"}}
	err := security(all(one.bearer(t, "one"), keyScheme("k", "cookie", "sid")), all(basic), all(certificate)).Run(request(""))
	const want = "The operation needs a bearer token in Authorization and a key in the cookie sid, or credentials of scheme basic in Authorization, or a client certificate."
	if r := wantKind(t, err, problem.CredentialsMissing); r.Detail != want {
		t.Errorf("%q\nwant %q", r.Detail, want)
	}
}

func TestWhatIsNeededIsNamedOnce(t *testing.T) {
	one, two := newIssuer(t, "https://one.example", "EdDSA"), newIssuer(t, "https://two.example", "EdDSA")
	a, b, key := one.bearer(t, "one"), two.bearer(t, "two"), keyScheme("k", "header", "X-Key")
	for want, s := range map[string]*Security{
		"The operation needs a bearer token in Authorization.":                                                                   security(all(a), all(b), all(a, b)),
		"The operation needs a bearer token in Authorization and a key in the header X-Key, or a bearer token in Authorization.": security(all(a, key), all(b), all(b, key)),
	} {
		if r := wantKind(t, s.Run(request("")), problem.CredentialsMissing); r.Detail != want {
			t.Errorf("%q\nwant %q", r.Detail, want)
		}
	}
}

func TestOneCheckForEachScheme(t *testing.T) {
	counted := &counting{Key: keyed("header", "good")}
	s := &Scheme{Name: "header", Place: Place{In: "header", Name: "X-Key"}, Method: counted}
	other := keyScheme("query", "query", "key")
	if err := security(all(s), all(s, other), all(other), nil).Run(request("", "X-Key", "good")); err != nil {
		t.Fatal(err)
	}
	if counted.times != 1 {
		t.Errorf("a credential was checked %d times", counted.times)
	}
}

// refusing refuses whatever it is shown.
type refusing struct{}

func (refusing) Check(*sallyport.Exchange, string) (*sallyport.Credential, error) {
	return nil, problem.Refuse(problem.CredentialsInvalid, "The credentials are not valid.")
}

// challenging refuses, and has challenges of its own.
type challenging struct{ refusing }

func (challenging) Challenges(realm string, scopes []string, refused error) []string {
	return []string{
		bearerPlace.Challenge(realm, nil, nil),
		fmt.Sprintf(`DPoP algs="ES256", realm=%q, scope=%q, refused=%t`, realm, strings.Join(scopes, " "), refused != nil),
	}
}
