package demo

import (
	"context"
	_ "embed" // for the configuration
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"sallyport/build"
	"sallyport/config"
	"sallyport/demo/bank"
	"sallyport/serve"
)

//go:embed sallyport.yaml
var configuration string

// Options say where the demonstration runs.
type Options struct {
	// Listen is the page's address, on loopback. The gateway and the bank take
	// the next two ports, or any that are free.
	Listen string
	// Bank is the backend; a new one unless set.
	Bank *bank.Bank
	// Stdout gets the addresses, Stderr the gateway's log.
	Stdout, Stderr io.Writer
	// Started is told the addresses once all three answer; may be nil.
	Started func(page, gateway, backend string)
}

// Run shows the demonstration until ctx ends: the bank, a real gateway in front
// of it, and the page that talks to both.
func Run(ctx context.Context, o Options) error {
	page, err := listen(o.Listen, 0)
	if err != nil {
		return err
	}
	defer page.Close()
	if a := page.Addr().(*net.TCPAddr); !a.IP.IsLoopback() {
		return fmt.Errorf("%s is not on loopback: the demonstration hands out tokens to whoever opens its page", o.Listen)
	}
	backend, err := listen(page.Addr().String(), 2)
	if err != nil {
		return err
	}
	defer backend.Close()
	gateway, err := listen(page.Addr().String(), 1)
	if err != nil {
		return err
	}
	address := gateway.Addr().String()
	gateway.Close() // the gateway listens there itself

	s := &stage{page: origin(page), backend: origin(backend), gateway: "http://" + address, options: o}
	return s.run(ctx, page, backend, address)
}

// stage is the three servers of one run.
type stage struct {
	page, gateway, backend string
	options                Options
}

func (s *stage) run(ctx context.Context, page, backend net.Listener, gateway string) error {
	log := newJournal(s.options.Stderr)
	handler, err := s.pageHandler(log)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var servers sync.WaitGroup
	serveUntil := func(l net.Listener, h http.Handler) {
		server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
		servers.Go(func() {
			if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				stop(fmt.Errorf("serving %s: %w", l.Addr(), err))
			}
		})
		context.AfterFunc(ctx, func() { server.Close() })
	}
	serveUntil(page, handler)
	if s.options.Bank == nil {
		s.options.Bank = bank.New()
	}
	serveUntil(backend, s.options.Bank)
	err = serve.Run(ctx, serve.Options{
		Load:   func() (*config.Config, error) { return s.config(gateway) },
		Build:  build.Options{Documents: map[string][]byte{"bank.openapi.yaml": Document()}},
		Stdout: log, Stderr: log,
		Listening: s.listening,
	})
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	stop(nil)
	servers.Wait()
	return err
}

func (s *stage) listening(listener, _ string, _ net.Addr) {
	if listener != "api" {
		return
	}
	fmt.Fprintf(s.options.Stdout, `
Sallyport demonstration. Open this page in a browser:

    %s

  unprotected   %s   a naive bank, as it is
  protected     %s   the same bank behind the gateway

Stop with Ctrl-C. What the gateway decides is logged below.

`, s.page, s.backend, s.gateway)
	if s.options.Started != nil {
		s.options.Started(s.page, s.gateway, s.backend)
	}
}

// config is the demonstration's configuration with the addresses of this run.
func (s *stage) config(gateway string) (*config.Config, error) {
	names := map[string]string{"GATEWAY": gateway, "BACKEND": s.backend, "PAGE": s.page}
	reader := config.Reader{Environment: func(name string) (string, bool) {
		value, ok := names[name]
		return value, ok
	}}
	return reader.Parse("sallyport.yaml", []byte(configuration))
}

// pageHandler is the page, and what a visitor may want to read: the key set
// that the gateway fetches, the configuration, the document, and what the
// gateway's log says of a request.
func (s *stage) pageHandler(log http.Handler) (http.Handler, error) {
	issuer, err := NewIssuer()
	if err != nil {
		return nil, err
	}
	keys, err := issuer.KeySet()
	if err != nil {
		return nil, err
	}
	page, err := Page{Gateway: s.gateway, Backend: s.backend, Issuer: issuer}.Handler()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /", page)
	file := func(path, mediaType string, content []byte) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", mediaType)
			w.Header().Set("X-Content-Type-Options", "nosniff")
			w.Write(content)
		})
	}
	mux.Handle("GET /log/{id}", log)
	file("/jwks.json", "application/jwk-set+json", keys)
	file("/sallyport.yaml", "text/plain; charset=utf-8", []byte(configuration))
	file("/bank.openapi.yaml", "text/plain; charset=utf-8", Document())
	return mux, nil
}

// listen takes the port that many after an address's, or any that is free. The
// first address is the caller's own choice: if it is taken, that is said.
func listen(address string, after int) (net.Listener, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the address %q: write host:port, such as 127.0.0.1:8080", address)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("the address %q: the port is a number", address)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port+after)))
	if err != nil && after > 0 {
		l, err = net.Listen("tcp", net.JoinHostPort(host, "0"))
	}
	if err != nil {
		return nil, fmt.Errorf("%w: choose another with --listen", err)
	}
	return l, nil
}

func origin(l net.Listener) string { return "http://" + l.Addr().String() }
