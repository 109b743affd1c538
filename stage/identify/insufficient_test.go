package identify

import (
	"slices"
	"strings"
	"testing"

	"sallyport/problem"
)

// A token that is good and lacks a scope is asked for again in the way in which
// its scheme takes tokens.
func TestChallengesForScopes(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	plain, required, optional := one.bearer(t, "one"), one.boundScheme(t, proofs(true)), one.boundScheme(t, proofs(false))
	needs := func(s *Scheme, scopes ...string) Requirement { return Requirement{s, scopes} }
	const (
		bearer = `Bearer realm="bank", error="insufficient_scope"`
		dpop   = `DPoP realm="bank", algs="ES256 EdDSA RS256", error="insufficient_scope"`
	)
	for _, c := range []struct {
		name    string
		lacking []Requirement
		want    []string
	}{
		{"bearer tokens", []Requirement{needs(plain, "read", "write")}, []string{bearer + `, scope="read write"`}},
		{"bound tokens", []Requirement{needs(required, "read")}, []string{dpop + `, scope="read"`}},
		{"bound tokens and others", []Requirement{needs(optional, "read")}, []string{dpop + `, scope="read"`, bearer + `, scope="read"`}},
		{"of several alternatives", []Requirement{needs(plain, "read", "write"), needs(plain, "admin", "read"), needs(required, "all")}, []string{bearer + `, scope="read write admin"`, dpop + `, scope="all"`}},
		{"a scope that would end the string", []Requirement{needs(plain, `a"b`)}, []string{bearer}},
	} {
		refusal := problem.Refuse(problem.ScopeMissing, "")
		Insufficient("bank", c.lacking, refusal)
		if got := refusal.Fields.Values("WWW-Authenticate"); !slices.Equal(got, c.want) {
			t.Errorf("%s: challenges\n%s\nwant\n%s", c.name, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// A proof that is wrong says nothing of the token to a scheme that takes none.
func TestWhatIsWrongWithAProofIsToldToDPoPAlone(t *testing.T) {
	one, two, d := newIssuer(t, "https://one.example", "EdDSA"), newIssuer(t, "https://two.example", "EdDSA"), newDevice(t)
	token := one.bound(t, d, nil)
	plain := two.bearer(t, "two")
	plain.Place.Also = []string{"dpop"}
	x := calling("Authorization", "DPoP "+token, "DPoP", d.proof(t, token, nil, map[string]any{"htm": "POST"}))
	r := wantKind(t, security(all(one.boundScheme(t, proofs(true))), all(plain)).Run(x), problem.ProofInvalid)
	if got := r.Fields.Values("WWW-Authenticate"); len(got) != 2 || !strings.Contains(got[0], `error="invalid_dpop_proof"`) || got[1] != `Bearer realm="bank"` {
		t.Errorf("challenges %q", got)
	}
}
