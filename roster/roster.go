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
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sallyport"
	"sallyport/apikey"
	"sallyport/store"
)

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
	// Revocations bounds the revocations, which are held all; 0 is a million.
	Revocations int
	// Changed is told of changes that are not the roster's: of kind secret, keys
	// and admin, one at a time. It is also told of keys, at most once a second,
	// where a key of a generation is shown that the keyring does not have yet: it
	// is to look for newer ones. What was remembered under older keys goes on until
	// it succeeds. An error is logged and tried again, later each time, and says
	// nothing of the store; nil tells nobody.
	Changed func(ctx context.Context, kind store.Kind) error
}

// Tagger is the keyring, as the roster needs it; keyring.Ring is one.
type Tagger interface {
	apikey.Tagger
	// Generation is the newest that it knows.
	Generation() uint8
}

// Roster is the memory. Its methods may be called by many goroutines.
type Roster struct {
	store    store.Store
	tagger   Tagger
	options  Options
	cache    *cache
	contact  contact
	revoked  *revocations
	counts   counts
	fetching sync.WaitGroup
	others   *takeover
	// Keys are vouched for by their tag; names of users are anybody's guess, and
	// must not keep keys waiting.
	keyReads, nameReads *flights
	// recount asks the following goroutine to read all revocations anew.
	recount atomic.Bool
	// number of the newest change that was applied; the following goroutine's.
	number int64
}

// New makes a roster that remembers nothing yet. It may be asked once Load has
// succeeded, and while Run is running.
func New(s store.Store, t Tagger, o Options) *Roster {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Timeout = cmp.Or(o.Timeout, 2*time.Second)
	r := &Roster{
		store: s, tagger: t, options: o,
		cache:    newCache(cmp.Or(o.Entries, 100_000)),
		revoked:  newRevocations(cmp.Or(o.Revocations, 1_000_000)),
		keyReads: newFlights(16), nameReads: newFlights(4),
	}
	r.contact.start(o)
	r.others = newTakeover(o, func(kind store.Kind) {
		if kind == store.KeyringChanged {
			r.cache.forgetAll() // what was found by hashes of the keys before
		}
	})
	return r
}

// Key is the holder of an API key, its credential of kind key.
func (r *Roster) Key(ctx context.Context, secret string) (*sallyport.Credential, error) {
	hash, generation, err := apikey.Hash(r.tagger, secret)
	if err != nil {
		if errors.Is(err, apikey.ErrGeneration) && generation > r.tagger.Generation() && !r.others.lacks(generation, r.options.Now()) {
			r.counts.newer.Add(1)
			return nil, errNewer
		}
		if errors.Is(err, apikey.ErrForged) {
			r.counts.forged.Add(1)
			return nil, errForged
		}
		r.counts.malformed.Add(1)
		return nil, errMalformed
	}
	e, now, err := r.find(ctx, query{kind: "key", at: hash})
	if err != nil {
		return nil, err
	}
	held, err := e.holds(now)
	if err == nil {
		e.touch(now)
	}
	return held, err
}

// Tagged tells whether a key has a tag that fits: it was made with the keyring, and
// nobody has found it by trying. Whether it is in the store is not asked.
func (r *Roster) Tagged(secret string) bool {
	_, _, err := apikey.Hash(r.tagger, secret)
	return err == nil
}

// Password is the hash of a username's password in PHC form, and its holder.
func (r *Roster) Password(ctx context.Context, username string) (string, *sallyport.Credential, error) {
	e, now, err := r.named(ctx, "password", username)
	if err != nil {
		return "", nil, err
	}
	holder, err := e.holds(now)
	return e.password, holder, err
}

// Consumer is the holder of that name.
func (r *Roster) Consumer(ctx context.Context, name string) (*sallyport.Credential, error) {
	e, now, err := r.named(ctx, "consumer", name)
	if err != nil {
		return nil, err
	}
	return e.holds(now)
}

// maxName is longer than every name that the store takes, in bytes.
const maxName = 512

func (r *Roster) named(ctx context.Context, kind, name string) (*entry, time.Time, error) {
	if len(name) > maxName {
		return nil, time.Time{}, errUnknown
	}
	var room [maxName + 16]byte
	text := append(append(append(room[:0], kind...), 0), name...)
	return r.find(ctx, query{kind: kind, at: sha256.Sum256(text), name: name})
}

// query is one question to the store, and where its answer is remembered: under
// the hash of a key, or of a kind and a name.
type query struct {
	kind, name string
	at         [32]byte
}

// find answers from memory while that may be believed, else from the store.
func (r *Roster) find(ctx context.Context, q query) (*entry, time.Time, error) {
	now := r.options.Now()
	if e := r.cache.get(q.at); e != nil {
		if !r.contact.believed(now) {
			return nil, now, r.contact.unavailable()
		}
		return e, now, nil
	}
	if r.cache.isUnknown(q.at, now) && r.contact.believed(now) {
		return nil, now, errUnknown
	}
	e, err := r.read(ctx, q)
	return e, now, err
}

// Ready is an error once the store could not be asked for so long that nobody
// who must be looked up is let in.
func (r *Roster) Ready(context.Context) error { return r.contact.ready(r.options.Now()) }
