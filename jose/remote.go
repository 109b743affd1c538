package jose

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	defaultMaxAge   = 10 * time.Minute
	defaultCooldown = 30 * time.Second
	defaultMaxStale = 24 * time.Hour
	defaultTimeout  = 5 * time.Second
	firstRetry      = time.Second
)

// Remote is a Source that fetches a JWK set over HTTPS when it is needed. Set the fields, then call Check
// or Ready; do not change them after, nor copy it. It owns no goroutine between fetches, and never has more
// than one fetch under way, however many tokens ask for it.
type Remote struct {
	// URL is the address of the set, the issuer's jwks_uri. It must be https, or http to a loopback host.
	URL string

	// Issuer is the issuer whose metadata say where the set is, if URL is empty: OpenID Connect Discovery, or
	// RFC 8414. Its name must be a URL of https, or http to a loopback host, and stand in the metadata to the
	// letter. Nothing but the address is taken from there.
	Issuer string

	// AllowHTTP accepts plain http to any host. Whoever is on the way can then put their own keys in.
	AllowHTTP bool

	// Client makes the requests. Nil means one of its own, without proxies, which connects to no private
	// address that metadata lead to under another name than the issuer's; with any other that is left to its
	// transport. Redirects are refused and no cookies kept with any.
	Client *http.Client

	// MaxAge is how old a set may be before it is fetched again, in the background, at its next use. At twice
	// this age its next use waits for the fetch: a withdrawn key lives on for so long, unless the issuer fails.
	// Where the answer's Cache-Control says less, that counts, but never less than Cooldown. Zero means 10 min.
	MaxAge time.Duration

	// Cooldown is the time between two fetches, so that tokens with made-up names of keys cannot have us
	// hammer the issuer: a name that was asked for is not asked for again within it. For one new name a fetch
	// is saved up, so that a key which is used as soon as it is published is known at once; it counts as taken
	// if it was in vain. Otherwise a new key is known after this time at the latest, and until then it is
	// Undecided whether there is one of that name. Zero means 30 s.
	Cooldown time.Duration

	// MaxStale is how old a set may get while fetches fail; after that no token is accepted. Zero means 24 h.
	MaxStale time.Duration

	// Timeout bounds one fetch. Zero means 5 s.
	Timeout time.Duration

	// Now is the clock. Nil means time.Now.
	Now func() time.Time

	held       atomic.Pointer[heldKeys]
	discovered discovered

	mu       sync.Mutex
	flight   *flight   // the fetch under way, or nil
	started  time.Time // when the latest fetch began
	failures int       // fetches failed in a row
	failure  error     // of the latest fetch, or nil
	failed   time.Time // when it began
	spent    time.Time // extra fetches were taken up to here, one for each Cooldown
	asked    []string  // names of keys that were asked for since the latest fetch that was due
	wanted   []string  // names that came too soon for a fetch: the next one is for them too
}

const (
	// extraFetches is how many can be saved up for new names of keys.
	extraFetches = 1
	// maxWanted bounds the names that are remembered for one fetch.
	maxWanted = 16
)

// Undecided says that nobody knows yet whether the issuer has a key of that name: its set was fetched a
// moment ago, before the name was heard of, and is not fetched again before Retry has passed.
type Undecided struct{ Retry time.Duration }

func (u *Undecided) Error() string {
	return "the key it names is not known, and it is too soon to ask the issuer for newer ones"
}

// heldKeys is the latest good set.
type heldKeys struct {
	keys  *Keys
	at    time.Time
	fresh time.Duration
}

// flight is a fetch that any number of callers wait for; what it brought is held before done closes.
type flight struct {
	done  chan struct{}
	extra string // the name of the key for which it is one of those that were saved up, or ""
	keys  *Keys
	fresh time.Duration
	err   error
}

// Check reports a mistake in the settings.
func (r *Remote) Check() error {
	address := r.URL
	if address == "" && r.Issuer != "" {
		if address = r.Issuer; strings.Contains(address, "?") {
			return errors.New("name of an issuer: it must not have a query") // RFC 8414 §2
		}
	}
	switch {
	case min(r.MaxAge, r.Cooldown, r.MaxStale, r.Timeout) < 0:
		return errors.New("fetching a key set: a time below zero")
	case r.maxStale() < r.maxAge():
		return errors.New("fetching a key set: the stale age is below the age at which a set is fetched again")
	}
	return checkAddress(address, r.AllowHTTP)
}

// checkAddress says what is wrong with the URL of a key set, or of an issuer.
func checkAddress(address string, allowHTTP bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("address of a key set: not a URL")
	case u.Host == "" || u.User != nil || u.Fragment != "":
		return errors.New("address of a key set: it needs a host, and neither a password nor a fragment")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("address of a key set: neither https nor http")
	case u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()):
		return errors.New("address of a key set: plain http to another machine; use https")
	}
	return nil
}

// name is what the set is called in messages.
func (r *Remote) name() string { return cmp.Or(r.URL, r.Issuer) }

// Ready fetches the set unless one is held, and reports why no token could be verified now.
func (r *Remote) Ready(ctx context.Context) error {
	if err := r.Check(); err != nil {
		return err
	}
	keys, err := r.Find(ctx, "")
	if err != nil {
		return err
	}
	if keys.Len() == 0 {
		return fmt.Errorf("key set of %s: none of its keys can verify a token", r.name())
	}
	return nil
}

// Current returns the set that is held, and has it fetched again when it has grown old. There is none when it
// is so old that the fetch must be waited for: it may hold a key that was withdrawn long ago, in a time when
// nobody came with a token. Where the issuer fails that cannot be known, and the set counts up to MaxStale.
func (r *Remote) Current() *Keys {
	held := r.held.Load()
	if held == nil {
		return nil
	}
	age := r.now().Sub(held.at)
	if age <= held.fresh {
		return held.keys
	}
	r.start("")
	if age > r.maxStale() || age > 2*held.fresh && !r.failing() {
		return nil
	}
	return held.keys
}

// failing tells whether a fetch has failed that is no older than a set may be.
func (r *Remote) failing() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failure != nil && r.now().Sub(r.failed) <= r.maxAge()
}

// Find returns the set that is held; where it does not know kid, is too old, or there is none, it waits for a
// fetch, if one is due, until ctx ends. A set without kid is one that was fetched after kid was heard of.
func (r *Remote) Find(ctx context.Context, kid string) (*Keys, error) {
	if keys := r.Current(); keys != nil && (kid == "" || keys.knows(kid)) {
		return keys, nil
	}
	for range 2 { // the fetch under way, which may have begun too soon for kid, and one for it
		fetch := r.start(kid)
		if fetch == nil {
			break
		}
		select {
		case <-fetch.done:
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the key set of %s: %w", r.name(), context.Cause(ctx))
		}
		if keys, err := r.settle(kid); !tooSoon(err) {
			return keys, err
		}
	}
	return r.settle(kid)
}

func tooSoon(err error) bool {
	_, is := err.(*Undecided)
	return is
}

// settle is what can be said of kid without a further fetch.
func (r *Remote) settle(kid string) (*Keys, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, keys := r.now(), (*Keys)(nil)
	if held := r.held.Load(); held != nil && now.Sub(held.at) <= r.maxStale() {
		keys = held.keys
	}
	switch {
	case keys != nil && (kid == "" || keys.knows(kid)): // newly fetched, or the issuer fails
		return keys, nil
	case r.failure != nil:
		return nil, r.failure // it is not known whether kid is good
	case keys == nil || slices.Contains(r.asked, kid):
		return keys, nil
	}
	due, extra := r.started.Add(r.cooldown()), r.spent.Add(r.cooldown())
	if extra.Before(due) {
		due = extra
	}
	return nil, &Undecided{Retry: max(due.Sub(now), time.Second)}
}

// start joins the fetch under way or begins one. It returns nil when it is too soon: after a success the whole
// cooldown, unless kid is one of few new names; after failures a second, then two, four, up to it.
func (r *Remote) start(kid string) *flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.flight != nil {
		r.want(kid) // the issuer may have answered before there was a key of that name
		return r.flight
	}
	now, extra := r.now(), ""
	switch {
	case r.started.IsZero() || now.Sub(r.started) >= r.pause():
		r.asked = r.asked[:0]
	case r.failures > 0 || kid == "" || !r.extra(kid, now):
		r.want(kid)
		return nil
	default:
		extra = kid
	}
	r.want(kid)
	r.asked, r.wanted = append(r.asked, r.wanted...), r.wanted[:0]
	r.started = now
	r.flight = &flight{done: make(chan struct{}), extra: strings.Clone(extra)}
	go r.land(r.flight, now)
	return r.flight
}

// want notes a name that the next fetch is for. The name is a stranger's: few are kept, and the last of them
// is given up for the one that a fetch begins with.
func (r *Remote) want(kid string) {
	if kid == "" || slices.Contains(r.asked, kid) || slices.Contains(r.wanted, kid) {
		return
	}
	if len(r.wanted) == maxWanted {
		r.wanted = r.wanted[:maxWanted-1]
	}
	r.wanted = append(r.wanted, strings.Clone(kid))
}

// extra takes one of the fetches that are saved up, for a name that was not asked for yet.
func (r *Remote) extra(kid string, now time.Time) bool {
	if slices.Contains(r.asked, kid) {
		return false
	}
	if full := now.Add(-extraFetches * r.cooldown()); r.spent.Before(full) {
		r.spent = full
	}
	next := r.spent.Add(r.cooldown())
	if next.After(now) {
		return false
	}
	r.spent = next
	return true
}

func (r *Remote) pause() time.Duration {
	if r.failures == 0 {
		return r.cooldown()
	}
	return min(r.cooldown(), firstRetry<<min(r.failures-1, 16))
}

// land runs a fetch to its end, on nobody's context: the caller who began it may be gone while others wait.
func (r *Remote) land(f *flight, began time.Time) {
	f.keys, f.fresh, f.err = r.fetch()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flight, r.failure = nil, f.err
	if f.err != nil {
		r.failures++
		r.failed = began
	} else {
		r.failures = 0
		if f.extra != "" && f.keys.knows(f.extra) {
			r.spent = r.spent.Add(-r.cooldown()) // who makes names up is not in the set
		}
		r.held.Store(&heldKeys{f.keys, began, f.fresh})
	}
	close(f.done)
}

func (r *Remote) fetch() (keys *Keys, fresh time.Duration, err error) {
	defer func() {
		// The bytes are foreign and this goroutine has nobody above it: a fault of a reader would end the
		// process.
		if fault := recover(); fault != nil {
			err = fmt.Errorf("reading the key set of %s: %v", r.name(), fault)
		}
	}()
	if err := r.Check(); err != nil {
		return nil, 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout())
	defer cancel()
	client, done := r.client(nil)
	defer done()
	address, err := r.address(ctx, client)
	if err != nil {
		return nil, 0, err
	}
	if r.foreign(address) {
		client, done = r.client(strangers().Control)
		defer done()
	}
	text, fields, err := get(ctx, client, address, "application/jwk-set+json, application/json", maxSetBytes)
	if err == nil {
		keys, err = ParseKeys(text)
	}
	if err == nil && keys.shared() {
		err = errors.New("it holds shared secrets (kty oct), which everybody can fetch")
	}
	if err != nil {
		r.discovered = discovered{} // they may be elsewhere now
		return nil, 0, fmt.Errorf("fetching the key set of %s: %w", r.name(), err)
	}
	fresh = r.maxAge()
	if said, ok := freshness(fields); ok {
		fresh = min(max(said, r.cooldown()), fresh)
	}
	return keys, fresh, nil
}

// get is the content of an answer of 200 at the address itself.
func get(ctx context.Context, client *http.Client, address, accept string, most int) ([]byte, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", accept)
	response, err := client.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s: status %d", address, response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, int64(most)+1))
	if err == nil && len(text) > most {
		err = fmt.Errorf("%s: longer than %d bytes", address, most)
	}
	return text, response.Header, err
}

// client returns the client with its redirects and cookies off, and what to call when the fetch is done. Its
// connections, where they are its own, are begun only where control has no error (net.Dialer); nil has none.
func (r *Remote) client(control func(network, address string, _ syscall.RawConn) error) (*http.Client, func()) {
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if r.Client != nil {
		client := *r.Client
		client.CheckRedirect, client.Jar = stay, nil
		return &client, func() {}
	}
	transport := &http.Transport{
		DialContext:            (&net.Dialer{Control: control}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		MaxResponseHeaderBytes: 64 << 10,
		DisableKeepAlives:      true, // the next fetch is minutes away
		ForceAttemptHTTP2:      true,
	}
	return &http.Client{Transport: transport, CheckRedirect: stay}, transport.CloseIdleConnections
}

// loopback takes names literally: what "localhost.example" resolves to is somebody else's choice.
func loopback(host string) bool {
	if folded(host) == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (r *Remote) maxAge() time.Duration   { return orDefault(r.MaxAge, defaultMaxAge) }
func (r *Remote) cooldown() time.Duration { return orDefault(r.Cooldown, defaultCooldown) }
func (r *Remote) timeout() time.Duration  { return orDefault(r.Timeout, defaultTimeout) }

// maxStale is never below a MaxAge that was set alone.
func (r *Remote) maxStale() time.Duration {
	if r.MaxStale == 0 {
		return max(defaultMaxStale, r.maxAge())
	}
	return r.MaxStale
}

func orDefault(set, otherwise time.Duration) time.Duration {
	if set == 0 {
		return otherwise
	}
	return set
}

func (r *Remote) now() time.Time {
	if r.Now == nil {
		return time.Now()
	}
	return r.Now()
}
