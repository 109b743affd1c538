package record

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// Metrics are the gateway's counters. They outlive plans.
type Metrics struct {
	requests   *prometheus.CounterVec
	durations  *prometheus.HistogramVec
	overhead   prometheus.Histogram
	upstream   *prometheus.HistogramVec
	decisions  *prometheus.CounterVec
	violations *prometheus.CounterVec
	pruned     *prometheus.CounterVec
	auth       *prometheus.CounterVec
	deprecated *prometheus.CounterVec
	bytesIn    *prometheus.CounterVec
	bytesOut   *prometheus.CounterVec
	// Of WebSockets.
	messages, socketBytes, ends *prometheus.CounterVec
}

var seconds = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// NewMetrics registers the metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	histogram := func(name, help string, labels ...string) *prometheus.HistogramVec {
		v := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: seconds}, labels)
		r.MustRegister(v)
		return v
	}
	overhead := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "sallyport_gateway_overhead_seconds", Help: "Time of an exchange without the wait for the upstream's header fields and without delays of limits: the gateway's own work, and the travel of bodies.",
		Buckets: []float64{.00001, .000025, .00005, .0001, .00025, .0005, .001, .0025, .005, .01, .1},
	})
	r.MustRegister(overhead)
	return &Metrics{
		requests:    counter("sallyport_http_requests_total", "Exchanges by operation, method and status.", "api", "operation", "method", "code"),
		durations:   histogram("sallyport_http_request_duration_seconds", "Time from a request's header fields to the end of its answer.", "api", "operation"),
		overhead:    overhead,
		upstream:    histogram("sallyport_upstream_request_duration_seconds", "Time until the upstream's header fields.", "api", "operation"),
		decisions:   counter("sallyport_policy_decisions_total", "What steps decided against a request, by step, action (refuse, observe, fail) and reason.", "policy", "action", "reason"),
		violations:  counter("sallyport_schema_violations_total", "Faults found in requests and answers, by place and keyword.", "api", "operation", "in", "keyword"),
		pruned:      counter("sallyport_response_fields_pruned_total", "Properties taken out of answers because the document does not declare them, or says that they are writeOnly.", "api", "operation"),
		auth:        counter("sallyport_auth_failures_total", "Requests turned away by Identify, by reason.", "reason"),
		deprecated:  counter("sallyport_deprecated_requests_total", "Requests for operations that the document calls deprecated.", "api", "operation"),
		bytesIn:     counter("sallyport_http_request_bytes_total", "Bytes of request bodies read.", "api"),
		messages:    counter("sallyport_websocket_messages_total", "Messages of WebSockets that have ended, by direction (in, out).", "api", "operation", "direction"),
		socketBytes: counter("sallyport_websocket_bytes_total", "Bytes of the frames of WebSockets that have ended, by direction (in, out).", "api", "operation", "direction"),
		ends:        counter("sallyport_websocket_ends_total", "WebSockets that have ended, by reason.", "api", "operation", "reason"),
		bytesOut:    counter("sallyport_http_response_bytes_total", "Bytes of answer bodies sent.", "api"),
	}
}

// Run implements sallyport.Step.
func (m *Metrics) Run(x *sallyport.Exchange) error { return m.Counting(0).Run(x) }

// seldom counts what few exchanges have.
func (m *Metrics) seldom(x *sallyport.Exchange) {
	api, operation := labels(x.Op)
	if x.Op != nil && x.Op.Deprecated {
		m.deprecated.WithLabelValues(api, operation).Inc()
	}
	if x.Pruned > 0 {
		m.pruned.WithLabelValues(api, operation).Add(float64(x.Pruned))
	}
	if traffic := tunnelled(x); traffic != nil {
		m.tunnelled(traffic, api, operation)
	}
	m.decided(x, api, operation)
}

func (m *Metrics) tunnelled(t *message.Traffic, api, operation string) {
	m.messages.WithLabelValues(api, operation, "in").Add(float64(t.MessagesIn))
	m.messages.WithLabelValues(api, operation, "out").Add(float64(t.MessagesOut))
	m.socketBytes.WithLabelValues(api, operation, "in").Add(float64(t.BytesIn))
	m.socketBytes.WithLabelValues(api, operation, "out").Add(float64(t.BytesOut))
	m.ends.WithLabelValues(api, operation, cmp.Or(string(t.End), "never-begun")).Inc()
}

func (m *Metrics) decided(x *sallyport.Exchange, api, operation string) {
	for _, f := range x.Findings {
		m.decisions.WithLabelValues(policy(f.Place), "observe", reason(f.Err)).Inc()
		m.faults(problem.As(f.Err), api, operation)
	}
	p := x.Stopped()
	if x.Refusal == nil || p == nil {
		return
	}
	action := "refuse"
	if x.Refusal.Kind.Failure() {
		action = "fail"
	}
	m.decisions.WithLabelValues(policy(p), action, x.Refusal.Kind.Name()).Inc()
	if p.Stage == sallyport.Identify {
		m.auth.WithLabelValues(x.Refusal.Kind.Name()).Inc()
	}
	m.faults(x.Refusal, api, operation)
}

func (m *Metrics) faults(r *problem.Refusal, api, operation string) {
	for _, f := range r.Faults {
		m.violations.WithLabelValues(api, operation, f.In, f.Keyword).Inc()
	}
}
