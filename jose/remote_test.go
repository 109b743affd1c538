package jose

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// issuer is a server of a key set whose answer tests change.
type issuer struct {
	*httptest.Server
	asked atomic.Int64
	mu    sync.Mutex
	serve http.HandlerFunc
}

func newIssuer(t *testing.T, signers ...*Signer) *issuer {
	t.Helper()
	i := &issuer{}
	i.publish(t, signers...)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.asked.Add(1)
		i.mu.Lock()
		serve := i.serve
		i.mu.Unlock()
		serve(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

func (i *issuer) answer(serve http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serve = serve
}

func (i *issuer) publish(t *testing.T, signers ...*Signer) {
	t.Helper()
	text, err := PublicKeys(signers...)
	if err != nil {
		t.Fatal(err)
	}
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.Write(text) })
}

func (i *issuer) wantAsked(t *testing.T, n int64) {
	t.Helper()
	if got := i.asked.Load(); got != n {
		t.Errorf("the issuer was asked %d times, want %d", got, n)
	}
}

// landed waits until no fetch is under way.
func landed(r *Remote) {
	r.mu.Lock()
	f := r.flight
	r.mu.Unlock()
	if f != nil {
		<-f.done
	}
}

// remoteVerifier is the ordinary verifier with an issuer behind it, and one clock for both.
func remoteVerifier(t *testing.T, i *issuer) (*Verifier, *Remote, *clock) {
	t.Helper()
	c := &clock{at: atNoon()}
	r := &Remote{URL: i.URL + "/jwks", Now: c.now}
	v := ordinary(t)
	v.Keys, v.Now = r, c.now
	return v, r, c
}

func signed(t testing.TB, s *Signer) string {
	t.Helper()
	token, err := s.Sign(goodClaims(map[string]any{"exp": noon + 1e6}))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestRemoteKeysAreRotated(t *testing.T) {
	k := testKeys()
	old, young := signer(t, "ES256", k.ec, "old"), signer(t, "EdDSA", k.ed, "young")
	i := newIssuer(t, old)
	v, r, now := remoteVerifier(t, i)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonNone)
	first := r.Current().Version()

	i.publish(t, old, young)
	wantReason(t, verifyAt(t, v, signed(t, young)), ReasonNone) // at once, within the cooldown since Ready
	i.wantAsked(t, 2)
	now.advance(30 * time.Second)
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonNone)
	i.wantAsked(t, 2)
	if r.Current().Version() == first {
		t.Error("another set has the same version")
	}

	i.publish(t, young)
	now.advance(10*time.Minute + 1)
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonNone) // the old set is served while the new one comes
	landed(r)
	wantReason(t, verifyAt(t, v, signed(t, old)), ReasonKeyUnknown)
	wantReason(t, verifyAt(t, v, signed(t, young)), ReasonNone)
	i.wantAsked(t, 4) // the name of the withdrawn key was asked for
}

func TestMadeUpKeyNamesAskSeldom(t *testing.T) {
	i := newIssuer(t, signer(t, "EdDSA", testKeys().ed, "d1"))
	v, r, now := remoteVerifier(t, i)
	flood := func() {
		for n := range 50 {
			if verifyAt(t, v, promising(t, strings.Repeat("y", n+1))) == nil {
				t.Fatal("accepted")
			}
		}
	}
	flood()
	i.wantAsked(t, 1+extraFetches)
	for minute := range 10 {
		now.advance(31 * time.Second)
		flood()
		i.wantAsked(t, int64(1+extraFetches+2*(minute+1))) // the one that is due, and the one that was saved up
		if len(r.asked) > (1+extraFetches)*maxWanted || len(r.wanted) > maxWanted {
			t.Fatalf("%d names are remembered", len(r.asked))
		}
	}
}

func TestANameThatIsNotThereIsAskedForOncePerCooldown(t *testing.T) {
	young := signer(t, "ES256", testKeys().ec, "young")
	i := newIssuer(t, signer(t, "EdDSA", testKeys().ed, "d1"))
	v, _, now := remoteVerifier(t, i)
	left := promising(t, "left") // of a client that goes on with a token of an old key
	for range 100 {
		wantReason(t, verifyAt(t, v, left), ReasonKeyUnknown)
	}
	i.wantAsked(t, 1)
	i.publish(t, young)
	wantReason(t, verifyAt(t, v, signed(t, young)), ReasonNone) // whom the other does not keep waiting
	i.wantAsked(t, 2)
	now.advance(31 * time.Second)
	wantReason(t, verifyAt(t, v, left), ReasonKeyUnknown)
	i.wantAsked(t, 3)
}

// Only fetches in vain are counted: keys that come one after the other are each known at once.
func TestKeysThatFollowEachOtherAreEachKnownAtOnce(t *testing.T) {
	i := newIssuer(t, signer(t, "EdDSA", testKeys().ed, "d1"))
	v, r, _ := remoteVerifier(t, i)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		next := signer(t, "EdDSA", freshEd(t), strings.Repeat("k", n+1))
		i.publish(t, next)
		wantReason(t, verifyAt(t, v, signed(t, next)), ReasonNone)
		i.wantAsked(t, int64(n+2))
	}
}

func TestCacheControlIsHeededWithinBounds(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	text, _ := PublicKeys(s)
	for _, c := range []struct {
		control []string
		age     string
		want    time.Duration
	}{
		{nil, "", 10 * time.Minute},
		{[]string{"max-age=60"}, "", time.Minute},
		{[]string{"public, Max-Age=\"60\", must-revalidate"}, "20", 40 * time.Second},
		{[]string{"max-age=60"}, "600", 30 * time.Second},
		{[]string{"max-age=300", "max-age=60"}, "", time.Minute},
		{[]string{"max-age=86400"}, "", 10 * time.Minute},
		{[]string{"max-age=0"}, "", 30 * time.Second},
		{[]string{"max-age=3600, no-cache"}, "", 30 * time.Second},
		{[]string{"no-store"}, "", 30 * time.Second},
		{[]string{"max-age=-1"}, "", 10 * time.Minute},
		{[]string{"max-age=soon, s-maxage=1"}, "x", 10 * time.Minute},
	} {
		i := newIssuer(t)
		i.answer(func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Cache-Control"] = c.control
			if c.age != "" {
				w.Header().Set("Age", c.age)
			}
			w.Write(text)
		})
		_, r, now := remoteVerifier(t, i)
		if err := r.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		now.advance(c.want)
		r.Current()
		landed(r)
		i.wantAsked(t, 1)
		now.advance(1)
		r.Current()
		landed(r)
		i.wantAsked(t, 2)
		if t.Failed() {
			t.Fatalf("%v %s: not %v", c.control, c.age, c.want)
		}
	}
}

func TestSecretsAreNeverFetched(t *testing.T) {
	i := newIssuer(t)
	i.answer(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"keys":[{"kty":"oct","kid":"s","k":"` + b64(strings.Repeat("k", 32)) + `"}]}`))
	})
	_, r, _ := remoteVerifier(t, i)
	v := &Verifier{Keys: r, AnyIssuer: true, AnyAudience: true, Algorithms: []string{"HS256"}}
	header := `{"alg":"HS256","kid":"s"}`
	hs, _ := algorithmOf("HS256")
	token := seal(header, encode(t, goodClaims(nil)), func(input []byte) []byte { return signMAC(hs, []byte(strings.Repeat("k", 32)), input) })
	wantReason(t, verifyAt(t, v, token), ReasonKeysUnavailable)
	if r.Current() != nil {
		t.Error("a set of secrets is held")
	}
}

func TestKidOfAKeyThatIsRefusedAsksNobody(t *testing.T) {
	k := testKeys()
	i := newIssuer(t)
	text := setOf(t, public(t, signer(t, "EdDSA", k.ed, "d1"), map[string]any{"use": "enc"}), public(t, signer(t, "ES256", k.ec, "e1"), nil))
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.Write(text) })
	v, r, now := remoteVerifier(t, i)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	now.advance(time.Minute)
	wantReason(t, verifyAt(t, v, forge(edHeader, "{}")), ReasonKeyUnknown)
	i.wantAsked(t, 1)
}

func TestManyCallersShareOneFetch(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	i := newIssuer(t, s)
	text, _ := PublicKeys(s)
	arrived, release := make(chan struct{}, 100), make(chan struct{})
	i.answer(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-release
		w.Write(text)
	})
	v, _, _ := remoteVerifier(t, i)
	token := signed(t, s)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { wantReason(t, verifyAt(t, v, token), ReasonNone) })
	}
	<-arrived
	close(release)
	all.Wait()
	i.wantAsked(t, 1)
}

func TestHangingIssuerHoldsNobodyPastTheirTime(t *testing.T) {
	i := newIssuer(t)
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	i.answer(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	})
	v, r, _ := remoteVerifier(t, i)
	ctx, cancel := context.WithCancel(t.Context())
	answered := make(chan error)
	go func() {
		_, err := v.Verify(ctx, forge(edHeader, "{}"))
		answered <- err
	}()
	<-arrived
	cancel()
	err := <-answered
	wantReason(t, err, ReasonKeysUnavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not say who gave up", err)
	}
	close(release)
	landed(r)
}

func TestFetchHasATimeout(t *testing.T) {
	i := newIssuer(t)
	release := make(chan struct{})
	i.answer(func(http.ResponseWriter, *http.Request) { <-release })
	t.Cleanup(func() { close(release) })
	v, r, _ := remoteVerifier(t, i)
	r.Timeout = time.Millisecond
	err := verifyAt(t, v, forge(edHeader, "{}"))
	wantReason(t, err, ReasonKeysUnavailable)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestAnswersThatAreNoKeySet(t *testing.T) {
	good, _ := PublicKeys(signer(t, "EdDSA", testKeys().ed, "d1"))
	var stray atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		stray.Add(1)
		w.Write(good)
	}))
	t.Cleanup(elsewhere.Close)
	for name, serve := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		},
		"redirect with a set": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.WriteHeader(http.StatusTemporaryRedirect)
			w.Write(good)
		},
		"not found with a set": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNotFound)
			w.Write(good)
		},
		"oversize": func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte(string(good) + strings.Repeat(" ", maxSetBytes)))
		},
		"endless":     func(w http.ResponseWriter, _ *http.Request) { endless(w) },
		"HTML":        func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) },
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"cut off":     func(w http.ResponseWriter, _ *http.Request) { w.Write(good[:len(good)-3]) },
		"a lie about": func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "9999"); w.Write(good) },
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.answer(serve)
			for _, client := range []*http.Client{nil, i.Client()} {
				v, r, _ := remoteVerifier(t, i)
				r.Client = client
				if r.Ready(t.Context()) == nil {
					t.Error("ready")
				}
				wantReason(t, verifyAt(t, v, forge(edHeader, encode(t, goodClaims(nil)))), ReasonKeysUnavailable)
				if r.Current() != nil {
					t.Error("holds a set")
				}
			}
		})
	}
	if n := stray.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func endless(w http.ResponseWriter) {
	block := []byte(strings.Repeat(" ", 64<<10))
	for {
		if _, err := w.Write(block); err != nil {
			return
		}
	}
}

func TestStaleKeysOutliveAFailingIssuerForADay(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	i := newIssuer(t, s)
	v, r, now := remoteVerifier(t, i)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	now.advance(23 * time.Hour)
	wantReason(t, verifyAt(t, v, signed(t, s)), ReasonNone)
	landed(r)
	i.wantAsked(t, 2)
	// Whether this key is a new one cannot be known now: not the caller's fault.
	wantReason(t, verifyAt(t, v, promising(t, "new")), ReasonKeysUnavailable)

	now.advance(time.Hour + 1)
	wantReason(t, verifyAt(t, v, signed(t, s)), ReasonKeysUnavailable)

	i.publish(t, s)
	now.advance(time.Minute)
	wantReason(t, verifyAt(t, v, signed(t, s)), ReasonNone)
}

func TestRetriesSlowDown(t *testing.T) {
	i := newIssuer(t)
	i.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	_, r, now := remoteVerifier(t, i)
	var asked []int
	for second := range 100 {
		before := i.asked.Load()
		if _, err := r.Find(t.Context(), "x"); err == nil {
			t.Fatal("found")
		}
		if i.asked.Load() != before {
			asked = append(asked, second)
		}
		now.advance(time.Second)
	}
	want := []int{0, 1, 3, 7, 15, 31, 61, 91}
	if len(asked) != len(want) {
		t.Fatalf("asked at %v, want %v", asked, want)
	}
	for n := range want {
		if asked[n] != want[n] {
			t.Fatalf("asked at %v, want %v", asked, want)
		}
	}
}

func TestEmptySetIsNotReadyAndWithdrawsAll(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	i := newIssuer(t)
	v, r, now := remoteVerifier(t, i)
	if r.Ready(t.Context()) == nil {
		t.Error("ready without a key")
	}
	i.publish(t, s)
	now.advance(time.Minute)
	wantReason(t, verifyAt(t, v, signed(t, s)), ReasonNone)
	i.publish(t)
	now.advance(time.Hour)
	wantReason(t, verifyAt(t, v, signed(t, s)), ReasonKeyUnknown)
}

func TestFaultOfTheReaderIsAFailure(t *testing.T) {
	i := newIssuer(t)
	_, r, _ := remoteVerifier(t, i)
	r.Client = &http.Client{Transport: faulty{}}
	if _, err := r.Find(t.Context(), ""); err == nil {
		t.Error("no failure")
	}
}

type faulty struct{}

func (faulty) RoundTrip(*http.Request) (*http.Response, error) { panic("a fault") }

func TestAddressOfAKeySet(t *testing.T) {
	for url, good := range map[string]bool{
		"https://issuer.example/jwks":      true,
		"https://issuer.example:8443/jwks": true,
		"http://127.0.0.1/jwks":            true,
		"http://[::1]:80/jwks":             true,
		"http://localhost/jwks":            true,
		"http://issuer.example/jwks":       false,
		"http://localhost.evil.example/":   false,
		"http://127.0.0.1.evil.example/":   false,
		"http://0.0.0.0/jwks":              false,
		"http://10.0.0.1/jwks":             false,
		"file:///etc/keys":                 false,
		"https:///jwks":                    false,
		"issuer.example/jwks":              false,
		"https://u:p@issuer.example/jwks":  false,
		"https://issuer.example/jwks#x":    false,
		"https://issuer.example/\x00":      false,
		"":                                 false,
	} {
		if err := (&Remote{URL: url}).Check(); (err == nil) != good {
			t.Errorf("%q: %v", url, err)
		}
	}
	if err := (&Remote{URL: "http://issuer.example", AllowHTTP: true}).Check(); err != nil {
		t.Error(err)
	}
	for _, r := range []*Remote{
		{URL: "https://x", Cooldown: -1},
		{URL: "https://x", MaxStale: time.Minute},
	} {
		if r.Check() == nil {
			t.Errorf("%+v: accepted", r.MaxStale)
		}
	}
	mistaken := &Remote{URL: "http://issuer.example"}
	if _, err := mistaken.Find(t.Context(), ""); err == nil || mistaken.Ready(t.Context()) == nil {
		t.Error("fetched from a mistaken address")
	}
}

func TestRemoteOverTLS(t *testing.T) {
	s := signer(t, "EdDSA", testKeys().ed, "d1")
	text, _ := PublicKeys(s)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(text) }))
	t.Cleanup(server.Close)
	if (&Remote{URL: server.URL}).Ready(t.Context()) == nil {
		t.Error("a certificate of nobody was accepted")
	}
	if err := (&Remote{URL: server.URL, Client: server.Client()}).Ready(t.Context()); err != nil {
		t.Error(err)
	}
}
