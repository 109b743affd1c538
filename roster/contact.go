package roster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sallyport/store"
)

// beat is how often the store is asked for changes when it tells of none.
const beat = time.Second

// contact knows whether the store can be asked, and when it last told all its
// changes.
type contact struct {
	now   func() time.Time
	log   *slog.Logger
	stale time.Duration
	// grace is what may pass between two beats.
	grace time.Duration
	begun time.Time

	// up: the store answers, and every change that it knew of was applied.
	up atomic.Bool
	// last is the time of that, since begun.
	last atomic.Int64
	// failures are readings in a row that failed.
	failures atomic.Int32

	mu    sync.Mutex
	cause error
	// wake ends the wait for the next beat.
	wake context.CancelFunc
}

// tolerated is how many readings in a row may fail before the store is given up
// until it answers: one may fail for a reason of its own.
const tolerated = 3

func (c *contact) start(o Options) {
	c.now, c.log, c.stale = o.Now, o.Log, o.Stale
	c.grace, c.begun = 2*beat+o.Timeout, o.Now()
	c.last.Store(-int64(max(c.stale, c.grace)) - 1) // until it was loaded nothing is known
}

// age is how long ago the store told all its changes.
func (c *contact) age(now time.Time) time.Duration {
	return now.Sub(c.begun) - time.Duration(c.last.Load())
}

// believed tells whether memory counts at this time. A failing beat is not
// waited for: where nothing stale is wanted, memory ends with the contact.
func (c *contact) believed(now time.Time) bool {
	age := c.age(now)
	if age <= c.stale {
		return true
	}
	return age <= c.grace && c.up.Load()
}

// unavailable is what a caller's log gets while the store cannot be asked.
func (c *contact) unavailable() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return &unavailable{"the store cannot be asked", c.cause}
}

func (c *contact) replaced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Is(c.cause, store.ErrReplaced)
}

// answered: a reading succeeded. It says nothing of changes.
func (c *contact) answered() {
	if c.failures.Load() != 0 {
		c.failures.Store(0)
	}
}

// failed: a reading did not succeed.
func (c *contact) failed(err error) {
	if c.failures.Add(1) >= tolerated {
		c.lost(err)
	}
}

// lost gives the store up until it has told its changes again, which is tried
// at once.
func (c *contact) lost(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cause = err
	if !c.up.Swap(false) {
		return
	}
	c.log.Error("the store cannot be asked", "error", err, "believed_for", c.stale.String())
	if c.wake != nil {
		c.wake()
	}
}

// made: at that time the store told all its changes, and they were applied.
func (c *contact) made(at time.Time, missed int) {
	c.last.Store(int64(at.Sub(c.begun)))
	c.failures.Store(0)
	if c.up.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		c.log.Info("the store answers again", "changes", missed)
	}
	c.cause = nil
	c.up.Store(true)
}

// waking is a context that ends when the store is given up.
func (c *contact) waking(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	c.mu.Lock()
	c.wake = cancel
	c.mu.Unlock()
	return ctx, cancel
}

// ready is an error once memory is not believed any more, and at once where the
// store was replaced, which does not mend itself.
func (c *contact) ready(now time.Time) error {
	if c.replaced() {
		return c.unavailable()
	}
	if c.believed(now) {
		return nil
	}
	return fmt.Errorf("it has not answered for %s: %w", c.age(now).Round(time.Second), c.unavailable())
}
