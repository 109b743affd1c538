package jose

import (
	"context"
	"crypto"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"
)

func BenchmarkVerify(b *testing.B) {
	k := testKeys()
	for _, c := range []struct {
		alg     string
		private crypto.Signer
	}{{"RS256", k.rsa}, {"PS256", k.rsa}, {"ES256", k.ec}, {"EdDSA", k.ed}} {
		b.Run(c.alg, func(b *testing.B) {
			s := signer(b, c.alg, c.private, "k")
			v := ordinary(b)
			v.Keys = keySet(b, s)
			token, ctx := signed(b, s), context.Background()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Verify(ctx, token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSignature is the form, header and signature alone, to be held against the next.
func BenchmarkSignature(b *testing.B) {
	v, ctx := ordinary(b), context.Background()
	token := forgeRSA(`{"alg":"RS256","kid":"r1"}`, encode(b, goodClaims(nil)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.VerifyJWS(ctx, token); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignatureByGoJose is the same work by the library.
func BenchmarkSignatureByGoJose(b *testing.B) {
	k := testKeys()
	token := forgeRSA(`{"alg":"RS256","kid":"r1"}`, encode(b, goodClaims(nil)))
	b.ReportAllocs()
	for b.Loop() {
		parsed, err := gojose.ParseSignedCompact(token, []gojose.SignatureAlgorithm{gojose.RS256})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := parsed.Verify(&k.rsa.PublicKey); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefuse is what a token costs that is wrong before its signature is looked at.
func BenchmarkRefuse(b *testing.B) {
	v, ctx := ordinary(b), context.Background()
	token := forge(`{"alg":"EdDSA","kid":"unknown"}`, encode(b, goodClaims(nil)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(ctx, token); err == nil {
			b.Fatal("accepted")
		}
	}
}

func BenchmarkCacheHit(b *testing.B) {
	v, ctx, cache := ordinary(b), context.Background(), NewCache(1<<20)
	token := forgeRSA(`{"alg":"RS256","kid":"r1"}`, encode(b, goodClaims(nil)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := cache.Verify(ctx, v, token); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseKeys(b *testing.B) {
	k := testKeys()
	text, err := PublicKeys(signer(b, "RS256", k.rsa, "r"), signer(b, "ES256", k.ec, "e"), signer(b, "EdDSA", k.ed, "d"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseKeys(text); err != nil {
			b.Fatal(err)
		}
	}
}
