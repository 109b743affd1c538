package authorize

import (
	"strings"
	"testing"

	"sallyport"
	"sallyport/problem"
)

func credential(scheme string, scopes, roles string) *sallyport.Credential {
	return &sallyport.Credential{Scheme: scheme, Kind: "jwt", ID: scheme, Scopes: strings.Fields(scopes), Roles: strings.Fields(roles)}
}

func identity(alternative int, credentials ...*sallyport.Credential) sallyport.Principal {
	return sallyport.Principal{Alternative: alternative, Credentials: credentials}
}

func TestScopes(t *testing.T) {
	scope := func(scheme, scopes string) Requirement {
		return Requirement{Scheme: scheme, Scopes: strings.Fields(scopes)}
	}
	role := func(scheme, roles string) Requirement {
		return Requirement{Scheme: scheme, Scopes: strings.Fields(roles), Roles: true}
	}
	left := credential("jwt", "", "")
	left.Kind = sallyport.Unchecked
	for _, c := range []struct {
		name       string
		required   [][]Requirement
		identities []sallyport.Principal
		caller     int // which identity counts, or
		refused    problem.Kind
	}{
		{"held", [][]Requirement{{scope("jwt", "read")}}, []sallyport.Principal{identity(0, credential("jwt", "read write", ""))}, 0, 0},
		{"all of several", [][]Requirement{{scope("jwt", "read write")}}, []sallyport.Principal{identity(0, credential("jwt", "write x read", ""))}, 0, 0},
		{"one of several lacks", [][]Requirement{{scope("jwt", "read write")}}, []sallyport.Principal{identity(0, credential("jwt", "read", ""))}, 0, problem.ScopeMissing},
		{"none held", [][]Requirement{{scope("jwt", "read")}}, []sallyport.Principal{identity(0, credential("jwt", "", ""))}, 0, problem.ScopeMissing},
		{"letter case", [][]Requirement{{scope("jwt", "read")}}, []sallyport.Principal{identity(0, credential("jwt", "Read", ""))}, 0, problem.ScopeMissing},
		{"a scope that begins alike", [][]Requirement{{scope("jwt", "read")}}, []sallyport.Principal{identity(0, credential("jwt", "read:all", ""))}, 0, problem.ScopeMissing},
		{"nothing asked", [][]Requirement{{scope("jwt", "")}}, []sallyport.Principal{identity(0, credential("jwt", "", ""))}, 0, 0},
		{"role held", [][]Requirement{{role("key", "teller")}}, []sallyport.Principal{identity(0, credential("key", "", "teller"))}, 0, 0},
		{"a scope is no role", [][]Requirement{{role("key", "teller")}}, []sallyport.Principal{identity(0, credential("key", "teller", ""))}, 0, problem.RoleMissing},
		{"a role is no scope", [][]Requirement{{scope("jwt", "read")}}, []sallyport.Principal{identity(0, credential("jwt", "", "read"))}, 0, problem.ScopeMissing},
		{"both schemes of one alternative", [][]Requirement{{scope("jwt", "read"), role("key", "teller")}}, []sallyport.Principal{identity(0, credential("jwt", "read", ""), credential("key", "", "teller"))}, 0, 0},
		{"the second scheme lacks", [][]Requirement{{scope("jwt", "read"), role("key", "teller")}}, []sallyport.Principal{identity(0, credential("jwt", "read", "teller"), credential("key", "", ""))}, 0, problem.RoleMissing},
		{"one scheme's scopes are not another's", [][]Requirement{{scope("jwt", ""), scope("other", "read")}}, []sallyport.Principal{identity(0, credential("jwt", "read", ""), credential("other", "", ""))}, 0, problem.ScopeMissing},
		{"the first alternative suffices", [][]Requirement{{scope("jwt", "read")}, {role("key", "teller")}}, []sallyport.Principal{identity(0, credential("jwt", "read", "")), identity(1, credential("key", "", "teller"))}, 0, 0},
		{"only the second suffices", [][]Requirement{{scope("jwt", "write")}, {role("key", "teller")}}, []sallyport.Principal{identity(0, credential("jwt", "read", "")), identity(1, credential("key", "", "teller"))}, 1, 0},
		{"an identity is judged by its own alternative", [][]Requirement{{scope("jwt", "write")}, {scope("jwt", "read")}}, []sallyport.Principal{identity(1, credential("jwt", "read", ""))}, 0, 0},
		{"none suffices: the first says what lacks", [][]Requirement{{role("key", "teller")}, {scope("jwt", "read")}}, []sallyport.Principal{identity(0, credential("key", "", "")), identity(1, credential("jwt", "", ""))}, 0, problem.RoleMissing},
		{"left to the backend", [][]Requirement{{scope("jwt", "read")}}, []sallyport.Principal{identity(0, left)}, 0, 0},
		{"left to the backend beside one that is checked", [][]Requirement{{scope("jwt", "read"), role("key", "teller")}}, []sallyport.Principal{identity(0, left, credential("key", "", ""))}, 0, problem.RoleMissing},
		{"a credential that is not there holds nothing", [][]Requirement{{scope("jwt", "read")}}, []sallyport.Principal{identity(0)}, 0, problem.ScopeMissing},
		{"anonymous, and something is asked everywhere", [][]Requirement{{scope("jwt", "read")}}, nil, 0, problem.ScopeMissing},
		{"anonymous, and some alternative asks for nothing", [][]Requirement{{scope("jwt", "read")}, {scope("jwt", "")}}, nil, -1, 0},
		{"anonymous, and some alternative is empty", [][]Requirement{{scope("jwt", "read")}, nil}, nil, -1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &sallyport.Exchange{Identities: c.identities}
			if len(c.identities) > 0 {
				x.Caller = c.identities[0]
			}
			err := (&Scopes{Required: c.required}).Run(x)
			if c.refused != 0 {
				if err == nil || problem.As(err).Kind != c.refused {
					t.Fatalf("%v, want %s", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if c.caller >= 0 && x.Caller.Alternative != c.identities[c.caller].Alternative {
				t.Errorf("the caller is alternative %d", x.Caller.Alternative)
			}
		})
	}
}

// What the caller lacks is said of each of its identities, and its schemes are
// asked for challenges with the scopes of all (RFC 6750 §3.1).
func TestWhatIsLackingIsNamed(t *testing.T) {
	scope, role := func(scheme, scopes string) Requirement {
		return Requirement{Scheme: scheme, Scopes: strings.Fields(scopes)}
	}, func(scheme, roles string) Requirement {
		return Requirement{Scheme: scheme, Scopes: strings.Fields(roles), Roles: true}
	}
	jwt, key := credential("jwt", "read", ""), credential("key", "", "")
	for _, c := range []struct {
		required   [][]Requirement
		identities []sallyport.Principal
		kind       problem.Kind
		detail     string
		challenges string
	}{
		{[][]Requirement{{scope("jwt", "read write")}}, []sallyport.Principal{identity(0, jwt)}, problem.ScopeMissing, "The operation needs the scope read write.", "jwt: read write"},
		{[][]Requirement{{scope("jwt", "write")}, {scope("jwt", "admin")}}, []sallyport.Principal{identity(0, jwt), identity(1, jwt)}, problem.ScopeMissing, "The operation needs the scope write, or the scope admin.", "jwt: write; jwt: admin"},
		{[][]Requirement{{scope("jwt", "write")}, {scope("jwt", "admin")}}, []sallyport.Principal{identity(1, jwt)}, problem.ScopeMissing, "The operation needs the scope admin.", "jwt: admin"},
		{[][]Requirement{{scope("jwt", "write")}, {scope("jwt", "write"), scope("jwt2", "")}}, []sallyport.Principal{identity(0, jwt), identity(1, jwt, credential("jwt2", "", ""))}, problem.ScopeMissing, "The operation needs the scope write.", "jwt: write; jwt: write"},
		{[][]Requirement{{scope("jwt", "read"), scope("jwt2", "write")}}, []sallyport.Principal{identity(0, jwt, credential("jwt2", "", ""))}, problem.ScopeMissing, "The operation needs the scope write.", "jwt2: write"},
		{[][]Requirement{{scope("jwt", "write"), role("key", "teller")}}, []sallyport.Principal{identity(0, jwt, key)}, problem.ScopeMissing, "The operation needs the scope write and the role teller.", "jwt: write"},
		{[][]Requirement{{role("key", "teller clerk")}}, []sallyport.Principal{identity(0, key)}, problem.RoleMissing, "The operation needs the role teller and clerk.", ""},
		{[][]Requirement{{role("key", "teller")}, {scope("jwt", "write")}}, []sallyport.Principal{identity(0, key), identity(1, jwt)}, problem.RoleMissing, "The operation needs the role teller, or the scope write.", "jwt: write"},
	} {
		var asked []string
		s := &Scopes{Required: c.required, Challenge: func(lacking []*Requirement, refusal *problem.Refusal) {
			for _, r := range lacking {
				asked = append(asked, r.Scheme+": "+strings.Join(r.Scopes, " "))
			}
			refusal.With("WWW-Authenticate", "Bearer")
		}}
		r := problem.As(s.Run(&sallyport.Exchange{Identities: c.identities}))
		if r.Kind != c.kind || r.Status() != 403 || r.Detail != c.detail {
			t.Errorf("%s %q, want %s %q", r.Kind, r.Detail, c.kind, c.detail)
		}
		if got := strings.Join(asked, "; "); got != c.challenges || r.Fields.Has("WWW-Authenticate") != (c.challenges != "") {
			t.Errorf("%s: challenges %q, want %q", c.detail, got, c.challenges)
		}
	}
}

func BenchmarkServeScopes(b *testing.B) {
	s := &Scopes{Required: [][]Requirement{{{Scheme: "jwt", Scopes: []string{"write", "read"}}}}}
	x := &sallyport.Exchange{Identities: []sallyport.Principal{identity(0, credential("jwt", "openid profile read write", ""))}}
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

func TestScopesAllocateNothing(t *testing.T) {
	s := &Scopes{Required: [][]Requirement{{{Scheme: "jwt", Scopes: []string{"read"}}}}}
	x := &sallyport.Exchange{Identities: []sallyport.Principal{identity(0, credential("jwt", "openid read", ""))}}
	if n := testing.AllocsPerRun(100, func() { _ = s.Run(x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
