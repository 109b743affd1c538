package serve

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sallyport/docs"
)

// openAdmin listens for operators: health, readiness, metrics, and the pages
// of the problem catalogue.
func (s *server) openAdmin(address string) (*door, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "alive\n") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /problems/{kind}", problemPage)
	s.admin = s.server(s.administered(mux))
	s.admin.WriteTimeout = time.Minute
	listener, err := bind(address)
	return &door{name: "admin", scheme: "http", listener: listener, serve: func() error { return s.admin.Serve(listener) }}, err
}

// readyz tells a load balancer whether to send requests here: not while
// draining, while a key set has never been fetched, or while no target of an
// API can be reached.
func (s *server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.draining.Load() {
		text(w, http.StatusServiceUnavailable, "draining\n")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	for _, ready := range *s.ready.Load() {
		if err := ready.Check(ctx); err != nil {
			text(w, http.StatusServiceUnavailable, ready.Name+": "+err.Error()+"\n")
			return
		}
	}
	text(w, http.StatusOK, "ready\n")
}

// problemPage shows the page of a kind of problem.
func problemPage(w http.ResponseWriter, r *http.Request) {
	kind := strings.TrimSuffix(r.PathValue("kind"), ".md")
	page, err := docs.Problems.ReadFile("problems/" + kind + ".md")
	if err != nil {
		text(w, http.StatusNotFound, "there is no such kind of problem\n")
		return
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	w.Write(page)
}

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(body))
}
