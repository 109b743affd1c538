package storetest

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"strconv"
	"testing"
	"time"

	"sallyport/store"
)

// keysInAll is how many keys Speed measures among: SALLYPORT_STORETEST_KEYS, or
// 10,000.
func keysInAll(b *testing.B) int {
	text := os.Getenv("SALLYPORT_STORETEST_KEYS")
	if text == "" {
		return 10_000
	}
	n, err := strconv.Atoi(text)
	must(b, err)
	return n
}

// batch is how many keys are added at once.
const batch = 10_000

// Speed measures what the request path asks for, among many keys, and how fast
// these are added.
func Speed(b *testing.B, s store.Store) {
	var consumers []*store.Consumer
	for i := range 100 {
		consumers = append(consumers, addConsumer(b, s, "consumer-"+strconv.Itoa(i)))
	}
	n := keysInAll(b)
	began := time.Now()
	for i := 0; i < n; i += batch {
		keys := make([]*store.Key, 0, batch)
		for j := i; j < min(n, i+batch); j++ {
			keys = append(keys, numberedKey(consumers, j))
		}
		must(b, s.AddKeys(b.Context(), keys, entry("key.import")))
	}
	rate := float64(n) / time.Since(began).Seconds()

	b.Run("AddKeys in tens of thousands", func(b *testing.B) {
		b.ReportMetric(rate, "keys/s")
		b.ReportMetric(0, "ns/op")
	})
	b.Run("KeyByHash", func(b *testing.B) {
		b.ReportAllocs()
		i := 0
		for b.Loop() {
			i += 7919
			_, _, err := s.KeyByHash(b.Context(), numberedHash(i%n))
			must(b, err)
		}
	})
	b.Run("KeyByHash at once", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for i := 0; pb.Next(); i += 7919 {
				if _, _, err := s.KeyByHash(b.Context(), numberedHash(i%n)); err != nil {
					b.Error(err)
				}
			}
		})
	})
	b.Run("KeyByHash of none", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_, _, err := s.KeyByHash(b.Context(), numberedHash(n+i))
			is(b, err, store.ErrNotFound, "a key that is none")
		}
	})
	b.Run("AddConsumer", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			must(b, s.AddConsumer(b.Context(), newConsumer(string(newID())), entry("consumer.add")))
		}
	})
}

// numberedHash is spread as a keyed hash is.
func numberedHash(i int) []byte {
	hash := make([]byte, 32)
	for part := 0; part < 32; part += 8 {
		// The finalizer of SplitMix64: one to one, and without a pattern.
		z := uint64(i)*4 + uint64(part/8) + 0x9e3779b97f4a7c15
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		binary.BigEndian.PutUint64(hash[part:], z^z>>31)
	}
	return hash
}

func numberedKey(consumers []*store.Consumer, i int) *store.Key {
	hash := numberedHash(i)
	return &store.Key{
		ID: store.NewID(clock.Add(time.Duration(i/100) * time.Millisecond)), Consumer: consumers[i%len(consumers)].ID, Name: "key",
		Hash: hash, Generation: 1, Hint: hex.EncodeToString(hash[:2]), Scopes: []string{"read", "write"}, Created: clock, Expires: clock.Add(time.Hour),
	}
}
