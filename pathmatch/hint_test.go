package pathmatch

import "testing"

func TestHint(t *testing.T) {
	m := compile(t, "GET /", "GET /users", "GET /Users/{id}/", "GET /caf%C3%A9/{x}.JSON", "GET /a/{x}")
	for _, c := range []struct {
		path string
		want Hint
		ok   bool
	}{
		{"/users/", Hint{"/users", true, false}, true},
		{"/USERS", Hint{"/users", false, true}, true},
		{"/USERS/", Hint{"/users", true, true}, true},
		{"/Users/42", Hint{"/Users/{id}/", true, false}, true},
		{"/users/Me/", Hint{"/Users/{id}/", false, true}, true},
		{"/users/Me", Hint{"/Users/{id}/", true, true}, true},
		{"/CAF%C3%A9/a.json", Hint{"/caf%C3%A9/{x}.JSON", false, true}, true},
		{"/users", Hint{}, false}, // it is found as it stands
		{"/a", Hint{}, false},
		{"/nowhere", Hint{}, false},
		{"/users//", Hint{}, false},
		{"", Hint{}, false},
		{"users", Hint{}, false},
	} {
		if got, ok := m.Hint(c.path); got != c.want || ok != c.ok {
			t.Errorf("%q: got %+v, %v; want %+v, %v", c.path, got, ok, c.want, c.ok)
		}
	}
}
