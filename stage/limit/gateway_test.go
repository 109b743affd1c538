package limit

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
)

// bench is a whole gateway around the limits under test: callers and addresses
// are as the request says, the backend writes down who came and when.
type bench struct {
	*sallyport.Gateway
	env *sallyport.Env

	mu      sync.Mutex
	arrived []arrival
}

type arrival struct {
	name string
	at   time.Time
}

func newBench(places ...sallyport.Placed) *bench {
	b := &bench{env: sallyport.NewEnv(slog.New(slog.NewTextHandler(io.Discard, nil)), 1<<20)}
	b.Gateway = sallyport.NewGateway(b.env, b.plan(places...))
	return b
}

func (b *bench) plan(places ...sallyport.Placed) *sallyport.Plan {
	op := &sallyport.Operation{ID: "read"}
	op.Place(places...)
	op.Place(sallyport.Placed{Stage: sallyport.Forward, Name: "backend", Step: b})
	return &sallyport.Plan{
		Entry: []sallyport.Placed{{Stage: sallyport.Admit, Name: "who", Step: who{}}},
		Match: func(*sallyport.Exchange) *sallyport.Operation { return op },
	}
}

// Run is the backend.
func (b *bench) Run(x *sallyport.Exchange) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.arrived = append(b.arrived, arrival{x.Request.Fields.Get("Name"), x.Env.Now()})
	x.Response = &message.Response{Status: 200}
	return nil
}

type who struct{}

func (who) Run(x *sallyport.Exchange) error {
	if id := x.Request.Fields.Get("Caller"); id != "" {
		x.Caller.Credentials = []*sallyport.Credential{{ID: id}}
	}
	x.Client, _ = netip.ParseAddr(x.Request.Fields.Get("Client"))
	return nil
}

// door keeps the answer.
type door struct{ answer *message.Response }

func (d *door) Send(r *message.Response) (int64, error) {
	d.answer = r
	return 0, nil
}

// ask sends a request with these fields, given as name, value, …
func (b *bench) ask(fields ...string) *message.Response {
	answer, _ := b.askIn(context.Background(), fields...)
	return answer
}

func (b *bench) askIn(ctx context.Context, fields ...string) (*message.Response, *sallyport.Exchange) {
	x := &sallyport.Exchange{Context: ctx, Request: &message.Request{Method: "GET"}}
	for i := 0; i < len(fields); i += 2 {
		x.Request.Fields.Add(fields[i], fields[i+1])
	}
	var d door
	b.Serve(x, &d)
	return d.answer, x
}

func enforced(steps ...sallyport.Step) []sallyport.Placed {
	places := make([]sallyport.Placed, len(steps))
	for i, s := range steps {
		places[i] = sallyport.Placed{Stage: sallyport.Limit, Name: "limit", Step: s}
	}
	return places
}

type compiled interface {
	sallyport.Step
	Compile() error
}

func compile[S compiled](t testing.TB, step S) S {
	t.Helper()
	if err := step.Compile(); err != nil {
		t.Fatal(err)
	}
	return step
}

func table() *Table { return NewTable(0, time.Now()) }

// pass moves the clock of a synctest bubble on; nobody waits for it.
func pass(d time.Duration) { time.Sleep(d) }
