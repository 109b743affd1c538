package forward

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"sallyport/message"
)

func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	if families, err := registry.Gather(); err != nil || len(families) != 0 {
		t.Fatalf("before any plan: %v, %v", families, err)
	}
	answers := []func() (*message.Response, error){
		func() (*message.Response, error) { return status(200) }, func() (*message.Response, error) { return status(503) },
		func() (*message.Response, error) { return nil, errReset }, func() (*message.Response, error) { return nil, errIdle },
		func() (*message.Response, error) { return status(404) },
	}
	u := playing(t, PoolConfig{API: "shop", Retries: Retries{Attempts: 1, On: failures(t, "reset"), Budget: 100}}, 1, func(context.Context, *Target, *outgoing) (*message.Response, error) {
		next := answers[0]
		answers = answers[1:]
		return next()
	})
	for range 4 {
		_ = request(u, exchange(t, "GET", "/", ""))
	}
	target := u.Pool.now.Load().targets[0]
	target.flying.Store(3)
	m.Show([]*Pool{u.Pool}, nil)
	want := func(healthy, open int) {
		t.Helper()
		want := fmt.Sprintf(`sallyport_upstream_circuit_open shop http://a: %d
sallyport_upstream_healthy shop http://a: %d
sallyport_upstream_requests_total shop abandoned http://a: 0
sallyport_upstream_requests_total shop answered http://a: 2
sallyport_upstream_requests_total shop connect http://a: 0
sallyport_upstream_requests_total shop error http://a: 1
sallyport_upstream_requests_total shop reset http://a: 1
sallyport_upstream_requests_total shop timeout http://a: 1
sallyport_upstream_requests_under_way shop http://a: 3
sallyport_upstream_retries_total shop: 1
`, open, healthy)
		if got := series(t, registry); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
	want(1, 0)
	target.circuit.until.Store(math.MaxInt64)
	want(0, 1)
	target.circuit.until.Store(0)
	target.down.Store(true)
	want(0, 0)
}

// series are all series with their values, a line for each.
func series(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range families {
		for _, m := range f.GetMetric() {
			text.WriteString(f.GetName())
			for _, l := range m.GetLabel() {
				text.WriteString(" " + l.GetValue())
			}
			fmt.Fprintf(&text, ": %v\n", m.GetGauge().GetValue()+m.GetCounter().GetValue())
		}
	}
	return text.String()
}

// TestLabels are what the configuration calls a target.
func TestLabels(t *testing.T) {
	for _, name := range []string{"http://a", "https://a:8443/v1", "unix:/run/app.sock", "unix:/run/app.sock:/v1"} {
		target, err := newTarget(name, &connecting{})
		if err != nil || target.label() != name {
			t.Errorf("%s is called %s, %v", name, target.label(), err)
		}
	}
}
