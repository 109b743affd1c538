package roster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/store"
)

// TestChanges: within a second of its commit a change counts.
func TestChanges(t *testing.T) {
	inBubble(t, "a revoked key is refused at once", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		text, other := s.addKey(t, c, nil), s.addKey(t, c, nil)
		r := following(t, s, Options{Stale: time.Hour})
		asks(t, r, text, "let in")
		asks(t, r, other, "let in")
		s.key(t, text, func(k *store.Key) { k.Revoked = time.Now() })
		synctest.Wait()
		asks(t, r, text, "revoked")
		asks(t, r, other, "let in")
		if s.reads != 3 {
			t.Errorf("%d readings: the other key was to be left alone", s.reads)
		}
	})
	inBubble(t, "a consumer takes all its keys along", func(t *testing.T) {
		s := newShop()
		c, neighbour := s.addConsumer("shop"), s.addConsumer("bank")
		keys := []string{s.addKey(t, c, nil), s.addKey(t, c, nil)}
		kept := s.addKey(t, neighbour, nil)
		r := following(t, s, Options{Stale: time.Hour})
		for _, text := range append(keys, kept) {
			asks(t, r, text, "let in")
		}
		s.consumer(c, func(c *store.Consumer) { c.Disabled = true })
		synctest.Wait()
		reads := s.reads
		for _, text := range keys {
			asks(t, r, text, "disabled")
		}
		asks(t, r, kept, "let in")
		if s.reads != reads+2 {
			t.Errorf("%d readings for two keys", s.reads-reads)
		}
		s.consumer(c, func(c *store.Consumer) { c.Roles = []string{"auditor"} })
		synctest.Wait()
		held, err := r.Key(t.Context(), keys[0])
		if err != nil || strings.Join(held.Roles, " ") != "auditor" {
			t.Error(held, err)
		}
	})
	inBubble(t, "where changes are forgotten nothing is believed", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{Stale: time.Hour})
		asks(t, r, text, "let in")
		s.set(func() { s.cut = true })
		time.Sleep(10 * time.Second)
		s.key(t, text, func(k *store.Key) { k.Revoked = time.Now() })
		s.set(func() { s.forgotten, s.cut = int64(len(s.changes)), false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		asks(t, r, text, "revoked")
	})
	inBubble(t, "a store that was put back is not the one that was known", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		text := s.addKey(t, c, nil)
		s.key(t, text, func(k *store.Key) { k.Name = "renamed" })
		r := following(t, s, Options{Stale: time.Hour})
		asks(t, r, text, "let in")
		s.set(func() { s.cut = true })
		time.Sleep(10 * time.Second)
		s.set(func() { s.keys, s.changes, s.cut = map[string]*store.Key{}, s.changes[:1], false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		asks(t, r, text, "unknown")
	})
	inBubble(t, "many changes are applied in order", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		text := s.addKey(t, c, nil)
		r := following(t, s, Options{Stale: time.Hour})
		asks(t, r, text, "let in")
		s.set(func() { s.cut = true })
		time.Sleep(5 * time.Second)
		for i := range 2*batch + 1 {
			s.change(store.KeyChanged, fmt.Sprintf("another-%d", i), func() {})
		}
		s.key(t, text, func(k *store.Key) { k.Revoked = time.Now() })
		s.set(func() { s.cut = false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		asks(t, r, text, "revoked")
	})
}

// TestStaleInsertion: what was read before a change is not remembered behind it.
func TestStaleInsertion(t *testing.T) {
	for name, change := range map[string]func(*testing.T, *shop, *store.Consumer, string){
		"of the key": func(t *testing.T, s *shop, _ *store.Consumer, text string) {
			s.key(t, text, func(k *store.Key) { k.Revoked = time.Now() })
		},
		"of its consumer": func(_ *testing.T, s *shop, c *store.Consumer, _ string) {
			s.consumer(c, func(c *store.Consumer) { c.Disabled = true })
		},
	} {
		inBubble(t, "a change "+name, func(t *testing.T) {
			s := newShop()
			c := s.addConsumer("shop")
			text := s.addKey(t, c, nil)
			r := following(t, s, Options{Stale: time.Hour})
			open := make(chan struct{})
			s.set(func() { s.paused = func() { <-open } })
			early := make(chan error)
			go func() {
				_, err := r.Key(t.Context(), text)
				early <- err
			}()
			synctest.Wait() // it has read, and not returned
			s.set(func() { s.paused = nil })
			change(t, s, c, text)
			synctest.Wait()

			// Who asks now does not join the reading that is older than the change,
			// which would keep it waiting.
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := r.Key(ctx, text); why(err) != "revoked" && why(err) != "disabled" {
				t.Errorf("%s, by a reading that began before the change", why(err))
			}
			close(open)
			if err := <-early; err != nil {
				t.Errorf("who asked before the change: %v", err)
			}
			if _, err := r.Key(t.Context(), text); err == nil {
				t.Error("let in by what was read before the change and remembered behind it")
			}
		})
	}
	inBubble(t, "nobody is remembered behind the change that made somebody", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		text := s.addKey(t, c, nil)
		var hidden *store.Key
		s.set(func() {
			for hash, k := range s.keys {
				hidden = k
				delete(s.keys, hash)
			}
		})
		r := following(t, s, Options{Stale: time.Hour})
		open := make(chan struct{})
		s.set(func() { s.paused = func() { <-open } })
		early := make(chan error)
		go func() {
			_, err := r.Key(t.Context(), text)
			early <- err
		}()
		synctest.Wait()
		s.set(func() { s.paused = nil })
		s.change("key", string(hidden.ID), func() { s.keys[string(hidden.Hash)] = hidden })
		synctest.Wait()
		close(open)
		if err := <-early; why(err) != "unknown" {
			t.Error(err)
		}
		asks(t, r, text, "let in")
	})
}

// TestCut: without the store the remembered go on for a while, nobody else
// comes in, and nothing is asked again and again.
func TestCut(t *testing.T) {
	inBubble(t, "the remembered go on, the others are put off", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		known, other := s.addKey(t, c, nil), s.addKey(t, c, nil)
		r := following(t, s, Options{Stale: time.Minute})
		asks(t, r, known, "let in")
		s.set(func() { s.cut = true })
		time.Sleep(2 * time.Second)
		reads := s.reads
		for range 100 {
			asks(t, r, known, "let in")
			asks(t, r, other, "unavailable")
		}
		if s.reads != reads {
			t.Errorf("a store that is known to be gone was asked %d times", s.reads-reads)
		}
		if err := r.Ready(t.Context()); err != nil {
			t.Errorf("within the window: %v", err)
		}
		time.Sleep(time.Minute)
		asks(t, r, known, "unavailable")
		if err := r.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), "cable") {
			t.Errorf("behind the window: %v", err)
		}
		s.key(t, known, func(k *store.Key) { k.Revoked = time.Now() })
		s.set(func() { s.cut = false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		asks(t, r, known, "revoked")
		asks(t, r, other, "let in")
		if err := r.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
	inBubble(t, "with stale off nobody goes on", func(t *testing.T) {
		s := newShop()
		known := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{})
		asks(t, r, known, "let in")
		time.Sleep(time.Hour)
		asks(t, r, known, "let in")
		s.set(func() { s.cut = true })
		time.Sleep(beat)
		synctest.Wait()
		asks(t, r, known, "unavailable")
	})
	inBubble(t, "a store that hangs is given up as well", func(t *testing.T) {
		s := newShop()
		c := s.addConsumer("shop")
		known, other := s.addKey(t, c, nil), s.addKey(t, c, nil)
		r := following(t, s, Options{Stale: time.Minute, Timeout: time.Second})
		asks(t, r, known, "let in")
		s.set(func() { s.hung = true })
		began := time.Now()
		asks(t, r, other, "unavailable")
		if took := time.Since(began); took > time.Second {
			t.Errorf("it was waited for %s", took)
		}
		time.Sleep(3 * time.Second)
		began = time.Now()
		asks(t, r, other, "unavailable")
		if took := time.Since(began); took != 0 {
			t.Errorf("a store that is known to hang was waited for %s", took)
		}
		asks(t, r, known, "let in")
		time.Sleep(time.Minute)
		asks(t, r, known, "unavailable")
		s.set(func() { s.hung = false })
		time.Sleep(3 * time.Second)
		asks(t, r, other, "let in")
	})
	inBubble(t, "readings that fail give it up before its time", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := following(t, s, Options{Stale: time.Minute})
		s.set(func() { s.cut = true })
		for range tolerated {
			asks(t, r, text, "unavailable")
		}
		reads := s.reads
		asks(t, r, text, "unavailable")
		if s.reads != reads {
			t.Error("asked again")
		}
		s.set(func() { s.cut = false })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		asks(t, r, text, "let in")
	})
	inBubble(t, "before it was loaded nobody comes in", func(t *testing.T) {
		s := newShop()
		text := s.addKey(t, s.addConsumer("shop"), nil)
		r := New(s, tagger{}, Options{Stale: time.Hour})
		asks(t, r, text, "unavailable")
		if _, err := r.Revoked("i", "t", "s", time.Now()); why(err) != "unavailable" {
			t.Error(err)
		}
		s.set(func() { s.cut = true })
		if err := r.Load(t.Context()); !errors.Is(err, errCut) {
			t.Error(err)
		}
	})
}
