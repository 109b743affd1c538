package main

import (
	"context"
	"fmt"
	"time"

	"sallyport/apikey"
	"sallyport/build"
	"sallyport/store"
)

const (
	// batch is how many keys are added in one transaction.
	batch = 10_000
	// perConsumer is how many keys a consumer has.
	perConsumer = 1000
	// sampled is how many keys are remembered as text, to be asked for later.
	sampled = 400_000
)

// fill puts the keys in and keeps some of them, spread over all.
func (f *figures) fill(ctx context.Context, kept *build.Kept, count int) ([]string, error) {
	var sample []string
	began := time.Now()
	entry := func(action string) store.Entry {
		return store.Entry{At: time.Now(), Actor: "bench", Action: action, Outcome: "done"}
	}
	var consumer *store.Consumer
	every := max(1, count/sampled)
	for done := 0; done < count; {
		keys := make([]*store.Key, 0, batch)
		for range min(batch, count-done) {
			now := time.Now().UTC().Truncate(time.Millisecond)
			if done%perConsumer == 0 {
				consumer = &store.Consumer{ID: store.NewID(now), Name: fmt.Sprintf("consumer-%d", done/perConsumer), Scopes: []string{"things:read", "things:write"}, Roles: []string{"partner"}, Created: now, Changed: now}
				if err := kept.Store.AddConsumer(ctx, consumer, entry("consumer.add")); err != nil {
					return nil, err
				}
			}
			text, hash, hint, err := apikey.New(kept.Ring, kept.Ring.Generation())
			if err != nil {
				return nil, err
			}
			if done%every == 0 {
				sample = append(sample, text)
			}
			keys = append(keys, &store.Key{ID: store.NewID(now), Consumer: consumer.ID, Name: "bench", Hash: hash[:], Generation: kept.Ring.Generation(), Hint: hint, Created: now})
			done++
		}
		if err := kept.Store.AddKeys(ctx, keys, entry("key.add")); err != nil {
			return nil, err
		}
	}
	f.filled = time.Since(began)
	return sample, nil
}
