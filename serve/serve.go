// Package serve runs the gateway: listeners, certificates, the operators'
// listener, reload and drain. It makes no decision about a request; it keeps
// the plan of the moment serving and says what happens to it.
//
// A configuration that cannot be used never touches the one that serves.
package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/stage/record"
)

// Options say what to serve.
type Options struct {
	// Load reads the configuration, at the start and at each reload.
	Load func() (*config.Config, error)
	// Build are options for building plans; Metrics is filled in.
	Build build.Options
	// Stdout is where log lines go unless the configuration says otherwise.
	Stdout, Stderr io.Writer
	// Reload lets tests and embedding programs ask for a reload.
	Reload <-chan struct{}
	// Signals makes SIGHUP reload.
	Signals bool
	// Listening is told each address once it is listened on; may be nil.
	Listening func(listener, scheme string, address net.Addr)
}

// server is one run of the gateway.
type server struct {
	options  Options
	config   *config.Config
	log      *slog.Logger
	level    *slog.LevelVar
	env      *sallyport.Env
	gateway  *sallyport.Gateway
	registry *prometheus.Registry
	reloads  *prometheus.CounterVec
	info     *prometheus.GaugeVec
	servers  []*http.Server
	certs    []*certificate
	watcher  *watcher
	failed   chan error
	draining atomic.Bool
	ready    atomic.Pointer[[]build.Ready]
}

// Run serves until ctx ends, then drains. Mistakes in the configuration are
// returned before anything is listened on.
func Run(ctx context.Context, o Options) error {
	c, err := o.Load()
	if err != nil {
		return err
	}
	s := &server{options: o, config: c, failed: make(chan error, 8)}
	closeLog, err := s.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	s.prepare()
	result, err := s.build(ctx, c)
	if err != nil {
		return err
	}
	s.gateway = sallyport.NewGateway(s.env, result.Plan)
	s.adopt(result)
	if s.watcher, err = newWatcher(s.log); err != nil {
		return fmt.Errorf("watching files: %w", err)
	}
	defer s.watcher.close()
	s.watcher.set(s.files(result))
	if err := s.listen(); err != nil {
		s.stop(context.Background())
		return err
	}
	s.log.Info("ready", "digest", result.Plan.Digest, "operations", len(result.Plan.Operations))
	return s.wait(ctx)
}

func (s *server) prepare() {
	s.env = sallyport.NewEnv(s.log, int64(s.config.Sizes.HeldBodies))
	s.env.BodyTimeout = s.config.Timeouts.Body.Duration()
	s.env.WriteTimeout = s.config.Timeouts.Body.Duration()
	s.registry = prometheus.NewRegistry()
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s.reloads = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sallyport_config_reload_total", Help: "Reloads by result."}, []string{"result"})
	s.info = prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "sallyport_config_hash_info", Help: "1 for the configuration that serves."}, []string{"digest"})
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sallyport_held_body_bytes", Help: "Bytes of bodies that are held at the moment."}, func() float64 { return float64(s.env.Bodies.Taken()) })
	s.registry.MustRegister(s.reloads, s.info, held)
	s.options.Build.Metrics = record.NewMetrics(s.registry)
}

// build makes a plan and waits until everything it depends on has answered.
func (s *server) build(ctx context.Context, c *config.Config) (*build.Result, error) {
	result, err := build.Build(ctx, s.env, c, s.options.Build)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return result, result.WaitReady(ctx)
}

// adopt notes what belongs to the plan that serves now.
func (s *server) adopt(result *build.Result) {
	s.ready.Store(&result.Ready)
	s.info.Reset()
	s.info.WithLabelValues(result.Plan.Digest).Set(1)
	for _, w := range result.Warnings {
		s.log.Warn("document", "at", w.Position.String(), "warning", w.Message)
	}
}

// files are everything whose change is a reason to reload.
func (s *server) files(result *build.Result) []string {
	files := append([]string(nil), result.Files...)
	for _, c := range s.certs {
		files = append(files, c.certFile, c.keyFile)
	}
	return files
}

// wait reloads as asked until the run ends, then drains.
func (s *server) wait(ctx context.Context) error {
	signals := make(chan os.Signal, 1)
	if s.options.Signals {
		signal.Notify(signals, syscall.SIGHUP)
		defer signal.Stop(signals)
	}
	changes := make(chan struct{})
	done := make(chan struct{})
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		for s.watcher.next(done) {
			select {
			case changes <- struct{}{}:
			case <-done:
				return
			}
		}
	}()
	defer func() { close(done); <-watching }()
	for {
		select {
		case <-ctx.Done():
			return s.drain()
		case err := <-s.failed:
			s.stop(context.Background())
			return err
		case <-signals:
			s.reload(ctx, "signal")
		case <-s.options.Reload:
			s.reload(ctx, "request")
		case <-changes:
			s.reload(ctx, "change")
		}
	}
}

// drain lets what is under way end, and refuses to be ready meanwhile.
func (s *server) drain() error {
	s.draining.Store(true)
	grace := s.config.Timeouts.Drain.Duration()
	s.log.Info("draining", "grace", grace.String())
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err := s.stop(ctx)
	s.log.Info("stopped", "cut", errors.Is(err, context.DeadlineExceeded))
	return nil
}

// stop shuts all servers down together, and hard when ctx ends first.
func (s *server) stop(ctx context.Context) error {
	ended := make(chan error, len(s.servers))
	for _, h := range s.servers {
		go func() {
			err := h.Shutdown(ctx)
			if err != nil {
				h.Close()
			}
			ended <- err
		}()
	}
	var first error
	for range s.servers {
		if err := <-ended; err != nil && first == nil {
			first = err
		}
	}
	return first
}
