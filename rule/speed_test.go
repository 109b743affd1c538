package rule

import (
	"testing"

	"sallyport/jsonschema"
)

// ready are inputs that cost nothing to ask, as a stage has them.
type ready struct {
	who   who
	value jsonschema.Value
}

func (r *ready) Text(f Field) string                      { return r.who.text(f) }
func (r *ready) List(f Field) ([]string, bool)            { return r.who.list(f) }
func (r *ready) Parameter(Root, int) (string, bool)       { return "ann", true }
func (r *ready) Value(Root, int) (jsonschema.Value, bool) { return r.value, true }

var speedRules = map[string]string{
	"native": `response.owner == caller.subject || "auditor" in caller.roles`,
	"cel":    `response.owner.startsWith(caller.subject) || "auditor" in caller.roles`,
}

func speedInputs() *ready {
	return &ready{
		who:   who{Subject: "ann", Roles: []string{"clerk", "auditor"}},
		value: jsonschema.Value{Kind: jsonschema.String, Text: []byte("bob"), Raw: []byte(`"bob"`)},
	}
}

func BenchmarkDecide(b *testing.B) {
	for name, text := range speedRules {
		b.Run(name, func(b *testing.B) {
			r, in := compiled(b, text, vocabulary(b)), speedInputs()
			b.ReportAllocs()
			for b.Loop() {
				if r.Decide(in) != Yes {
					b.Fatal("an auditor is turned away")
				}
			}
		})
	}
}

func TestDecideNativelyAllocatesNothing(t *testing.T) {
	r, in := compiled(t, speedRules["native"], vocabulary(t)), speedInputs()
	if n := testing.AllocsPerRun(100, func() { r.Decide(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
