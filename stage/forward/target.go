package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Target is one place at which the backend listens.
type Target struct {
	// Address is scheme, host and port, or unix: and a path, for logs.
	Address string

	url    *url.URL // scheme, and the host that the target is asked by
	prefix string
	// key is another one for every target: two of one host may lead to
	// different places.
	key  string
	to   place
	how  *connecting
	name string // what certificates are checked against

	// avoid is the time in Unix nanoseconds until which others are tried first.
	avoid atomic.Int64
	clock func() time.Time
}

// place is where a target's connections lead.
type place struct{ network, address string }

// connecting is how connections are made.
type connecting struct {
	// within bounds the time until a connection stands, TLS included; 0 is for ever.
	within time.Duration
	tls    *tls.Config
}

// newTarget reads http://host:port/prefix, https://… or unix:/path/of/socket,
// the last with a prefix behind a second colon.
func newTarget(text string, how *connecting) (*Target, error) {
	if rest, ok := strings.CutPrefix(text, "unix:"); ok {
		return newSocket(rest, how)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("upstream %q is neither an http or https URL nor unix: with a path", text)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return &Target{
		Address: u.Scheme + "://" + u.Host,
		url:     u,
		prefix:  strings.TrimSuffix(u.EscapedPath(), "/"),
		to:      place{"tcp", net.JoinHostPort(u.Hostname(), port)},
		how:     how,
		name:    u.Hostname(),
	}, nil
}

func newSocket(rest string, how *connecting) (*Target, error) {
	path, prefix, _ := strings.Cut(rest, ":")
	if !strings.HasPrefix(path, "/") || prefix != "" && !strings.HasPrefix(prefix, "/") {
		return nil, fmt.Errorf("upstream %q is not unix:/path/of/socket or unix:/path/of/socket:/prefix", "unix:"+rest)
	}
	return &Target{
		Address: "unix:" + path,
		url:     &url.URL{Scheme: "http", Host: "localhost"}, // RFC 9110 §7.2 wants a host, a socket has none
		prefix:  strings.TrimSuffix((&url.URL{Path: prefix}).EscapedPath(), "/"),
		to:      place{"unix", path},
		how:     how,
	}, nil
}

// connect makes a new connection to the target, over TLS where it is https. For
// its errors isDial holds: nothing was sent.
func (t *Target) connect(ctx context.Context) (net.Conn, error) {
	if t.how.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.how.within)
		defer cancel()
	}
	dialer := net.Dialer{KeepAlive: 30 * time.Second}
	conn, err := dialer.DialContext(ctx, t.to.network, t.to.address)
	if err == nil && t.url.Scheme == "https" {
		conn, err = t.secure(ctx, conn)
	}
	if err != nil {
		return nil, &connectError{err}
	}
	return conn, nil
}

func (t *Target) secure(ctx context.Context, plain net.Conn) (net.Conn, error) {
	config := t.how.tls
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = t.name
	}
	conn := tls.Client(plain, config)
	if err := conn.HandshakeContext(ctx); err != nil {
		plain.Close()
		return nil, err
	}
	return conn, nil
}

// connectError says that no connection stood, and so nothing was sent.
type connectError struct{ error }

func (e *connectError) Unwrap() error { return e.error }

func isDial(err error) bool {
	var connect *connectError
	return errors.As(err, &connect)
}
