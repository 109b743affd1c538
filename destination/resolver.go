package destination

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// Bounds of a resolver.
const (
	// resolveTimeout is how long one name may take.
	resolveTimeout = time.Second
	// resolveAtOnce is how many names are asked about at one time.
	resolveAtOnce = 64
	// maxRemembered bounds the names that are remembered or asked about: at most
	// 253 bytes and maxAddresses each, 4 MiB together.
	maxRemembered = 4096
	// maxAddresses of one name; one that has more is not found.
	maxAddresses = 32
	// rememberFor and forgetFor say how long an answer, or its absence, counts.
	// Lookups tell no time to live; a few seconds only spare asking for each of
	// many requests.
	rememberFor = 5 * time.Second
	forgetFor   = time.Second
)

// Resolver finds addresses of names, each once for all who ask at one time. Make
// it with NewResolver; it is safe for concurrent use.
type Resolver struct {
	lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	now    func() time.Time
	turns  chan struct{}

	mu    sync.Mutex
	known map[string]*answer
}

// answer is what was found of a name once done is closed.
type answer struct {
	done      chan struct{}
	addresses []netip.Addr
	until     time.Time // zero while it is asked for
}

// NewResolver makes a resolver. Lookup is given names that end in a dot, so that
// no search list completes them; net.Resolver.LookupNetIP is one. It must end
// with its context.
func NewResolver(lookup func(ctx context.Context, name string) ([]netip.Addr, error), now func() time.Time) *Resolver {
	return &Resolver{lookup: lookup, now: now, turns: make(chan struct{}, resolveAtOnce), known: make(map[string]*answer)}
}

// Find is all addresses of a name, which must not be changed; ok is false where
// there are none, or none within a second.
func (r *Resolver) Find(ctx context.Context, name string) (addresses []netip.Addr, ok bool) {
	if ctx.Err() != nil {
		return nil, false
	}
	a := r.ask(name)
	if a == nil {
		return nil, false
	}
	select {
	case <-a.done:
		return a.addresses, len(a.addresses) > 0
	case <-ctx.Done():
		return nil, false
	}
}

// ask is the answer for a name, known, under way, or begun now; nil where there
// is no room for it.
func (r *Resolver) ask(name string) *answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if a := r.known[name]; a != nil && (a.until.IsZero() || now.Before(a.until)) {
		return a
	}
	if len(r.known) >= maxRemembered && !r.forget(now) {
		return nil
	}
	a := &answer{done: make(chan struct{})}
	r.known[name] = a
	go r.resolve(name, a)
	return a
}

// forget makes room: what is out of date goes, else an answer of no choice. What
// is under way stays, so that nobody can have more asked by asking for more.
func (r *Resolver) forget(now time.Time) bool {
	any := ""
	for name, a := range r.known {
		switch {
		case a.until.IsZero():
		case !now.Before(a.until):
			delete(r.known, name)
		default:
			any = name
		}
	}
	if len(r.known) < maxRemembered {
		return true
	}
	delete(r.known, any)
	return any != ""
}

// resolve asks, independent of who waits: the first to ask may leave.
func (r *Resolver) resolve(name string, a *answer) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	found := r.inTurn(ctx, name)
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := forgetFor
	if len(found) > 0 {
		kept = rememberFor
	}
	a.addresses, a.until = found, r.now().Add(kept)
	close(a.done)
}

func (r *Resolver) inTurn(ctx context.Context, name string) []netip.Addr {
	select {
	case r.turns <- struct{}{}:
		defer func() { <-r.turns }()
	case <-ctx.Done():
		return nil
	}
	found, err := r.lookup(ctx, name+".")
	if err != nil || len(found) > maxAddresses {
		return nil
	}
	return found
}
