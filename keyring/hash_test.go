package keyring_test

import (
	"strings"
	"testing"

	"sallyport/keyring/keyringtest"
)

var key = []byte("sallyport_abcdefghijklmnopqrstuvwxyz0123456789AB")

func TestHash(t *testing.T) {
	ring := keyringtest.New(t)
	hash := func(purpose, text string) [32]byte {
		sum, known := ring.Hash(purpose, 1, []byte(text))
		if !known {
			t.Fatalf("%s is not known", purpose)
		}
		return sum
	}
	t.Run("is_the_same_each_time", func(t *testing.T) {
		for _, n := range []int{0, 1, 127, 128, 129, 1000} {
			text := strings.Repeat("x", n)
			one := hash("a", text)
			hash("a", "something else")
			if two := hash("a", text); one != two {
				t.Errorf("%d bytes have two hashes", n)
			}
			if other := hash("a", text+"x"); one == other {
				t.Errorf("%d bytes have the hash of %d", n, n+1)
			}
		}
	})
	t.Run("differs_by_purpose", func(t *testing.T) {
		if hash("a", "x") == hash("b", "x") {
			t.Error("two purposes have one hash")
		}
	})
	t.Run("differs_by_keyring", func(t *testing.T) {
		if other, _ := keyringtest.New(t).Hash("a", 1, []byte("x")); other == hash("a", "x") {
			t.Error("two keyrings have one hash")
		}
	})
	t.Run("does_not_allocate", func(t *testing.T) {
		if raceEnabled {
			t.Skip("the race detector drops what a sync.Pool holds")
		}
		if n := testing.AllocsPerRun(1000, func() { ring.Hash("api key", 1, key) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	ring := keyringtest.New(b)
	b.ReportAllocs()
	for b.Loop() {
		ring.Hash("api key", 1, key)
	}
}

func BenchmarkHashParallel(b *testing.B) {
	ring := keyringtest.New(b)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ring.Hash("api key", 1, key)
		}
	})
}
