//go:build !race

package jsonschema

import "testing"

// Under the race detector a sync.Pool drops what it holds at random.
func TestAllocatesNothing(t *testing.T) {
	body := orderBody()
	for _, use := range []Use{{}, {Request, true}} {
		s := compileText(t, Options{Dialect: OpenAPI31}, use, orderSchema)
		if n := testing.AllocsPerRun(200, func() { s.Check(body) }); n > 0 {
			t.Errorf("%v: %v allocations", use, n)
		}
		if n := testing.AllocsPerRun(200, func() { s.Clean(body, Cleaning{true, true}) }); n > 0 {
			t.Errorf("cleaning, %v: %v allocations", use, n)
		}
	}
}
