package sallyport_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"sallyport"
	"sallyport/message"
)

// step is a step that is a function.
type step func(*sallyport.Exchange) error

func (s step) Run(x *sallyport.Exchange) error { return s(x) }

// closing is a closing that is a function.
type closing func(*sallyport.Exchange)

func (c closing) Done(x *sallyport.Exchange) { c(x) }

func at(stage sallyport.Stage, name string, s step) sallyport.Placed {
	return sallyport.Placed{Stage: stage, Name: name, Step: s}
}

func observed(stage sallyport.Stage, name string, s step) sallyport.Placed {
	return sallyport.Placed{Stage: stage, Name: name, Step: s, Mode: sallyport.Observe}
}

// answering is a backend.
func answering(status int, content string, fields ...string) sallyport.Placed {
	return at(sallyport.Forward, "backend", func(x *sallyport.Exchange) error {
		x.Response = &message.Response{Status: status, Body: message.BytesBody([]byte(content))}
		for i := 0; i < len(fields); i += 2 {
			x.Response.Fields.Add(fields[i], fields[i+1])
		}
		return nil
	})
}

// streaming is a backend whose answer has the length given, -1 for none.
func streaming(body io.Reader, length int64) sallyport.Placed {
	return at(sallyport.Forward, "backend", func(x *sallyport.Exchange) error {
		x.Response = &message.Response{Status: 200, Body: message.NewBody(io.NopCloser(body), length)}
		return nil
	})
}

// plan serves everything by one operation of these steps.
func plan(steps ...sallyport.Placed) *sallyport.Plan {
	op := &sallyport.Operation{API: "bank", ID: "read", MaxBody: 100, MaxAnswer: 100}
	op.Place(steps...)
	return &sallyport.Plan{Match: func(*sallyport.Exchange) *sallyport.Operation { return op }, ProblemBase: "urn:p:"}
}

func newEnv() (*sallyport.Env, *log) {
	l := &log{}
	return sallyport.NewEnv(slog.New(slog.NewTextHandler(l, nil)), 1000), l
}

// log keeps what was logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// door keeps the answer and its content.
type door struct {
	answer  *message.Response
	content string
	err     error
}

func (d *door) Send(r *message.Response) (int64, error) {
	d.answer = r
	if r.Body == nil || d.err != nil {
		return 0, d.err
	}
	b, err := io.ReadAll(r.Body)
	d.content = string(b)
	return int64(len(b)), err
}

// serve sends one request through a gateway of that plan.
func serve(t testing.TB, p *sallyport.Plan) (*door, *sallyport.Exchange) {
	t.Helper()
	env, _ := newEnv()
	return serveIn(t.Context(), env, p)
}

func serveIn(ctx context.Context, env *sallyport.Env, p *sallyport.Plan) (*door, *sallyport.Exchange) {
	d, x := &door{}, &sallyport.Exchange{Context: ctx, Request: &message.Request{Method: "GET"}}
	_ = sallyport.NewGateway(env, p).Serve(x, d)
	return d, x
}

// listening serves a plan by net/http, and hands each exchange over when it ended.
func listening(t testing.TB, env *sallyport.Env, p *sallyport.Plan) (*httptest.Server, <-chan *sallyport.Exchange) {
	t.Helper()
	ended := make(chan *sallyport.Exchange, 100)
	p.Finish = append(p.Finish, at(sallyport.Record, "tell", func(x *sallyport.Exchange) error { ended <- x; return nil }))
	server := httptest.NewServer(sallyport.NewGateway(env, p))
	t.Cleanup(server.Close)
	return server, ended
}

func contains(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%q does not hold %q", text, p)
		}
	}
}
