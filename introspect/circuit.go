package introspect

import (
	"sync"
	"time"
)

const (
	failuresToOpen = 5
	firstPause     = time.Second
	longestPause   = 30 * time.Second
)

// circuit turns questions away while the endpoint fails: those that wait for it
// would pile up, and it would not recover. After a pause one question tries.
type circuit struct {
	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // nobody asks before; zero is closed
	pause    time.Duration
	trying   bool
}

// permits tells whether enter would let a question by, and else when to come
// again.
func (c *circuit) permits(now time.Time) (wait time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.look(now)
}

func (c *circuit) look(now time.Time) (wait time.Duration, ok bool) {
	switch {
	case c.until.IsZero():
		return 0, true
	case now.Before(c.until):
		return c.until.Sub(now), false
	case c.trying:
		return firstPause, false
	}
	return 0, true
}

// enter lets a question by, or says when to come again. A probe is the one that
// tries.
func (c *circuit) enter(now time.Time) (probe bool, wait time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait, ok = c.look(now); !ok {
		return false, wait, false
	}
	c.trying = !c.until.IsZero()
	return c.trying, 0, true
}

// leave counts the end of a question, and returns how long nobody asks now.
func (c *circuit) leave(now time.Time, probe, failed bool) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !failed {
		c.failures, c.until, c.pause, c.trying = 0, time.Time{}, 0, false
		return 0
	}
	c.failures++
	switch {
	case probe && !c.until.IsZero():
		c.pause = min(2*c.pause, longestPause)
	case c.until.IsZero() && c.failures >= failuresToOpen:
		c.pause = firstPause
	case c.until.IsZero():
		return 0
	default: // it set out before the circuit opened
		return max(0, c.until.Sub(now))
	}
	c.trying, c.until = false, now.Add(c.pause)
	return c.pause
}
