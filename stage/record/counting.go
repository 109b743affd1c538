package record

import (
	"strconv"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"sallyport"
)

// Counting counts the exchanges of one plan: what metrics an operation has is
// looked up once and not for each of its requests.
type Counting struct {
	metrics    *Metrics
	operations []atomic.Pointer[series]
}

// Counting is for a plan with so many operations.
func (m *Metrics) Counting(operations int) *Counting {
	return &Counting{m, make([]atomic.Pointer[series], operations)}
}

// series are the metrics of one operation. They are made when it is first asked
// for: most operations of a large document never are.
type series struct {
	api, operation    string
	durations         prometheus.Observer
	upstream          found[prometheus.Observer]
	bytesIn, bytesOut found[prometheus.Counter]
	usual             atomic.Pointer[outcome]
}

// found is a metric that is not there before it has something to say: a series
// that stays at zero tells of what never happens.
type found[T any] struct{ metric atomic.Pointer[T] }

func (f *found[T]) get() (metric T, ok bool) {
	if known := f.metric.Load(); known != nil {
		return *known, true
	}
	return metric, false
}

func (f *found[T]) keep(metric T) T {
	f.metric.Store(&metric)
	return metric
}

// outcome is a method and a status, and how often they came together.
type outcome struct {
	method string
	status int
	count  prometheus.Counter
}

// Run implements sallyport.Step.
func (c *Counting) Run(x *sallyport.Exchange) error {
	m, s := c.metrics, c.series(x.Op)
	took := x.Env.Now().Sub(x.Start)
	s.outcome(m, x).Inc()
	tunnel := x.Response != nil && x.Response.Tunnel != nil
	if !tunnel { // how long a WebSocket is open says nothing of how fast anybody is
		s.durations.Observe(took.Seconds())
		m.overhead.Observe(max(took-x.Upstream.Duration-x.Waited, 0).Seconds())
	}
	if x.Upstream.Target != "" {
		upstream, ok := s.upstream.get()
		if !ok {
			upstream = s.upstream.keep(m.upstream.WithLabelValues(s.api, s.operation))
		}
		upstream.Observe(x.Upstream.Duration.Seconds())
	}
	if n := x.Request.Body.Passed(); n > 0 {
		bytes, ok := s.bytesIn.get()
		if !ok {
			bytes = s.bytesIn.keep(m.bytesIn.WithLabelValues(s.api))
		}
		bytes.Add(float64(n))
	}
	if x.Sent > 0 && !tunnel {
		bytes, ok := s.bytesOut.get()
		if !ok {
			bytes = s.bytesOut.keep(m.bytesOut.WithLabelValues(s.api))
		}
		bytes.Add(float64(x.Sent))
	}
	m.seldom(x)
	return nil
}

func (c *Counting) series(op *sallyport.Operation) *series {
	if op == nil || op.Index < 0 || op.Index >= len(c.operations) {
		return c.metrics.series(op)
	}
	at := &c.operations[op.Index]
	s := at.Load()
	if s == nil {
		s = c.metrics.series(op)
		at.Store(s) // another one that was made meanwhile counts the same
	}
	return s
}

func (m *Metrics) series(op *sallyport.Operation) *series {
	api, operation := labels(op)
	return &series{api: api, operation: operation, durations: m.durations.WithLabelValues(api, operation)}
}

func labels(op *sallyport.Operation) (api, operation string) {
	if op == nil {
		return "", ""
	}
	return op.API, op.ID
}

// outcome is the counter of what came of the exchange, mostly that of the one
// before.
func (s *series) outcome(m *Metrics, x *sallyport.Exchange) prometheus.Counter {
	method, status := method(x.Request.Method), Status(x)
	if o := s.usual.Load(); o != nil && o.method == method && o.status == status {
		return o.count
	}
	o := &outcome{method, status, m.requests.WithLabelValues(s.api, s.operation, method, strconv.Itoa(status))}
	s.usual.Store(o)
	return o.count
}
