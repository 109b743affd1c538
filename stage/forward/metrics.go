package forward

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics shows the state of the targets of the plan that serves. What a target
// counted goes with it when no plan has it any more.
type Metrics struct {
	pools                                             atomic.Pointer[[]*Pool]
	tunnels                                           atomic.Pointer[[]*Tunnels]
	healthy, circuit, flying, ended, retries, sockets *prometheus.Desc
}

// NewMetrics registers the metrics; they are empty until pools are shown.
func NewMetrics(r prometheus.Registerer) *Metrics {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, append([]string{"api"}, labels...), nil)
	}
	m := &Metrics{
		healthy: describe("sallyport_upstream_healthy", "1 while a target takes its share; 0 while checks find it down, it is out because requests failed there, or its circuit is open.", "target"),
		circuit: describe("sallyport_upstream_circuit_open", "1 while requests to a target are suspended.", "target"),
		flying:  describe("sallyport_upstream_requests_under_way", "Requests under way at a target.", "target"),
		ended:   describe("sallyport_upstream_requests_total", "Requests to a target by outcome, each attempt of one counted.", "target", "outcome"),
		retries: describe("sallyport_upstream_retries_total", "Requests that were sent again."),
		sockets: describe("sallyport_websocket_open", "WebSockets that are open, or about to be."),
	}
	r.MustRegister(m)
	return m
}

// Show makes these the pools of the plan that serves, one for each API, and the
// tunnels of those that have WebSockets.
func (m *Metrics) Show(pools []*Pool, tunnels []*Tunnels) {
	m.tunnels.Store(&tunnels)
	m.pools.Store(&pools)
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.healthy, m.circuit, m.flying, m.ended, m.retries, m.sockets} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	pools := m.pools.Load()
	if pools == nil {
		return
	}
	for _, t := range *m.tunnels.Load() {
		out <- prometheus.MustNewConstMetric(m.sockets, prometheus.GaugeValue, float64(t.open.Load()), t.API)
	}
	for _, p := range *pools {
		now, seen := p.env.Now().UnixNano(), make(map[string]bool)
		out <- prometheus.MustNewConstMetric(m.retries, prometheus.CounterValue, float64(p.retried.Load()), p.config.API)
		for _, t := range p.now.Load().targets {
			if name := t.label(); !seen[name] {
				seen[name] = true
				m.collect(out, p.config.API, name, t, now)
			}
		}
	}
}

func (m *Metrics) collect(out chan<- prometheus.Metric, api, name string, t *Target, now int64) {
	gauge := func(d *prometheus.Desc, value float64) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, api, name)
	}
	open := t.circuit.until.Load() != 0
	gauge(m.healthy, truth(t.healthy(now) && !open))
	gauge(m.circuit, truth(open))
	gauge(m.flying, float64(t.flying.Load()))
	for what := fine; what < causes; what++ {
		n := t.ended[what].Load()
		if what == fine {
			failed := min(t.errors.Load(), n)
			out <- prometheus.MustNewConstMetric(m.ended, prometheus.CounterValue, float64(failed), api, name, "error")
			n -= failed
		}
		out <- prometheus.MustNewConstMetric(m.ended, prometheus.CounterValue, float64(n), api, name, what.String())
	}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
