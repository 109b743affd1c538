package limit

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics shows what the plan that serves counts of lookups. What was refused,
// delayed or observed is counted with the decisions of all steps.
type Metrics struct {
	shown          atomic.Pointer[shown]
	found, entries *prometheus.Desc
}

type shown struct {
	trails *Trails
	counts []*LookupCounts
}

// NewMetrics registers the metrics; they are empty until something is shown.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		found:   prometheus.NewDesc("sallyport_lookups_found_total", "Callers and networks that were found to be looking for ids.", []string{"api", "by"}, nil),
		entries: prometheus.NewDesc("sallyport_lookups_entries", "Callers and networks of which lookups there is memory for.", []string{"of"}, nil),
	}
	r.MustRegister(m)
	return m
}

// Show makes these the ones of the plan that serves; nil counts nothing.
func (m *Metrics) Show(t *Trails, counts []*LookupCounts) { m.shown.Store(&shown{t, counts}) }

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) { out <- m.found; out <- m.entries }

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	s := m.shown.Load()
	if s == nil || s.trails == nil {
		return
	}
	callers, networks := s.trails.Entries()
	out <- prometheus.MustNewConstMetric(m.entries, prometheus.GaugeValue, float64(callers), "caller")
	out <- prometheus.MustNewConstMetric(m.entries, prometheus.GaugeValue, float64(networks), "network")
	for _, c := range s.counts {
		out <- prometheus.MustNewConstMetric(m.found, prometheus.CounterValue, float64(c.Callers.Load()), c.API, "caller")
		out <- prometheus.MustNewConstMetric(m.found, prometheus.CounterValue, float64(c.Networks.Load()), c.API, "network")
	}
}
