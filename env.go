package sallyport

import (
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// Env is what lives longer than a plan: time, log, and the things that
// survive a reload because the next plan finds them again (see Lasting).
type Env struct {
	// Now is the clock of every step.
	Now func() time.Time
	Log *slog.Logger
	// Bodies bounds all bodies that are held at one time.
	Bodies *Budget
	// BodyTimeout is how long a client may take for a body, WriteTimeout how
	// long for taking one piece of an answer. Zero is for ever.
	BodyTimeout, WriteTimeout time.Duration

	mu   sync.Mutex
	kept map[string]any // of the newest plan; never changed, only replaced
}

// NewEnv is an Env on the real clock with a budget for held bodies in bytes.
func NewEnv(log *slog.Logger, bodies int64) *Env {
	return &Env{Now: time.Now, Log: log, Bodies: NewBudget(bodies)}
}

// Lasting is what one plan needs that outlives it: counters, connections,
// fetched keys. The next plan finds each again by its name; what it does not
// ask for is forgotten, so that reloads leave nothing behind.
type Lasting struct {
	before map[string]any // of the plan before
	needed map[string]any // of this plan
}

// Lasting is for building a plan: it finds what the newest plan has. Until it
// is kept nobody else finds what was made for it.
func (e *Env) Lasting() *Lasting {
	e.mu.Lock()
	defer e.mu.Unlock()
	return &Lasting{before: e.kept, needed: make(map[string]any)}
}

// Keep says that the plan with these is the newest now. What only the plans
// before needed is closed if it has a Close method, at once: exchanges under
// way may still be using it, so Close must give up only what is idle.
func (e *Env) Keep(l *Lasting) {
	e.mu.Lock()
	old := e.kept
	e.kept = maps.Clone(l.needed)
	e.mu.Unlock()
	for name, thing := range old {
		if c, ok := thing.(interface{ Close() }); ok && l.needed[name] != thing {
			c.Close()
		}
	}
	for name, thing := range l.needed {
		if o, ok := thing.(interface{ Open() }); ok && old[name] != thing {
			o.Open()
		}
	}
}

// Close gives everything up that is kept. No exchange may begin any more.
func (e *Env) Close() { e.Keep(&Lasting{}) }

// Shared finds the thing of that name, or makes it. The name must say all that
// the thing depends on: a plan that needs it otherwise names it otherwise.
func Shared[T any](l *Lasting, name string, create func() (*T, error)) (*T, error) {
	for _, known := range []map[string]any{l.needed, l.before} {
		if thing, ok := known[name].(*T); ok {
			l.needed[name] = thing
			return thing, nil
		}
	}
	thing, err := create()
	if err == nil {
		l.needed[name] = thing
	}
	return thing, err
}

// Budget is a number of bytes that many exchanges share.
type Budget struct {
	limit int64
	taken atomic.Int64
}

// NewBudget is a budget of that many bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Taken is what is held at the moment, in bytes.
func (b *Budget) Taken() int64 { return b.taken.Load() }

func (b *Budget) take(n int64) bool {
	for {
		taken := b.taken.Load()
		if taken+n > b.limit {
			return false
		}
		if b.taken.CompareAndSwap(taken, taken+n) {
			return true
		}
	}
}

func (b *Budget) give(n int64) { b.taken.Add(-n) }

// newID is a UUID of version 7 (RFC 9562 §5.7): its order is the order of time.
func (e *Env) newID(now time.Time) string {
	var id [16]byte
	rand.Read(id[6:])
	ms := uint64(now.UnixMilli())
	for i := range 6 {
		id[i] = byte(ms >> (8 * (5 - i)))
	}
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	var text [36]byte
	hex.Encode(text[0:], id[0:4])
	hex.Encode(text[9:], id[4:6])
	hex.Encode(text[14:], id[6:8])
	hex.Encode(text[19:], id[8:10])
	hex.Encode(text[24:], id[10:16])
	text[8], text[13], text[18], text[23] = '-', '-', '-', '-'
	return string(text[:])
}
