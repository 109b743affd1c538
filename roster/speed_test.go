package roster

import (
	"testing"
	"testing/synctest"
	"time"

	"sallyport/apikey"
	"sallyport/keyring/keyringtest"
	"sallyport/store"
)

// held is a roster, loaded and not followed, that remembers many keys.
func held(t testing.TB, count int) (*Roster, []string) {
	ring := keyringtest.New(t)
	s := newShop()
	c := s.addConsumer("shop")
	r := New(s, ring, Options{Stale: time.Hour, Entries: count})
	if err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	keys := make([]string, count)
	for i := range keys {
		text, hash, _, err := apikey.New(ring, ring.Generation())
		if err != nil {
			t.Fatal(err)
		}
		s.keys[string(hash[:])] = &store.Key{ID: store.ID("key-" + text[len(text)-8:]), Consumer: c.ID}
		if _, err := r.Key(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		keys[i] = text
	}
	return r, keys
}

// TestHitDoesNotAllocate: what is remembered costs no garbage per request, nor
// does what is turned away at once.
func TestHitDoesNotAllocate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, keys := held(t, 10)
		i := 0
		for name, secret := range map[string]func() string{
			"a key":  func() string { i++; return keys[i%len(keys)] },
			"a typo": func() string { return keys[0][:len(keys[0])-1] + "-" },
		} {
			most := 0.0
			if name == "a typo" {
				most = 1 // the text of the test itself
			}
			if n := testing.AllocsPerRun(100, func() { r.Key(t.Context(), secret()) }); n > most && !raceEnabled {
				t.Errorf("%s: %v allocations", name, n)
			}
		}
		if n := testing.AllocsPerRun(100, func() { r.Revoked("issuer", "token", "subject", time.Time{}) }); n > 0 && !raceEnabled {
			t.Errorf("a token: %v allocations", n)
		}
	})
}

func BenchmarkKey(b *testing.B) {
	r, keys := held(b, 50_000)
	ctx := b.Context()
	b.Run("remembered", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			r.Key(ctx, keys[i%len(keys)])
		}
	})
	b.Run("remembered by many", func(b *testing.B) {
		b.ReportAllocs()
		b.RunParallel(func(p *testing.PB) {
			for i := 0; p.Next(); i++ {
				r.Key(ctx, keys[i%len(keys)])
			}
		})
	})
	b.Run("memory alone", func(b *testing.B) {
		hashes := make([][32]byte, len(keys))
		for i, text := range keys {
			hashes[i], _, _ = apikey.Hash(r.tagger, text)
		}
		for i := 0; b.Loop(); i++ {
			r.cache.get(hashes[i%len(hashes)])
		}
	})
	b.Run("typo", func(b *testing.B) {
		typo := keys[0][:len(keys[0])-1] + "-"
		for b.Loop() {
			r.Key(ctx, typo)
		}
	})
}
