package limit

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// DefaultTrails is how many callers Trails remembers unless it is made with
// another number: 184 MiB if all of them are used, and 14 MiB for networks, of
// which there are a quarter as many.
const DefaultTrails = 1 << 20

// Trails remembers which ids callers asked for, in memory of a fixed bound that
// it takes as it needs it. It keeps keyed hashes and bits, and no id, caller or
// address. One serves all APIs; keep it in sallyport.Env over a reload.
type Trails struct {
	sizes    *sizes
	callers  *memory[trail]
	networks *memory[crossing]
}

// NewTrails has room for that many callers, or DefaultTrails if it is 0. Time is
// counted from now on the clock of Env.
func NewTrails(callers int, now time.Time) *Trails {
	if callers <= 0 {
		callers = DefaultTrails
	}
	t := &Trails{sizes: newSizes()}
	t.callers = newMemory(callers, now, func(t *trail) int {
		n := int(t.underWay)
		for i := range t.missed[0] {
			n += bits.OnesCount64(t.missed[0][i] | t.missed[1][i])
		}
		return n
	})
	t.networks = newMemory(callers/4, now, func(c *crossing) int { return int(c.halves[0].missed + c.halves[1].missed) })
	return t
}

// Entries is how many entries of callers and of networks there is memory for at
// the moment, free ones included.
func (t *Trails) Entries() (callers, networks int) { return t.callers.room(), t.networks.room() }

// LookupCounts is what the lookups of one API have come to, for metrics. Keep it
// in sallyport.Env over a reload.
type LookupCounts struct {
	// API names it.
	API string
	// Callers and Networks are how often one of them was found to be looking
	// for ids.
	Callers, Networks atomic.Uint64
}
