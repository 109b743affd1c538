package limit

import (
	"errors"
	"fmt"
	"strconv"
	"sync"

	"sallyport"
	"sallyport/problem"
)

// Concurrency is a limit on the number of requests that are under way at one
// time, from this step until the answer is sent to its end. Call Compile once,
// before the first request.
type Concurrency struct {
	// Name is what clients see in RateLimit and RateLimit-Policy: 1 to 64
	// printable ASCII characters. Limits of one operation have different names.
	Name string
	// Max is how many requests of one holder may be under way.
	Max int
	// By says who is counted alone: each caller, each client address, or with
	// both each caller at each address.
	By []Key
	// Flights keeps the count. One Flights serves one limit, on this node.
	Flights *Flights

	by     keys
	policy string
	item   string
	detail string
}

// Compile checks the configuration and prepares what requests look up.
func (c *Concurrency) Compile() error {
	if err := c.mistake(); err != nil {
		return fmt.Errorf("limit %q: %w", c.Name, err)
	}
	c.by, _ = keysOf(c.By)
	// The unit is in the draft's registry of quota units.
	c.policy = quoted(c.Name) + ";q=" + strconv.Itoa(c.Max) + `;qu="concurrent-requests"`
	c.item = itemStart(c.Name)
	c.detail = fmt.Sprintf("The limit is %s at one time by %s.", counted(c.Max, "request"), c.by)
	return nil
}

func (c *Concurrency) mistake() error {
	if err := checkName(c.Name); err != nil {
		return err
	}
	if _, err := keysOf(c.By); err != nil {
		return err
	}
	switch {
	case c.Max < 1:
		return errors.New("at least one request is under way at one time")
	case c.Flights == nil:
		return errors.New("there is nothing to keep the count")
	}
	return nil
}

// Run counts the request as under way, or turns it away.
func (c *Concurrency) Run(x *sallyport.Exchange) error {
	if c.policy == "" {
		return errors.New("a limit was not compiled") // or it would let everything by
	}
	h := c.by.holder(x)
	f := c.Flights.seeds.of(h)
	left, ok := c.Flights.enter(f, c.Max)
	tell(x, c.item+strconv.Itoa(left), c.policy)
	if !ok {
		// When one of them ends cannot be known; a second is the least that can
		// be told (RFC 9110 §10.2.3).
		return problem.Refuse(problem.LimitExceeded, "%s", c.detail).With("Retry-After", "1")
	}
	x.OnDone(&flight{c.Flights, f})
	return nil
}

// flight is a request that is under way.
type flight struct {
	flights *Flights
	of      fingerprint
}

// Done ends it.
func (f *flight) Done(*sallyport.Exchange) { f.flights.leave(f.of) }

// Flights counts requests under way in memory. It holds an entry for a holder
// only while one of its requests is under way, so that the number of
// connections bounds it. Keep it in sallyport.Env over a reload.
type Flights struct {
	seeds  seeds
	shards [shards]struct {
		mu    sync.Mutex
		under map[fingerprint]int
		_     [48]byte // to a cache line: neighbours are locked by other cores
	}
}

// NewFlights is a count with nothing under way.
func NewFlights() *Flights { return &Flights{seeds: newSeeds()} }

// enter counts one more if there is room, and tells how many more there could be.
func (f *Flights) enter(of fingerprint, most int) (left int, ok bool) {
	s := &f.shards[of.hi%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.under[of]
	if n >= most {
		return 0, false
	}
	if s.under == nil {
		s.under = make(map[fingerprint]int)
	}
	s.under[of] = n + 1
	return most - n - 1, true
}

func (f *Flights) leave(of fingerprint) {
	s := &f.shards[of.hi%shards]
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.under[of]--; s.under[of] <= 0 {
		delete(s.under, of)
	}
}

// Holders is how many holders have requests under way.
func (f *Flights) Holders() int {
	n := 0
	for i := range f.shards {
		f.shards[i].mu.Lock()
		n += len(f.shards[i].under)
		f.shards[i].mu.Unlock()
	}
	return n
}
