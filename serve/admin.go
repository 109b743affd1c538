package serve

import (
	"context"
	"crypto/tls"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"sallyport"
	"sallyport/config"
	"sallyport/docs"
)

// openAdmin listens for operators: health, readiness, metrics, the pages of the
// problem catalogue, and the admin API.
func (s *server) openAdmin(a *config.Admin) (*door, error) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { text(w, http.StatusOK, "alive\n") })
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /problems/{kind}", problemPage)
	var at sallyport.Listener
	d := &door{name: "admin", scheme: "http"}
	var secure *tls.Config
	if a.TLS != nil {
		c := s.certificate(a.TLS)
		take, err := c.read(s.env.Now())
		if err != nil {
			return nil, err
		}
		take()
		s.certs = append(s.certs, c)
		at.Vet, secure, d.scheme = c.clients.vet(), c.config(tlsVersion(a.TLS.MinVersion)), "https"
	}
	s.admin = s.server(s.administered(mux, at))
	s.admin.WriteTimeout = time.Minute
	s.admin.TLSConfig = secure
	listener, err := bind(string(a.Address))
	d.listener = listener
	d.serve = func() error {
		if secure != nil {
			return s.admin.ServeTLS(listener, "", "")
		}
		return s.admin.Serve(listener)
	}
	return d, err
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
