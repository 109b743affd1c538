package sallyport_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"sallyport"
	"sallyport/message"
)

// silent is a door that takes an answer and keeps nothing.
type silent struct{}

func (silent) Send(*message.Response) (int64, error) { return 0, nil }

var noContent = &message.Response{Status: 204}

// bare is a pipeline whose one step costs nothing.
func bare(steps int) *sallyport.Plan {
	p := plan(at(sallyport.Forward, "backend", func(x *sallyport.Exchange) error { x.Response = noContent; return nil }))
	for range steps {
		p.Match(nil).Place(at(sallyport.Validate, "pass", func(*sallyport.Exchange) error { return nil }))
	}
	return p
}

func TestPipelineAllocatesTheIDAlone(t *testing.T) {
	env, _ := newEnv()
	g := sallyport.NewGateway(env, bare(10))
	x, fresh := &sallyport.Exchange{}, sallyport.Exchange{Context: t.Context(), Request: &message.Request{}}
	if n := testing.AllocsPerRun(100, func() {
		*x = fresh
		_ = g.Serve(x, silent{})
	}); n > 2 { // its random bytes and its text
		t.Errorf("%v allocations for ten steps", n)
	}
}

func BenchmarkServe(b *testing.B) {
	for name, steps := range map[string]int{"empty": 0, "10-steps": 10} {
		b.Run(name, func(b *testing.B) {
			env, _ := newEnv()
			g, r, ctx := sallyport.NewGateway(env, bare(steps)), &message.Request{Method: "GET"}, context.Background()
			b.ReportAllocs()
			for b.Loop() {
				_ = g.Serve(&sallyport.Exchange{Context: ctx, Request: r}, silent{})
			}
		})
	}
}

func BenchmarkServeHTTP(b *testing.B) {
	env, _ := newEnv()
	g := sallyport.NewGateway(env, plan(answering(200, "ok", "Content-Type", "text/plain")))
	r := httptest.NewRequest("GET", "/v1/accounts/42?limit=20", nil)
	for name, value := range map[string]string{"Accept": "*/*", "Authorization": "Bearer x", "User-Agent": "benchmark", "Cookie": "a=1"} {
		r.Header.Set(name, value)
	}
	b.ReportAllocs()
	for b.Loop() {
		g.ServeHTTP(discarding{}, r)
	}
}

type discarding struct{}

func (discarding) Header() http.Header         { return make(http.Header, 4) }
func (discarding) Write(p []byte) (int, error) { return len(p), nil }
func (discarding) WriteHeader(int)             {}
