// Package bench measures the schema engine beside the libraries that Go
// programs otherwise check JSON with, on the same bodies in the same run. It is
// a module of its own, so that what it compares with never becomes a dependency
// of the gateway. It has tests alone and nothing to import.
//
//	go test                    all engines agree on the verdicts that are timed
//	go test -bench . -benchmem the benchmarks, one after another
//	make bench-schema          in turn, over rounds, as a table (in the root)
package bench

import (
	"strings"
	"testing"
)

// TestVerdicts holds that what is timed does the same work: each engine takes
// the valid bodies and refuses those with a fault, but for what is said.
func TestVerdicts(t *testing.T) {
	for _, b := range bodies(t) {
		for _, c := range b.candidates {
			if got := c.check(b.text); c.judges && got != b.expects(c) {
				t.Errorf("%s: %s says %v", b.title(), c.name, got)
			}
		}
	}
}

func BenchmarkBody(b *testing.B) {
	for _, body := range bodies(b) {
		for _, c := range body.candidates {
			b.Run(plain(body.title())+"/"+plain(c.name), func(b *testing.B) { run(b, c, body.text) })
		}
	}
}

// run times one candidate with one body.
func run(b *testing.B, c candidate, text []byte) {
	want := c.check(text)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if c.check(text) != want {
			b.Fatal("the verdict has changed")
		}
	}
}

// plain is a title as the name of a benchmark.
func plain(title string) string {
	return strings.ReplaceAll(strings.ReplaceAll(title, ",", ""), " ", "-")
}
