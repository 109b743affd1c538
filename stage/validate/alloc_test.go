//go:build !race

package validate

import (
	"io"
	"strings"
	"testing"
)

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

// What a file takes on its way through does not grow with it.
func TestAllocationsOfUploads(t *testing.T) {
	s := body(t, photos, BodyOptions{MaxBody: heldBytes, MaxFile: 16 << 20})
	allocations := func(size int) float64 {
		content := written(field("name", "Bo"), file("photo", "image/png", strings.Repeat("x", size)))
		return testing.AllocsPerRun(5, func() {
			x := limited(sending(multiType, content))
			if err := s.Run(x); err != nil {
				t.Fatal(err)
			}
			if n, err := io.Copy(io.Discard, x.Request.Body); err != nil || n != int64(len(content)) {
				t.Fatal(n, err)
			}
		})
	}
	if small, large := allocations(1<<20), allocations(16<<20); large > small {
		t.Errorf("%v allocations for 1 MiB, %v for 16", small, large)
	}
}
