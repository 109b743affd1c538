package storetest

import (
	"errors"
	"testing"

	"sallyport/store"
)

// Found holds a find to what it promises of a place where nothing is yet: it
// makes no store, and opens one that is there.
func Found(t *testing.T, open, find Opener, place string) {
	ctx := t.Context()
	for range 2 {
		if s, err := find(ctx, place); !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("of no store: %v, error %v", s, err)
		}
	}
	made, err := open(ctx, place)
	if err != nil {
		t.Fatal(err)
	}
	c := newConsumer("shop")
	must(t, made.AddConsumer(ctx, c, entry("consumer.add")))
	must(t, made.Close())
	found, err := find(ctx, place)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := found.ConsumerByName(ctx, "shop"); err != nil || got.ID != c.ID {
		t.Errorf("found %+v, error %v", got, err)
	}
	must(t, found.Close())
}
