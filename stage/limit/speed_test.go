package limit

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
)

func BenchmarkRate(b *testing.B) {
	for _, c := range []struct {
		name string
		step compiled
	}{
		{"pass", generous(Caller)},
		{"pass-both-keys", generous(Caller, Client)},
		{"pass-two-together", &Together{Rates: []*Rate{named("a", generous(Caller)), named("b", generous(Client))}}},
		{"refuse", &Rate{Name: "per-key", Count: 1, Window: 24 * time.Hour, By: []Key{Caller}, Counter: table()}},
	} {
		b.Run(c.name, func(b *testing.B) {
			step, x := compile(b, c.step), standing("https://issuer.example|0123456789", "192.0.2.1")
			x.Answer = make(message.Fields, 0, 2)
			b.ReportAllocs()
			for b.Loop() {
				x.Answer = x.Answer[:0]
				_ = step.Run(x)
			}
		})
	}
}

// BenchmarkRateParallel: from one hot caller to a flood in which every request
// has another address.
func BenchmarkRateParallel(b *testing.B) {
	for _, c := range []struct {
		name  string
		among uint32
	}{{"1-address", 1}, {"1000-addresses", 1000}, {"1M-addresses", 1 << 20}, {"100M-addresses", 100 << 20}} {
		b.Run(c.name, func(b *testing.B) {
			step := compile(b, generous(Client))
			var next atomic.Uint32
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				x := standing("ann", "192.0.2.1")
				room := make(message.Fields, 0, 2)
				n := next.Add(1) << 24
				for pb.Next() {
					n += 2654435761 // a stride that meets every address
					var a [4]byte
					binary.BigEndian.PutUint32(a[:], n%c.among)
					x.Client, x.Answer = netip.AddrFrom4(a), room
					_ = step.Run(x)
				}
			})
		})
	}
}

func BenchmarkTable(b *testing.B) {
	t, now, bucket := table(), time.Now(), Bucket{Interval: 1, Depth: 1 << 50}
	h := Holder{Caller: "https://issuer.example|0123456789"}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = t.Take(b.Context(), h, now, bucket)
	}
}

func BenchmarkConcurrency(b *testing.B) {
	step := compile(b, &Concurrency{Name: "at-once", Max: 10, By: []Key{Caller}, Flights: NewFlights()})
	gateway := newBench(enforced(step)...)
	request := &message.Request{Method: "GET", Fields: message.Fields{{Name: "Caller", Value: "ann"}}}
	b.ReportAllocs()
	for b.Loop() {
		gateway.arrived = gateway.arrived[:0]
		_ = gateway.Serve(&sallyport.Exchange{Context: b.Context(), Request: request}, &door{})
	}
}

// generous is a limit that nobody reaches.
func generous(by ...Key) *Rate {
	return &Rate{Name: "per-key", Count: 1e6, Window: time.Second, Burst: 1e12, By: by, Counter: table()}
}

func named(name string, r *Rate) *Rate {
	r.Name = name
	return r
}
