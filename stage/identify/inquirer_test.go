package identify

import (
	"strings"
	"testing"

	"sallyport"
	"sallyport/problem"
)

// TestWhoIsAskedAboutAToken is which tokens an issuer gets to see that is asked
// about them, beside schemes that are checked here.
func TestWhoIsAskedAboutAToken(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	local, key := one.bearer(t, "one"), &Scheme{Name: "key", Place: bearerPlace, Method: keyed("key", "good")}
	header := keyScheme("header", "header", "X-Key", "good")
	keyless := one.accepted()
	keyless.Verifier.Keys = absent{}
	broken := &Scheme{Name: "broken", Place: bearerPlace, Method: newJWT(t, "broken", 16, keyless)}
	open := &Scheme{Name: "open", Place: bearerPlace, Method: Unchecked{}}
	good, expired := one.token(t, nil), one.token(t, map[string]any{"exp": noon.Unix()})
	forged := good[:strings.LastIndex(good, ".")+1] + strings.Repeat("A", 86)

	const says, denies, fails = "says", "denies", "fails"
	for _, c := range []struct {
		name         string
		alternatives func(opaque *Scheme) [][]Requirement
		token        string
		teller       string
		who          string
		refused      problem.Kind
		asked        int64
	}{
		{"any of: a token that is checked here", anyOf(local), good, fails, "0:one", 0, 0},
		{"any of: the same behind the other", func(o *Scheme) [][]Requirement { return [][]Requirement{all(o), all(local)} }, good, fails, "1:one", 0, 0},
		{"any of: one that has expired", anyOf(local), expired, says, "", problem.TokenExpired, 0},
		{"any of: one that is forged", anyOf(local), forged, says, "", problem.TokenInvalid, 0},
		{"any of: one that cannot be checked now", anyOf(broken), good, says, "", problem.KeysUnavailable, 0},
		{"any of: one of the other", anyOf(local), "opaque", says, "1:opaque", 0, 1},
		{"any of: one of nobody", anyOf(local), "opaque", denies, "", problem.TokenInvalid, 1},
		{"any of: one that nobody can tell of", anyOf(local), "opaque", fails, "", problem.KeysUnavailable, 1},
		{"any of: a key", anyOf(key), "good", fails, "0:key", 0, 0},
		{"any of: what is left to the backend proves nobody", anyOf(open), "opaque", says, "0:open 1:opaque", 0, 1},
		{"all of: good for both", allWith(local), good, says, "0:one+opaque", 0, 1},
		{"all of: taken back", allWith(local), good, denies, "", problem.CredentialsMissing, 1},
		{"all of: nobody knows whether it was taken back", allWith(local), good, fails, "", problem.KeysUnavailable, 1},
		{"all of: forged", allWith(local), forged, says, "", problem.TokenInvalid, 0},
		{"all of: a part is missing", allWith(local, header), good, says, "", problem.CredentialsMissing, 0},
		{"all of, or one alone: both are asked", func(o *Scheme) [][]Requirement { return [][]Requirement{all(local), all(local, o)} }, good, says, "0:one 1:one+opaque", 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newTeller(t)
			o.token = c.token
			switch c.teller {
			case says:
				o.says(nil)
			case denies:
				o.says(map[string]any{"active": false})
			}
			m := o.method(t)
			x := request("", "Authorization", "Bearer "+c.token)
			err := security(c.alternatives(&Scheme{Name: "opaque", Place: m.Place(), Method: m})...).Run(x)
			if c.refused != 0 {
				if r := wantKind(t, err, c.refused); len(r.Fields.Values("WWW-Authenticate")) > 1 && c.asked == 0 && c.refused != problem.CredentialsMissing {
					t.Errorf("one token, and challenges %q", r.Fields.Values("WWW-Authenticate"))
				}
			} else if err != nil {
				t.Error(err)
			} else if got := names(x.Identities); got != c.who {
				t.Errorf("identities %q, want %q", got, c.who)
			}
			if asked := o.asked.Load(); asked != c.asked {
				t.Errorf("asked %d times, want %d", asked, c.asked)
			}
		})
	}
}

// anyOf is one of these, or the scheme that asks.
func anyOf(schemes ...*Scheme) func(*Scheme) [][]Requirement {
	return func(opaque *Scheme) [][]Requirement {
		var alternatives [][]Requirement
		for _, s := range schemes {
			alternatives = append(alternatives, all(s))
		}
		return append(alternatives, all(opaque))
	}
}

// allWith is all of these and the scheme that asks.
func allWith(schemes ...*Scheme) func(*Scheme) [][]Requirement {
	return func(opaque *Scheme) [][]Requirement { return [][]Requirement{append(all(schemes...), all(opaque)...)} }
}

// Another place holds another credential: what stands there is asked about.
func TestATokenInAPlaceOfItsOwnIsAskedAbout(t *testing.T) {
	one, o := newIssuer(t, "https://one.example", "EdDSA"), newTeller(t)
	o.says(nil)
	m := o.method(t)
	m.In = Place{In: "header", Name: "X-Token"}
	x := request("", "Authorization", "Bearer "+one.token(t, nil), "X-Token", "opaque")
	if err := security(all(one.bearer(t, "one")), all(&Scheme{Name: "opaque", Place: m.Place(), Method: m})).Run(x); err != nil || names(x.Identities) != "0:one 1:opaque" {
		t.Errorf("%q, %v", names(x.Identities), err)
	}
}

// A token of an issuer that is known here is presented in a way in which its
// scheme takes none: the other issuer does not get to see it either.
func TestATokenPresentedByTheWrongSchemeIsShownToNobody(t *testing.T) {
	one, o, d := newIssuer(t, "https://one.example", "EdDSA"), newTeller(t), newDevice(t)
	o.says(nil)
	m := o.method(t)
	m.DPoP = proofs(false)
	token := one.bound(t, d, nil)
	x := calling("Authorization", "DPoP "+token, "DPoP", d.proof(t, token, nil, nil))
	wantKind(t, security(all(one.bearer(t, "one")), all(&Scheme{Name: "opaque", Place: m.Place(), Method: m})).Run(x), problem.TokenInvalid)
	if asked := o.asked.Load(); asked != 0 {
		t.Errorf("asked %d times", asked)
	}
}

// Two schemes hold one token to its one proof: it is taken once for the request,
// and not for another one.
func TestTwoSchemesTakeOneProof(t *testing.T) {
	one, d := newIssuer(t, "https://one.example", "EdDSA"), newDevice(t)
	seen := proofs(true)
	a, b := one.boundScheme(t, seen), one.boundScheme(t, seen)
	a.Name, b.Name = "a", "b"
	token := one.bound(t, d, nil)
	for want, s := range map[string]*Security{"0:a 1:b": security(all(a), all(b)), "0:a+b": security(all(a, b))} {
		proof := d.proof(t, token, nil, nil)
		send := func() (*sallyport.Exchange, error) {
			x := calling("Authorization", "DPoP "+token, "DPoP", proof)
			return x, s.Run(x)
		}
		if x, err := send(); err != nil || names(x.Identities) != want {
			t.Errorf("%q, %v, want %q", names(x.Identities), err, want)
		}
		_, err := send()
		wantKind(t, err, problem.ProofInvalid)
	}
}
