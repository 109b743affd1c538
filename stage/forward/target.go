package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"sallyport/http1"
)

// Target is one place at which the backend listens. It never changes, but for
// its state: where a name leads elsewhere there is another target.
type Target struct {
	// Address is scheme, host and port, or unix: and a path, for logs.
	Address string

	*state
	url    *url.URL // scheme, and the host that the target is asked by
	prefix string
	weight int
	most   int64  // requests under way, 0 is no bound
	seed   uint64 // of the hash by which keys choose it
	// key is another one for every target: two of one host may lead to
	// different places.
	key string
	how *connecting
	// idle are its connections of HTTP/1.1 that nobody uses.
	idle *idle
	// socket is a path in the file system; else name and port lead there, by
	// addresses if the name was resolved already.
	socket, name, port string
	addresses          []netip.Addr
}

// connecting is how connections are made.
type connecting struct {
	// within bounds the time until a connection stands, TLS included; 0 is for ever.
	within   time.Duration
	protocol Protocol
	tls      *tls.Config
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
		how:     how,
		name:    u.Hostname(),
		port:    port,
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
		how:     how,
		socket:  path,
	}, nil
}

// resolvable tells whether a resolver has something to say about the target.
func (t *Target) resolvable() bool {
	_, err := netip.ParseAddr(t.name)
	return t.socket == "" && err != nil
}

// at is the same target at these addresses.
func (t *Target) at(addresses []netip.Addr) *Target {
	moved := *t
	moved.addresses = addresses
	return &moved
}

// only is the target at one address of its name, as a target of its own.
func (t *Target) only(address netip.Addr) *Target {
	alone := t.at([]netip.Addr{address})
	alone.Address = t.url.Scheme + "://" + netipPort(address, t.port)
	return alone
}

// label is what the target is called in metrics: two of one address may have
// different paths.
func (t *Target) label() string {
	if t.socket != "" && t.prefix != "" {
		return t.Address + ":" + t.prefix
	}
	return t.Address + t.prefix
}

// sameAs tells whether two targets of one name lead to the same addresses.
func (t *Target) sameAs(addresses []netip.Addr) bool {
	return len(t.addresses) == len(addresses) && !slices.ContainsFunc(addresses, func(a netip.Addr) bool { return !slices.Contains(t.addresses, a) })
}

// room tells whether the target takes one more request.
func (t *Target) room() bool { return t.most == 0 || t.flying.Load() < t.most }

// enter counts a request under way, if there is room for it and the circuit
// permits it.
func (t *Target) enter(now int64) (probe, ok bool) {
	if flying := t.flying.Add(1); t.most > 0 && flying > t.most {
		t.flying.Add(-1)
		return false, false
	}
	if probe, ok = t.circuit.enter(now); !ok {
		t.flying.Add(-1)
	}
	return probe, ok
}

// connect makes a new connection to the target, over TLS where it is https. For
// its errors isDial holds: nothing was sent.
func (t *Target) connect(ctx context.Context) (net.Conn, error) {
	if t.how.within > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, t.how.within)
		defer cancel()
	}
	conn, err := t.dial(ctx)
	if err == nil && t.url.Scheme == "https" {
		conn, err = t.secure(ctx, conn)
	}
	if err != nil {
		return nil, &connectError{err}
	}
	return conn, nil
}

// dial tries the addresses one after the other, each within its part of the
// time that is left.
func (t *Target) dial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{KeepAlive: 30 * time.Second}
	if t.socket != "" {
		return dialer.DialContext(ctx, "unix", t.socket)
	}
	if len(t.addresses) == 0 {
		return dialer.DialContext(ctx, "tcp", net.JoinHostPort(t.name, t.port))
	}
	var last error
	for i, address := range t.addresses {
		part, cancel := ctx, context.CancelFunc(func() {})
		if t.how.within > 0 {
			part, cancel = context.WithTimeout(ctx, t.how.within/time.Duration(len(t.addresses)-i))
		}
		conn, err := dialer.DialContext(part, "tcp", netipPort(address, t.port))
		cancel()
		if err == nil || ctx.Err() != nil {
			return conn, err
		}
		last = err
	}
	return nil, last
}

func netipPort(address netip.Addr, port string) string {
	return net.JoinHostPort(address.String(), port)
}

func (t *Target) secure(ctx context.Context, plain net.Conn) (net.Conn, error) {
	config := t.how.tls
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = t.name
	}
	under := plain
	if t.how.protocol != HTTP2 && t.how.protocol != Auto {
		under = http1.NewSocket(plain)
	}
	conn := tls.Client(under, config)
	err := conn.HandshakeContext(ctx)
	if err == nil && t.how.protocol == HTTP2 && conn.ConnectionState().NegotiatedProtocol != "h2" {
		err = errNoHTTP2
	}
	if err != nil {
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
