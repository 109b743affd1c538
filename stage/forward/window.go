package forward

import "sync/atomic"

// window counts what happened lately, in ten slots of which the oldest is
// forgotten. It takes no lock: two requests that begin a slot at one moment may
// lose a count, which no decision depends on.
type window struct{ slots [10]slot }

type slot struct {
	period   atomic.Int64
	all, bad atomic.Uint32
}

// add counts one; now and width are in nanoseconds.
func (w *window) add(now, width int64, bad bool) {
	period := now / max(width/int64(len(w.slots)), 1)
	s := &w.slots[uint64(period)%uint64(len(w.slots))]
	if old := s.period.Load(); old != period && s.period.CompareAndSwap(old, period) {
		s.all.Store(0)
		s.bad.Store(0)
	}
	s.all.Add(1)
	if bad {
		s.bad.Add(1)
	}
}

// sum is what was counted within the width before now.
func (w *window) sum(now, width int64) (all, bad int) {
	period := now / max(width/int64(len(w.slots)), 1)
	for i := range w.slots {
		s := &w.slots[i]
		if age := period - s.period.Load(); 0 <= age && age < int64(len(w.slots)) {
			all += int(s.all.Load())
			bad += int(s.bad.Load())
		}
	}
	return all, bad
}

func (w *window) clear() {
	for i := range w.slots {
		w.slots[i].all.Store(0)
		w.slots[i].bad.Store(0)
	}
}
