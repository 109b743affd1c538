package bench

import (
	"flag"
	"os"
	"slices"
	"testing"
)

var (
	tablePath = flag.String("table", "", "measure everything in turn and write the `page` with the tables")
	rounds    = flag.Int("rounds", 5, "how often each candidate has its turn")
)

// TestTable measures the candidates in turn, A B C A B C, so that a slow minute
// of the machine befalls all of them, and writes the page. -benchtime says how
// long a turn lasts.
func TestTable(t *testing.T) {
	if *tablePath == "" {
		t.Skip("nothing to write: give -table a path")
	}
	if conformance() == "" {
		t.Fatal("the page has public descriptions in it: name their folder in SALLYPORT_CONFORMANCE")
	}
	p := page{
		bodies: measureBodies(t, bodies(t)),
		growth: measureBodies(t, growing(t)),
	}
	p.description, p.preparations = measurePreparations(t)
	if err := os.WriteFile(*tablePath, []byte(p.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// series is what one candidate took, round by round.
type series struct {
	candidate     string
	size          int
	ns            []float64
	bytes, allocs int64
	held          int64
}

func (s *series) add(t *testing.T, r testing.BenchmarkResult) {
	t.Helper()
	if r.N == 0 {
		t.Fatalf("%s failed while it was measured", s.candidate)
	}
	s.ns = append(s.ns, float64(r.T.Nanoseconds())/float64(r.N))
	s.bytes, s.allocs = r.AllocedBytesPerOp(), r.AllocsPerOp()
}

func (s *series) median() float64 { return median(s.ns) }

// times is how many times as long as another it took: the median over the
// rounds of what it was within one round.
func (s *series) times(other *series) float64 {
	var all []float64
	for i, ns := range s.ns {
		all = append(all, ns/other.ns[i])
	}
	return median(all)
}

// throughput is in MB/s.
func (s *series) throughput() float64 { return float64(s.size) / s.median() * 1e3 }

func median(of []float64) float64 {
	sorted := slices.Sorted(slices.Values(of))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// measured is a body and its series, in the order of its candidates.
type measured struct {
	*body
	series []*series
}

func measureBodies(t *testing.T, of []*body) []measured {
	var all []measured
	for _, b := range of {
		m := measured{body: b}
		for _, c := range b.candidates {
			if c.judges && c.check(b.text) != b.expects(c) {
				t.Fatalf("%s: %s judges otherwise", b.title(), c.name)
			}
			m.series = append(m.series, &series{candidate: c.name, size: len(b.text)})
		}
		all = append(all, m)
	}
	for round := range *rounds {
		t.Logf("round %d of %d, %d bodies", round+1, *rounds, len(all))
		for _, m := range all {
			for i, c := range m.candidates {
				m.series[i].add(t, testing.Benchmark(func(b *testing.B) { run(b, c, m.text) }))
			}
		}
	}
	return all
}

// prepared is a preparation and what it took.
type prepared struct {
	preparation
	*series
}

func measurePreparations(t *testing.T) (*description, []prepared) {
	of, steps := preparations(t)
	var all []prepared
	for _, step := range steps {
		all = append(all, prepared{step, &series{candidate: step.candidate, size: len(of.text), held: step.held()}})
	}
	for range *rounds {
		for _, p := range all {
			p.series.add(t, testing.Benchmark(func(b *testing.B) { p.run(b, of) }))
		}
	}
	return of, all
}
