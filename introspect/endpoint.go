// Package introspect asks an authorization server whether a token is active and
// what it grants (RFC 7662), and remembers the answers for a while.
//
// Nothing it is told by the holder of a token can make it ask without end: a
// token has a form and a length, one question about it is under way at one time,
// the questions together are bounded, and while the server fails nobody is asked
// but one. It takes plain JSON alone, not the signed answers of RFC 9701, follows
// no redirect, knows no proxy, and never takes an answer that it cannot read for
// a yes.
package introspect

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"sallyport/jose"
)

const (
	// MaxToken is the longest token that is asked about, in bytes.
	MaxToken = 8 << 10
	// maxAnswer is the longest answer that is read, in bytes.
	maxAnswer       = 64 << 10
	maxAnswerFields = 16 << 10
)

// Settings say whom to ask, and how.
type Settings struct {
	// URL is the introspection endpoint: https, or http on loopback.
	URL string
	// Client proves to the endpoint who asks (RFC 7662 §2.1).
	Client Client
	// TLS is how an https endpoint is spoken to; nil is TLS 1.2 or later with the
	// system's roots. It is not changed.
	TLS *tls.Config
	// Timeout bounds a question, the wait for its turn included. Zero means 3 s.
	Timeout time.Duration
	// Calls is how many questions may be under way. Zero means 64.
	Calls int
	// Now is the clock. Nil means time.Now.
	Now func() time.Time
}

// Endpoint is an introspection endpoint. It is safe for many goroutines, and has
// none of its own.
type Endpoint struct {
	settings Settings
	client   *http.Client
	turns    chan struct{}
	circuit  circuit
	answered atomic.Bool
}

// ErrInactive says that the server knows the token as expired, taken back, not
// yet good, or not at all (RFC 7662 §2.2).
var ErrInactive = errors.New("token refused (inactive): the issuer does not take it for active")

// Failure says that it is not known whether the token is active.
type Failure struct {
	Cause error
	// Retry is when it may be known.
	Retry time.Duration
	// loud tells that the endpoint itself fails, whatever the token.
	loud bool
}

func (f *Failure) Error() string { return "token not checked (introspection): " + f.Cause.Error() }

// Unwrap gives errors.Is and errors.As the cause.
func (f *Failure) Unwrap() error { return f.Cause }

// New makes an endpoint; it asks nothing yet.
func New(s Settings) (*Endpoint, error) {
	if s.Timeout == 0 {
		s.Timeout = 3 * time.Second
	}
	if s.Calls == 0 {
		s.Calls = 64
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if err := checkAddress(s.URL); err != nil {
		return nil, err
	}
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.TLS != nil {
		secure = s.TLS.Clone()
	}
	transport := &http.Transport{
		Proxy:                  nil, // a proxy of the environment would see every token
		DialContext:            (&net.Dialer{Timeout: s.Timeout}).DialContext,
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    s.Timeout,
		MaxConnsPerHost:        s.Calls,
		MaxIdleConnsPerHost:    s.Calls,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: maxAnswerFields,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
	}
	return &Endpoint{
		settings: s,
		client: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		turns: make(chan struct{}, s.Calls),
	}, nil
}

func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "":
		return errors.New("address of an introspection endpoint: it needs a host, and neither a password nor a fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()), u.Scheme != "http" && u.Scheme != "https":
		return errors.New("address of an introspection endpoint: neither https nor http on loopback")
	}
	return nil
}

// loopback takes names literally: what a name resolves to is somebody else's choice.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// Close gives up connections that are idle.
func (e *Endpoint) Close() { e.client.CloseIdleConnections() }

// URL is the address that is asked.
func (e *Endpoint) URL() string { return e.settings.URL }

// Ask puts one question, whether ctx ends or not: others may wait for the answer.
// The error is ErrInactive, a *Failure, or a *jose.Error for a token that is
// active and of which the answer says what cannot be read.
func (e *Endpoint) Ask(ctx context.Context, token string) (answer *jose.Token, err error) {
	if wait, ok := e.circuit.permits(e.settings.Now()); !ok {
		return nil, suspended(wait)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.settings.Timeout)
	defer cancel()
	select {
	case e.turns <- struct{}{}:
		defer func() { <-e.turns }()
	case <-ctx.Done():
		return nil, &Failure{Cause: errors.New("as many questions are under way as may be"), Retry: time.Second}
	}
	probe, wait, ok := e.circuit.enter(e.settings.Now())
	if !ok {
		return nil, suspended(wait)
	}
	failure := &Failure{loud: true} // until it is known better, come what may
	defer func() {
		wait := e.circuit.leave(e.settings.Now(), probe, failure != nil && failure.loud)
		if failure != nil {
			failure.Retry = max(failure.Retry, wait, time.Second)
		}
	}()
	answer, err = e.ask(ctx, token)
	failure, _ = errors.AsType[*Failure](err)
	if failure == nil {
		e.answered.Store(true)
	}
	return answer, err
}

func suspended(wait time.Duration) error {
	return &Failure{Cause: errors.New("the endpoint has failed too often, and is asked again in a while"), Retry: wait}
}

func (e *Endpoint) ask(ctx context.Context, token string) (*jose.Token, error) {
	request, err := e.request(ctx, token)
	if err != nil {
		return nil, &Failure{Cause: err, loud: true}
	}
	response, err := e.client.Do(request)
	if err != nil {
		return nil, &Failure{Cause: err, loud: true}
	}
	defer response.Body.Close()
	if err := judge(response); err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &Failure{Cause: fmt.Errorf("reading its answer: %w", err), loud: true}
	case len(text) > maxAnswer:
		return nil, &Failure{Cause: errors.New("its answer is too long"), loud: true}
	}
	return parse(text)
}

func (e *Endpoint) request(ctx context.Context, token string) (*http.Request, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	e.settings.Client.sign(form)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.settings.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json") // RFC 9701 §5 is not asked for
	// To ask twice changes nothing: a kept connection that was dead may be
	// replaced. The empty list is for net/http, and is not sent.
	request.Header["Idempotency-Key"] = nil
	e.settings.Client.authorize(request.Header)
	return request, nil
}

// judge looks at an answer before its body is read. A status that the token may
// have provoked, in the endpoint or in what stands in front of it, is not held
// against the endpoint: else one strange token would shut all others out.
func judge(response *http.Response) error {
	switch status := response.StatusCode; {
	case status == http.StatusUnauthorized:
		return &Failure{Cause: errors.New("it refuses our own credentials (401)"), loud: true}
	case status == http.StatusTooManyRequests || status >= 500:
		return &Failure{Cause: errors.New("it answers " + strconv.Itoa(status)), Retry: retryAfter(response.Header), loud: true}
	case status != http.StatusOK:
		return &Failure{Cause: errors.New("it answers " + strconv.Itoa(status))}
	}
	media, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case media == "application/token-introspection+jwt":
		return &Failure{Cause: errors.New("it answers with a signed token (RFC 9701), which is not read here: have it answer application/json"), loud: true}
	case err != nil || media != "application/json": // RFC 7662 §2.2
		return &Failure{Cause: errors.New("its answer is not application/json"), loud: true}
	case response.ContentLength > maxAnswer:
		return &Failure{Cause: errors.New("its answer is too long"), loud: true}
	}
	return nil
}

// retryAfter reads seconds (RFC 9110 §10.2.3), a minute at most.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 16)
	if err != nil {
		return 0
	}
	return min(time.Duration(seconds)*time.Second, time.Minute)
}

// Ready tells why no token could be checked now: it asks about one that nobody
// has, unless the endpoint has answered before.
func (e *Endpoint) Ready(ctx context.Context) error {
	if e.answered.Load() {
		return nil
	}
	switch answer, err := e.Ask(ctx, rand.Text()); {
	case answer != nil:
		return errors.New("it takes a token that was made up for active")
	case errors.Is(err, ErrInactive):
		return nil
	default:
		return err
	}
}
