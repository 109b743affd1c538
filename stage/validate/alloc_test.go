//go:build !race

package validate

import "testing"

// The race detector makes sync.Pool forget at random, so that counting under it
// says nothing.

func TestNoAllocationWithoutParametersAndBody(t *testing.T) {
	s := parameters(t, `[]`, ParameterOptions{})
	none, _, _, _ := NewBody(nil, document(), BodyOptions{})
	x := exchange("", nil)
	if n := testing.AllocsPerRun(100, func() {
		if s.Run(x) != nil || none.Run(x) != nil {
			t.Fatal("it is refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations; want none", n)
	}
}

// Decoding allocates nothing: all that is allocated is what checking the two
// values against their schemas takes.
func TestAllocationsOfParameters(t *testing.T) {
	s := parameters(t, twoParameters, ParameterOptions{})
	x := exchange("expand=owner", []string{"id=42"})
	checks := testing.AllocsPerRun(100, func() {
		s.list[0].schema.Check([]byte("42"))
		s.list[1].schema.Check([]byte(`"owner"`))
	})
	if n := testing.AllocsPerRun(100, func() {
		if s.Run(x) != nil {
			t.Fatal("it is refused")
		}
	}); n > checks {
		t.Errorf("%v allocations, of which the schemas take %v", n, checks)
	}
}

func TestAllocationsOfJSON(t *testing.T) {
	s := body(t, orderSchema, BodyOptions{})
	x := sending("application/json; charset=utf-8", string(order()))
	if err := s.Run(x); err != nil {
		t.Fatal(err)
	}
	content, _ := x.Request.Body.Held()
	schema := s.entries[0][classJSON].(*jsonBody).schema
	checks := testing.AllocsPerRun(100, func() { schema.Check(content) })
	if n := testing.AllocsPerRun(100, func() {
		if s.Run(x) != nil {
			t.Fatal("it is refused")
		}
	}); n > checks {
		t.Errorf("%v allocations, of which the schema takes %v", n, checks)
	}
}
