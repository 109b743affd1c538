package serve

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sallyport/keyring"
)

// locked knows since when the newest keys of the keyring do not open by our
// master key: what is made under them on other nodes is not known here.
type locked struct {
	mu    sync.Mutex
	since time.Time // zero: they do
}

// note takes what came of taking the keys over.
func (l *locked) note(err error, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.since = time.Time{}
	case errors.Is(err, keyring.ErrMaster) && l.since.IsZero():
		l.since = now
	}
}

func (l *locked) is() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.since.IsZero()
}

// ready is an error once that has lasted for longer than memory is believed. Not
// at once: while a keyring moves to another master key, every node is behind
// until it is told.
func (l *locked) ready(now time.Time, tolerated time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() || now.Sub(l.since) <= tolerated {
		return nil
	}
	return fmt.Errorf("its newest keys have not opened for %s: %w", now.Sub(l.since).Round(time.Second), keyring.ErrMaster)
}

func (l *locked) gauge() prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sallyport_keyring_current", Help: "1 while the newest keys of the keyring open by the master key, else 0."}, func() float64 {
		if l.is() {
			return 0
		}
		return 1
	})
}
