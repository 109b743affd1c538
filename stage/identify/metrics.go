package identify

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"sallyport"
)

// Metrics shows what is counted of failures by the plan that serves.
type Metrics struct {
	shown                                         atomic.Pointer[shown]
	refused, delayed, ratio, alarm, over, waiting *prometheus.Desc
}

type shown struct {
	env      *sallyport.Env
	guessing *Guessing
	watches  []*Watch
}

// NewMetrics registers the metrics; they are empty until something is shown.
func NewMetrics(r prometheus.Registerer) *Metrics {
	describe := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	m := &Metrics{
		refused: describe("sallyport_guessing_refused_total", "Tries that were refused before anything was checked, by whose failures were too many (client, account, scheme, crowd).", "api", "scheme", "by"),
		delayed: describe("sallyport_guessing_delayed_total", "Tries that were held back.", "api", "scheme"),
		ratio:   describe("sallyport_guessing_failure_ratio", "Share of failures among the passwords that were presented anew, over about five minutes.", "api", "scheme"),
		alarm:   describe("sallyport_guessing_alarm", "1 while most passwords that are presented anew are wrong.", "api", "scheme"),
		over:    describe("sallyport_guessing_locked", "Clients and accounts that may not try again yet.", "what"),
		waiting: describe("sallyport_guessing_waiting", "Tries that are held back at the moment."),
	}
	r.MustRegister(m)
	return m
}

// Show makes these the ones of the plan that serves; nil counts nothing.
func (m *Metrics) Show(env *sallyport.Env, g *Guessing, watches []*Watch) {
	m.shown.Store(&shown{env, g, watches})
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.refused, m.delayed, m.ratio, m.alarm, m.over, m.waiting} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(out chan<- prometheus.Metric) {
	s := m.shown.Load()
	if s == nil || s.guessing == nil {
		return
	}
	g, now := s.guessing, s.env.Now()
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	g.Tally.settle(now, s.env.Log, g)
	gauge(m.over, float64(g.Tally.clients.over(now, g.client)), reasonNames[byClient])
	gauge(m.over, float64(g.Tally.accounts.over(now, g.account)), reasonNames[byAccount])
	gauge(m.waiting, float64(g.Tally.waiting.Load()))
	for _, w := range s.watches {
		raised, ratio := w.alarm.state(now)
		gauge(m.ratio, ratio, w.API, w.Scheme)
		gauge(m.alarm, map[bool]float64{true: 1}[raised], w.API, w.Scheme)
		out <- prometheus.MustNewConstMetric(m.delayed, prometheus.CounterValue, float64(w.delayed.Load()), w.API, w.Scheme)
		for why, name := range reasonNames {
			out <- prometheus.MustNewConstMetric(m.refused, prometheus.CounterValue, float64(w.refused[why].Load()), w.API, w.Scheme, name)
		}
	}
}
