package main

import (
	"crypto/rand"
	"testing"

	"github.com/maypok86/otter/v2"
)

// BenchmarkOtter is a look-up in the cache library that the roster does not use
// (docs/decisions), beside BenchmarkKey/memory_alone of package roster.
func BenchmarkOtter(b *testing.B) {
	const size = 50_000
	cache := otter.Must(&otter.Options[[32]byte, *figures]{MaximumSize: size})
	hashes := make([][32]byte, size)
	for i := range hashes {
		rand.Read(hashes[i][:])
		cache.Set(hashes[i], new(figures))
	}
	b.ReportAllocs()
	b.Run("one", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			cache.GetIfPresent(hashes[i%size])
		}
	})
	b.Run("many", func(b *testing.B) {
		b.RunParallel(func(p *testing.PB) {
			for i := 0; p.Next(); i++ {
				cache.GetIfPresent(hashes[i%size])
			}
		})
	})
}
