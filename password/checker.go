package password

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// ErrBusy says that as many passwords are being checked as may be, and wait to
// be; asked again a little later it can be decided.
var ErrBusy = errors.New("too many passwords are being checked at this moment")

// Settings are what a Checker may spend.
type Settings struct {
	// Memory in bytes that computations may take at one time, 19 MiB each by
	// DefaultCost. Beside it there is what the garbage collector has not
	// collected yet, as much again at worst. No more than half of the processor's
	// cores compute, so that the rest serves everybody else.
	Memory int64
	// Waiting is how many callers may wait for their turn, and Wait how long.
	// Zero means 64, and 2 s.
	Waiting int
	Wait    time.Duration
	// Kept is how many passwords that were right are kept at most. Zero means
	// 16384.
	Kept int
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Checker checks passwords against hashes, and makes hashes, and bounds what
// both take together. It is safe for many goroutines, and has none of its own.
type Checker struct {
	Settings

	turns  *semaphore.Weighted // in KiB
	memory int64               // in KiB
	least  int64               // KiB that a computation takes at least, so that there are never too many
	wait   atomic.Int64        // callers

	macs sync.Pool // of *mac

	mu      sync.RWMutex
	known   map[string]known // by the stored hash
	flights map[proof]*flight
}

// proof is a keyed hash of a username, a password and the hash they were right
// for: what a dump of the memory shows of it is no password, and a password that
// was changed has another one.
type proof [sha256.Size]byte

type known struct {
	proof proof
	until time.Time
}

// flight is a computation under way that others may wait for.
type flight struct {
	done  chan struct{}
	right bool
	err   error
}

// mac is a keyed hash that is used again and again.
type mac struct {
	hash hash.Hash
	text []byte
	sum  proof
}

// NewChecker makes a checker with nothing kept.
func NewChecker(s Settings) *Checker {
	if s.Waiting == 0 {
		s.Waiting = 64
	}
	if s.Wait == 0 {
		s.Wait = 2 * time.Second
	}
	if s.Kept == 0 {
		s.Kept = 16 << 10
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	c := &Checker{Settings: s, memory: max(s.Memory>>10, minPerLane), known: make(map[string]known), flights: make(map[proof]*flight)}
	c.turns = semaphore.NewWeighted(c.memory)
	c.least = c.memory / int64(max(1, runtime.GOMAXPROCS(0)/2))
	key := make([]byte, sha256.Size)
	rand.Read(key)
	c.macs.New = func() any { return &mac{hash: hmac.New(sha256.New, key)} }
	return c
}

// Check tells whether stored, in PHC form, is the hash of the password of that
// user. A password that is right will be right again for so long without a
// computation; zero is never. The error is ErrBusy, that ctx ended, or a hash
// that cannot be checked.
func (c *Checker) Check(ctx context.Context, username, password, stored string, keep time.Duration) (bool, error) {
	p := c.prove(username, password, stored)
	if keep > 0 && c.knows(stored, &p) {
		return true, nil
	}
	for {
		f, mine := c.join(&p)
		if mine {
			return c.fly(ctx, f, &p, password, stored, keep)
		}
		select {
		case <-f.done:
			// Whoever computed may have been given up by its own client: that
			// decides nothing for this one.
			if f.err == nil || errors.Is(f.err, ErrBusy) {
				return f.right, f.err
			}
			if ctx.Err() == nil {
				continue
			}
		case <-ctx.Done():
		}
		return false, context.Cause(ctx)
	}
}

// Fits tells whether a hash of that cost can be computed within the memory.
func (c *Checker) Fits(cost Cost) bool { return int64(cost.Memory) <= c.memory }

// prove hashes with a key of this process. No part of the text holds a zero
// byte, so two different ones are never put together the same way.
func (c *Checker) prove(username, password, stored string) proof {
	m := c.macs.Get().(*mac)
	m.text = append(m.text[:0], username...)
	m.text = append(m.text, 0)
	m.text = append(m.text, password...)
	m.text = append(m.text, 0)
	m.text = append(m.text, stored...)
	m.hash.Reset()
	m.hash.Write(m.text)
	m.hash.Sum(m.sum[:0])
	p := m.sum
	clear(m.text)
	c.macs.Put(m)
	return p
}

func (c *Checker) knows(stored string, p *proof) bool {
	c.mu.RLock()
	k, ok := c.known[stored]
	c.mu.RUnlock()
	return ok && subtle.ConstantTimeCompare(k.proof[:], p[:]) == 1 && c.Now().Before(k.until)
}

func (c *Checker) join(p *proof) (f *flight, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f, ok := c.flights[*p]; ok {
		return f, false
	}
	f = &flight{done: make(chan struct{})}
	c.flights[*p] = f
	return f, true
}

func (c *Checker) fly(ctx context.Context, f *flight, p *proof, password, stored string, keep time.Duration) (bool, error) {
	defer c.land(p, stored, f, keep)
	s, err := Parse(stored)
	if err != nil {
		f.err = fmt.Errorf("the stored hash of a password cannot be read: %w", err)
		return false, f.err
	}
	f.right, f.err = c.turn(ctx, s, password)
	return f.right, f.err
}

func (c *Checker) land(p *proof, stored string, f *flight, keep time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.flights, *p)
	if f.err == nil && f.right && keep > 0 {
		c.makeRoom(stored)
		c.known[stored] = known{*p, c.Now().Add(keep)}
	}
	close(f.done)
}

// makeRoom forgets what has ended, and where nothing has, any one: it costs its
// user a computation. What is stored may be there and have ended: it is swept out
// with the others.
func (c *Checker) makeRoom(stored string) {
	if len(c.known) < c.Kept {
		return
	}
	now := c.Now()
	for other, k := range c.known {
		if !now.Before(k.until) {
			delete(c.known, other)
		}
	}
	if _, known := c.known[stored]; known {
		return
	}
	for other := range c.known {
		if len(c.known) < c.Kept {
			return
		}
		delete(c.known, other)
	}
}

// turn waits for its turn and computes.
func (c *Checker) turn(ctx context.Context, s *Stored, password string) (bool, error) {
	if !c.Fits(s.cost) {
		return false, errors.New("the stored hash of the password takes more memory than there is for it")
	}
	done, err := c.begin(ctx, s.cost)
	if err != nil {
		return false, err
	}
	defer done()
	return s.Matches(password), nil
}

// Hash is as the function Hash, and waits for its turn among the checks. One
// that takes more than all memory there is waits for all of it. The error is
// ErrBusy or that ctx ended, or the function's.
func (c *Checker) Hash(ctx context.Context, password string, cost Cost) (string, error) {
	done, err := c.begin(ctx, cost)
	if err != nil {
		return "", err
	}
	defer done()
	return Hash(password, cost)
}

// begin waits for a turn, within bounds.
func (c *Checker) begin(ctx context.Context, cost Cost) (done func(), err error) {
	weight := min(max(int64(cost.Memory), c.least), c.memory)
	if !c.turns.TryAcquire(weight) {
		if err := c.await(ctx, weight); err != nil {
			return nil, err
		}
	}
	return func() { c.turns.Release(weight) }, nil
}

func (c *Checker) await(ctx context.Context, weight int64) error {
	if c.wait.Add(1) > int64(c.Waiting) {
		c.wait.Add(-1)
		return ErrBusy
	}
	defer c.wait.Add(-1)
	waiting, cancel := context.WithTimeout(ctx, c.Wait)
	defer cancel()
	if c.turns.Acquire(waiting, weight) == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return ErrBusy
}
