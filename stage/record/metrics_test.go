package record

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"

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
func ended(b *testing.B, log *slog.Logger) *sallyport.Exchange {
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
	x, l := ended(b, slog.New(slog.NewJSONHandler(io.Discard, nil))), &Log{Requests: All}
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Run(x)
	}
}

func BenchmarkServeMetrics(b *testing.B) {
	x, m := ended(b, slog.New(slog.DiscardHandler)), NewMetrics(prometheus.NewRegistry())
	b.ReportAllocs()
	for b.Loop() {
		_ = m.Run(x)
	}
}
