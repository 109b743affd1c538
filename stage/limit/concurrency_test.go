package limit

import (
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
)

// busy is a backend that answers when it is told to.
type busy struct{ begun, end chan struct{} }

func (b *busy) Run(x *sallyport.Exchange) error {
	if x.Request.Fields.Has("Panic") {
		panic("a step failed")
	}
	b.begun <- struct{}{}
	<-b.end
	return nil
}

func TestConcurrency(t *testing.T) {
	backend := &busy{make(chan struct{}), make(chan struct{})}
	limit := compile(t, &Concurrency{Name: "at-once", Max: 2, By: []Key{Caller}, Flights: NewFlights()})
	b := newBench(enforced(limit, backend)...)

	answers := make(chan *message.Response)
	for range 2 {
		go func() { answers <- b.ask("Caller", "ann") }()
		<-backend.begun
	}
	refused := b.ask("Caller", "ann")
	if refused.Status != 429 || refused.Fields.Get("Retry-After") != "1" || refused.Fields.Get("RateLimit") != `"at-once";r=0` {
		t.Errorf("the third was answered %d %v", refused.Status, refused.Fields)
	}
	go func() { answers <- b.ask("Caller", "bob") }()
	<-backend.begun
	if got := limit.Flights.Holders(); got != 2 {
		t.Errorf("%d callers have requests under way, want 2", got)
	}
	for range 3 {
		backend.end <- struct{}{}
		if a := <-answers; a.Status != 200 || a.Fields.Get("RateLimit-Policy") != `"at-once";q=2;qu="concurrent-requests"` {
			t.Errorf("answered %d %v", a.Status, a.Fields)
		}
	}
	if a := b.ask("Caller", "ann", "Panic", "1"); a.Status != 500 {
		t.Errorf("status %d for a step that failed", a.Status)
	}
	if got := limit.Flights.Holders(); got != 0 {
		t.Errorf("%d callers have requests under way after all have ended", got)
	}
}

func TestConcurrencyMistakes(t *testing.T) {
	for want, c := range map[string]*Concurrency{
		"1 to 64":      {Max: 1, By: []Key{Caller}, Flights: NewFlights()},
		"by whom":      {Name: "n", Max: 1, Flights: NewFlights()},
		"at least one": {Name: "n", By: []Key{Caller}, Flights: NewFlights()},
		"nothing to":   {Name: "n", Max: 1, By: []Key{Caller}},
	} {
		if err := c.Compile(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("mistake %v, want one with %q", err, want)
		}
	}
}
