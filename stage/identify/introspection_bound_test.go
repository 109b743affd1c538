package identify

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"
	"testing"

	"sallyport/jose"
	"sallyport/problem"
)

// boundTo is an answer about a token that is bound to a device's key.
func boundTo(d *device) map[string]any { return map[string]any{"cnf": map[string]any{"jkt": d.jkt}} }

// introspected is a step whose tokens the issuer tells of, held to their keys.
func (o *teller) introspected(t testing.TB, d *DPoP) *Security {
	m := o.method(t)
	m.DPoP, m.Binding = d, NewBinding(4)
	return security(all(&Scheme{Name: "opaque", Place: m.Place(), Method: m}))
}

func TestIntrospectedTokenWithItsProof(t *testing.T) {
	o, d := newTeller(t), newDevice(t)
	o.says(boundTo(d))
	step := o.introspected(t, proofs(true))
	for range 3 {
		x := calling("Authorization", "DPoP opaque", "DPoP", d.proof(t, "opaque", nil, nil))
		if err := step.Run(x); err != nil {
			t.Fatal(err)
		}
		if x.Caller.ID() != "https://id.example|ann" {
			t.Errorf("%q calls", x.Caller.ID())
		}
	}
	if asked := o.asked.Load(); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	proof := d.proof(t, "opaque", nil, nil)
	for i, want := range []problem.Kind{0, problem.ProofInvalid} { // once, though the answer is remembered
		if err := step.Run(calling("Authorization", "DPoP opaque", "DPoP", proof)); i == 0 && err != nil {
			t.Error(err)
		} else if i > 0 {
			wantKind(t, err, want)
		}
	}
}

func TestIntrospectedTokensByWhatTheyAreBoundTo(t *testing.T) {
	d, thief := newDevice(t), newDevice(t)
	bound, unbound := boundTo(d), map[string]any{}
	both := map[string]any{"cnf": map[string]any{"jkt": d.jkt, "x5t#S256": strings.Repeat("A", 43)}}
	off, optional, required := (*DPoP)(nil), proofs(false), proofs(true)
	for name, c := range map[string]struct {
		answer map[string]any
		dpop   *DPoP
		scheme string
		by     *device
		want   problem.Kind // 0: taken
	}{
		"a bound one as Bearer":                    {bound, optional, "Bearer", d, problem.TokenInvalid},
		"a bound one without a proof":              {bound, optional, "DPoP", nil, problem.ProofInvalid},
		"a bound one by another key":               {bound, optional, "DPoP", thief, problem.ProofInvalid},
		"a bound one by its key":                   {bound, optional, "DPoP", d, 0},
		"a bound one where none is taken":          {bound, off, "Bearer", d, problem.TokenInvalid},
		"a bound one, as DPoP, where none is":      {bound, off, "DPoP", d, problem.CredentialsMissing},
		"an unbound one as Bearer":                 {unbound, optional, "Bearer", nil, 0},
		"an unbound one as DPoP":                   {unbound, optional, "DPoP", d, problem.TokenInvalid},
		"an unbound one where all are to be bound": {unbound, required, "Bearer", nil, problem.TokenInvalid},
		"of type DPoP, and bound":                  {map[string]any{"token_type": "DPoP", "cnf": bound["cnf"]}, optional, "DPoP", d, 0},
		"of type DPoP, and bound to nothing":       {map[string]any{"token_type": "DPoP"}, optional, "Bearer", nil, problem.TokenInvalid},
		"bound to a certificate too":               {both, optional, "DPoP", d, problem.TokenInvalid},
		"bound in another way too":                 {map[string]any{"cnf": map[string]any{"jkt": d.jkt, "kid": "a"}}, optional, "DPoP", d, problem.TokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			o := newTeller(t)
			o.says(c.answer)
			step := o.introspected(t, c.dpop)
			for range 2 { // asked, and remembered
				fields := []string{"Authorization", c.scheme + " opaque"}
				if c.by != nil {
					fields = append(fields, "DPoP", c.by.proof(t, "opaque", nil, nil))
				}
				if err := step.Run(calling(fields...)); c.want != 0 {
					wantKind(t, err, c.want)
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestIntrospectedTokenBoundToBoth(t *testing.T) {
	o, d, mine := newTeller(t), newDevice(t), leaf(t, x509.Certificate{})
	o.says(map[string]any{"cnf": map[string]any{"jkt": d.jkt, "x5t#S256": jose.Thumbprint(sha256.Sum256(mine.Raw)).String()}})
	step := o.introspected(t, proofs(true))
	with := func(certificate *x509.Certificate, fields ...string) error {
		x := calling(append(fields, "Authorization", "DPoP opaque")...)
		x.Request.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate}}
		return step.Run(x)
	}
	if err := with(mine, "DPoP", d.proof(t, "opaque", nil, nil)); err != nil {
		t.Error(err)
	}
	wantKind(t, with(mine), problem.ProofInvalid)
	wantKind(t, with(leaf(t, x509.Certificate{}), "DPoP", d.proof(t, "opaque", nil, nil)), problem.TokenInvalid)
}

func TestIntrospectionChallenges(t *testing.T) {
	o := newTeller(t)
	o.says(nil)
	for name, c := range map[string]struct {
		dpop *DPoP
		want []string
	}{
		"off":      {nil, []string{"Bearer"}},
		"optional": {proofs(false), []string{"DPoP", "Bearer"}},
		"required": {proofs(true), []string{"DPoP"}},
	} {
		refusal := wantKind(t, o.introspected(t, c.dpop).Run(calling()), problem.CredentialsMissing)
		var schemes []string
		for _, challenge := range refusal.Fields.Values("WWW-Authenticate") {
			scheme, _, _ := strings.Cut(challenge, " ")
			schemes = append(schemes, scheme)
		}
		if !slices.Equal(schemes, c.want) {
			t.Errorf("%s: %q", name, schemes)
		}
	}
}

var _ interface {
	Method
	Challenger
	Place() Place
} = (*Introspection)(nil)
