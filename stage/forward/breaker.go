package forward

import (
	"sync/atomic"
	"time"
)

// Breaker says when requests to a target are suspended: no other target makes
// up for what a backend cannot do, and requests that wait for it pile up.
type Breaker struct {
	// Ratio of requests within Window that must fail, and the number of
	// requests there must be; 0 requests is no breaker.
	Ratio    float64
	Requests int
	Window   time.Duration
	// Open is how long nothing is sent; then one request tries.
	Open time.Duration
	On   Causes
}

// circuit is the state of one target's breaker.
type circuit struct {
	window window
	// until is the time until which nothing is sent, in Unix nanoseconds; 0 is
	// closed. After it the circuit is half open.
	until atomic.Int64
	// probe is when the one request set out that tries, 0 if none is under way.
	probe atomic.Int64
}

// permits tells whether enter would let a request by.
func (c *circuit) permits(now int64) bool {
	until := c.until.Load()
	return until == 0 || until <= now && c.probe.Load() == 0
}

// enter lets a request by, as the probe where the circuit is half open.
func (c *circuit) enter(now int64) (probe, ok bool) {
	switch until := c.until.Load(); {
	case until == 0:
		return false, true
	case until > now:
		return false, false
	}
	ok = c.probe.CompareAndSwap(0, now)
	return ok, ok
}

// leave ends a probe that showed nothing.
func (c *circuit) leave() { c.probe.Store(0) }

// judge counts the end of an attempt. What set out before the circuit opened
// counts no more.
func (c *circuit) judge(b *Breaker, now int64, bad, probe bool) (change circuitChange) {
	switch {
	case probe && bad:
		c.until.Store(now + int64(b.Open))
		c.probe.Store(0)
		return stillOpen
	case probe:
		c.window.clear()
		c.until.Store(0)
		c.probe.Store(0)
		return closed
	case c.until.Load() != 0:
		return unchanged
	}
	c.window.add(now, int64(b.Window), bad)
	if !bad {
		return unchanged
	}
	all, failed := c.window.sum(now, int64(b.Window))
	if all >= b.Requests && float64(failed) >= b.Ratio*float64(all) && c.until.CompareAndSwap(0, now+int64(b.Open)) {
		return opened
	}
	return unchanged
}

type circuitChange uint8

const (
	unchanged circuitChange = iota
	opened
	stillOpen
	closed
)
