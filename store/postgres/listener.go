package postgres

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is what changes are announced on; it is the database's own.
const channel = "sallyport_changes"

// How often one looks for a change of another node in any case: where a
// connection listens, in case it was cut and nobody noticed; where none does,
// as the only way to hear of it.
const (
	lookListening = time.Second
	lookDeaf      = 200 * time.Millisecond
)

// How long is waited before a connection is tried again.
const (
	backOffFirst = 100 * time.Millisecond
	backOffMost  = 5 * time.Second
)

// listener hears of changes on a connection of its own.
type listener struct {
	stop  context.CancelFunc
	ended chan struct{}
	hears atomic.Bool
}

func (l *listener) lookEvery() time.Duration {
	if l.hears.Load() {
		return lookListening
	}
	return lookDeaf
}

func (e *engine) listen(config *pgx.ConnConfig) {
	ctx, stop := context.WithCancel(context.Background())
	l := &e.listener
	l.stop, l.ended = stop, make(chan struct{})
	go func() {
		defer close(l.ended)
		wait := backOffFirst
		for ctx.Err() == nil {
			began := time.Now()
			e.hear(ctx, config)
			if time.Since(began) > backOffMost {
				wait = backOffFirst // it stood for a while
			}
			// Nodes that lost one server do not come back in step.
			select {
			case <-time.After(wait/2 + rand.N(wait/2)):
			case <-ctx.Done():
			}
			wait = min(2*wait, backOffMost)
		}
	}()
}

// hear wakes who waits until the connection breaks.
func (e *engine) hear(ctx context.Context, config *pgx.ConnConfig) {
	c, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return
	}
	defer c.Close(context.WithoutCancel(ctx))
	if _, err := c.Exec(ctx, `LISTEN `+channel); err != nil {
		return
	}
	e.listener.hears.Store(true)
	defer e.listener.hears.Store(false)
	for {
		// First of all: something may have come while nobody listened.
		e.changed.Wake()
		if _, err := c.WaitForNotification(ctx); err != nil {
			return
		}
	}
}

func (l *listener) close() {
	if l.stop != nil {
		l.stop()
		<-l.ended
	}
}
