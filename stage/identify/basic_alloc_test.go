//go:build !race

package identify

import "testing"

// Under the race detector pools forget on purpose.
func TestBasicThatIsRememberedAllocatesLittle(t *testing.T) {
	s := &Scheme{Name: "basic", Place: Place{In: "authorization", Scheme: "basic"}, Method: users(t, "ann", "right")}
	step, x := security(all(s)), request("", "Authorization", "Basic "+basic("ann", "right"))
	if n := testing.AllocsPerRun(100, func() {
		if err := step.Run(x); err != nil {
			t.Fatal(err)
		}
	}); n > 3 { // the text, principal and its credentials
		t.Errorf("%v allocations", n)
	}
}
