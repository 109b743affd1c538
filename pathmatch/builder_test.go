package pathmatch

import (
	"errors"
	"slices"
	"testing"
)

func TestConflicts(t *testing.T) {
	type add struct{ method, template string }
	for _, c := range []struct {
		name  string
		first []add
		then  add
		want  *Conflict
	}{
		{"same names, other method", []add{{"GET", "/a/{x}"}}, add{"PUT", "/a/{x}"}, nil},
		{"other names, same method", []add{{"GET", "/a/{x}"}}, add{"GET", "/a/{y}"}, &Conflict{"GET", "/a/{y}", "/a/{x}", true}},
		{"other names, other method", []add{{"GET", "/a/{x}"}}, add{"PUT", "/a/{y}"}, &Conflict{"PUT", "/a/{y}", "/a/{x}", false}},
		{"the same twice", []add{{"GET", "/a"}}, add{"GET", "/a"}, &Conflict{"GET", "/a", "/a", true}},
		{"mixed segments", []add{{"GET", "/{a}.{b}"}}, add{"GET", "/{c}.{d}"}, &Conflict{"GET", "/{c}.{d}", "/{a}.{b}", true}},
		{"another spelling", []add{{"GET", "/%7Ea"}}, add{"PUT", "/~a"}, &Conflict{"PUT", "/~a", "/%7Ea", false}},
		{"every operation of the second item", []add{{"GET", "/{x}"}, {"PUT", "/{y}"}}, add{"POST", "/{y}"}, &Conflict{"POST", "/{y}", "/{x}", false}},
		{"none of the first item", []add{{"GET", "/{x}"}, {"PUT", "/{y}"}}, add{"POST", "/{x}"}, nil},
		{"another literal", []add{{"GET", "/{a}.{b}"}}, add{"GET", "/{a}-{b}"}, nil},
		{"a slash at the end", []add{{"GET", "/{a}"}}, add{"GET", "/{a}/"}, nil},
		{"letter case", []add{{"GET", "/a"}}, add{"GET", "/A"}, nil},
		{"concrete and templated", []add{{"GET", "/a/{x}"}}, add{"GET", "/a/me"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b Builder[string]
			for _, a := range c.first {
				if err := b.Add(a.method, a.template, "first"); err != nil && len(c.first) == 1 {
					t.Fatal(err)
				}
			}
			err := b.Add(c.then.method, c.then.template, "then")
			got, _ := errors.AsType[*Conflict](err)
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want || (err == nil) != (c.want == nil) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if c.want == nil || c.want.Template != "/a/{y}" {
				return
			}
			want := "then"
			if c.want.SameMethod {
				want = "first"
			}
			var into Match[string]
			if v := b.Build().Match(c.then.method, "/a/1", &into); v != Found || into.Value != want {
				t.Fatalf("afterwards %v, %q; want %q", v, into.Value, want)
			}
		})
	}
}

func TestConflictMessagesDiffer(t *testing.T) {
	var seen []string
	for _, c := range []*Conflict{
		{"GET", "/a/{y}", "/a/{x}", true},
		{"GET", "/a/{y}", "/a/{x}", false},
		{"GET", "/a/{x}", "/a/{x}", true},
	} {
		if slices.Contains(seen, c.Error()) {
			t.Errorf("%q says nothing of %+v", c.Error(), *c)
		}
		seen = append(seen, c.Error())
	}
}

func TestMethods(t *testing.T) {
	for method, ok := range map[string]bool{
		"GET": true, "QUERY": true, "get": true, "X-CUSTOM_1!": true,
		"": false, "GET ": false, "A/B": false, "A:B": false, "GÉT": false, "A\r\nB": false,
	} {
		var b Builder[int]
		err := b.Add(method, "/a", 1)
		if _, refused := errors.AsType[*MethodError](err); refused == ok || (err == nil) != ok {
			t.Errorf("method %q: %v", method, err)
		}
	}
}

func TestBuildLeavesEarlierMatchersAlone(t *testing.T) {
	var b Builder[int]
	add := func(method, template string, value int) {
		if err := b.Add(method, template, value); err != nil {
			t.Fatal(err)
		}
	}
	add("GET", "/a/{x}", 1)
	before := b.Build()
	add("PUT", "/a/{x}", 2)
	add("GET", "/b", 3)
	after := b.Build()
	var into Match[int]
	if v := before.Match("PUT", "/a/1", &into); v != NoMethod || !slices.Equal(into.Allow, []string{"GET"}) {
		t.Errorf("the earlier matcher answers %v, %v", v, into.Allow)
	}
	if v := before.Match("GET", "/b", &into); v != NoPath {
		t.Errorf("the earlier matcher answers %v", v)
	}
	if v := after.Match("PUT", "/a/1", &into); v != Found || into.Value != 2 {
		t.Errorf("the later matcher answers %v, %d", v, into.Value)
	}
}
