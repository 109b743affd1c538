package serve

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"sallyport"
	"sallyport/config"
	"sallyport/http1"
	"sallyport/message"
	"sallyport/source"
)

// door is an address that is bound, and what will serve it.
type door struct {
	name, scheme string
	listener     bound
	serve        func() error
	redirect     *redirect // nil where the door is none
}

// bound is an address that is taken, of TCP or UDP.
type bound interface {
	Addr() net.Addr
	Close() error
}

// listen binds every address before any of them serves, so that a start that
// fails has served nobody and leaves no address taken.
func (s *server) listen() error {
	var mistakes source.Mistakes
	var doors []*door
	add := func(d *door, at source.Position, err error) {
		switch m := source.Mistakes(nil); {
		case err == nil:
			doors = append(doors, d)
		case errors.As(err, &m):
			mistakes = append(mistakes, m...)
		default:
			mistakes.Add(at, "", "%s", err)
		}
	}
	for i := range s.config.Listen {
		l := &s.config.Listen[i]
		opened, err := s.open(l)
		for _, d := range opened {
			add(d, l.PositionOf("address"), nil)
		}
		if err != nil {
			add(nil, l.PositionOf("address"), err)
		}
	}
	if a := &s.config.Admin; a.Address != "" {
		d, err := s.openAdmin(a)
		add(d, a.PositionOf("address"), err)
	}
	if err := mistakes.Err(); err != nil {
		for _, d := range doors {
			d.listener.Close()
		}
		return err
	}
	s.failed = make(chan error, len(doors))
	s.redirectTo(doors)
	for _, d := range doors {
		s.serve(d)
	}
	return nil
}

// open binds what a listener needs. What it returns beside an error is bound.
func (s *server) open(l *config.Listener) ([]*door, error) {
	if l.TLS != nil {
		return s.openTLS(l)
	}
	listener, err := bind(string(l.Address))
	if err != nil {
		return nil, err
	}
	d := &door{name: "api", scheme: "http", listener: listener}
	switch {
	case l.Redirect:
		d.redirect = &redirect{to: string(l.RedirectTo), port: "443"}
		d.name = "redirect"
		s.run(d, listener, s.server(d.redirect))
	case l.H2C:
		s.run(d, listener, s.second(s.engine(l, sallyport.Listener{}), sallyport.Listener{}))
	default:
		s.run(d, listener, s.engine(l, sallyport.Listener{}))
	}
	return []*door{d}, nil
}

func (s *server) openTLS(l *config.Listener) ([]*door, error) {
	c := s.certificate(l.TLS)
	take, err := c.read(s.env.Now())
	if err != nil {
		return nil, err
	}
	take()
	s.certs = append(s.certs, c)
	listener, err := bind(string(l.Address))
	if err != nil {
		return nil, err
	}
	doors := []*door{{name: "api", scheme: "https", listener: listener}}
	at := sallyport.Listener{Vet: c.clients.vet()}
	if l.HTTP3 {
		q, err := s.quic(l, c, at, listener.Addr())
		if err != nil {
			return doors, err
		}
		s.runners = append(s.runners, q)
		doors = append(doors, &door{name: "http3", scheme: "https", listener: q, serve: q.serve})
		at.Fields = alternative(q.Addr())
	}
	engine := s.engine(l, at)
	engine.TLS = c.config(tlsVersion(l.TLS.MinVersion))
	s.run(doors[0], listener, s.second(engine, at))
	return doors, nil
}

// run has a door served by r.
func (s *server) run(d *door, l net.Listener, r listening) {
	s.runners = append(s.runners, r)
	d.serve = func() error { return r.Serve(l) }
}

// alternative tells clients over TCP that they may come by HTTP/3 (RFC 7838 §3).
func alternative(a net.Addr) message.Fields {
	_, port, _ := net.SplitHostPort(a.String())
	return message.Fields{{Name: "Alt-Svc", Value: `h3=":` + port + `"; ma=86400`}}
}

// redirectTo tells redirecting listeners the port of the first one with TLS.
func (s *server) redirectTo(doors []*door) {
	i := slices.IndexFunc(doors, func(d *door) bool { return d.scheme == "https" })
	if i < 0 {
		return
	}
	_, port, _ := net.SplitHostPort(doors[i].listener.Addr().String())
	for _, d := range doors {
		if d.redirect != nil {
			d.redirect.port = port
		}
	}
}

// bind listens on TCP.
func bind(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	return l, unbound(address, "", err)
}

// bindUDP takes the same address of UDP.
func bindUDP(address string) (*net.UDPConn, error) {
	a, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, unbound(address, "UDP ", err)
	}
	c, err := net.ListenUDP("udp", a)
	return c, unbound(address, "UDP ", err)
}

// unbound says in words why an address cannot be listened on.
func unbound(address, network string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s%s is in use by another program: stop it, or listen on another port", network, address)
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("%s%s may not be listened on by this user: take a port above 1023, or grant CAP_NET_BIND_SERVICE", network, address)
	}
	return fmt.Errorf("listening on %s%s: %w", network, address, err)
}

// server is net/http's, for HTTP/2, for the operators and for redirecting. It
// bounds what net/http bounds; the rest is the pipeline's.
func (s *server) server(handler http.Handler) *http.Server {
	t := s.config.Timeouts
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	return &http.Server{
		Handler:                      handler,
		Protocols:                    protocols,
		ReadHeaderTimeout:            t.Header.Duration(),
		IdleTimeout:                  t.Idle.Duration(),
		HTTP2:                        http2Limits(t.Body.Duration()),
		MaxHeaderBytes:               s.headerBytes(),
		DisableGeneralOptionsHandler: true, // OPTIONS * is for the pipeline to judge
		ErrorLog:                     log.New(connectionLog{s}, "", 0),
	}
}

// headerBytes is the room for header fields in engines that are not ours: more
// than our own limit, so that the answer is a problem.
func (s *server) headerBytes() int {
	return 2*int(s.config.Sizes.HeaderBytes) + int(s.config.Sizes.TargetBytes)
}

// http2Limits are what one connection of HTTP/2 may cost. Streams that a client
// resets count among those at one time until their handlers have ended, which
// net/http sees to (the rapid reset of CVE-2023-44487), and header blocks of
// many frames are bounded with MaxHeaderBytes (CVE-2023-45288).
func http2Limits(write time.Duration) *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          128,
		MaxReadFrameSize:              16 << 10,
		MaxDecoderHeaderTableSize:     4 << 10,
		MaxReceiveBufferPerStream:     256 << 10,
		MaxReceiveBufferPerConnection: 1 << 20,
		SendPingTimeout:               30 * time.Second,
		PingTimeout:                   15 * time.Second,
		WriteByteTimeout:              write,
	}
}

func (s *server) serve(d *door) {
	address := d.listener.Addr()
	s.log.Info("listening", "listener", d.name, "address", address.String(), "scheme", d.scheme)
	if s.options.Listening != nil {
		s.options.Listening(d.name, d.scheme, address)
	}
	go func() {
		err := d.serve()
		if !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, http1.ErrClosed) {
			s.failed <- fmt.Errorf("serving %s: %w", address, err)
		}
	}()
}

// connectionLog takes what net/http says about connections: clients that
// break off are not worth a line of their own.
type connectionLog struct{ s *server }

func (c connectionLog) Write(p []byte) (int, error) {
	c.s.log.Debug("connection", "error", strings.TrimSpace(string(p)))
	return len(p), nil
}

var _ io.Writer = connectionLog{}
