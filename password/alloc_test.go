//go:build !race

package password

import (
	"testing"
	"time"
)

// Under the race detector pools forget on purpose.
func TestCheckerAllocatesNothingForWhatItKnows(t *testing.T) {
	c := newChecker(Settings{})
	stored := hashOf(t, "right")
	want(t, c, "ann", "right", stored, true)
	if n := testing.AllocsPerRun(200, func() { c.Check(t.Context(), "ann", "right", stored, time.Hour) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
