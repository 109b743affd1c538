package jose

import (
	"container/list"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// counted counts how often a token is checked anew.
type counted struct {
	keys   *Keys
	checks int
}

func (c *counted) Current() *Keys { return c.keys }
func (c *counted) Find(context.Context, string) (*Keys, error) {
	c.checks++
	return c.keys, nil
}

func keptVerifier(t testing.TB) (*Verifier, *counted, *clock) {
	v := ordinary(t)
	source, now := &counted{keys: v.Keys.(*Keys)}, &clock{at: atNoon()}
	v.Keys, v.Now = source, now.now
	return v, source, now
}

func TestCacheChecksATokenOnce(t *testing.T) {
	v, source, _ := keptVerifier(t)
	cache, token := NewCache(1<<20), forge(edHeader, encode(t, goodClaims(nil)))
	first, err := cache.Verify(t.Context(), v, token)
	wantReason(t, err, ReasonNone)
	second, err := cache.Verify(t.Context(), v, token)
	wantReason(t, err, ReasonNone)
	if first != second || source.checks != 1 || cache.Len() != 1 {
		t.Errorf("%d checks, %d kept", source.checks, cache.Len())
	}
}

func TestCacheHonoursTimesOnEveryHit(t *testing.T) {
	v, source, now := keptVerifier(t)
	cache, token := NewCache(1<<20), forge(edHeader, encode(t, goodClaims(map[string]any{"exp": noon + 60})))
	verify := func() error {
		_, err := cache.Verify(t.Context(), v, token)
		return err
	}
	wantReason(t, verify(), ReasonNone)
	now.advance(90*time.Second - 1)
	wantReason(t, verify(), ReasonNone)
	now.advance(1)
	wantReason(t, verify(), ReasonExpired)
	if source.checks != 1 || cache.Len() != 0 {
		t.Errorf("%d checks, %d kept", source.checks, cache.Len())
	}
}

func TestCacheForgetsWithTheKeys(t *testing.T) {
	k := testKeys()
	v, source, _ := keptVerifier(t)
	cache, token := NewCache(1<<20), forge(edHeader, encode(t, goodClaims(nil)))
	verify := func() error {
		_, err := cache.Verify(t.Context(), v, token)
		return err
	}
	wantReason(t, verify(), ReasonNone)
	withKey := source.keys
	source.keys = keySet(t, signer(t, "RS256", k.rsa, "r1"))
	wantReason(t, verify(), ReasonKeyUnknown)
	source.keys = keySet(t, signer(t, "EdDSA", freshEd(t), "d1")) // another key under the same name
	wantReason(t, verify(), ReasonSignature)
	source.keys = withKey
	wantReason(t, verify(), ReasonNone)
}

func TestCacheKeepsSettingsApart(t *testing.T) {
	token := forge(edHeader, encode(t, goodClaims(map[string]any{"cnf": map[string]any{"jkt": keyPrint}})))
	cache := NewCache(1 << 20)
	lax := ordinary(t)
	lax.Bindings = BoundToKey
	_, err := cache.Verify(t.Context(), lax, token)
	wantReason(t, err, ReasonNone)
	for name, c := range map[string]struct {
		set  func(*Verifier)
		want Reason
	}{
		"binding":   {func(v *Verifier) { v.Bindings = BoundToCertificate }, ReasonBound},
		"issuer":    {func(v *Verifier) { v.Issuer = "x" }, ReasonIssuer},
		"audience":  {func(v *Verifier) { v.Audiences = []string{"x"} }, ReasonAudience},
		"algorithm": {func(v *Verifier) { v.Algorithms = []string{"RS256"} }, ReasonAlgorithm},
		"type":      {func(v *Verifier) { v.Types = []string{"JWT"} }, ReasonType},
		"claims":    {func(v *Verifier) { v.RequiredClaims = []string{"x"} }, ReasonClaimMissing},
		"size":      {func(v *Verifier) { v.MaxTokenBytes = 10 }, ReasonMalformed},
		"mistake":   {func(v *Verifier) { v.AnyIssuer = true }, ReasonConfiguration},
	} {
		t.Run(name, func(t *testing.T) {
			v := ordinary(t)
			v.Bindings = BoundToKey
			c.set(v)
			_, err := cache.Verify(t.Context(), v, token)
			wantReason(t, err, c.want)
		})
	}
}

func TestCacheKeepsNothingOfRefusedTokens(t *testing.T) {
	v, _, _ := keptVerifier(t)
	cache := NewCache(1 << 20)
	for _, token := range []string{"", "x", forge(edHeader, "{}"), forge(`{"alg":"none"}`, "{}")} {
		if _, err := cache.Verify(t.Context(), v, token); err == nil {
			t.Errorf("%q accepted", token)
		}
	}
	if cache.Len() != 0 {
		t.Errorf("%d kept", cache.Len())
	}
}

func TestCacheIsBounded(t *testing.T) {
	v, source, _ := keptVerifier(t)
	cache := NewCache(32 * (entryBytes + 600))
	tokens := make([]string, 300)
	for i := range tokens {
		tokens[i] = forge(edHeader, encode(t, goodClaims(map[string]any{"jti": strconv.Itoa(i)})))
		if _, err := cache.Verify(t.Context(), v, tokens[i]); err != nil {
			t.Fatal(err)
		}
	}
	if n := cache.Len(); n > 32 || n < 16 {
		t.Errorf("%d kept, want 32 at most", n)
	}
	before := source.checks
	if _, err := cache.Verify(t.Context(), v, tokens[299]); err != nil || source.checks != before {
		t.Errorf("the latest was forgotten: %v", err)
	}
}

func TestCacheForgetsTheLeastRecentlyUsed(t *testing.T) {
	s := &cacheShard{byKey: map[cacheKey]*list.Element{}}
	key := func(n byte) cacheKey { return cacheKey{token: [32]byte{n}} }
	keeps := func(n byte) bool {
		k := key(n)
		token, _, _ := s.get(&k)
		return token != nil
	}
	for n := byte(1); n <= 3; n++ {
		if n == 3 && !keeps(1) {
			t.Fatal("1 is gone")
		}
		s.put(&cached{key: key(n), token: &Token{}}, 2*entryBytes)
	}
	for n, want := range map[byte]bool{1: true, 2: false, 3: true} {
		if keeps(n) != want {
			t.Errorf("%d kept: want %v", n, want)
		}
	}
}

func TestCacheIsBoundedByBytes(t *testing.T) {
	v, _, _ := keptVerifier(t)
	cache := NewCache(cacheShards * 8 << 10)
	for i := range 400 {
		token := forge(edHeader, encode(t, goodClaims(map[string]any{"pad": strings.Repeat("x", i*10), "jti": strconv.Itoa(i)})))
		if _, err := cache.Verify(t.Context(), v, token); err != nil {
			t.Fatal(err)
		}
	}
	for i := range cache.shards {
		s, counted := &cache.shards[i], 0
		for at := s.recent.Front(); at != nil; at = at.Next() {
			counted += at.Value.(*cached).size()
		}
		if counted != s.bytes || s.bytes > 8<<10 || len(s.byKey) != s.recent.Len() {
			t.Errorf("a shard of %d bytes by its books holds %d, and %d entries in %d", s.bytes, counted, s.recent.Len(), len(s.byKey))
		}
	}
	if cache.Len() == 0 {
		t.Error("nothing is kept")
	}
}

func TestCacheHitAllocatesNothing(t *testing.T) {
	v := ordinary(t)
	cache, ctx := NewCache(1<<20), t.Context()
	token := forge(edHeader, encode(t, goodClaims(map[string]any{"pad": string(make([]byte, 200))})))
	if _, err := cache.Verify(ctx, v, token); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := cache.Verify(ctx, v, token); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestRemoteHitAllocatesNothing(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	v, _, _ := remoteVerifier(t, newIssuer(t, s))
	cache, token, ctx := NewCache(1<<20), signed(t, s), t.Context()
	if _, err := cache.Verify(ctx, v, token); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, err := cache.Verify(ctx, v, token); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestHitsAloneNoticeAWithdrawnKey(t *testing.T) {
	k := testKeys()
	old, young := signer(t, "ES256", k.ec, "old"), signer(t, "EdDSA", k.ed, "young")
	i := newIssuer(t, old)
	v, r, now := remoteVerifier(t, i)
	cache, token := NewCache(1<<20), signed(t, old)
	verify := func() error {
		_, err := cache.Verify(t.Context(), v, token)
		return err
	}
	wantReason(t, verify(), ReasonNone)
	i.publish(t, young)
	now.advance(11 * time.Minute)
	wantReason(t, verify(), ReasonNone) // starts the fetch that ends it
	landed(r)
	wantReason(t, verify(), ReasonKeyUnknown)
}

func TestHitsEndWithKeysTooStale(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	i := newIssuer(t, s)
	v, r, now := remoteVerifier(t, i)
	cache, token := NewCache(1<<20), signed(t, s)
	if _, err := cache.Verify(t.Context(), v, token); err != nil {
		t.Fatal(err)
	}
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	now.advance(25 * time.Hour)
	_, err := cache.Verify(t.Context(), v, token)
	wantReason(t, err, ReasonKeysUnavailable)
	landed(r)
}

func TestCacheIsSafeForManyCallers(t *testing.T) {
	v := ordinary(t)
	cache := NewCache(1 << 20)
	tokens := make([]string, 64)
	for i := range tokens {
		tokens[i] = forge(edHeader, encode(t, goodClaims(map[string]any{"sub": strconv.Itoa(i)})))
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for n := range 200 {
				i := (n*7 + worker) % len(tokens)
				token, err := cache.Verify(context.Background(), v, tokens[i])
				if err != nil || token.Subject != strconv.Itoa(i) {
					t.Errorf("token %d: %v, %v", i, token, err)
					return
				}
			}
		})
	}
	all.Wait()
}
