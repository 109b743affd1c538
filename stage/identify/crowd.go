package identify

import (
	"context"
	"slices"
	"sync"
	"time"
)

// Most different secrets of one holder that are tried, or held back, at one
// time: what passes before the first of them has failed. The same secret again
// is the same try: whoever sends one password with sixty requests guesses
// nothing.
const (
	clientSeats  = 64
	accountSeats = 16
	// seatWait is how long a try waits for a seat.
	seatWait = 2 * time.Second
)

// crowd seats the tries that are under way: each secret once for the network
// that it comes from, and once for its account. It holds no more than there are
// requests under way. Its zero value is empty.
type crowd struct {
	mu      sync.Mutex
	seated  map[seat]int   // how often
	holders map[uint64]int // how many seats each has
	queue   []*standing
}

// seat is what a secret takes of its holder's.
type seat struct{ holder, secret uint64 }

// seats are those that a try needs.
type seats struct {
	all  [2]seat
	most [2]int // of their holders; 0 is any number
	n    int
}

// standing waits until there are seats.
type standing struct {
	needs seats
	ready chan struct{}
}

func (s *seats) add(holder, secret uint64, most int) {
	s.all[s.n], s.most[s.n] = seat{holder, secret}, most
	s.n++
}

// seats of a try. Where its account is known from its network only those of the
// two together count: else others of the network could see to it that wrong ones
// find no seat and the right one, which is known, needs none.
func (t *try) seats(bounded bool) (s seats) {
	if !t.acquainted {
		s.add(t.client, mix(t.secret, t.account), map[bool]int{true: clientSeats}[bounded])
	}
	if t.account != 0 {
		s.add(t.holder(), t.secret, accountSeats)
	}
	return s
}

// enter takes the seats, after a while where there are none, and tells whether
// it had to wait for them, which is told before it does; in the queue stand at
// most so many. False is that there were none.
func (c *crowd) enter(ctx context.Context, needs seats, queue int, waits func()) (ok, waited bool) {
	c.mu.Lock()
	if c.sit(&needs) {
		c.mu.Unlock()
		return true, false
	}
	waits()
	if len(c.queue) >= queue {
		c.mu.Unlock()
		return false, true
	}
	s := &standing{needs, make(chan struct{})}
	c.queue = append(c.queue, s)
	c.mu.Unlock()
	timer := time.NewTimer(seatWait)
	defer timer.Stop()
	select {
	case <-s.ready:
		return true, true
	case <-timer.C:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.queue, s); i >= 0 {
		c.queue = slices.Delete(c.queue, i, i+1)
		return false, true
	}
	return true, true // its turn came at the same moment
}

// try takes the seats if they are free.
func (c *crowd) try(needs seats) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sit(&needs)
}

// full tells whether there is no seat for a secret of a holder.
func (c *crowd) full(holder, secret uint64, most int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.holders[holder] >= most && c.seated[seat{holder, secret}] == 0
}

func (c *crowd) sit(needs *seats) bool {
	for i, s := range needs.all[:needs.n] {
		if most := needs.most[i]; most > 0 && c.holders[s.holder] >= most && c.seated[s] == 0 {
			return false
		}
	}
	if c.seated == nil {
		c.seated, c.holders = make(map[seat]int), make(map[uint64]int)
	}
	for _, s := range needs.all[:needs.n] {
		if c.seated[s]++; c.seated[s] == 1 {
			c.holders[s.holder]++
		}
	}
	return true
}

// leave gives the seats back, and lets in who has waited longest and fits.
func (c *crowd) leave(needs seats) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range needs.all[:needs.n] {
		if c.seated[s]--; c.seated[s] > 0 {
			continue
		}
		delete(c.seated, s)
		if c.holders[s.holder]--; c.holders[s.holder] == 0 {
			delete(c.holders, s.holder)
		}
	}
	c.queue = slices.DeleteFunc(c.queue, func(s *standing) bool {
		fits := c.sit(&s.needs)
		if fits {
			close(s.ready)
		}
		return fits
	})
}
