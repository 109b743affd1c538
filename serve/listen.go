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

	"sallyport/config"
	"sallyport/http1"
	"sallyport/source"
)

// door is an address that is bound, and what will serve it.
type door struct {
	name, scheme string
	listener     net.Listener
	runner       runner
	redirect     *redirect // nil where the door is none
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
		d, err := s.open(l)
		add(d, l.PositionOf("address"), err)
	}
	if a := s.config.Admin; a.Address != "" {
		d, err := s.openAdmin(string(a.Address))
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

func (s *server) open(l *config.Listener) (*door, error) {
	d := &door{name: "api", scheme: "http"}
	switch {
	case l.TLS != nil:
		c := &certificate{files: l.TLS}
		pair, err := c.read(s.env.Now())
		if err != nil {
			return nil, err
		}
		c.current.Store(pair)
		s.certs = append(s.certs, c)
		engine := s.engine(l)
		engine.TLS = c.config(tlsVersion(l.TLS.MinVersion))
		d.scheme, d.runner = "https", s.second(engine)
	case l.Redirect:
		d.redirect = &redirect{to: string(l.RedirectTo), port: "443"}
		d.name, d.runner = "redirect", s.server(d.redirect)
	case l.H2C:
		d.runner = s.second(s.engine(l))
	default:
		d.runner = s.engine(l)
	}
	var err error
	d.listener, err = bind(string(l.Address))
	s.runners = append(s.runners, d.runner)
	return d, err
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

// bind says in words why an address cannot be listened on.
func bind(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("%s is in use by another program: stop it, or listen on another port", address)
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("%s may not be listened on by this user: take a port above 1023, or grant CAP_NET_BIND_SERVICE", address)
	case err != nil:
		return nil, fmt.Errorf("listening on %s: %w", address, err)
	}
	return l, nil
}

// server is net/http's, for HTTP/2, for the operators and for redirecting. It
// bounds what net/http bounds; the rest is the pipeline's. Header fields get
// room beyond our own limit, so that the answer is a problem.
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
		MaxHeaderBytes:               2*int(s.config.Sizes.HeaderBytes) + int(s.config.Sizes.TargetBytes),
		DisableGeneralOptionsHandler: true, // OPTIONS * is for the pipeline to judge
		ErrorLog:                     log.New(connectionLog{s}, "", 0),
	}
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
		err := d.runner.Serve(d.listener)
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
