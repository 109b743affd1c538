package roster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/apikey"
	"sallyport/store"
)

// ring is a keyring that another node rotates: it has the generations up to
// newest, of which this node knows those up to known.
type ring struct {
	mu            sync.Mutex
	known, newest uint8
	far           bool          // its master cannot be asked
	hold          chan struct{} // if set, a look waits for it
	looks         []time.Time
	told          []store.Kind
}

func (r *ring) Hash(purpose string, generation uint8, data []byte) (sum [32]byte, known bool) {
	sum, _ = tagger{}.Hash(purpose, 1, data)
	r.mu.Lock()
	defer r.mu.Unlock()
	return sum, generation > 0 && generation <= r.known
}

func (r *ring) Generation() uint8 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.known
}

var errFar = errors.New("the master is far away")

// changed is Options.Changed.
func (r *ring) changed(ctx context.Context, kind store.Kind) error {
	r.mu.Lock()
	if kind == store.KeyringChanged {
		r.looks = append(r.looks, time.Now())
	}
	newest, far, hold := r.newest, r.far, r.hold
	r.mu.Unlock()
	if hold != nil {
		<-hold
	}
	if far {
		return errFar
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, kind)
	if kind == store.KeyringChanged {
		r.known = newest
	}
	return nil
}

func (r *ring) set(do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	do()
}

func (r *ring) looked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.looks)
}

// later makes a key of a generation that the ring of another node has.
func (s *shop) later(t *testing.T, c *store.Consumer, generation uint8) string {
	t.Helper()
	text, hash, hint, err := apikey.New(laterTagger{}, generation)
	if err != nil {
		t.Fatal(err)
	}
	k := &store.Key{ID: store.ID("later-" + hint), Consumer: c.ID, Hash: hash[:], Generation: generation, Hint: hint}
	s.change(store.KeysAdded, "", func() { s.keys[string(hash[:])] = k })
	return text
}

// TestNewerGenerations: a key by a key of the keyring that this node does not
// have yet is no wrong one.
func TestNewerGenerations(t *testing.T) {
	inBubble(t, "the keyring is looked at, and the key let in", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 2}
		c := s.addConsumer("shop")
		text := s.later(t, c, 2)
		r := followingBy(t, s, k, Options{Stale: time.Hour, Changed: k.changed})
		asks(t, r, text, "unavailable")
		synctest.Wait()
		asks(t, r, text, "let in")
		if k.looked() != 1 {
			t.Errorf("looked %d times", k.looked())
		}
	})
	inBubble(t, "one look for all who ask meanwhile", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 2, hold: make(chan struct{})}
		text := s.later(t, s.addConsumer("shop"), 2)
		r := followingBy(t, s, k, Options{Stale: time.Hour, Changed: k.changed})
		asks(t, r, text, "unavailable")
		synctest.Wait()
		for range 100 {
			asks(t, r, text, "unavailable") // before the look has ended
		}
		close(k.hold)
		synctest.Wait()
		asks(t, r, text, "let in")
		if k.looked() != 1 {
			t.Errorf("looked %d times", k.looked())
		}
	})
	inBubble(t, "made-up ones are refused after a look, of which there is one a second", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 1}
		known := s.addKey(t, s.addConsumer("shop"), nil)
		r := followingBy(t, s, k, Options{Stale: time.Hour, Changed: k.changed})
		asks(t, r, known, "let in")
		reads := s.reads
		made, _, _, _ := apikey.New(laterTagger{}, 9)
		asks(t, r, made, "unavailable")
		synctest.Wait()
		for range 100 {
			asks(t, r, made, "forged")
		}
		for range 50 {
			for generation := 2; generation < 256; generation++ {
				text, _, _, _ := apikey.New(laterTagger{}, uint8(generation))
				if _, err := r.Key(t.Context(), text); why(err) != "forged" && why(err) != "unavailable" {
					t.Fatal(err)
				}
			}
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		if n := k.looked(); n < 2 || n > 7 {
			t.Errorf("looked %d times within 5 s", n)
		}
		for i := range k.looks[1:] {
			if d := k.looks[i+1].Sub(k.looks[i]); d < lookEvery {
				t.Errorf("two looks within %s", d)
			}
		}
		asks(t, r, known, "let in")
		if s.reads != reads {
			t.Error("what was remembered is read again because somebody makes keys up")
		}
	})
	inBubble(t, "a generation that comes later is found though it was asked for before", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 1}
		text := s.later(t, s.addConsumer("shop"), 2)
		r := followingBy(t, s, k, Options{Stale: time.Hour, Changed: k.changed})
		asks(t, r, text, "unavailable")
		synctest.Wait()
		asks(t, r, text, "forged")
		k.set(func() { k.newest = 2 })
		s.change(store.KeyringChanged, "hash", func() {})
		synctest.Wait()
		asks(t, r, text, "let in")
	})
	inBubble(t, "older ones that are gone need no look", func(t *testing.T) {
		s, k := newShop(), &ring{known: 3, newest: 3}
		r := followingBy(t, s, k, Options{Stale: time.Hour, Changed: k.changed})
		text, _, _, _ := apikey.New(laterTagger{}, 0)
		asks(t, r, text, "forged")
		synctest.Wait()
		if k.looked() != 0 {
			t.Error("the keyring was looked at")
		}
	})
	inBubble(t, "nobody is told no while the keyring cannot be looked at", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 2, far: true}
		text := s.later(t, s.addConsumer("shop"), 2)
		r := followingBy(t, s, k, Options{Stale: time.Hour, Changed: k.changed})
		for range 100 {
			asks(t, r, text, "unavailable")
			time.Sleep(time.Second)
		}
		if n := k.looked(); n < 5 || n > 10 {
			t.Errorf("tried %d times within 100 s", n)
		}
		k.set(func() { k.far = false })
		time.Sleep(longestPause)
		synctest.Wait()
		asks(t, r, text, "let in")
	})
}

// TestTakeover: that a change cannot be taken over says nothing of the store.
func TestTakeover(t *testing.T) {
	inBubble(t, "callers go on by the old keys while the master is away", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 2, far: true}
		c := s.addConsumer("shop")
		text, other := s.addKey(t, c, nil), s.addKey(t, c, nil)
		r := followingBy(t, s, k, Options{Stale: time.Minute, Changed: k.changed})
		asks(t, r, text, "let in")
		s.change(store.KeyringChanged, "hash", func() {})
		time.Sleep(time.Hour) // far beyond stale
		synctest.Wait()
		reads := s.reads
		asks(t, r, text, "let in")
		if s.reads != reads {
			t.Error("what was remembered by the keys before was forgotten")
		}
		asks(t, r, other, "let in")
		if err := r.Ready(t.Context()); err != nil {
			t.Errorf("the store counts as lost: %v", err)
		}
		if n := k.looked(); n < 100 || n > 130 {
			t.Errorf("tried %d times within the hour", n)
		}
		s.key(t, text, func(k *store.Key) { k.Revoked = time.Now() })
		synctest.Wait()
		asks(t, r, text, "revoked") // changes behind it are applied
		k.set(func() { k.far = false })
		time.Sleep(longestPause)
		synctest.Wait()
		if k.Generation() != 2 {
			t.Error("the change was not taken over")
		}
		reads = s.reads
		asks(t, r, other, "let in")
		if s.reads != reads+1 {
			t.Error("what was found by the keys before is believed behind the change")
		}
	})
	inBubble(t, "revocations do not wait for a master that hangs", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 2, hold: make(chan struct{})}
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := followingBy(t, s, k, Options{Stale: time.Minute, Changed: k.changed})
		asks(t, r, text, "let in")
		s.change(store.KeyringChanged, "hash", func() {})
		synctest.Wait()
		s.key(t, text, func(k *store.Key) { k.Revoked = time.Now() })
		synctest.Wait()
		asks(t, r, text, "revoked")
		close(k.hold)
	})
	inBubble(t, "each kind is told once for many changes", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 1}
		followingBy(t, s, k, Options{Stale: time.Minute, Changed: k.changed})
		s.set(func() { s.cut = true })
		time.Sleep(5 * time.Second)
		for _, kind := range []store.Kind{store.KeyringChanged, store.SecretChanged, store.SecretChanged, store.KeyringChanged} {
			s.change(kind, "x", func() {})
		}
		s.set(func() { s.cut = false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := kinds(k.told); got != "keys secret" {
			t.Errorf("told of %s", got)
		}
	})
	inBubble(t, "where changes are forgotten, all may have changed", func(t *testing.T) {
		s, k := newShop(), &ring{known: 1, newest: 2}
		s.addConsumer("shop")
		followingBy(t, s, k, Options{Stale: time.Minute, Changed: k.changed})
		s.set(func() { s.cut = true })
		time.Sleep(5 * time.Second)
		s.addConsumer("bank")
		s.set(func() { s.forgotten, s.cut = int64(len(s.changes)), false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := kinds(k.told); got != "admin keys secret" {
			t.Errorf("told of %s", got)
		}
	})
}

func kinds(all []store.Kind) string {
	var names []string
	for _, kind := range all {
		names = append(names, string(kind))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}
