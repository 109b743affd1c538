package serve

import (
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// roomForGarbage is what may gather before it is collected, whatever the heap
// needs: with the small heap of a small document the collector would run a
// hundred times a second under load, each time through all connections.
const roomForGarbage = 12 << 20

// makeRoom gives back what compiling left behind, and tells the collector how
// much room there is. Whoever sets GOGC has decided that already.
func makeRoom() {
	debug.FreeOSMemory()
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(percent(live[0].Value.Uint64()))
}

// percent is Go's own 100 for a heap that is larger than the room, and more
// for a smaller one, up to a bound: what lives grows with the connections.
func percent(live uint64) int {
	return int(min(max(100*roomForGarbage/max(live, 1), 100), 300))
}
