package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"

	"sallyport"
	"sallyport/config"
	"sallyport/http1"
	"sallyport/message"
)

// runner is what serves until it is told to end.
type runner interface {
	Shutdown(context.Context) error
	Close() error
}

// listening is a runner over TCP. net/http's server is one, and so is ours.
type listening interface {
	runner
	Serve(net.Listener) error
}

// passage hands what our engine reads to the gateway.
type passage struct {
	gateway  *sallyport.Gateway
	listener *sallyport.Listener
}

func (p passage) exchange(c *http1.Conn, r *message.Request) *sallyport.Exchange {
	return &sallyport.Exchange{Context: c.Context(), Request: r, Answer: p.listener.Fields}
}

// Serve implements http1.Handler.
func (p passage) Serve(c *http1.Conn, r *message.Request) error {
	return p.gateway.ServeAt(p.listener, p.exchange(c, r), c)
}

// Refuse implements http1.Handler.
func (p passage) Refuse(c *http1.Conn, r *message.Request, fault *http1.Fault) error {
	return p.gateway.Refuse(p.exchange(c, r), c, sallyport.Unreadable(fault))
}

// engine serves the API on a listener by our own engine.
func (s *server) engine(l *config.Listener, at sallyport.Listener) *http1.Server {
	t, sizes := s.config.Timeouts, s.config.Sizes
	at.Fields = slices.Clip(at.Fields) // what is added is added to a copy
	return &http1.Server{
		Handler: passage{s.gateway, &at},
		// Host and Transfer-Encoding are no fields any more where the pipeline counts them.
		Limits: http1.Limits{Target: int(sizes.TargetBytes), Fields: int(sizes.HeaderBytes), Count: sizes.HeaderCount + 2},
		Patience: http1.Patience{
			Idle: t.Idle.Duration(), Head: t.Header.Duration(), Progress: t.Body.Duration(), Rate: int64(t.MinRate),
		},
		Most: l.MaxConnections, MostOfOne: l.MaxConnectionsPerClient,
		Exempt:  s.isProxy,
		Refused: s.turnedAway.Inc,
		Failed:  s.connectionFailed,
	}
}

// isProxy tells whether the configuration of the moment trusts a proxy there.
func (s *server) isProxy(address netip.Addr) bool {
	return slices.ContainsFunc(*s.proxies.Load(), func(p config.Prefix) bool { return p.Contains(address) })
}

// connectionFailed tells of what goes wrong with connections: clients that
// break off are not worth a line of their own.
func (s *server) connectionFailed(err error) {
	if p := (*http1.Panic)(nil); errors.As(err, &p) {
		s.log.Error("serving a connection", "error", err)
		return
	}
	if wrong, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		s.clientRefused(wrong.Err)
		return
	}
	s.log.Debug("connection", "error", err)
}

// versions serves HTTP/1.1 by our engine, and HTTP/2 by net/http's: where both
// sides have agreed on it over TLS, or where a connection in the clear begins
// with it and the listener says h2c.
type versions struct {
	first  *http1.Server
	second *http.Server
	handed *handed
}

// second adds HTTP/2 to a listener's engine.
func (s *server) second(first *http1.Server, at sallyport.Listener) *versions {
	v := &versions{first: first, second: s.server(s.gateway.At(at)), handed: &handed{conns: make(chan net.Conn), over: make(chan struct{})}}
	if first.TLS != nil {
		first.Other = func(_ string, c *tls.Conn) { v.handed.give(c) }
		return v
	}
	v.second.Protocols = new(http.Protocols)
	v.second.Protocols.SetUnencryptedHTTP2(true)
	first.Prior = v.handed.give
	return v
}

// Serve implements runner.
func (v *versions) Serve(l net.Listener) error {
	v.handed.address = l.Addr()
	go v.second.Serve(v.handed) // it ends with the other one, and only so
	return v.first.Serve(l)
}

// Shutdown implements runner.
func (v *versions) Shutdown(ctx context.Context) error {
	second := make(chan error, 1)
	go func() { second <- v.second.Shutdown(ctx) }()
	return errors.Join(v.first.Shutdown(ctx), <-second)
}

// Close implements runner.
func (v *versions) Close() error {
	v.handed.Close()
	return errors.Join(v.first.Close(), v.second.Close())
}

// handed is a listener whose connections speak HTTP/2.
type handed struct {
	address net.Addr
	conns   chan net.Conn
	once    sync.Once
	over    chan struct{}
}

func (h *handed) give(c net.Conn) {
	select {
	case h.conns <- c:
	case <-h.over:
		c.Close()
	}
}

// Accept implements net.Listener.
func (h *handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.over:
		return nil, net.ErrClosed
	}
}

func (h *handed) Close() error { h.once.Do(func() { close(h.over) }); return nil }

// Addr implements net.Listener.
func (h *handed) Addr() net.Addr { return h.address }
