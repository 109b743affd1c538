// Package roster stands between the requests and the store: it remembers, in
// bounded memory, who holds which key, and forgets it within a second of a
// change. It answers what package stage/identify asks of its directory.
//
// It decides nothing about a request. It never says yes because the store
// cannot be asked: whoever it remembers may go on for a while that the operator
// chose, nobody else. It never puts a key that is malformed or forged to the
// store, and never remembers what was read before a change came.
package roster

import (
	"context"
	"log/slog"
	"time"

	"sallyport/store"
)

// Hasher makes the keyed hashes that keys are found by; package keyring has
// one.
type Hasher interface {
	Hash(purpose string, generation uint8, data []byte) (sum [32]byte, known bool)
}

// Options say how much is remembered, and for how long.
type Options struct {
	// Now is the clock; nil is the real one.
	Now func() time.Time
	// Log hears of the store going and coming; nil is no log.
	Log *slog.Logger
	// Stale is how long memory is believed while the store cannot be asked.
	Stale time.Duration
	// Timeout bounds one reading of the store; 0 is 2 s.
	Timeout time.Duration
	// Entries bounds the keys that are remembered; 0 is 100,000.
	Entries int
}

// Roster is the memory. Its methods may be called by many goroutines.
type Roster struct {
	store   store.Store
	hasher  Hasher
	options Options
}

// New makes a roster that remembers nothing yet. Run must be running while it
// is asked.
func New(s store.Store, h Hasher, o Options) *Roster {
	return &Roster{store: s, hasher: h, options: o}
}

// Run follows the store's changes until ctx ends.
func (r *Roster) Run(ctx context.Context) { <-ctx.Done() }
