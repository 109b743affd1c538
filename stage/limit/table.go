package limit

import (
	"context"
	"math/bits"
	"sync"
	"time"
)

// DefaultEntries is how many holders of each kind a Table has room for unless
// it is made with another number: 24 MiB for each kind if all of them are used.
const DefaultEntries = 1 << 20

// Table counts in memory. It has two parts of the same size, one for callers
// that were identified and one for addresses of all others, so that a flood
// from anonymous addresses takes no room from callers. A part begins small and
// grows up to its bound; it never shrinks.
//
// An entry whose bucket is free again is dead: it says no more than no entry,
// and a newcomer takes its place. Where a newcomer finds only live entries and
// no room to grow, it takes the place of the one that would die first, out of
// the sixteen where its own could be, and takes over its level. (This is the
// Space-Saving rule of Metwally, Agrawal and El Abbadi for a limit instead of
// a top list.) Whoever is not in the table has therefore used no more than the
// lowest level that a newcomer could be given:
//
//   - No holder is let by more often than its limit, however many others come.
//     A flood of addresses cannot flush out the entry of one that is refused.
//     (Only a unit that was given back in the meantime can lower a level that
//     was taken over, by that one unit.)
//   - An entry that refuses is never displaced by one that would be refused too.
//   - The price is paid by newcomers, in a flood of more live addresses than the
//     table has room for: they may begin with some of their burst used, and are
//     refused only once all sixteen around them are.
//
// Give a limit a table of its own; keep it in sallyport.Env by a name that
// stays the same over a reload, so that a reload is not a pardon.
type Table struct {
	seeds seeds
	epoch time.Time
	most  int // sets in a shard

	callers, addresses [shards]shard
}

// A part of a table is made of shards, each under its own lock, and a shard of
// sets. A holder can be in one set alone.
const (
	shards = 64 // a power of two
	ways   = 16 // entries in a set
)

// NewTable is a table with room for that many holders of each kind, or
// DefaultEntries if it is 0. The number is rounded up to 1024 times a power of
// two. Time is counted from now on the clock that Take is given, by its
// monotonic reading if it has one: setting the wall clock pardons nobody.
func NewTable(entries int, now time.Time) *Table {
	if entries <= 0 {
		entries = DefaultEntries
	}
	sets := (entries + shards*ways - 1) / (shards * ways)
	return &Table{seeds: newSeeds(), epoch: now, most: 1 << bits.Len(uint(sets-1))}
}

// Take takes a unit out of the holder's bucket. It never fails.
func (t *Table) Take(_ context.Context, h Holder, now time.Time, b Bucket) (Mark, error) {
	f := t.seeds.of(h)
	return t.shard(h, f).take(f, t.clock(now), b, t.most), nil
}

// GiveBack undoes a Take if it was the last one of its holder.
func (t *Table) GiveBack(_ context.Context, h Holder, b Bucket, m Mark) error {
	f := t.seeds.of(h)
	t.shard(h, f).giveBack(f, b, m)
	return nil
}

// Entries is how many entries there is memory for at the moment, dead ones and
// empty ones included.
func (t *Table) Entries() int {
	n := 0
	for i := range shards {
		n += t.callers[i].entries() + t.addresses[i].entries()
	}
	return n
}

// clock counts from 1: an entry in fresh memory is in use until 0, and dead.
func (t *Table) clock(now time.Time) int64 { return max(1, int64(now.Sub(t.epoch))+1) }

func (t *Table) shard(h Holder, f fingerprint) *shard {
	if h.Caller == "" {
		return &t.addresses[f.hi%shards]
	}
	return &t.callers[f.hi%shards]
}

// shard is a part of a table that can be locked alone.
type shard struct {
	mu   sync.Mutex
	sets []set    // a power of two, or none yet
	_    [32]byte // to a cache line: neighbours are locked by other cores
}

// set is a place for sixteen entries. It is laid out by column: the search
// reads two cache lines of six.
type set struct {
	lo, hi [ways]uint64
	until  [ways]int64
}

func (s *shard) entries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sets) * ways
}

func (s *shard) take(f fingerprint, now int64, b Bucket, most int) Mark {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		if len(s.sets) > 0 {
			set := &s.sets[f.lo&uint64(len(s.sets)-1)]
			i := set.find(f)
			if i < 0 {
				i = set.soonest()
			}
			if set.is(i, f) || set.until[i] <= now || len(s.sets) >= most {
				return set.take(i, f, now, b)
			}
		}
		s.grow(now)
	}
}

// grow doubles the sets. Each is split into two, so that what lives has room.
func (s *shard) grow(now int64) {
	old := s.sets
	s.sets = make([]set, max(1, 2*len(old)))
	for i := range old {
		for j, until := range old[i].until {
			if until <= now {
				continue
			}
			f := fingerprint{old[i].lo[j], old[i].hi[j]}
			set := &s.sets[f.lo&uint64(len(s.sets)-1)]
			set.put(set.soonest(), f, until)
		}
	}
}

func (s *shard) giveBack(f fingerprint, b Bucket, m Mark) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sets) == 0 {
		return
	}
	set := &s.sets[f.lo&uint64(len(s.sets)-1)]
	// A later Take has built on this one: to lower it too would be to promise
	// the same time twice.
	if i := set.find(f); i >= 0 && set.until[i] == m.Until {
		set.until[i] -= int64(b.Interval)
	}
}

func (s *set) is(i int, f fingerprint) bool { return s.lo[i] == f.lo && s.hi[i] == f.hi }

func (s *set) find(f fingerprint) int {
	for i := range s.lo {
		if s.is(i, f) {
			return i
		}
	}
	return -1
}

// soonest is the entry that dies first, or died first.
func (s *set) soonest() int {
	least := 0
	for i := range s.until {
		if s.until[i] < s.until[least] {
			least = i
		}
	}
	return least
}

// take takes from the entry's level, be it the holder's own or one taken over.
// What is refused changes nothing.
func (s *set) take(i int, f fingerprint, now int64, b Bucket) Mark {
	m := b.Take(s.until[i], now)
	if m.Granted {
		s.put(i, f, m.Until)
	}
	return m
}

func (s *set) put(i int, f fingerprint, until int64) {
	s.lo[i], s.hi[i], s.until[i] = f.lo, f.hi, until
}
