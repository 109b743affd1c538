package serve

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"

	"sallyport/config"
	"sallyport/source"
	"sallyport/stage/admit"
)

// listen binds every address before any of them serves, so that a start that
// fails has served nobody.
func (s *server) listen() error {
	var mistakes source.Mistakes
	var serving []func()
	for i := range s.config.Listen {
		l := &s.config.Listen[i]
		serve, err := s.open(l)
		if err != nil {
			mistakes.Add(l.PositionOf("address"), "", "%s", err)
			continue
		}
		serving = append(serving, serve)
	}
	if address := string(s.config.Admin.Address); address != "" {
		serve, err := s.openAdmin(address)
		if err != nil {
			mistakes.Add(s.config.Admin.PositionOf("address"), "", "%s", err)
		} else {
			serving = append(serving, serve)
		}
	}
	if err := mistakes.Err(); err != nil {
		return err
	}
	for _, serve := range serving {
		serve()
	}
	return nil
}

func (s *server) open(l *config.Listener) (func(), error) {
	handler, scheme, name := http.Handler(s.gateway), "http", "api"
	var tlsConfig *tls.Config
	switch {
	case l.TLS != nil:
		c, err := loadCertificate(l.TLS.Certificate, l.TLS.Key, s.env.Now())
		if err != nil {
			return nil, err
		}
		s.certs = append(s.certs, c)
		tlsConfig, scheme = c.config(tlsVersion(l.TLS.MinVersion)), "https"
	case l.Redirect:
		handler, name = &redirect{to: string(l.RedirectTo), port: s.tlsPort}, "redirect"
	}
	listener, err := bind(string(l.Address))
	if err != nil {
		return nil, err
	}
	server := s.server(handler)
	server.TLSConfig = tlsConfig
	return func() { s.serve(server, listener, name, scheme) }, nil
}

func tlsVersion(text string) uint16 {
	if text == "1.3" {
		return tls.VersionTLS13
	}
	return tls.VersionTLS12
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

// server bounds what net/http bounds; the rest is the pipeline's. Header
// fields get room beyond our own limit, so that the answer is a problem.
func (s *server) server(handler http.Handler) *http.Server {
	t := s.config.Timeouts
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	h := &http.Server{
		Handler:                      handler,
		Protocols:                    protocols,
		ReadHeaderTimeout:            t.Header.Duration(),
		IdleTimeout:                  t.Idle.Duration(),
		MaxHeaderBytes:               2*int(s.config.Sizes.HeaderBytes) + int(s.config.Sizes.TargetBytes),
		DisableGeneralOptionsHandler: true, // OPTIONS * is for the pipeline to judge
		ErrorLog:                     log.New(connectionLog{s}, "", 0),
	}
	s.servers = append(s.servers, h)
	return h
}

func (s *server) serve(h *http.Server, l net.Listener, name, scheme string) {
	s.log.Info("listening", "listener", name, "address", l.Addr().String(), "scheme", scheme)
	if s.options.Listening != nil {
		s.options.Listening(name, scheme, l.Addr())
	}
	go func() {
		var err error
		if h.TLSConfig != nil {
			err = h.ServeTLS(l, "", "")
		} else {
			err = h.Serve(l)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serving %s: %w", l.Addr(), err)
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

// tlsPort is the port of the first listener with TLS.
func (s *server) tlsPort() string {
	for i := range s.config.Listen {
		if l := &s.config.Listen[i]; l.TLS != nil {
			_, port, _ := net.SplitHostPort(string(l.Address))
			return port
		}
	}
	return "443"
}

// redirect sends clients of a plain listener to https. The credentials that
// came in the clear are lost already: the answer names no more than the host.
type redirect struct {
	to   string
	port func() string
}

func (r *redirect) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	to := r.to
	if to == "" {
		host, err := admit.CanonicalHost(req.Host)
		if err != nil {
			http.Error(w, "The Host field is not a host name.", http.StatusBadRequest)
			return
		}
		if to = host; r.port() != "443" {
			to += ":" + r.port()
		}
	}
	path, err := admit.CanonicalPath(req.URL.EscapedPath())
	if err != nil || admit.CheckQuery(req.URL.RawQuery) != nil {
		path, req.URL.RawQuery = "/", ""
	}
	if req.URL.RawQuery != "" {
		path += "?" + req.URL.RawQuery
	}
	w.Header().Set("Location", "https://"+to+path)
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusPermanentRedirect) // RFC 9110 §15.4.9: the method stays
}
