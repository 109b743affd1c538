package identify

import (
	"sync"
	"time"
)

// failures counts for each holder, a client's network or an account, how long
// its failures are remembered: one time, in the manner of GCRA. Each failure
// puts it off by a pace, time brings it nearer; a holder's level is how far off
// it is. There is no timer, and nothing to sweep.
//
// The table has room for failureEntries holders and never grows. A newcomer to
// a full set takes the place of the one that would be forgotten first and takes
// its level over (the Space-Saving rule of Metwally, Agrawal and El Abbadi):
// whoever is not in the table has failed no more often than that one. A million
// addresses, or names, can therefore lower nobody's level; they raise that of
// others, and only if all of a set are live.
type failures struct {
	epoch  time.Time
	shards [failureShards]failureShard
}

const (
	failureShardBits, failureSetBits = 6, 6

	failureShards  = 1 << failureShardBits
	failureSets    = 1 << failureSetBits // in a shard
	failureWays    = 16                  // entries in a set
	failureEntries = failureShards * failureSets * failureWays
)

type failureShard struct {
	mu   sync.Mutex
	sets [failureSets]failureSet
}

// failureSet is laid out by column: a search reads two cache lines.
type failureSet struct {
	holder [failureWays]uint64
	until  [failureWays]int64
}

// pace is how failures of one kind of holder are counted: depth of them at most
// at one time, and one is forgotten each interval.
type pace struct {
	interval time.Duration
	depth    int
}

func (p pace) limit() time.Duration { return time.Duration(p.depth) * p.interval }

// last is the highest level at which one more try is let by.
func (p pace) last() time.Duration { return p.limit() - p.interval }

// delay is how long a try waits at a level: not at all for the first quarter of
// the failures that are let by, then first, and twice as long with each more.
func (p pace) delay(level, first, most time.Duration) time.Duration {
	n := int((level+p.interval-1)/p.interval) - max(1, p.depth/4)
	if n < 0 || first <= 0 {
		return 0
	}
	for ; n > 0 && first < most; n-- {
		first *= 2
	}
	return min(first, most)
}

// clock counts from 1: fresh memory is of long ago.
func (f *failures) clock(now time.Time) int64 { return max(1, int64(now.Sub(f.epoch))+1) }

// at goes by the high bits: a holder is never 0, and so its lowest is always set.
func (f *failures) at(holder uint64) (*failureShard, *failureSet) {
	s := &f.shards[holder>>(64-failureShardBits)]
	return s, &s.sets[holder>>(64-failureShardBits-failureSetBits)%failureSets]
}

// level is how much of the holder's failures is remembered; of one that is not
// there the least of its set, which is nothing unless the set is full.
func (f *failures) level(holder uint64, now time.Time) time.Duration {
	shard, set := f.at(holder)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	return time.Duration(max(0, set.until[set.find(holder)]-f.clock(now)))
}

// add counts a failure that weighs cost, and returns the levels before and
// after it. A level stays below twice the limit, so that nobody is shut out for
// longer than it takes to forget one limit's worth.
func (f *failures) add(holder uint64, now time.Time, cost time.Duration, p pace) (before, after time.Duration) {
	shard, set := f.at(holder)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	i, clock := set.find(holder), f.clock(now)
	before = time.Duration(max(0, set.until[i]-clock))
	after = max(before, min(before+cost, 2*p.limit()))
	set.holder[i], set.until[i] = holder, clock+int64(after)
	return before, after
}

// forgive takes a failure back.
func (f *failures) forgive(holder uint64, now time.Time, cost time.Duration) {
	shard, set := f.at(holder)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	if i := set.find(holder); set.holder[i] == holder {
		set.until[i] = max(f.clock(now), set.until[i]-int64(cost))
	}
}

// over counts the holders that may not try again yet.
func (f *failures) over(now time.Time, p pace) int {
	n, bound := 0, f.clock(now)+int64(p.last())
	for i := range f.shards {
		shard := &f.shards[i]
		shard.mu.Lock()
		for j := range shard.sets {
			for _, until := range shard.sets[j].until {
				if until > bound {
					n++
				}
			}
		}
		shard.mu.Unlock()
	}
	return n
}

// find is the holder's entry, or that which is forgotten first.
func (s *failureSet) find(holder uint64) int {
	soonest := 0
	for i := range s.holder {
		if s.holder[i] == holder {
			return i
		}
		if s.until[i] < s.until[soonest] {
			soonest = i
		}
	}
	return soonest
}
