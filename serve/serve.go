// Package serve runs the gateway: listeners, certificates, the operators'
// listener, reload and drain. It makes no decision about a request; it keeps
// the plan of the moment serving and says what happens to it.
//
// A configuration that cannot be used never touches the one that serves.
package serve

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/password"
	"sallyport/roster"
	"sallyport/stage/forward"
	"sallyport/stage/identify"
	"sallyport/stage/limit"
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
	options   Options
	config    *config.Config
	log       *slog.Logger
	level     *slog.LevelVar
	env       *sallyport.Env
	gateway   *sallyport.Gateway
	registry  *prometheus.Registry
	reloads   *prometheus.CounterVec
	info      *prometheus.GaugeVec
	upstreams *forward.Metrics
	guessing  *identify.Metrics
	lookups   *limit.Metrics
	signals   chan os.Signal
	runners   []runner
	admin     *http.Server // nil where it is off
	// kept is nil where no store is open; console, the admin API, likewise.
	kept *build.Kept
	// keyring is what the keys were last taken by.
	keyring    *config.Keyring
	locked     locked
	roster     *roster.Roster
	unfollow   func()
	stored     chan struct{} // a secret in the store changed
	console    *sallyport.Gateway
	consoleEnv *sallyport.Env
	// turnedAway counts connections beyond a listener's number.
	turnedAway prometheus.Counter
	// strangers counts certificates of clients that were refused, by reason.
	strangers *prometheus.CounterVec
	proxies   atomic.Pointer[[]config.Prefix]
	certs     []*certificate
	watcher   *watcher
	files     []string // what the plan that serves was made of
	failed    chan error
	draining  atomic.Bool
	ready     atomic.Pointer[[]build.Ready]
	passwords atomic.Pointer[password.Checker]
}

// Run serves until ctx ends, then drains. Mistakes in the configuration are
// returned before anything is listened on.
func Run(ctx context.Context, o Options) error {
	s := &server{options: o, signals: make(chan os.Signal, 1), stored: make(chan struct{}, 1)}
	if o.Signals {
		// From the very start: until it is asked for, SIGHUP ends a process.
		signal.Notify(s.signals, syscall.SIGHUP)
		defer signal.Stop(s.signals)
	}
	var err error
	if s.config, err = o.Load(); err != nil {
		return err
	}
	closeLog, err := s.openLog()
	if err != nil {
		return err
	}
	defer closeLog()
	s.prepare()
	if err := s.keep(ctx); err != nil {
		return err
	}
	defer s.giveUp()
	if s.watcher, err = newWatcher(s.log); err != nil {
		return fmt.Errorf("watching files: %w", err)
	}
	defer s.watcher.close()
	s.watcher.set(named(s.config)) // what changes while it is compiled is not to be missed
	result, err := s.build(ctx, s.config)
	if err != nil {
		return err
	}
	s.gateway = sallyport.NewGateway(s.env, result.Plan)
	s.env.Keep(result.Lasting)
	defer s.env.Close()
	s.adopt(s.config, result)
	if err := s.openConsole(ctx); err != nil {
		return err
	}
	defer s.closeConsole()
	if err := s.listen(); err != nil {
		return err
	}
	s.watch(result)
	s.log.Info("ready", "digest", result.Plan.Digest, "operations", len(result.Plan.Operations))
	makeRoom(ctx)
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
	s.turnedAway = prometheus.NewCounter(prometheus.CounterOpts{Name: "sallyport_connections_refused_total", Help: "Connections that were one too many."})
	s.strangers = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "sallyport_client_certificates_refused_total", Help: "Certificates of clients that were refused in the handshake or later, by reason."}, []string{"reason"})
	s.registry.MustRegister(s.reloads, s.info, held, s.turnedAway, s.strangers)
	s.options.Build.Metrics = record.NewMetrics(s.registry)
	s.upstreams = forward.NewMetrics(s.registry)
	s.guessing = identify.NewMetrics(s.registry)
	s.lookups = limit.NewMetrics(s.registry)
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
func (s *server) adopt(c *config.Config, result *build.Result) {
	ready := slices.Concat(result.Ready, result.Reachable, s.storeReady())
	s.ready.Store(&ready)
	s.passwords.Store(result.Passwords)
	s.upstreams.Show(result.Upstreams, result.Tunnels)
	s.guessing.Show(s.env, result.Guessing, result.Watches)
	s.lookups.Show(result.Trails, result.Lookups)
	s.proxies.Store(&c.TrustedProxies)
	s.info.Reset()
	s.info.WithLabelValues(result.Plan.Digest).Set(1)
	s.level.UnmarshalText([]byte(c.Log.Level)) // it is one of the configuration's choices
	for _, w := range result.Warnings {
		s.log.Warn("document", "at", w.Position.String(), "warning", w.Message)
	}
}

// watch makes a change in any file of the plan, and in the certificates, a
// reason to reload.
func (s *server) watch(result *build.Result) {
	s.files = result.Files
	s.watcher.set(slices.Concat(s.files, s.certificateFiles()))
}

// named are the files that a configuration was read from and that it names.
func named(c *config.Config) []string {
	files := slices.Clone(c.Files)
	for i := range c.APIs {
		files = append(files, c.APIs[i].Document)
		for _, scheme := range c.APIs[i].Identify {
			for j := range scheme.JWT {
				if file := scheme.JWT[j].Keys.File; file != "" {
					files = append(files, file)
				}
			}
		}
		if t := c.APIs[i].Upstream.TLS; t != nil {
			files = append(files, slices.DeleteFunc([]string{t.CA, t.Certificate, t.Key}, func(path string) bool { return path == "" })...)
		}
	}
	return files
}

func (s *server) certificateFiles() []string {
	var files []string
	for _, c := range s.certs {
		files = slices.Concat(files, []string{c.files.Certificate, c.files.Key}, c.files.ClientCA, c.files.ClientCRL)
	}
	return files
}

// wait reloads as asked until the run ends, then drains.
func (s *server) wait(ctx context.Context) error {
	changes, done := s.changes()
	defer done()
	for {
		select {
		case <-ctx.Done():
			s.drain()
			return nil
		case err := <-s.failed:
			s.log.Error("a listener failed", "error", err)
			s.drain()
			return err
		case <-s.signals:
			s.reload(ctx, "signal")
		case <-s.options.Reload:
			s.reload(ctx, "request")
		case <-changes:
			s.reload(ctx, "change")
		case <-s.stored:
			s.reload(ctx, "secret")
		}
	}
}

// changes tells of changed files until done is called.
func (s *server) changes() (changes <-chan struct{}, done func()) {
	told, over, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for s.watcher.next(over) {
			select {
			case told <- struct{}{}:
			case <-over:
				return
			}
		}
	}()
	return told, func() { close(over); <-ended }
}

// drain lets what is under way end, and refuses to be ready meanwhile. The
// operators' listener is the last to go: it is where that is asked.
func (s *server) drain() {
	s.draining.Store(true)
	grace := s.config.Timeouts.Drain.Duration()
	s.log.Info("draining", "grace", grace.String())
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	cut := shutdown(ctx, s.runners)
	if s.admin != nil {
		s.admin.Close()
	}
	s.log.Info("stopped", "cut", cut)
}

// shutdown lets all runners end together, and cuts what is left when ctx ends.
func shutdown(ctx context.Context, runners []runner) (cut bool) {
	ended := make(chan bool, len(runners))
	for _, h := range runners {
		go func() {
			err := h.Shutdown(ctx)
			if err != nil {
				h.Close()
			}
			ended <- err != nil
		}()
	}
	for range runners {
		if <-ended {
			cut = true
		}
	}
	return cut
}
