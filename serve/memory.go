package serve

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// roomForGarbage is what may gather before it is collected, whatever the heap
// needs: with the small heap of a small document the collector would run a
// hundred times a second under load, each time through all connections.
const roomForGarbage = 12 << 20

// makeRoom gives back what compiling left behind, and from then on tells the
// collector after each of its runs how much room there is, until ctx ends.
// Whoever sets GOGC has decided that already.
func makeRoom(ctx context.Context) {
	debug.FreeOSMemory()
	if os.Getenv("GOGC") != "" {
		return
	}
	r := &room{ctx: ctx, percent: 100}
	r.adjust()
}

// room is collected in every run of the collector, which is how it learns of it.
type room struct {
	ctx     context.Context
	percent int
}

func (r *room) adjust() {
	if r.ctx.Err() != nil {
		debug.SetGCPercent(100)
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	next := &room{ctx: r.ctx, percent: r.percent}
	// Changing it stops the world for a moment: not for small changes.
	if p := percent(live[0].Value.Uint64()); p > r.percent+25 || p < r.percent-25 || p == 100 && r.percent != 100 {
		debug.SetGCPercent(p)
		next.percent = p
	}
	runtime.SetFinalizer(next, (*room).adjust)
}

// percent is Go's own 100 for a heap that is larger than the room, and more
// for a smaller one, up to a bound.
func percent(live uint64) int {
	return int(min(max(100*roomForGarbage/max(live, 1), 100), 300))
}
