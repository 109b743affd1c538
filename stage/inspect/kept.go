package inspect

import (
	"container/list"
	"hash/maphash"
	"sync"
	"time"

	"sallyport/jsonschema"
)

// Kept is what was read before writes, for a few seconds: of an object the values
// that rules ask for and its validator, never the object. It outlives the plan.
// A question is answered only by what was read for the very same question, and
// not after a write of any caller to the object: see writes.
//
// It takes no more than keptBytes of memory and a little for writes; what was
// read longest ago goes first.
type Kept struct {
	writes writes
	shards [keptShards]keptShard
}

// NewKept has nothing kept yet.
func NewKept() *Kept { return &Kept{writes: writes{seed: maphash.MakeSeed()}} }

const (
	keptShards = 16
	keptBytes  = 8 << 20 // of all shards
	keptEntry  = 16 << 10
	// keptOwn is what an entry takes beside its values, maps and lists included.
	keptOwn = 320
)

// question is a digest of all that the reading of an object depends on: see
// Object.question.
type question [32]byte

type keptShard struct {
	mu      sync.Mutex
	entries map[question]*list.Element // of *reading
	oldest  list.List
	bytes   int
}

// reading is what was read of an object.
type reading struct {
	question question
	// since is the state of the writes before it was read, until when it is good.
	since uint64
	until time.Time
	bytes int // that it takes

	values []jsonschema.Captured
	etag   string
}

func (k *Kept) shard(q question) *keptShard { return &k.shards[q[0]%keptShards] }

// find is what was read for the question, nil where that is too long ago, or
// before a write.
func (k *Kept) find(q question, path string, now time.Time) *reading {
	s := k.shard(q)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[q]
	if e == nil {
		return nil
	}
	r := e.Value.(*reading)
	if now.Before(r.until) && k.writes.state(path) == r.since {
		return r
	}
	s.drop(e)
	return nil
}

// put keeps a reading that began when the writes were as since says.
func (k *Kept) put(r *reading) {
	if r.bytes = r.size(); r.bytes > keptEntry {
		return
	}
	s := k.shard(r.question)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries == nil {
		s.entries = make(map[question]*list.Element)
	}
	if e := s.entries[r.question]; e != nil {
		s.drop(e)
	}
	for s.bytes+r.bytes > keptBytes/keptShards {
		s.drop(s.oldest.Front())
	}
	s.entries[r.question] = s.oldest.PushBack(r)
	s.bytes += r.bytes
}

func (s *keptShard) drop(e *list.Element) {
	r := s.oldest.Remove(e).(*reading)
	delete(s.entries, r.question)
	s.bytes -= r.bytes
}

func (r *reading) size() int {
	n := keptOwn + len(r.etag)
	for i := range r.values {
		c := &r.values[i]
		n += keptOwn + len(c.Text) + len(c.Raw) + 8*len(c.Indices)
	}
	return n
}

// copied are values that outlive the body in which they were found.
func copied(captured []jsonschema.Captured) []jsonschema.Captured {
	values := make([]jsonschema.Captured, len(captured))
	for i := range captured {
		values[i] = captured[i].Clone()
	}
	return values
}
