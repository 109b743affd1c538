package admit

import (
	"net/netip"
	"testing"

	"sallyport"
	"sallyport/message"
)

// browser is a request as a browser sends it through a proxy.
func browser(target string) *sallyport.Exchange {
	x := exchange("GET", target,
		"Accept", "application/json, text/plain, */*", "Accept-Encoding", "gzip, deflate, br, zstd", "Accept-Language", "en-GB,en;q=0.9",
		"Authorization", "Bearer eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl", "Connection", "keep-alive", "Cookie", "a=1; b=2", "Origin", "https://app.example",
		"User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https")
	x.Request.Remote = netip.MustParseAddrPort("10.0.0.1:1234")
	x.ID = "0197f1c2-1111-7222-8333-444455556666"
	return x
}

func sizes() *Canonical {
	return &Canonical{MaxTarget: 8 << 10, MaxFields: 100, MaxFieldBytes: 32 << 10}
}

func BenchmarkServeCanonical(b *testing.B) {
	for name, target := range map[string]string{"plain": "/v1/accounts/0197f1c2/transactions?limit=20&from=2025-01-01", "encoded": "/v1/accounts/%C3%A9%2Ftransactions?limit=20&from=2025-01-01"} {
		b.Run(name, func(b *testing.B) { benchmark(b, sizes(), browser(target)) })
	}
}

func BenchmarkServeClient(b *testing.B) {
	b.Run("peer", func(b *testing.B) { benchmark(b, NewClient(nil), browser("/")) })
	b.Run("behind-proxy", func(b *testing.B) { benchmark(b, behindProxies(), browser("/")) })
}

func BenchmarkServeCORS(b *testing.B) {
	benchmark(b, &CORS{Origins: []string{"https://app.example"}, Credentials: true}, browser("/"))
}

func BenchmarkServeReading(b *testing.B) {
	x := browser("/")
	x.Request.Path = "/v1/accounts/0197f1c2/transactions"
	benchmark(b, &Reading{Slash: []bool{false}}, x)
}

func benchmark(b *testing.B, step sallyport.Step, x *sallyport.Exchange) {
	room := make(message.Fields, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		x.Answer = room[:0]
		if err := step.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAdmittingAnOrdinaryRequestAllocatesLittle(t *testing.T) {
	x, room := browser("/v1/accounts/42?limit=20"), make(message.Fields, 0, 8)
	for _, c := range []struct {
		name string
		step sallyport.Step
		most float64
	}{
		{"canonical", sizes(), 0},
		{"client", NewClient(nil), 3}, // the trace context
		{"cors", &CORS{Origins: []string{"https://app.example"}}, 0},
		{"reading", &Reading{}, 0},
	} {
		if n := testing.AllocsPerRun(100, func() {
			x.Answer = room[:0]
			if err := c.step.Run(x); err != nil {
				t.Fatal(err)
			}
		}); n > c.most {
			t.Errorf("%s: %v allocations, want %v at most", c.name, n, c.most)
		}
	}
}
