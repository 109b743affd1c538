package identify

import (
	"strconv"
	"testing"
)

func BenchmarkServeKey(b *testing.B) {
	benchmark(b, security(all(keyScheme("key", "header", "X-Key", "0123456789abcdef0123456789abcdef"))), "X-Key", "0123456789abcdef0123456789abcdef")
}

func BenchmarkServeJWT(b *testing.B) {
	for _, alg := range []string{"RS256", "EdDSA"} {
		one := newIssuer(b, "https://one.example", alg)
		b.Run(alg+"/cached", func(b *testing.B) {
			benchmark(b, security(all(one.bearer(b, "one"))), "Authorization", "Bearer "+one.token(b, nil))
		})
		b.Run(alg+"/new", func(b *testing.B) {
			s := security(all(one.bearer(b, "one")))
			tokens := make([]string, 64) // more than the cache keeps
			for i := range tokens {
				tokens[i] = "Bearer " + one.token(b, map[string]any{"jti": strconv.Itoa(i)})
			}
			x, i := request("", "Authorization", ""), 0
			b.ReportAllocs()
			for b.Loop() {
				x.Request.Fields[0].Value = tokens[i%len(tokens)]
				i++
				if err := s.Run(x); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func benchmark(b *testing.B, s *Security, field, value string) {
	x := request("", "Accept", "*/*", "User-Agent", "benchmark", field, value)
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Run(x); err != nil {
			b.Fatal(err)
		}
	}
}

func TestIdentifyingAllocatesLittle(t *testing.T) {
	one := newIssuer(t, "https://one.example", "EdDSA")
	asked := one.bearer(t, "one")
	asked.Method.(*JWT).Revocations = revocations{}
	for _, c := range []struct {
		name         string
		security     *Security
		field, value string
		most         float64
	}{
		{"key", security(all(keyScheme("key", "header", "X-Key", "good"))), "X-Key", "good", 2},                                               // principal and its credentials
		{"cached token, asked about", security(all(asked)), "Authorization", "Bearer " + one.token(t, map[string]any{"iat": noon.Unix()}), 2}, // the same
		{"cached token", security(all(one.bearer(t, "one"))), "Authorization", "Bearer " + one.token(t, nil), 2},                              // the same
		{"nobody", security(all(keyScheme("key", "header", "X-Key", "good")), nil), "Accept", "application/json, */*", 1},                     // principal
	} {
		x := request("", c.field, c.value)
		if n := testing.AllocsPerRun(100, func() {
			if err := c.security.Run(x); err != nil {
				t.Fatal(err)
			}
		}); n > c.most {
			t.Errorf("%s: %v allocations, want %v at most", c.name, n, c.most)
		}
	}
}
