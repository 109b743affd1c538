package record

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// value is that of one series, or -1.
func value(t *testing.T, r *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var got []string
			for _, l := range m.GetLabel() {
				got = append(got, l.GetName()+"="+l.GetValue())
			}
			if f.GetName() != name || strings.Join(got, " ") != strings.Join(labels, " ") {
				continue
			}
			switch {
			case m.GetCounter() != nil:
				return m.GetCounter().GetValue()
			case m.GetHistogram() != nil:
				return float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return -1
}

func TestMetrics(t *testing.T) {
	r := prometheus.NewRegistry()
	m := NewMetrics(r)
	faulty := problem.Refuse(problem.BodyInvalid, "")
	faulty.Faults = []problem.Fault{{In: "body", Keyword: "maxLength"}, {In: "body", Keyword: "maxLength"}, {In: "query", Keyword: "type"}}
	for _, steps := range [][]sallyport.Placed{
		nil,
		{place(sallyport.Identify, sallyport.Enforce, "security", problem.Refuse(problem.TokenExpired, ""))},
		{place(sallyport.Validate, sallyport.Enforce, "body", faulty)},
		{place(sallyport.Validate, sallyport.Observe, "body", faulty)},
		{place(sallyport.Limit, sallyport.Enforce, "rate", errors.New("no counter"))},
		{{Stage: sallyport.Filter, Name: "answer", Step: step(func(x *sallyport.Exchange) error { x.Pruned = 3; return nil })}},
	} {
		journey{steps: steps, metrics: m}.run(t)
	}
	journey{metrics: m, entry: func(*sallyport.Exchange) error { return problem.Refuse(problem.PathAmbiguous, "") }}.run(t)
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"sallyport_http_requests_total", []string{"api=bank", "code=200", "method=GET", "operation=getAccount"}, 3},
		{"sallyport_response_fields_pruned_total", []string{"api=bank", "operation=getAccount"}, 3},
		{"sallyport_http_requests_total", []string{"api=bank", "code=401", "method=GET", "operation=getAccount"}, 1},
		{"sallyport_http_requests_total", []string{"api=", "code=400", "method=GET", "operation="}, 1},
		{"sallyport_http_request_duration_seconds", []string{"api=bank", "operation=getAccount"}, 6},
		{"sallyport_gateway_overhead_seconds", nil, 7},
		{"sallyport_upstream_request_duration_seconds", []string{"api=bank", "operation=getAccount"}, 3},
		{"sallyport_policy_decisions_total", []string{"action=refuse", "policy=identify/security", "reason=token-expired"}, 1},
		{"sallyport_policy_decisions_total", []string{"action=observe", "policy=validate/body", "reason=body-invalid"}, 1},
		{"sallyport_policy_decisions_total", []string{"action=fail", "policy=limit/rate", "reason=internal"}, 1},
		{"sallyport_policy_decisions_total", []string{"action=refuse", "policy=admit/entry", "reason=path-ambiguous"}, 1},
		{"sallyport_schema_violations_total", []string{"api=bank", "in=body", "keyword=maxLength", "operation=getAccount"}, 4},
		{"sallyport_schema_violations_total", []string{"api=bank", "in=query", "keyword=type", "operation=getAccount"}, 2},
		{"sallyport_auth_failures_total", []string{"reason=token-expired"}, 1},
		{"sallyport_auth_failures_total", []string{"reason=body-invalid"}, -1},
		{"sallyport_http_request_bytes_total", []string{"api=bank"}, 66},
	} {
		if got := value(t, r, c.name, c.labels...); got != c.want {
			t.Errorf("%s%v is %v, want %v", c.name, c.labels, got, c.want)
		}
	}
}

// TestClientsMakeNoSeries: whatever clients ask for, the number of series is
// that of the document.
func TestClientsMakeNoSeries(t *testing.T) {
	r := prometheus.NewRegistry()
	m := NewMetrics(r)
	p := &sallyport.Plan{
		Match:  func(*sallyport.Exchange) *sallyport.Operation { return undeclared },
		Finish: []sallyport.Placed{{Stage: sallyport.Record, Name: "metrics", Step: m}},
	}
	g := sallyport.NewGateway(sallyport.NewEnv(slog.New(slog.DiscardHandler), 0), p)
	random := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		text := fmt.Sprintf("%x", random.Uint64())
		_ = g.Serve(&sallyport.Exchange{Context: t.Context(), Request: &message.Request{Method: text, Target: "/" + text, Path: "/" + text, Host: text}}, door{})
	}
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	series := 0
	for _, f := range families {
		series += len(f.GetMetric())
	}
	if series > 6 {
		t.Errorf("a thousand requests of one kind made %d series", series)
	}
}

var undeclared = func() *sallyport.Operation {
	op := &sallyport.Operation{ID: "undeclared-path", Index: -1}
	op.Place(place(sallyport.Admit, sallyport.Enforce, "undeclared-path", problem.Refuse(problem.OperationUnknown, "")))
	return op
}()

// ended is an exchange that is to be recorded.
func ended(b testing.TB, log *slog.Logger) *sallyport.Exchange {
	op := &sallyport.Operation{API: "bank", ID: "getAccount", Path: "/accounts/{id}"}
	op.Place(identified(&known), sallyport.Placed{Stage: sallyport.Forward, Name: "upstream", Step: step(func(x *sallyport.Exchange) error {
		x.Upstream.Target, x.Upstream.Status = "http://127.0.0.1:9000", 200
		x.Response = &message.Response{Status: 200, Body: message.BytesBody([]byte("ok"))}
		return nil
	})})
	x := &sallyport.Exchange{Context: b.Context(), Request: &message.Request{Method: "GET"}, Trace: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	_ = sallyport.NewGateway(sallyport.NewEnv(log, 0), &sallyport.Plan{Match: func(*sallyport.Exchange) *sallyport.Operation { return op }}).Serve(x, door{})
	return x
}

func BenchmarkServeLog(b *testing.B) {
	x := ended(b, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	for name, l := range map[string]*Log{"directly": {Requests: All, Lines: io.Discard}, "by slog": {Requests: All}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = l.Run(x)
			}
		})
	}
}

func TestLogDoesNotAllocate(t *testing.T) {
	x := ended(t, slog.New(slog.NewJSONHandler(io.Discard, nil)))
	l := &Log{Requests: All, Lines: io.Discard}
	if n := testing.AllocsPerRun(200, func() { _ = l.Run(x) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkServeMetrics(b *testing.B) {
	x, c := ended(b, slog.New(slog.DiscardHandler)), NewMetrics(prometheus.NewRegistry()).Counting(1)
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Run(x)
	}
}

// What is looked up once counts as what is looked up each time.
func TestCountingCountsTheSame(t *testing.T) {
	texts := make([]string, 2)
	for i := range texts {
		registry := prometheus.NewRegistry()
		m := NewMetrics(registry)
		c := m.Counting(2)
		for n, op := range []*sallyport.Operation{{API: "a", ID: "one"}, {API: "a", ID: "two", Index: 1, Deprecated: true}, {API: "", ID: "undeclared", Index: -1}, {API: "b", ID: "newer", Index: 7}, nil} {
			for status := range 3 {
				now := time.UnixMilli(int64(n))
				env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 0)
				env.Now = func() time.Time { return now.Add(time.Duration(status) * time.Millisecond) }
				x := &sallyport.Exchange{Env: env, Start: now, Op: op, Request: &message.Request{Method: "GET"}, Response: &message.Response{Status: 200 + status/2}, Sent: int64(10 * n)}
				if op != nil {
					x.Upstream.Target = "http://127.0.0.1:9000"
				}
				counting := c
				if i == 0 {
					counting = m.Counting(0)
				}
				if err := counting.Run(x); err != nil {
					t.Fatal(err)
				}
			}
		}
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			for _, m := range f.Metric {
				if m.Counter != nil {
					m.Counter.CreatedTimestamp = nil
				}
				if m.Histogram != nil {
					m.Histogram.CreatedTimestamp = nil
				}
			}
			texts[i] += f.String() + "\n"
		}
	}
	if texts[0] != texts[1] || !strings.Contains(texts[0], "undeclared") {
		t.Errorf("looked up once:\n%s\neach time:\n%s", texts[1], texts[0])
	}
}
