package identify

import (
	"slices"
	"testing"
)

func TestRolesAdd(t *testing.T) {
	roles := Roles{
		"teller":  {Scopes: []string{"read"}},
		"manager": {Roles: []string{"teller"}, Scopes: []string{"read", "write"}},
	}
	for _, c := range []struct{ roles, scopes, wantRoles, wantScopes []string }{
		{nil, []string{"own"}, nil, []string{"own"}},
		{[]string{"unknown"}, nil, []string{"unknown"}, nil},
		{[]string{"teller"}, []string{"own"}, []string{"teller"}, []string{"own", "read"}},
		{[]string{"manager", "teller"}, []string{"write"}, []string{"manager", "teller"}, []string{"write", "read"}},
		{[]string{"manager"}, nil, []string{"manager", "teller"}, []string{"read", "write"}},
		{[]string{"Teller"}, nil, []string{"Teller"}, nil},
	} {
		gotRoles, gotScopes := roles.add(c.roles, c.scopes)
		if !slices.Equal(gotRoles, c.wantRoles) || !slices.Equal(gotScopes, c.wantScopes) {
			t.Errorf("%v with %v: %v with %v", c.roles, c.scopes, gotRoles, gotScopes)
		}
	}
}

// A credential is shared by exchanges: what is added for one must not be
// written behind what another one holds.
func TestRolesAddLeavesWhatIsShared(t *testing.T) {
	shared := append(make([]string, 0, 8), "teller")
	room := shared[:8]
	Roles{"teller": {Roles: []string{"clerk"}, Scopes: []string{"read"}}}.add(shared, shared)
	if room[1] != "" {
		t.Errorf("the room behind a shared list holds %q", room[1])
	}
}
