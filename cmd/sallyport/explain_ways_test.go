package main

import (
	"slices"
	"testing"

	"sallyport"
	"sallyport/build"
	"sallyport/roster"
)

func TestWaysToPresent(t *testing.T) {
	holding := func(scheme string, roles ...string) build.Holding {
		return build.Holding{Credential: &sallyport.Credential{Scheme: scheme, Roles: roles}}
	}
	revoked := holding("key", "z")
	revoked.Refused = &roster.Refused{Why: "revoked"}
	groups := alikes([]build.Holding{holding("key", "a", "b"), holding("key", "b", "a"), holding("key", "c"), revoked, holding("basic", "a", "b")})
	if len(groups) != 3 || len(groups[0]) != 2 {
		t.Fatalf("%d groups, the first of %d", len(groups), len(groups[0]))
	}
	if got := hands(groups); len(got) != 2 || len(got[0]) != 2 || len(got[1]) != 2 {
		t.Errorf("hands: %v", got)
	}
	if got := hands(nil); len(got) != 1 || len(got[0]) != 0 {
		t.Errorf("of nothing: %v", got)
	}
	few, other, basic := groups[0], groups[1], groups[2]
	for name, c := range map[string]struct{ got, want []string }{
		"every one is enough":             {eachOf(groups, groups), nil},
		"some keys are":                   {eachOf(groups, []alike{few}), []string{"key (a, b)", "key (b, a)"}},
		"some keys are, and the password": {eachOf(groups, []alike{other, basic}), []string{"key (c)", "basic (a, b)"}},
		"both are needed, of either key":  {allOf(groups, []alike{few, basic, other}), nil},
		"both are needed, of one key":     {allOf(groups, []alike{few, basic}), []string{"key (a, b) or key (b, a)"}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %q", name, c.got)
		}
	}
}
