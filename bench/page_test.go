package bench

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// page is docs/benchmarks-schema.md.
type page struct {
	bodies, growth []measured
	description    *description
	preparations   []prepared
}

// command is what writes the page, in the root.
const command = "make bench-schema"

func (p *page) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks of the schema engine

Written by `+"`%s`"+` ([bench](../bench/README.md)); do not edit. `+"`jsonschema.Schema.Check`"+` beside the libraries that Go programs otherwise check JSON with: the same bodies, one thread, in turn (A B C A B C …) over %d rounds. Times are medians with the least and the greatest in brackets; ratios are medians of the ratio within a round, above 1 where the other takes longer. On a machine that does other work too the ratios say more than the times.

%s
## What each does

- **%s**: bytes → verdict in one call. Of a bad body it lists up to 20 faults with their places. It also refuses what the others do not look for: a member twice, text that is not UTF-8.
- **%s**: the same for a gate that prunes: objects that name their members are closed, what is not declared is taken out, and the body comes back without it.
- **%s**: decodes with json.Number, then validates, formats asserted. It lists all faults. Documents of OpenAPI 3.0 are given to it as draft-04, with nullable rewritten beforehand.
- **%s**: decodes with json.Number, then Schema.VisitJSON as its own filter of requests calls it: it stops at the first fault, checks the formats it knows by itself (date, date-time, byte, int32, int64), and for documents of OpenAPI 3.1 (here Discord and Adyen) compiles the schema anew for each body.
- **%s**: encoding/json into an any and no schema at all: what a validator of decoded values cannot go below.

Before anything is timed all have to agree on the verdict.
`, command, *rounds, setting(command, "github.com/santhosh-tekuri/jsonschema/v6", "github.com/getkin/kin-openapi"), ours, cleaning, santhosh, kin, decoding)
	p.exceptions(&b)
	b.WriteString("\n\nThe bodies of public descriptions are made of the document alone, with everything optional filled in and short texts; 1 MB is the same with more items.\n\n## How many times as long\n\n")
	p.ratios(&b)
	b.WriteString("\n## Time for each byte as bodies grow\n\nThe order with more and more lines, valid, in ns for each byte: flat means linear.\n\n")
	p.growing(&b)
	fmt.Fprintf(&b, "\n## Preparing the largest description\n\n%s: %.1f MB of JSON, %d named schemas. Held is what stays in memory, allocated what was needed on the way. kin-openapi has no step of its own to compile.\n\n",
		p.description.ours.Title, float64(len(p.description.text))/1e6, len(p.description.named()))
	p.preparing(&b)
	b.WriteString("\n## All figures\n\n")
	p.figures(&b)
	return b.String()
}

// exceptions says where a library takes what the others refuse.
func (p *page) exceptions(b *strings.Builder) {
	for _, m := range p.bodies {
		for _, c := range m.candidates {
			if why := m.accepted[c.name]; why != "" {
				fmt.Fprintf(b, "\n- Except: %s takes \"%s\": %s.", c.name, m.title(), why)
			}
		}
	}
}

func (p *page) ratios(b *strings.Builder) {
	row(b, "body", "bytes", ours+" µs", "MB/s", cleaning, santhosh, kin, decoding)
	row(b, "---", "--:", "--:", "--:", "--:", "--:", "--:", "--:")
	for _, m := range p.bodies {
		first := m.series[0]
		cells := []string{m.title(), fmt.Sprint(len(m.text)), first.micros(), fmt.Sprintf("%.0f", first.throughput())}
		for _, name := range []string{cleaning, santhosh, kin, decoding} {
			s := m.of(name)
			mark := ""
			if m.accepted[name] != "" {
				mark = " (takes it)"
			}
			cells = append(cells, factor(s.times(first))+mark)
		}
		row(b, cells...)
	}
}

func (p *page) growing(b *strings.Builder) {
	row(b, "body", ours, cleaning, santhosh, kin, decoding)
	row(b, "---", "--:", "--:", "--:", "--:", "--:")
	for _, m := range p.growth {
		cells := []string{m.name}
		for _, name := range []string{ours, cleaning, santhosh, kin, decoding} {
			cells = append(cells, m.of(name).nsPerByte())
		}
		row(b, cells...)
	}
}

func (p *page) preparing(b *strings.Builder) {
	row(b, "step", "by", "ms", "held MiB", "allocated MiB", "allocations")
	row(b, "---", "---", "--:", "--:", "--:", "--:")
	for _, q := range p.preparations {
		row(b, q.step, q.series.candidate, spread(q.ns, 1e6), mib(q.series.held), mib(q.bytes), fmt.Sprint(q.allocs))
	}
}

func (p *page) figures(b *strings.Builder) {
	row(b, "body", "by", "µs", "MB/s", "B/op", "allocs/op", "×")
	row(b, "---", "---", "--:", "--:", "--:", "--:", "--:")
	for _, m := range slices.Concat(p.bodies, p.growth) {
		for _, s := range m.series {
			row(b, m.title(), s.candidate, s.micros(), fmt.Sprintf("%.1f", s.throughput()), fmt.Sprint(s.bytes), fmt.Sprint(s.allocs), factor(s.times(m.series[0])))
		}
	}
}

func (m measured) of(candidate string) *series {
	return m.series[slices.IndexFunc(m.series, func(s *series) bool { return s.candidate == candidate })]
}

func row(b *strings.Builder, cells ...string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func (s *series) micros() string { return spread(s.ns, 1e3) }

func (s *series) nsPerByte() string { return spread(s.ns, float64(s.size)) }

// spread is the median with the least and the greatest, in a unit.
func spread(ns []float64, unit float64) string {
	return fmt.Sprintf("%s (%s-%s)", digits(median(ns)/unit), digits(slices.Min(ns)/unit), digits(slices.Max(ns)/unit))
}

func factor(f float64) string { return digits(f) }

// digits writes three that count.
func digits(f float64) string {
	switch {
	case f < 10:
		return fmt.Sprintf("%.2f", f)
	case f < 100:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

func mib(bytes int64) string { return digits(float64(bytes) / (1 << 20)) }

// setting is what has to be known to compare with another run.
func setting(command string, modules ...string) string {
	var b strings.Builder
	row(&b, "", "")
	row(&b, "---", "---")
	row(&b, "date", time.Now().UTC().Format(time.DateOnly))
	row(&b, "Go", runtime.Version()+" "+runtime.GOOS+"/"+runtime.GOARCH)
	row(&b, "CPU", fmt.Sprintf("%s, %d threads", processor(), runtime.NumCPU()))
	for _, name := range modules {
		row(&b, name, version(name))
	}
	row(&b, "command", "`"+command+"`")
	return b.String()
}

// processor is the name of the CPU where the system tells it.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// version is that of a module which this one requires.
func version(module string) string {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == module {
			return fields[1]
		}
	}
	return ""
}

func TestVersionsAreKnown(t *testing.T) {
	for _, name := range []string{"github.com/santhosh-tekuri/jsonschema/v6", "github.com/getkin/kin-openapi", "github.com/golang-jwt/jwt/v5", "github.com/go-jose/go-jose/v4"} {
		if version(name) == "" {
			t.Errorf("no version of %s", name)
		}
	}
}
