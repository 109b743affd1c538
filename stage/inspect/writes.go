package inspect

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"
)

// writes remembers, for some paths together, whether any of them was written to:
// a write that comes to share a number with others forgets more than it must.
type writes struct {
	seed  maphash.Seed
	slots [writeSlots]writeSlot
}

const writeSlots = 4096

type writeSlot struct {
	count   atomic.Uint64 // of writes, when they begin
	pending atomic.Int64  // writes that are under way
	unknown atomic.Int64  // when the last one of unknown outcome has settled, in Unix nanoseconds
}

// settling is how long a write may still come about of which nobody knows what
// came: the backend may have it in a queue.
const settling = time.Minute

func (w *writes) slot(path string) *writeSlot {
	return &w.slots[maphash.String(w.seed, path)%writeSlots]
}

// state changes with every write to a path.
func (w *writes) state(path string) uint64 { return w.slot(path).count.Load() }

// settled is the state of a path, where none of its writes is under way: what is
// read from now on has seen all of them.
func (w *writes) settled(path string, now time.Time) (state uint64, ok bool) {
	s := w.slot(path)
	state = s.count.Load() // first: begin counts last
	return state, s.pending.Load() == 0 && s.unknown.Load() <= now.UnixNano()
}

// begin is told of a write before the backend is.
func (w *writes) begin(path string) {
	s := w.slot(path)
	s.pending.Add(1)
	s.count.Add(1)
}

// end is told of it when its answer is there, or when there will be none.
func (w *writes) end(path string, known bool, now time.Time) {
	s := w.slot(path)
	if !known {
		s.unknown.Store(now.Add(settling).UnixNano())
	}
	s.pending.Add(-1)
}

// above are the paths that a path lies under, itself first, without the root.
func above(path string) []string {
	paths := []string{path}
	for {
		i := strings.LastIndexByte(path, '/')
		if i <= 0 {
			return paths
		}
		path = path[:i]
		paths = append(paths, path)
	}
}
