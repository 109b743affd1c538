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
			err := (&Scopes{Realm: "bank", Required: c.required}).Run(x)
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

func TestChallenge(t *testing.T) {
	s := &Scopes{Realm: `the "bank"`, Required: [][]Requirement{{{Scheme: "jwt", Scopes: []string{"read", "write"}}}}}
	r := problem.As(s.Run(&sallyport.Exchange{Identities: []sallyport.Principal{identity(0, credential("jwt", "read", ""))}}))
	const want = `Bearer realm="the \"bank\"", error="insufficient_scope", scope="read write"` // RFC 6750 §3.1
	if got := r.Fields.Get("WWW-Authenticate"); got != want || r.Kind.Status() != 403 {
		t.Errorf("%d %s\nwant 403 %s", r.Kind.Status(), got, want)
	}
	s.Required[0][0].Roles = true
	if r := problem.As(s.Run(&sallyport.Exchange{Identities: []sallyport.Principal{identity(0, credential("jwt", "", "read"))}})); r.Fields.Has("WWW-Authenticate") || r.Detail != "The operation needs the role read and write." {
		t.Errorf("a missing role: %q, %v", r.Detail, r.Fields)
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
