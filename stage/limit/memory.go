package limit

import (
	"hash/maphash"
	"math/bits"
	"net/netip"
	"sync"
	"time"
)

// memory keeps one entry of a fixed size for each holder, up to a bound. It
// begins small and grows up to it; an entry whose time is over is dead and gives
// its place up. Where all places of a set are alive and there is no room to grow,
// the entry goes that weighs least: a flood of newcomers of whom nothing is known
// yet cannot flush out the one who is being watched.
type memory[E any] struct {
	seed  maphash.Seed
	epoch time.Time
	most  int // sets in a shard
	// weight is how much would be lost with an entry.
	weight func(*E) int
	shards [shards]memoryShard[E]
}

type memoryShard[E any] struct {
	mu   sync.Mutex
	sets []memorySet[E] // a power of two, or none yet
}

type memorySet[E any] [memoryWays]remembered[E]

const memoryWays = 8 // entries in a set

// remembered is an entry; until counts seconds, and 0 is free.
type remembered[E any] struct {
	holder uint64
	until  uint32
	of     E
}

// newMemory has room for that many holders, rounded up to 512 times a power of two.
func newMemory[E any](entries int, now time.Time, weight func(*E) int) *memory[E] {
	sets := (entries + shards*memoryWays - 1) / (shards * memoryWays)
	return &memory[E]{seed: maphash.MakeSeed(), epoch: now, most: 1 << bits.Len(uint(max(1, sets)-1)), weight: weight}
}

// clock counts seconds from 1, by the monotonic reading if there is one: setting
// the wall clock pardons nobody.
func (m *memory[E]) clock(now time.Time) uint32 {
	return uint32(max(0, now.Sub(m.epoch)/time.Second)) + 1
}

// lock finds the holder's entry, or nil; with add a place is made for it, zero.
// The shard stays locked: unlock it.
func (m *memory[E]) lock(holder uint64, now uint32, add bool) (*remembered[E], *memoryShard[E]) {
	s := &m.shards[holder>>58%shards]
	s.mu.Lock()
	for {
		if len(s.sets) > 0 {
			set := &s.sets[holder&uint64(len(s.sets)-1)]
			e, known := set.find(holder, now, m.weight)
			switch {
			case known:
				return e, s
			case !add:
				return nil, s
			case e.until <= now || len(s.sets) >= m.most:
				*e = remembered[E]{holder: holder}
				return e, s
			}
		} else if !add {
			return nil, s
		}
		s.grow(now, m.weight)
	}
}

// find is the holder's entry, or the one that may go.
func (set *memorySet[E]) find(holder uint64, now uint32, weight func(*E) int) (e *remembered[E], known bool) {
	for i := range set {
		if one := &set[i]; one.holder == holder && one.until > now {
			return one, true
		}
	}
	least := 0
	for i := range set {
		one := &set[i]
		if one.until <= now {
			return one, false
		}
		if w := weight(&one.of); e == nil || w < least || w == least && one.until < e.until {
			e, least = one, w
		}
	}
	return e, false
}

// grow doubles the sets. Each is split into two, so that what lives has room.
func (s *memoryShard[E]) grow(now uint32, weight func(*E) int) {
	old := s.sets
	s.sets = make([]memorySet[E], max(1, 2*len(old)))
	for i := range old {
		for j := range old[i] {
			if one := &old[i][j]; one.until > now {
				place, _ := s.sets[one.holder&uint64(len(s.sets)-1)].find(one.holder, now, weight)
				*place = *one
			}
		}
	}
}

// room is how many entries there is memory for at the moment, free ones included.
func (m *memory[E]) room() int {
	n := 0
	for i := range m.shards {
		m.shards[i].mu.Lock()
		n += len(m.shards[i].sets) * memoryWays
		m.shards[i].mu.Unlock()
	}
	return n
}

// mixed joins two hashes, neither of which anybody outside can choose.
func mixed(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xbf58476d1ce4e5b9)
	return hi ^ lo
}

// addressHash stands for a client address, for IPv6 its /64.
func addressHash(seed maphash.Seed, a netip.Addr) uint64 {
	bytes := subscriber(a).As16()
	return maphash.Bytes(seed, bytes[:])
}
