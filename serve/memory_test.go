package serve

import "testing"

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 300}, {1 << 20, 300}, {6 << 20, 200}, {12 << 20, 100}, {400 << 20, 100}} {
		if got := percent(c.live); got != c.want {
			t.Errorf("with %d bytes alive: %d, want %d", c.live, got, c.want)
		}
	}
}
