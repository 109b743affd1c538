package destination

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Bounds of a resolver.
const (
	// resolveTimeout is how long one name may take, from when it is asked about.
	resolveTimeout = time.Second
	// turnTimeout is how long a name may wait until it is asked about.
	turnTimeout = time.Second
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
//
// Whose domain it is decides how long an answer takes, so that a caller could
// keep all turns busy with names that are never answered. One caller and one
// domain therefore get few turns at one time.
type Resolver struct {
	lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	now    func() time.Time

	mu     sync.Mutex
	known  map[string]*answer
	claims int // that wait for a turn or have one
	turns  map[share]*turns
}

// answer is what was found of a name once done is closed.
type answer struct {
	begun chan struct{} // closed when somebody's turn came
	done  chan struct{}
	// by are the callers who wait for a turn to ask. What one caller made wait
	// behind its own other names, another need not wait for.
	by        []string
	addresses []netip.Addr
	until     time.Time // zero while it is asked for
}

// NewResolver makes a resolver. Lookup is given names that end in a dot, so that
// no search list completes them; net.Resolver.LookupNetIP is one. It must end
// with its context.
func NewResolver(lookup func(ctx context.Context, name string) ([]netip.Addr, error), now func() time.Time) *Resolver {
	return &Resolver{lookup: lookup, now: now, known: make(map[string]*answer), turns: make(map[share]*turns)}
}

// wait is all addresses of a name, which must not be changed; ok is false where
// there are none, or none within a second from when its turn came, for which it
// waits a second too.
func (a *answer) wait(ctx context.Context) (addresses []netip.Addr, ok bool) {
	if a == nil {
		return nil, false
	}
	select {
	case <-a.done:
		return a.addresses, len(a.addresses) > 0
	default:
	}
	select {
	case <-a.done:
		return a.addresses, len(a.addresses) > 0
	case <-ctx.Done():
		return nil, false
	}
}

// ask is the answer for a name, known, under way, or begun now; nil where there
// is no room for it. Caller is who asks.
func (r *Resolver) ask(caller, name string) *answer {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	a := r.known[name]
	if a != nil && !a.until.IsZero() && !now.Before(a.until) {
		delete(r.known, name)
		a = nil
	}
	if a == nil {
		if len(r.known) >= maxRemembered && !r.forget(now) {
			return nil
		}
		a = &answer{begun: make(chan struct{}), done: make(chan struct{})}
		if !r.claim(a, caller, name) {
			return nil
		}
		r.known[name] = a
		return a
	}
	select {
	case <-a.begun:
	default:
		if !slices.Contains(a.by, caller) {
			r.claim(a, caller, name)
		}
	}
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

// claim has a name wait for a turn of a caller; false where too many do.
func (r *Resolver) claim(a *answer, caller, name string) bool {
	if r.claims >= maxRemembered {
		return false
	}
	shares := sharesOf(caller, name)
	for i, s := range shares {
		if r.join(s) == nil {
			for _, s := range shares[:i] {
				r.leave(s)
			}
			return false
		}
	}
	r.claims++
	a.by = append(a.by, caller)
	var needs [len(shares)]chan struct{}
	for i, s := range shares {
		needs[i] = r.turns[s].free
	}
	go func() {
		if !r.inTurn(a, name, needs[:]) {
			r.giveUp(a, caller, name)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.claims--
		for _, s := range shares {
			r.leave(s)
		}
	}()
	return true
}

// inTurn asks when the turn has come, independent of who waits: the first to ask
// may leave. It is false where no turn came.
func (r *Resolver) inTurn(a *answer, name string, needs []chan struct{}) bool {
	late := time.NewTimer(turnTimeout)
	defer late.Stop()
	for _, free := range needs {
		select {
		case free <- struct{}{}:
			defer func() { <-free }()
		case <-a.begun:
			return true
		case <-late.C:
			return false
		}
	}
	if r.begin(a) {
		r.resolve(a, name)
	}
	return true
}

// begin is true for the first whose turn came.
func (r *Resolver) begin(a *answer) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-a.begun:
		return false
	default:
		close(a.begun)
		return true
	}
}

func (r *Resolver) resolve(a *answer, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	found, err := r.lookup(ctx, name+".")
	if err != nil || len(found) > maxAddresses {
		found = nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := forgetFor
	if len(found) > 0 {
		kept = rememberFor
	}
	a.addresses, a.until = found, r.now().Add(kept)
	close(a.done)
}

// giveUp ends the waiting of a caller whose turn did not come. If nobody else
// waits, the name is not found now; that nobody asked is not remembered.
func (r *Resolver) giveUp(a *answer, caller, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.by = slices.DeleteFunc(a.by, func(one string) bool { return one == caller })
	select {
	case <-a.begun:
		return
	default:
	}
	if len(a.by) == 0 {
		delete(r.known, name)
		close(a.begun)
		close(a.done)
	}
}
