package xmlbody

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sallyport/source"
)

// planned reads a document of schemas, and a planner that follows the references
// between them.
func planned(t *testing.T, text string) (*source.Node, *Planner) {
	t.Helper()
	document, err := source.Parse("schemas.json", []byte(text), source.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return document, NewPlanner(func(n *source.Node) *source.Node {
		for range 16 {
			ref := n.Str("$ref")
			if ref == "" {
				return n
			}
			n = document.Get(strings.TrimPrefix(ref, "#/components/schemas/"))
		}
		return nil
	})
}

func TestPlansAreShared(t *testing.T) {
	document, p := planned(t, `{"A":{"type":"object","xml":{"name":"a"},"properties":{"x":{"type":"integer"}}},
		"B":{"$ref":"#/components/schemas/A"},"C":{"$ref":"#/components/schemas/A","description":"says nothing"},
		"D":{"type":"object","properties":{"a":{"$ref":"#/components/schemas/A"}}},"E":{"$ref":"#/components/schemas/D"}}`)
	plans := map[string]*Plan{}
	for _, name := range []string{"A", "B", "C", "D", "E"} {
		plan, err := p.Plan(document.Get(name))
		if plan == nil || err != nil {
			t.Fatalf("%s has no plan, %v", name, err)
		}
		plans[name] = plan
	}
	if plans["B"] != plans["A"] || plans["C"] != plans["A"] || plans["D"].members[0].plan != plans["A"] {
		t.Error("a reference has a plan of its own")
	}
	if plans["E"].local != "D" || plans["D"].local != "" {
		t.Errorf("the roots are %q and %q", plans["E"].local, plans["D"].local)
	}
}

// Whatever the order: a schema cannot be read where one that it holds cannot.
func TestWhatHoldsAnUnreadableSchemaIsUnreadable(t *testing.T) {
	const text = `{"A":{"type":"object","properties":{"b":{"$ref":"#/components/schemas/B"}}},
		"B":{"type":"object","properties":{"a":{"$ref":"#/components/schemas/A"},"c":{"$ref":"#/components/schemas/C"}}},
		"C":{"oneOf":[{"type":"string"}]},
		"D":{"type":"object","properties":{"d":{"$ref":"#/components/schemas/D"},"e":{"type":"string"}}},
		"F":{"$ref":"#/components/schemas/F"}}`
	for _, order := range []string{"ABCD", "DCBA", "BACD", "FCDA"} {
		document, p := planned(t, text)
		for _, name := range strings.Split(order, "") {
			plan, err := p.Plan(document.Get(name))
			if err != nil || (plan != nil) != (name == "D") {
				t.Errorf("%s of %s: %v, %v", name, order, plan, err)
			}
		}
	}
}

func TestPlansHaveABudget(t *testing.T) {
	var members, heirs strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&members, `,"m%d":{"type":"string"}`, i)
		fmt.Fprintf(&heirs, `,"H%d":{"allOf":[{"$ref":"#/components/schemas/A"},{"properties":{"x":{"type":"string"}}}]}`, i)
	}
	document, p := planned(t, `{"A":{"type":"object","properties":{"x":{"type":"string"}`+members.String()+`}}`+heirs.String()+`}`)
	refused := 0
	for i := range 1000 {
		plan, err := p.Plan(document.Get(fmt.Sprintf("H%d", i)))
		var mistakes source.Mistakes
		if (plan == nil) != errors.As(err, &mistakes) {
			t.Fatalf("%d: %v, %v", i, plan, err)
		}
		if plan == nil {
			if refused++; mistakes[0].Remedy == "" || mistakes[0].Line == 0 {
				t.Fatalf("the mistake is %v", mistakes)
			}
		}
	}
	if refused < 500 || refused > 900 {
		t.Errorf("%d are refused", refused)
	}
}
