package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Ring holds the keys in the clear, in memory. It is safe for many goroutines,
// and changes while it is used.
type Ring struct {
	shelf Shelf
	now   func() time.Time
	keys  atomic.Pointer[keys]
	// changing is held by whoever changes keys and master.
	changing sync.Mutex
	master   Master
}

// keys are never changed, only replaced.
type keys struct {
	seal *sealKeys
	hash *hashKeys
}

// Open takes the keys from the shelf. Where there are none it makes the first;
// of several nodes that do so together one wins and the others take its keys.
func Open(ctx context.Context, m Master, s Shelf) (*Ring, error) {
	r := &Ring{shelf: s, now: time.Now, master: m}
	if err := r.first(ctx, PurposeSeal, func() (*set, error) { return (*sealKeys)(nil).next(r.now()) }); err != nil {
		return nil, err
	}
	if err := r.first(ctx, PurposeHash, func() (*set, error) { return (*hashKeys)(nil).next(r.now()) }); err != nil {
		return nil, err
	}
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	return r, nil
}

// first makes the first keys for a purpose that has none.
func (r *Ring) first(ctx context.Context, purpose string, makeSet func() (*set, error)) error {
	w, err := r.shelf.Load(ctx, purpose)
	if err != nil {
		return fmt.Errorf("loading the keys to %s: %w", purpose, err)
	}
	if w != nil {
		return nil
	}
	s, err := makeSet()
	if err != nil {
		return err
	}
	if err := r.save(ctx, s, purpose, 1); err != nil && !errors.Is(err, ErrLost) {
		return err
	}
	return nil
}

func (r *Ring) save(ctx context.Context, s *set, purpose string, version int64) error {
	w, err := s.wrap(ctx, r.master, purpose, version)
	if err != nil {
		return err
	}
	if err := r.shelf.Save(ctx, w); err != nil {
		return fmt.Errorf("saving the keys to %s: %w", purpose, err)
	}
	return nil
}

// load replaces the keys by what lies on the shelf, or leaves them.
func (r *Ring) load(ctx context.Context) error {
	set, w, err := r.take(ctx, PurposeSeal)
	if err != nil {
		return err
	}
	seal, err := readSealKeys(set)
	if err != nil {
		return err
	}
	seal.master, seal.version, seal.wrapped = w.Master, w.Version, w.Keys
	if set, w, err = r.take(ctx, PurposeHash); err != nil {
		return err
	}
	hash, err := readHashKeys(set)
	if err != nil {
		return err
	}
	hash.master, hash.version, hash.wrapped = w.Master, w.Version, w.Keys
	r.keys.Store(&keys{seal, hash})
	return nil
}

func (r *Ring) take(ctx context.Context, purpose string) (*set, *Wrapped, error) {
	w, err := r.shelf.Load(ctx, purpose)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("loading the keys to %s: %w", purpose, err)
	case w == nil:
		return nil, nil, fmt.Errorf("loading the keys to %s: they are gone from the store", purpose)
	case w.Purpose != purpose:
		return nil, nil, fmt.Errorf("loading the keys to %s: the store gave those to %s", purpose, w.Purpose)
	}
	s, err := w.unwrap(ctx, r.master)
	return s, w, err
}

// Reload takes the keys from the shelf again, after another node changed them.
// Where that fails the ring goes on with those it has.
func (r *Ring) Reload(ctx context.Context) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	if same, err := r.unchanged(ctx); same || err != nil {
		return err
	}
	return r.load(ctx)
}

// unchanged tells whether what lies on the shelf is what the keys were taken
// from. Then no master need be asked, who may be far away.
func (r *Ring) unchanged(ctx context.Context) (bool, error) {
	k := r.keys.Load()
	for purpose, wrapped := range map[string][]byte{PurposeSeal: k.seal.wrapped, PurposeHash: k.hash.wrapped} {
		w, err := r.shelf.Load(ctx, purpose)
		if err != nil {
			return false, fmt.Errorf("loading the keys to %s: %w", purpose, err)
		}
		if w == nil || !bytes.Equal(w.Keys, wrapped) {
			return false, nil
		}
	}
	return true, nil
}

// Use takes the keys from the shelf by another master, after somebody wrapped
// them by it. Where that fails the ring stays as it is.
func (r *Ring) Use(ctx context.Context, m Master) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	old := r.master
	r.master = m
	err := r.load(ctx)
	if err != nil {
		r.master = old
	}
	return err
}

// Rotate adds a new key to seal and a new generation to hash, from now on used
// for all that is new. It is ErrLost where another node changed the keys
// meanwhile; the ring then has that node's keys.
func (r *Ring) Rotate(ctx context.Context) error {
	return r.change(ctx, r.master, func(k *keys) (*set, *set, error) {
		seal, err := k.seal.next(r.now())
		if err != nil {
			return nil, nil, err
		}
		hash, err := k.hash.next(r.now())
		return seal, hash, err
	})
}

// Rewrap wraps the same keys by another master, and uses that from now on. Cut
// off in the middle, it is done again with a ring that was opened by Either of
// both masters. Nodes that still have the old master go on with what they hold,
// but cannot reload or start.
func (r *Ring) Rewrap(ctx context.Context, to Master) error {
	return r.change(ctx, to, func(k *keys) (*set, *set, error) {
		return k.seal.set, k.hash.set, nil
	})
}

func (r *Ring) change(ctx context.Context, m Master, next func(*keys) (seal, hash *set, err error)) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	if err := r.load(ctx); err != nil {
		return err
	}
	now := r.keys.Load()
	seal, hash, err := next(now)
	if err != nil {
		return err
	}
	old := r.master
	r.master = m
	if err = r.save(ctx, seal, PurposeSeal, now.seal.version+1); err == nil {
		err = r.save(ctx, hash, PurposeHash, now.hash.version+1)
	}
	if err != nil {
		// One of both may be saved: what lies on the shelf counts.
		r.master = Either(old, m)
		reload := r.load(ctx)
		r.master = old
		return errors.Join(err, reload)
	}
	return r.load(ctx)
}

// Key is what may be known of a key.
type Key struct {
	// Number tells it from the others; of a hash it is the generation.
	Number  uint32
	Created time.Time
	// Current is the one that new things are made with.
	Current bool
}

// Status is what may be known of the keys for one purpose.
type Status struct {
	Purpose string
	// Master is the name of the one that wrapped them.
	Master  string
	Version int64
	// Keys are in the order in which they were made.
	Keys []Key
}

// Status is what may be known of all keys; no part of a key is.
func (r *Ring) Status() []Status {
	k := r.keys.Load()
	return []Status{
		{PurposeSeal, k.seal.master, k.seal.version, k.seal.set.list(k.seal.primary)},
		{PurposeHash, k.hash.master, k.hash.version, k.hash.set.list(uint32(k.hash.newest))},
	}
}

func (s *set) list(current uint32) []Key {
	list := make([]Key, len(s.Keys))
	for i, k := range s.Keys {
		list[i] = Key{k.Number, k.Created, k.Number == current}
	}
	return list
}
