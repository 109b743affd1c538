package identify

import (
	"sync/atomic"
	"time"
)

// acquaintances are the credentials of one scheme that were right from the
// network that they came from, and not long ago. What is known passes whatever
// others did: nobody who only tries can present it.
//
// It is read without a lock and holds acquaintanceEntries in 3 MiB, which it
// takes with the first of them; of a password there are two, one for its account.
// An account's entries are all in one set, the oldest of which makes room for a
// newcomer: one account that is used from very many networks forgets its own, and
// hardly anybody else's. Sets differ in how full they are: at half of the entries
// one in thousands is forgotten early.
type acquaintances struct {
	sets atomic.Pointer[[acquaintanceSets]acquaintanceSet]
}

const (
	acquaintanceBits    = 14
	acquaintanceSets    = 1 << acquaintanceBits
	acquaintanceWays    = 16
	acquaintanceEntries = acquaintanceSets * acquaintanceWays
)

type acquaintanceSet struct {
	who  [acquaintanceWays]atomic.Uint64
	seen [acquaintanceWays]atomic.Uint32 // in seconds from the epoch; 0 is never
}

// at goes by the high bits: the lowest of a hash is always set. It is nil where
// nobody is known.
func (a *acquaintances) at(set uint64) *acquaintanceSet {
	sets := a.sets.Load()
	if sets == nil {
		return nil
	}
	return &sets[set>>(64-acquaintanceBits)]
}

// seconds counts from 1.
func seconds(now, epoch time.Time) uint32 {
	return uint32(max(0, now.Sub(epoch)/time.Second)) + 1
}

// knows tells whether it was right within the last while, in seconds, and
// whether that should be noted again.
func (a *acquaintances) knows(set, who uint64, now, while uint32) (known, stale bool) {
	s := a.at(set)
	if s == nil {
		return false, true
	}
	for i := range s.who {
		if s.who[i].Load() == who {
			seen := s.seen[i].Load()
			ago := now - min(now, seen)
			return seen > 0 && ago < while, ago > while/8
		}
	}
	return false, true
}

// meet notes that it was right. Two at one time may take one place; the loser is
// noted the next time.
func (a *acquaintances) meet(set, who uint64, now uint32) {
	if a.sets.Load() == nil {
		a.sets.CompareAndSwap(nil, new([acquaintanceSets]acquaintanceSet))
	}
	s, oldest := a.at(set), 0
	for i := range s.who {
		if s.who[i].Load() == who {
			s.seen[i].Store(now)
			return
		}
		if s.seen[i].Load() < s.seen[oldest].Load() {
			oldest = i
		}
	}
	s.seen[oldest].Store(0) // while the two do not belong together nobody is known
	s.who[oldest].Store(who)
	s.seen[oldest].Store(now)
}

// forget is for what was right and is not any more: a key that was taken back.
func (a *acquaintances) forget(set, who uint64) {
	s := a.at(set)
	if s == nil {
		return
	}
	for i := range s.who {
		if s.who[i].Load() == who {
			s.seen[i].Store(0)
		}
	}
}
