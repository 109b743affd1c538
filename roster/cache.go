package roster

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"sallyport/store"
)

// cache remembers answers of the store, as many as its limit says. Who looks
// something up takes the lock of one shard for reading; all else is behind one
// mutex, which only a reading of the store or a change pays for.
type cache struct {
	// epoch counts the times that something was forgotten because of a change:
	// what was read in another epoch may be older than the change.
	epoch  atomic.Uint64
	shards [64]shard
	nobody unknowns

	mu      sync.Mutex
	limit   int
	ring    []*entry // nil where a slot is free
	free    []int
	hand    int
	byID    map[string]*entry
	holders map[store.ID]*holder
	// left are uses that the store has not been told of entries that are gone.
	left map[store.ID]int64
}

// shard is a part of the map that is told by the first byte of a hash.
type shard struct {
	mu           sync.RWMutex
	entries      map[[32]byte]*entry
	hits, misses atomic.Uint64
	_            [64]byte // keeps two shards off one cache line
}

// maxLeft bounds the uses of entries that are gone; more are not told.
const maxLeft = 10_000

func newCache(limit int) *cache {
	c := &cache{limit: limit, left: make(map[store.ID]int64)}
	c.clear()
	return c
}

// clear forgets everything. The mutex is held, or nobody else has the cache.
func (c *cache) clear() {
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		s.entries = make(map[[32]byte]*entry)
		s.mu.Unlock()
	}
	for _, e := range c.ring {
		c.leave(e)
	}
	c.ring, c.free, c.hand = nil, nil, 0
	c.byID, c.holders = make(map[string]*entry), make(map[store.ID]*holder)
}

func (c *cache) shard(at [32]byte) *shard { return &c.shards[at[0]%64] }

// get is what is remembered there, or nil.
func (c *cache) get(at [32]byte) *entry {
	s := c.shard(at)
	s.mu.RLock()
	e := s.entries[at]
	s.mu.RUnlock()
	if e == nil || e.holder.gone.Load() {
		s.misses.Add(1)
		return nil
	}
	s.hits.Add(1)
	return e
}

// put remembers what was read in an epoch, unless that is over.
func (c *cache) put(e *entry, consumer *store.Consumer, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch.Load() != epoch {
		return
	}
	s := c.shard(e.at)
	if old := s.entries[e.at]; old != nil {
		c.drop(old)
	}
	e.holder = c.hold(consumer)
	e.holder.share(e, consumer)
	e.slot = c.slot()
	c.ring[e.slot] = e
	if e.id != "" {
		c.byID[e.id] = e
	}
	s.mu.Lock()
	s.entries[e.at] = e
	s.mu.Unlock()
}

// hold counts one entry more of a consumer.
func (c *cache) hold(consumer *store.Consumer) *holder {
	h := c.holders[consumer.ID]
	if h == nil {
		h = &holder{id: consumer.ID}
		c.holders[consumer.ID] = h
	}
	h.entries++
	return h
}

// slot finds a place in the ring: a new one, a free one, or that of an entry
// that nobody used since the hand came by. After a while it takes any.
func (c *cache) slot() int {
	if n := len(c.free); n > 0 {
		slot := c.free[n-1]
		c.free = c.free[:n-1]
		return slot
	}
	if len(c.ring) < c.limit {
		c.ring = append(c.ring, nil)
		return len(c.ring) - 1
	}
	for tries := 0; ; tries++ {
		e := c.ring[c.hand]
		c.hand = (c.hand + 1) % len(c.ring)
		if used := e.used.Load(); used != e.seen && tries < 128 {
			e.seen = used
			continue
		}
		c.drop(e)
		c.free = c.free[:len(c.free)-1]
		return e.slot
	}
}

// drop forgets one entry.
func (c *cache) drop(e *entry) {
	s := c.shard(e.at)
	s.mu.Lock()
	delete(s.entries, e.at)
	s.mu.Unlock()
	if e.id != "" && c.byID[e.id] == e {
		delete(c.byID, e.id)
	}
	if e.holder.entries--; e.holder.entries == 0 && c.holders[e.holder.id] == e.holder {
		delete(c.holders, e.holder.id)
	}
	c.ring[e.slot] = nil
	c.free = append(c.free, e.slot)
	c.leave(e)
}

// leave keeps the use of an entry that goes.
func (c *cache) leave(e *entry) {
	if e == nil || e.credential == nil || e.credential.Key == "" || e.used.Load() <= e.noted.Load() || len(c.left) >= maxLeft {
		return
	}
	id := store.ID(e.credential.Key)
	c.left[id] = max(c.left[id], e.used.Load())
}

// forget drops what depends on the changes, and begins an epoch.
func (c *cache) forget(changes []store.Change) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch.Add(1)
	for _, change := range changes {
		switch change.Kind {
		case store.KeyChanged, store.PasswordChanged:
			if e := c.byID[string(change.Kind)+" "+change.ID]; e != nil {
				c.drop(e)
			}
		case store.ConsumerChanged:
			if h := c.holders[store.ID(change.ID)]; h != nil {
				h.gone.Store(true)
				delete(c.holders, store.ID(change.ID))
			}
		case store.KeysAdded, store.RevocationChanged, store.SecretChanged, store.AdminChanged:
		case store.KeyringChanged: // what was found by the keys before holds until the new ones are there
		default: // what a later version tells: nothing may be believed
			c.clear()
		}
	}
	c.nobody.clear()
}

// forgetAll drops everything, and begins an epoch.
func (c *cache) forgetAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch.Add(1)
	c.clear()
	c.nobody.clear()
}

func (c *cache) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.ring) - len(c.free)
}

func (c *cache) lookups() (hits, misses uint64) {
	for i := range c.shards {
		hits += c.shards[i].hits.Load()
		misses += c.shards[i].misses.Load()
	}
	return hits, misses
}

// isUnknown tells whether the store said a moment ago that there is nobody.
func (c *cache) isUnknown(at [32]byte, now time.Time) bool { return c.nobody.has(at, now) }

// putUnknown remembers that there is nobody, unless the epoch is over.
func (c *cache) putUnknown(at [32]byte, now time.Time, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch.Load() == epoch {
		c.nobody.put(at, now)
	}
}

// use is the last use of a key that the store has not been told.
type use struct {
	key   store.ID
	at    int64
	entry *entry // nil where it is gone
}

// uses are the keys that were used since they were last noted.
func (c *cache) uses() []use {
	c.mu.Lock()
	ring, left := slices.Clone(c.ring), c.left
	c.left = make(map[store.ID]int64)
	c.mu.Unlock()
	var all []use
	for id, at := range left {
		all = append(all, use{id, at, nil})
	}
	for _, e := range ring {
		if e == nil || e.credential == nil || e.credential.Key == "" {
			continue
		}
		if at := e.used.Load(); at > e.noted.Load() {
			all = append(all, use{store.ID(e.credential.Key), at, e})
		}
	}
	return all
}

// note keeps what the store was told, or what it is still to be told.
func (c *cache) note(uses []use, told bool) {
	for _, u := range uses {
		if told && u.entry != nil {
			u.entry.noted.Store(u.at)
		}
	}
	if told {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range uses {
		if u.entry == nil && len(c.left) < maxLeft {
			c.left[u.key] = max(c.left[u.key], u.at)
		}
	}
}
