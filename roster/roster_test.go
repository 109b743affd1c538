package roster

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/apikey"
	"sallyport/store"
)

func TestRoster(t *testing.T) {
	inBubble(t, "a key is read once and remembered", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		network := netip.MustParsePrefix("192.0.2.0/24")
		text := s.addKey(t, c, func(k *store.Key) {
			k.Scopes, k.Roles, k.Networks = []string{"write", "read"}, []string{"teller"}, []netip.Prefix{network}
		})
		r := following(t, s, Options{Stale: time.Minute})
		first, err := r.Key(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if first.Kind != "key" || first.ID != "consumer:shop" || first.Consumer != "shop" || first.Tenant != "acme" || first.Key != "key-0" {
			t.Errorf("%+v", first)
		}
		if !slices.Equal(first.Scopes, []string{"read", "write"}) || !slices.Equal(first.Roles, []string{"partner", "teller"}) || !slices.Equal(first.Networks, []netip.Prefix{network}) {
			t.Errorf("%+v", first)
		}
		second, _ := r.Key(t.Context(), text)
		if second != first || s.reads != 1 {
			t.Errorf("%d readings, the same credential: %t", s.reads, first == second)
		}
	})
	inBubble(t, "neither a typo nor a forgery reaches the store", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{Stale: time.Minute})
		last := text[len(text)-1]
		asks(t, r, strings.TrimSuffix(text, string(last))+string(last^1), "malformed")
		asks(t, r, "", "malformed")
		asks(t, r, strings.Repeat("x", 1<<20), "malformed")
		forged, _, _, _ := apikey.New(otherTagger{}, 1)
		asks(t, r, forged, "forged")
		other, _, _, _ := apikey.New(laterTagger{}, 2)
		asks(t, r, other, "forged") // of a generation that is not known
		if s.reads != 0 {
			t.Errorf("%d readings", s.reads)
		}
	})
	inBubble(t, "a key that nobody has is asked for once in a while", func(t *testing.T) {
		s := newShop()
		s.addConsumer("shop")
		stranger, _, _, _ := apikey.New(tagger{}, 1)
		r := following(t, s, Options{Stale: time.Minute})
		for range 100 {
			asks(t, r, stranger, "unknown")
		}
		if s.reads != 1 {
			t.Errorf("%d readings", s.reads)
		}
		time.Sleep(unknownsLast)
		asks(t, r, stranger, "unknown")
		if s.reads != 2 {
			t.Errorf("%d readings", s.reads)
		}
	})
	inBubble(t, "a key that comes to be is known within a second", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		text, hash, _, _ := apikey.New(tagger{}, 1)
		r := following(t, s, Options{Stale: time.Minute})
		asks(t, r, text, "unknown")
		s.change(store.KeysAdded, "", func() { s.keys[string(hash[:])] = &store.Key{ID: "key-9", Consumer: c.ID} })
		synctest.Wait()
		asks(t, r, text, "let in")
	})
	inBubble(t, "whoever is shut out is told apart for the log", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		end := time.Now().Add(time.Hour)
		kept := s.addKey(t, c, nil)
		revoked := s.addKey(t, c, func(k *store.Key) { k.Revoked = time.Now().Add(time.Hour) }) // by a node whose clock is fast
		ending := s.addKey(t, c, func(k *store.Key) { k.Expires = end })
		disabled := s.addKey(t, &store.Consumer{ID: "gone"}, nil)
		s.set(func() { s.consumers["gone"] = &store.Consumer{ID: "gone", Name: "gone", Disabled: true} })
		r := following(t, s, Options{Stale: time.Hour})
		for range 2 { // from the store, and from memory
			asks(t, r, kept, "let in")
			asks(t, r, revoked, "revoked")
			asks(t, r, ending, "let in")
			asks(t, r, disabled, "disabled")
		}
		time.Sleep(time.Until(end))
		asks(t, r, ending, "expired")
		_, err := r.Key(t.Context(), ending)
		if text := err.Error(); text != "expired, consumer shop, key key-2" {
			t.Error(text)
		}
	})
	inBubble(t, "passwords and consumers are known by name", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		s.change("password", "anna", func() { s.passwords["anna"] = &store.Password{Consumer: c.ID, Username: "anna", Hash: "$argon2id$1"} })
		r := following(t, s, Options{Stale: time.Minute})
		for range 3 {
			hash, held, err := r.Password(t.Context(), "anna")
			if err != nil || hash != "$argon2id$1" || held.Consumer != "shop" || held.ID != "consumer:shop" {
				t.Fatal(hash, held, err)
			}
			if held, err := r.Consumer(t.Context(), "shop"); err != nil || held.ID != "consumer:shop" {
				t.Fatal(held, err)
			}
		}
		if s.reads != 2 {
			t.Errorf("%d readings", s.reads)
		}
		if _, _, err := r.Password(t.Context(), "shop"); why(err) != "unknown" {
			t.Error(err)
		}
		if _, err := r.Consumer(t.Context(), strings.Repeat("a", maxName+1)); why(err) != "unknown" {
			t.Error(err)
		}
		s.change("password", "anna", func() { s.passwords["anna"] = &store.Password{Consumer: c.ID, Username: "anna", Hash: "$argon2id$2"} })
		synctest.Wait()
		if hash, _, _ := r.Password(t.Context(), "anna"); hash != "$argon2id$2" {
			t.Error(hash)
		}
	})
}

type otherTagger struct{}

func (otherTagger) Hash(purpose string, generation uint8, data []byte) ([32]byte, bool) {
	return tagger{}.Hash("somebody else's "+purpose, generation, data)
}

// laterTagger knows the next generation too.
type laterTagger struct{}

func (laterTagger) Hash(purpose string, _ uint8, data []byte) ([32]byte, bool) {
	return tagger{}.Hash(purpose, 1, data)
}

// TestSingleFlight: what many ask for at one time is read once, and no more
// than so many readings are under way.
func TestSingleFlight(t *testing.T) {
	inBubble(t, "one key", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{Stale: time.Minute})
		open := make(chan struct{})
		s.set(func() { s.paused = func() { <-open } })
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { asks(t, r, text, "let in") })
		}
		synctest.Wait()
		close(open)
		all.Wait()
		if s.reads != 1 {
			t.Errorf("%d readings", s.reads)
		}
	})
	inBubble(t, "many keys", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		var keys []string
		for range 16*maxWaiting + 1 {
			keys = append(keys, s.addKey(t, c, nil))
		}
		r := following(t, s, Options{Stale: time.Minute})
		open := make(chan struct{})
		s.set(func() { s.paused = func() { <-open } })
		var all sync.WaitGroup
		for _, text := range keys[:16*maxWaiting] {
			all.Go(func() { asks(t, r, text, "let in") })
		}
		synctest.Wait()
		asks(t, r, keys[16*maxWaiting], "unavailable") // one too many is told at once
		close(open)
		all.Wait()
		if s.mostReads != 16 {
			t.Errorf("%d readings at one time", s.mostReads)
		}
	})
	inBubble(t, "names do not keep keys waiting", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{Stale: time.Minute})
		open := make(chan struct{})
		s.set(func() { s.paused = func() { <-open } })
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { r.Password(t.Context(), strings.Repeat("x", i+1)) })
		}
		synctest.Wait()
		s.set(func() { s.paused = nil })
		asks(t, r, text, "let in")
		close(open)
		all.Wait()
	})
	inBubble(t, "whoever leaves does not take the reading along", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{Stale: time.Minute})
		open := make(chan struct{})
		s.set(func() { s.paused = func() { <-open } })
		ctx, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := r.Key(ctx, text)
			left <- err
		}()
		synctest.Wait()
		stays := make(chan error)
		go func() {
			_, err := r.Key(t.Context(), text)
			stays <- err
		}()
		synctest.Wait()
		leave()
		if err := <-left; why(err) != "unavailable" {
			t.Error(err)
		}
		close(open)
		if err := <-stays; err != nil {
			t.Error(err)
		}
	})
}

func TestUses(t *testing.T) {
	inBubble(t, "are written about every minute", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		text, idle := s.addKey(t, c, nil), s.addKey(t, c, func(k *store.Key) { k.Revoked = time.Now() })
		r := following(t, s, Options{Stale: time.Minute})
		at := time.Now().UTC()
		asks(t, r, text, "let in")
		asks(t, r, idle, "revoked")
		time.Sleep(time.Minute)
		synctest.Wait()
		if used := s.used["key-0"]; !used.Equal(at) || len(s.used) != 1 {
			t.Errorf("%v, used at %v", s.used, at)
		}
		s.set(func() { delete(s.used, "key-0") })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if len(s.used) != 0 {
			t.Error("a use is written twice")
		}
	})
	inBubble(t, "outlive the key in memory and a store that cannot be asked", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{Stale: time.Hour})
		asks(t, r, text, "let in")
		s.key(t, text, func(k *store.Key) { k.Revoked = time.Now() })
		synctest.Wait()
		s.set(func() { s.cut = true })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		s.set(func() { s.cut = false })
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if s.used["key-0"].IsZero() {
			t.Error("the use was lost")
		}
	})
	inBubble(t, "are written at the end", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := New(s, tagger{}, Options{Stale: time.Minute})
		if err := r.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { r.Run(ctx); close(ended) }()
		asks(t, r, text, "let in")
		stop()
		<-ended
		if s.used["key-0"].IsZero() {
			t.Error("the use was lost")
		}
	})
}
