package forward

import (
	"sync/atomic"
	"time"
)

// Outliers says when a target is taken out because of how it treats requests.
type Outliers struct {
	On Causes
	// Failures within Window take it out; a connection that does not stand
	// does so at once.
	Failures int
	Window   time.Duration
	// Out is for how long the first time, twice as long each time that
	// follows, MaxOut at the most.
	Out, MaxOut time.Duration
}

// outlier is the state of one target.
type outlier struct {
	failures window
	// until is the time until which others are tried first, in Unix nanoseconds.
	until atomic.Int64
	// times is how often it was taken out in a row.
	times atomic.Int32
}

// judge counts the end of an attempt, and tells for how long it takes the
// target out; 0 is not at all.
func (o *outlier) judge(c *Outliers, now int64, what cause, status int) time.Duration {
	if !c.On.have(what, status) {
		if o.times.Load() > 0 && now-o.until.Load() > int64(c.Window) {
			o.times.Store(0) // a window without failures, and it is one of many again
		}
		return 0
	}
	until := o.until.Load()
	if until > now {
		return 0 // it was tried because all are out
	}
	o.failures.add(now, int64(c.Window), true)
	if _, failed := o.failures.sum(now, int64(c.Window)); what != connect && failed < c.Failures {
		return 0
	}
	out := c.Out
	for range o.times.Load() {
		if out *= 2; out >= c.MaxOut {
			break
		}
	}
	out = min(out, max(c.MaxOut, c.Out))
	if out <= 0 || !o.until.CompareAndSwap(until, now+int64(out)) {
		return 0
	}
	o.times.Add(1)
	o.failures.clear()
	return out
}
