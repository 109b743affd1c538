package pathmatch

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// large is a document of n templates.
func large(b *testing.B, n int, form string) *Matcher[int] {
	b.Helper()
	var build Builder[int]
	for i := range n {
		if err := build.Add("GET", fmt.Sprintf(form, i), i); err != nil {
			b.Fatal(err)
		}
	}
	return build.Build()
}

// BenchmarkMatch asks for every template in turn, in an order that jumps about the document, so that a large
// one pays for its cache misses.
func BenchmarkMatch(b *testing.B) {
	for _, c := range []struct {
		name, template, path string
		method               string
		want                 Verdict
	}{
		{"static", "/svc%d/v1/items", "/svc%d/v1/items", "GET", Found},
		{"parameter", "/svc%d/v1/items/{id}", "/svc%d/v1/items/4711", "GET", Found},
		{"wide", "/v1/items%d/{id}/parts/{part}", "/v1/items%d/4711/parts/12", "GET", Found},
		{"verb", "/v1/items/{id}:verb%d", "/v1/items/4711:verb%d", "GET", Found},
		{"no_path", "/svc%d/v1/items/{id}", "/svc%d/v1/other/4711", "GET", NoPath},
		{"no_method", "/svc%d/v1/items/{id}", "/svc%d/v1/items/4711", "PUT", NoMethod},
	} {
		for _, n := range []int{10, 1_000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				m := large(b, n, c.template)
				paths := make([]string, n)
				for i := range paths {
					paths[i] = strings.Replace(c.path, "%d", strconv.Itoa(i*7919%n), 1) // a prime: each once
				}
				var into Match[int]
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					if m.Match(c.method, paths[i], &into) != c.want {
						b.Fatal(paths[i])
					}
					if i++; i == n {
						i = 0
					}
				}
			})
		}
	}
}

// BenchmarkOverlap is the worst a document can ask for: every combination of a literal and a parameter over
// twelve segments, and a path that fits all 4,096 but for its end.
func BenchmarkOverlap(b *testing.B) {
	const depth = 12
	var build Builder[int]
	for k := range 1 << depth {
		template := ""
		for i := range depth {
			if k>>i&1 == 1 {
				template += fmt.Sprintf("/{p%d}", i)
			} else {
				template += "/a"
			}
		}
		if err := build.Add("GET", template+"/end", k); err != nil {
			b.Fatal(err)
		}
	}
	m := build.Build()
	var into Match[int]
	b.ReportAllocs()
	for b.Loop() {
		if m.Match("GET", "/a/a/a/a/a/a/a/a/a/a/a/a/none", &into) != NoPath {
			b.Fatal("found")
		}
	}
}

func BenchmarkBuild(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		large(b, 10_000, "/svc%d/v1/items/{id}")
	}
}
