package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"sallyport/keyring"
	"sallyport/store"
)

// forgottenChanges is what is left of changes where there were very many.
func forgottenChanges(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	f, ok := p.(interface{ Forget(testing.TB, int64) })
	if !ok {
		t.Fatal("the place cannot forget changes")
	}
	for i := range 5 {
		addConsumer(t, s, fmt.Sprint("c", i))
	}
	f.Forget(t, 3)
	_, err := s.ChangesAfter(ctx, 2, 10)
	is(t, err, store.ErrNotFound, "changes of which some are forgotten")
	all, err := s.ChangesAfter(ctx, 3, 10)
	must(t, err)
	same(t, len(all), 2, "changes that are kept")
	f.Forget(t, 5)
	_, err = s.ChangesAfter(ctx, 4, 10)
	is(t, err, store.ErrNotFound, "changes that are all forgotten")
	all, err = s.ChangesAfter(ctx, 5, 10)
	must(t, err)
	same(t, len(all), 0, "changes behind the newest")
}

// noLostUpdate lets many raise one number in one consumer through two handles.
func noLostUpdate(t *testing.T, p Place) {
	stores, ctx := []store.Store{p.Open(t), p.Open(t)}, t.Context()
	c := addConsumer(t, stores[0], "c")
	c.Roles = nil
	must(t, stores[0].UpdateConsumer(ctx, c, entry("consumer.update")))
	const writers, each = 8, 5
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for n := range each {
				raise(t, stores[i%2], c.ID, fmt.Sprintf("role-%d-%d", i, n))
			}
		})
	}
	wg.Wait()
	got, err := stores[1].Consumer(ctx, c.ID)
	must(t, err)
	same(t, len(got.Roles), writers*each, "roles that were added")
	same(t, got.Revision, 2+writers*each, "revision")
	bad, err := stores[0].VerifyEntries(ctx)
	must(t, err)
	same(t, bad, 0, "first entry that does not fit")
}

func raise(t *testing.T, s store.Store, id store.ID, role string) {
	for {
		c, err := s.Consumer(t.Context(), id)
		if err != nil {
			t.Error(err)
			return
		}
		c.Roles = append(c.Roles, role)
		err = s.UpdateConsumer(t.Context(), c, entry("consumer.update"))
		if err == nil {
			return
		}
		if !errors.Is(err, store.ErrChanged) {
			t.Error(err)
			return
		}
	}
}

// changesInOrder lets a reader follow while many write: it must see each change
// once, in order, and what it is of must be there when it is told.
func changesInOrder(t *testing.T, p Place) {
	reader := p.Open(t)
	writers := []store.Store{p.Open(t), p.Open(t)}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const each = 25
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range each {
				if err := writers[w%2].AddConsumer(ctx, newConsumer(fmt.Sprintf("w%d-%d", w, i)), entry("consumer.add")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	defer wg.Wait()
	seen := make(map[string]bool)
	for number := int64(0); number < 4*each; {
		must(t, reader.Await(ctx, number))
		all, err := reader.ChangesAfter(ctx, number, 10)
		must(t, err)
		for _, c := range all {
			number++
			if c.Number != number || seen[c.ID] {
				t.Fatalf("change %d of %s where %d is due", c.Number, c.ID, number)
			}
			seen[c.ID] = true
			if _, err := reader.Consumer(ctx, store.ID(c.ID)); err != nil {
				t.Fatalf("what change %d tells of: %v", c.Number, err)
			}
		}
	}
}

func oneNodeWins(t *testing.T, p Place) {
	stores := []store.Store{p.Open(t), p.Open(t)}
	won := make(chan int, 8)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			w := &keyring.Wrapped{Purpose: "seal", Keys: []byte{byte(i)}, Master: "m", Version: 1}
			err := store.Shelf{Keyring: stores[i%2], Actor: "node"}.Save(t.Context(), w)
			if err == nil {
				won <- i
			} else if !errors.Is(err, keyring.ErrLost) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	close(won)
	same(t, len(won), 1, "nodes that made the first keys")
	w, err := stores[0].WrappedKeys(t.Context(), "seal")
	must(t, err)
	same(t, w.Keys, []byte{byte(<-won)}, "the keys that all load")
}

// manyOpen opens a new store many times at once: one makes the tables.
func manyOpen(t *testing.T, p Place) {
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			s := p.Open(t)
			if err := s.AddConsumer(t.Context(), newConsumer(fmt.Sprint("c", i)), entry("consumer.add")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all, err := p.Open(t).ListConsumers(t.Context(), "", 10)
	must(t, err)
	same(t, len(all), 6, "consumers of six who opened")
}
