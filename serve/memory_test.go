package serve

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

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

// gcPercent is what holds at the moment.
func gcPercent() int {
	p := debug.SetGCPercent(100)
	debug.SetGCPercent(p)
	return p
}

// The room follows what lives: connections that come must not multiply it.
func TestRoomFollowsTheHeap(t *testing.T) {
	t.Setenv("GOGC", "")
	ctx, cancel := context.WithCancel(t.Context())
	until := func(what string, ok func(int) bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); !ok(gcPercent()); runtime.GC() {
			if time.Now().After(end) {
				t.Fatalf("%s: %d percent", what, gcPercent())
			}
		}
	}
	defer func() { debug.SetGCPercent(100) }()
	makeRoom(ctx)
	until("with a small heap", func(p int) bool { return p > 100 })
	large := make([]byte, 4*roomForGarbage)
	until("with a large one", func(p int) bool { return p == 100 })
	runtime.KeepAlive(large)
	until("with a small one again", func(p int) bool { return p > 100 })
	cancel()
	until("at the end", func(p int) bool { return p == 100 })
}
