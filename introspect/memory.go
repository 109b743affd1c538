package introspect

import (
	"container/list"
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Verdict is what is known of a token.
type Verdict[T any] struct {
	// Value is whom an active token proves.
	Value T
	// Refused is why it is not taken; nil where it is.
	Refused error
	// Until is how long that may be believed; what lies in the past is not kept.
	Until time.Time
	// Size is about what Value takes of memory, in bytes.
	Size int
}

// Memory keeps verdicts on tokens by their SHA-256, and has one question about a
// token under way at one time. Verdicts that refuse have a memory of their own,
// so that made-up tokens push out nobody's good one. It is safe for many
// goroutines.
type Memory[T any] struct {
	now            func() time.Time
	taken, refused shelf[T]

	mu      sync.Mutex
	flights map[[sha256.Size]byte]*flight[T]
}

// maxRefused is the number of refusals kept, some 200 bytes each.
const maxRefused = 16 << 10

// entryBytes is what an entry takes beside its value.
const entryBytes = 300

// NewMemory makes a memory for so many bytes of good verdicts.
func NewMemory[T any](bytes int, now func() time.Time) *Memory[T] {
	return &Memory[T]{
		now:     now,
		taken:   newShelf[T](bytes),
		refused: newShelf[T](maxRefused * entryBytes),
		flights: make(map[[sha256.Size]byte]*flight[T]),
	}
}

// flight is a question that others may wait for.
type flight[T any] struct {
	done    chan struct{}
	verdict *Verdict[T]
	err     error
}

var errLeft = errors.New("the question ended without an answer")

// Find is the verdict on a token: the one that is kept, or else what ask says,
// which is called by one of all who want to know. An error of ask is not kept.
func (m *Memory[T]) Find(ctx context.Context, token string, ask func() (*Verdict[T], error)) (*Verdict[T], error) {
	key := hashOf(token)
	if v := m.kept(&key); v != nil {
		return v, nil
	}
	m.mu.Lock()
	f, under := m.flights[key]
	if !under {
		// It may have landed since it was looked for.
		if v := m.kept(&key); v != nil {
			m.mu.Unlock()
			return v, nil
		}
		f = &flight[T]{done: make(chan struct{}), err: errLeft}
		m.flights[key] = f
	}
	m.mu.Unlock()
	if !under {
		defer m.land(&key, f)
		f.verdict, f.err = ask()
		return f.verdict, f.err
	}
	select {
	case <-f.done:
		return f.verdict, f.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (m *Memory[T]) land(key *[sha256.Size]byte, f *flight[T]) {
	if v := f.verdict; f.err == nil && m.now().Before(v.Until) {
		if v.Refused == nil {
			m.taken.put(key, v)
		} else {
			m.refused.put(key, v)
		}
	}
	m.mu.Lock()
	delete(m.flights, *key)
	m.mu.Unlock()
	close(f.done)
}

func (m *Memory[T]) kept(key *[sha256.Size]byte) *Verdict[T] {
	for _, s := range [...]*shelf[T]{&m.taken, &m.refused} {
		if v := s.get(key); v != nil && m.now().Before(v.Until) {
			return v
		}
	}
	return nil
}

// hashOf copies what is short to the stack: opaque tokens are, and to hash them
// costs no allocation then.
func hashOf(token string) [sha256.Size]byte {
	var room [512]byte
	if len(token) <= len(room) {
		return sha256.Sum256(room[:copy(room[:], token)])
	}
	return sha256.Sum256([]byte(token))
}

// shelf keeps entries within a number of bytes. To look something up changes
// nothing but a mark, so that many can at one time; room is made by age, and what
// is marked as used stays for another round.
type shelf[T any] struct {
	most int

	mu    sync.RWMutex
	byKey map[[sha256.Size]byte]*list.Element
	order list.List // of *entry[T], the oldest first
	bytes int
}

type entry[T any] struct {
	key     [sha256.Size]byte
	verdict *Verdict[T]
	used    atomic.Bool
}

func (e *entry[T]) size() int { return entryBytes + e.verdict.Size }

func newShelf[T any](most int) shelf[T] {
	return shelf[T]{most: most, byKey: make(map[[sha256.Size]byte]*list.Element)}
}

func (s *shelf[T]) get(key *[sha256.Size]byte) *Verdict[T] {
	s.mu.RLock()
	defer s.mu.RUnlock()
	at, ok := s.byKey[*key]
	if !ok {
		return nil
	}
	e := at.Value.(*entry[T])
	if !e.used.Load() {
		e.used.Store(true)
	}
	return e.verdict
}

func (s *shelf[T]) put(key *[sha256.Size]byte, v *Verdict[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.byKey[*key]; ok {
		s.drop(at)
	}
	e := &entry[T]{key: *key, verdict: v}
	if e.size() > s.most {
		return
	}
	for s.bytes+e.size() > s.most {
		oldest := s.order.Front()
		if oldest.Value.(*entry[T]).used.Swap(false) {
			s.order.MoveToBack(oldest)
			continue
		}
		s.drop(oldest)
	}
	s.byKey[*key] = s.order.PushBack(e)
	s.bytes += e.size()
}

func (s *shelf[T]) drop(at *list.Element) {
	e := at.Value.(*entry[T])
	s.order.Remove(at)
	delete(s.byKey, e.key)
	s.bytes -= e.size()
}
