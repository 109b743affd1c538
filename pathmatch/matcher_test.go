package pathmatch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// compile adds "METHOD /template" lines; the value is the line.
func compile(t testing.TB, lines ...string) *Matcher[string] {
	t.Helper()
	var b Builder[string]
	for _, line := range lines {
		method, template, _ := strings.Cut(line, " ")
		if err := b.Add(method, template, line); err != nil {
			t.Fatal(err)
		}
	}
	return b.Build()
}

func TestMatch(t *testing.T) {
	m := compile(t,
		"GET /", "GET /users/me", "GET /users/{id}", "DELETE /users/{id}", "PATCH /users/{id}",
		"GET /a/b/d", "GET /a/{x}/c",
		"GET /p/{x}", "GET /p/{x}/",
		"GET /files/{name}", "GET /files/{name}.{ext}", "GET /files/{name}.json", "GET /files/index.{ext}", "GET /files/{name}.tar.{ext}", "GET /files/index.json",
		"GET /compare/{base}...{head}", "POST /v1/{id}:cancel", "POST /v1/{id}:delete", "GET /v1/{id}",
		"GET /hex/{x}F", "GET /hex/{x}%2F{y}", "QUERY /q/{name+}", "get /q/{name+}",
		"GET /t/{a}-{b}", "GET /t/x{a}", "GET /t/{a}x",
	)
	for _, c := range []struct{ request, want string }{
		{"GET /", "GET /"},
		{"GET ", "no path"},
		{"GET *", "no path"},
		{"GET //", "no path"},
		{"GET users/me", "no path"},
		{"GET /users/me", "GET /users/me"},
		{"GET /users/ME", "GET /users/{id} ME"},
		{"GET /users/42", "GET /users/{id} 42"},
		{"GET /users/42%2F7", "GET /users/{id} 42%2F7"},
		{"GET /users/", "no path"},
		{"GET /users", "no path"},
		{"GET /users/42/", "no path"},
		{"GET /Users/42", "no path"},
		{"GET /users/me?x=1", "no path"},
		{"GET /users/me#x", "no path"},
		{"DELETE /users/42", "DELETE /users/{id} 42"},
		{"DELETE /users/me", "no method [GET]"},
		{"POST /users/42", "no method [DELETE GET PATCH]"},
		{"delete /users/42", "no method [DELETE GET PATCH]"},
		{"GET /a/b/d", "GET /a/b/d"},
		{"GET /a/b/c", "GET /a/{x}/c b"},
		{"GET /a/b/e", "no path"},
		{"GET /p/1", "GET /p/{x} 1"},
		{"GET /p/1/", "GET /p/{x}/ 1"},
		{"GET /p//", "no path"},
		{"GET /files/readme", "GET /files/{name} readme"},
		{"GET /files/a.png", "GET /files/{name}.{ext} a png"},
		{"GET /files/a.json", "GET /files/{name}.json a"},
		{"GET /files/a.b.json", "GET /files/{name}.json a.b"},
		{"GET /files/index.json", "GET /files/index.json"},
		{"GET /files/index.png", "GET /files/index.{ext} png"},
		{"GET /files/a.tar.gz", "GET /files/{name}.tar.{ext} a gz"},
		{"GET /files/.json", "GET /files/{name} .json"},
		{"GET /files/a.", "GET /files/{name} a."},
		{"GET /compare/v1...v2", "GET /compare/{base}...{head} v1 v2"},
		{"GET /compare/v1....v2", "GET /compare/{base}...{head} v1 .v2 ambiguous"},
		{"GET /compare/...", "no path"},
		{"GET /compare/......", "GET /compare/{base}...{head} . .. ambiguous"},
		{"GET /compare/.....", "GET /compare/{base}...{head} . ."},
		{"POST /v1/7:cancel", "POST /v1/{id}:cancel 7"},
		{"POST /v1/7:cancel:delete", "POST /v1/{id}:delete 7:cancel"},
		{"POST /v1/7:other", "no method [GET]"},
		{"GET /v1/7:cancel", "no method [POST]"},
		{"GET /hex/aF", "GET /hex/{x}F a"},
		{"GET /hex/a%2F", "no path"},
		{"GET /hex/a%2FF", "GET /hex/{x}%2F{y} a F"},
		{"GET /hex/%2F%2F%2F", "GET /hex/{x}%2F{y} %2F %2F"},
		{"GET /hex/%2FF", "GET /hex/{x}F %2F"},
		{"QUERY /q/1", "QUERY /q/{name+} 1"},
		{"get /q/1", "get /q/{name+} 1"},
		{"GET /q/1", "no method [QUERY get]"},
		{"QUERY /q/1/2", "no path"},
		{"GET /t/x-x", "GET /t/x{a} -x"},
		{"GET /t/y-x", "GET /t/{a}x y-"},
		{"GET /t/a-b-c", "GET /t/{a}-{b} a b-c ambiguous"},
	} {
		method, path, _ := strings.Cut(c.request, " ")
		var into Match[string]
		got := m.Match(method, path, &into).String()
		switch got {
		case "found":
			got = into.Value
			for i := range into.Values.Len() {
				got += " " + into.Values.At(i)
			}
			if into.Values.Ambiguous() {
				got += " ambiguous"
			}
		case "no method":
			got += fmt.Sprint(" ", into.Allow)
		}
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.request, got, c.want)
		}
	}
}

func TestMatchLeavesNothingOver(t *testing.T) {
	m := compile(t, "GET /a/{x}-{y}", "GET /b", "PUT /c")
	var into Match[string]
	if v := m.Match("GET", "/a/1-2-3", &into); v != Found || into.Values.Len() != 2 || !into.Values.Ambiguous() {
		t.Fatalf("%v, %d values", v, into.Values.Len())
	}
	for _, path := range []string{"/b", "/c", "/nowhere"} {
		m.Match("GET", path, &into)
		if into.Values.Len() != 0 || into.Values.Ambiguous() {
			t.Errorf("%s still shows the values of the match before", path)
		}
		if path != "/b" && into.Value != "" {
			t.Errorf("%s still shows the value %q", path, into.Value)
		}
	}
	if into.Template != "" || into.Allow != nil {
		t.Errorf("not found, but template %q and methods %q", into.Template, into.Allow)
	}
	defer func() {
		if recover() == nil {
			t.Error("a value of the match before can still be read")
		}
	}()
	into.Values.At(0)
}

func TestZeroMatcherFindsNothing(t *testing.T) {
	var m Matcher[int]
	var into Match[int]
	if v := m.Match("GET", "/", &into); v != NoPath {
		t.Errorf("answers %v", v)
	}
	if _, ok := m.Hint("/"); ok {
		t.Error("has a hint")
	}
}

func TestManyParameters(t *testing.T) {
	const n = 40
	template, path := "", ""
	for i := range n {
		template += fmt.Sprintf("/{p%d}", i)
		path += fmt.Sprintf("/v%d", i)
	}
	// The second template takes a branch that fails at its end and is given up.
	m := compile(t, "GET "+template, "GET "+strings.Replace(template, "{p0}", "v0", 1)+"/no")
	var into Match[string]
	if v := m.Match("GET", path, &into); v != Found || into.Values.Len() != n {
		t.Fatalf("%v, %d values", v, into.Values.Len())
	}
	for i := range n {
		if want := fmt.Sprintf("v%d", i); into.Values.At(i) != want {
			t.Errorf("value %d is %q, want %q", i, into.Values.At(i), want)
		}
	}
	allocations := testing.AllocsPerRun(100, func() { m.Match("GET", path, &into) })
	if allocations != 0 {
		t.Errorf("a Match used again allocates %v times", allocations)
	}
}

func TestMatchDoesNotAllocate(t *testing.T) {
	m := compile(t, "GET /users/me", "GET /users/{id}", "GET /a/{x}/{y}.{z}", "GET /a/b/c/d")
	for _, request := range []string{"GET /users/me", "GET /users/42", "DELETE /users/42", "GET /a/b/c.d.e", "GET /nowhere/at/all"} {
		method, path, _ := strings.Cut(request, " ")
		if n := testing.AllocsPerRun(100, func() {
			var into Match[string]
			m.Match(method, path, &into)
		}); n != 0 {
			t.Errorf("%s allocates %v times", request, n)
		}
	}
}

// TestBacktrackingIsBounded asks for paths that fit nearly everywhere. With work exponential in the depth of
// the path, none of these would come to an end; the time allowed is a thousand times what they take.
func TestBacktrackingIsBounded(t *testing.T) {
	const depth = 60
	segments := func(at func(i int) string) string {
		var b strings.Builder
		for i := range depth {
			b.WriteString("/" + at(i))
		}
		return b.String()
	}
	parameter := func(i int) string { return fmt.Sprintf("{p%d}", i) }
	everyKind := func(k int) func(int) string {
		return func(i int) string {
			return []string{"aaaa", "a" + parameter(i), parameter(i) + "a", parameter(i)}[(i*k+i/3+k)%4]
		}
	}
	var b Builder[int]
	for k := range depth {
		for _, at := range []func(int) string{
			func(i int) string { // one parameter among literals
				if i == k {
					return parameter(i)
				}
				return "aaaa"
			},
			func(i int) string { // one literal among parameters
				if i == k {
					return "aaaa"
				}
				return parameter(i)
			},
			everyKind(k),
		} {
			err := b.Add("GET", segments(at)+"/end", k)
			if _, same := errors.AsType[*Conflict](err); err != nil && !same {
				t.Fatal(err)
			}
		}
	}
	long := "a"
	for i := range 200 {
		long += fmt.Sprintf("{q%d}a", i)
	}
	if err := b.Add("GET", "/one/"+long, 0); err != nil {
		t.Fatal(err)
	}
	m := b.Build()
	began := time.Now()
	for _, path := range []string{
		segments(func(int) string { return "aaaa" }) + "/endless",
		segments(func(int) string { return "aaaa" }) + "/",
		"/one/" + strings.Repeat("a", 8000) + "b",
		"/one/" + strings.Repeat("%AA", 2700),
	} {
		var into Match[int]
		if v := m.Match("GET", path, &into); v != NoPath {
			t.Errorf("%.30s… is answered %v", path, v)
		}
	}
	if spent := time.Since(began); spent > 2*time.Second {
		t.Errorf("four paths took %v", spent)
	}
	if visited := nodes(&m.exact.root, map[*node]bool{}, t); visited > 3*depth*(depth+2)+10 {
		t.Errorf("the tree has %d nodes, more than the templates have segments", visited)
	}
}

// nodes counts, and fails where a node has two parents: then "each at most once" would no longer bound a match.
func nodes(n *node, seen map[*node]bool, t *testing.T) int {
	if seen[n] {
		t.Fatal("a node is reached in two ways")
	}
	seen[n] = true
	count := 1
	for _, child := range n.literal {
		count += nodes(child, seen, t)
	}
	for _, tier := range n.tiers {
		for _, list := range tier.siblings {
			for _, s := range list {
				count += nodes(s.child, seen, t)
			}
		}
	}
	if n.parameter != nil {
		count += nodes(n.parameter, seen, t)
	}
	return count
}

func TestOrderOfAddingDoesNotMatter(t *testing.T) {
	lines := []string{"GET /{a}/{b}", "GET /{a}/x{b}", "GET /{a}.x/{b}", "GET /a.{c}/{b}", "GET /{a}.{c}/y", "GET /a.x/{b}", "GET /{a}-{b}.x/y", "GET /{a}.{b}-x/y"}
	paths := []string{"/a.x/xy", "/a.x/y", "/b.x/y", "/a.b/y", "/b.b/y", "/b/y", "/a-b.x/y", "/a.b-x/y", "/a.b-b.x/y"}
	want := make([]string, len(paths))
	for round := range len(lines) {
		m := compile(t, slices.Concat(lines[round:], lines[:round])...)
		for i, path := range paths {
			var into Match[string]
			m.Match("GET", path, &into)
			if round == 0 {
				want[i] = into.Value
			}
			if into.Value != want[i] || into.Value == "" {
				t.Errorf("%s: %q, but %q when added in another order", path, into.Value, want[i])
			}
		}
	}
}
