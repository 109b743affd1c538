package limit

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"sync"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// store is a gateway before a backend at which a cart is filled and paid for.
type store struct {
	*sallyport.Gateway
	env    *sallyport.Env
	now    time.Time
	status int   // of the backend's answers; 0 is none
	err    error // of the step that asks the backend
	veto   error // of the step that judges its answer
	heard  int
	mu     sync.Mutex
}

// cartFlow is the flow of the tests: an hour after a cart was filled, two seconds
// at least, twice in ten minutes.
func cartFlow(now time.Time) *Flow {
	return &Flow{
		API: "shop", Name: "checkout", After: "addToCart", Within: time.Hour, NotBefore: 2 * time.Second,
		Most: 2, Window: 10 * time.Minute, Passages: NewPassages(1<<12, now),
	}
}

func newStore(t testing.TB, flow func(*Flow), mode sallyport.Mode) *store {
	s := &store{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), status: 200}
	s.env = sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	s.env.Now = func() time.Time { return s.now }
	f := cartFlow(s.now)
	flow(f)
	s.Gateway = sallyport.NewGateway(s.env, s.plan(compile(t, f), mode))
	return s
}

func (s *store) plan(f *Flow, mode sallyport.Mode) *sallyport.Plan {
	backend := sallyport.Placed{Stage: sallyport.Forward, Name: "backend", Step: s}
	add, pay := &sallyport.Operation{ID: "addToCart"}, &sallyport.Operation{ID: "checkout"}
	add.Place(backend, sallyport.Placed{Stage: sallyport.Filter, Name: "veto", Step: veto{s}})
	add.Place(sallyport.Placed{Stage: sallyport.Filter, Name: "flow:checkout", Step: Opening{f}})
	pay.Place(sallyport.Placed{Stage: sallyport.Limit, Mode: mode, Name: "flow:checkout", Step: f})
	pay.Place(backend, sallyport.Placed{Stage: sallyport.Filter, Name: "veto", Step: veto{s}})
	return &sallyport.Plan{
		Entry: []sallyport.Placed{{Stage: sallyport.Admit, Name: "who", Step: who{}}},
		Match: func(x *sallyport.Exchange) *sallyport.Operation {
			if x.Request.Fields.Get("Op") == "add" {
				return add
			}
			return pay
		},
	}
}

// Run is the backend.
func (s *store) Run(x *sallyport.Exchange) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard++
	x.Upstream.Target = "http://backend"
	if s.err != nil {
		return s.err
	}
	x.Upstream.Status = s.status
	x.Response = &message.Response{Status: s.status}
	return nil
}

type veto struct{ *store }

func (v veto) Run(*sallyport.Exchange) error { return v.store.veto }

func (s *store) ask(op, caller, client string) (*message.Response, *sallyport.Exchange) {
	x := &sallyport.Exchange{Context: context.Background(), Request: &message.Request{Method: "POST"}}
	x.Request.Fields = message.Fields{{Name: "Op", Value: op}, {Name: "Caller", Value: caller}, {Name: "Client", Value: client}}
	var d door
	s.Serve(x, &d)
	return d.answer, x
}

// expect asks for an operation, and for its status.
func (s *store) expect(t *testing.T, op, caller string, want int) *message.Response {
	t.Helper()
	answer, _ := s.ask(op, caller, home)
	if answer.Status != want {
		t.Errorf("%s by %q: status %d, not %d", op, caller, answer.Status, want)
	}
	return answer
}

func (s *store) pass(d time.Duration) { s.now = s.now.Add(d) }

func asItIs(*Flow) {}

func TestFlowOrder(t *testing.T) {
	s := newStore(t, asItIs, sallyport.Enforce)
	s.expect(t, "pay", "ann", 409)
	s.status = 400
	s.expect(t, "add", "ann", 400)
	s.status = 200
	s.pass(time.Minute)
	s.expect(t, "pay", "ann", 409) // what failed opens nothing
	s.veto = problem.Fail(problem.AnswerInvalid, errors.New("no such property"))
	s.expect(t, "add", "ann", 502)
	s.veto = nil
	s.pass(time.Minute)
	s.expect(t, "pay", "ann", 409) // nor does what was refused on its way out
	s.expect(t, "add", "ann", 200)
	s.pass(time.Minute)
	if _, x := s.ask("pay", "bob", home); x.Refusal == nil || x.Refusal.Kind != problem.FlowOutOfOrder {
		t.Error("one caller opens the flow for another")
	}
	s.expect(t, "pay", "ann", 200)
	s.pass(time.Hour - time.Minute)
	s.expect(t, "pay", "ann", 200)
	s.pass(time.Nanosecond)
	s.expect(t, "pay", "ann", 409) // the hour is over
}

func TestFlowPace(t *testing.T) {
	s := newStore(t, asItIs, sallyport.Enforce)
	s.pass(900 * time.Millisecond) // times are not rounded to seconds
	s.expect(t, "add", "ann", 200)
	if got := s.expect(t, "pay", "ann", 429).Fields.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After is %q", got)
	}
	s.pass(2*time.Second - time.Nanosecond)
	if got := s.expect(t, "pay", "ann", 429).Fields.Get("Retry-After"); got != "1" {
		t.Errorf("Retry-After is %q", got)
	}
	s.pass(time.Nanosecond)
	s.expect(t, "pay", "ann", 200)
	s.expect(t, "add", "ann", 200) // the last time counts
	s.expect(t, "pay", "ann", 429)
}

func TestFlowNumber(t *testing.T) {
	s := newStore(t, func(f *Flow) { f.After, f.Within, f.NotBefore = "", 0, 0 }, sallyport.Enforce)
	s.expect(t, "pay", "ann", 200)
	s.pass(9 * time.Minute)
	s.expect(t, "pay", "ann", 200)
	answer, x := s.ask("pay", "ann", home)
	if answer.Status != 429 || x.Refusal.Kind != problem.FlowExceeded || x.Refusal.Cause.Error() != "by number" {
		t.Fatalf("the third: %d, %v", answer.Status, x.Refusal)
	}
	s.expect(t, "pay", "bob", 200)
	// 10 parts of 40 s are over 400 s: it is told when the first is forgotten.
	wait, err := time.ParseDuration(answer.Fields.Get("Retry-After") + "s")
	if err != nil || wait < time.Minute || wait > 2*time.Minute {
		t.Fatalf("Retry-After is %q", answer.Fields.Get("Retry-After"))
	}
	s.pass(wait - 2*time.Second)
	s.expect(t, "pay", "ann", 429)
	s.pass(2 * time.Second)
	s.expect(t, "pay", "ann", 200)
	s.expect(t, "pay", "ann", 429)
}

// TestFlowNumberIsStrict: wherever a window begins, no more pass in it.
func TestFlowNumberIsStrict(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for _, window := range []time.Duration{time.Second, 7 * time.Second, time.Hour, 24*time.Hour + 1} {
		const most = 5
		s := newStore(t, func(f *Flow) { f.After, f.Within, f.NotBefore, f.Most, f.Window = "", 0, 0, most, window }, sallyport.Enforce)
		var passed []time.Time
		for range 3000 {
			s.pass(time.Duration(random.Int64N(int64(window / 8))))
			if answer, _ := s.ask("pay", "ann", home); answer.Status == 200 {
				passed = append(passed, s.now)
			}
		}
		for i := most; i < len(passed); i++ {
			if d := passed[i].Sub(passed[i-most]); d <= window {
				t.Errorf("%d passed in %s, of %d in %s", most+1, d, most, window)
			}
		}
		// 3000 steps of a sixteenth of the window are 187 of them; each is
		// remembered for 16/15 of it at most, and found over a little later.
		if least := most * 3000 / 16 * 8 / 10; len(passed) < least {
			t.Errorf("%d passed in all, not %d: a window of %s is far too long", len(passed), least, window)
		}
	}
}

func TestFlowGivesBack(t *testing.T) {
	refused := problem.Fail(problem.AnswerUndeclared, errors.New("status 299"))
	for _, c := range []struct {
		name       string
		status     int
		err, veto  error
		givenBack  bool
		wantStatus int
	}{
		{"a_success", 201, nil, nil, false, 201},
		{"a_websocket", 101, nil, nil, false, 101},
		{"a_redirect", 303, nil, nil, true, 303},
		{"a_refusal_of_the_backend", 422, nil, nil, true, 422},
		{"a_failure_of_the_backend", 503, nil, nil, true, 503},
		{"a_backend_that_is_away", 0, problem.Fail(problem.UpstreamUnreachable, errors.New("refused")), nil, true, 502},
		// What it did is done.
		{"a_success_that_must_not_leave", 201, nil, refused, false, 502},
		{"a_backend_that_says_nothing", 0, problem.Fail(problem.UpstreamTimeout, errors.New("silence")), nil, false, 504},
		{"a_client_that_leaves", 0, problem.Refuse(problem.ClientLeft, "left"), nil, false, 499},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStore(t, func(f *Flow) { f.After, f.Within, f.NotBefore, f.Most = "", 0, 0, 1 }, sallyport.Enforce)
			s.status, s.err, s.veto = c.status, c.err, c.veto
			s.expect(t, "pay", "ann", c.wantStatus)
			s.status, s.err, s.veto = 200, nil, nil
			if c.givenBack {
				s.expect(t, "pay", "ann", 200)
			}
			s.expect(t, "pay", "ann", 429)
		})
	}
	t.Run("after_its_part_is_forgotten", func(t *testing.T) {
		p, now := NewPassages(1, time.Now()), time.Now()
		part, _ := p.take(1, now, time.Second, 1)
		later := now.Add(parts * time.Second)
		if _, wait := p.take(1, later, time.Second, 1); wait != 0 {
			t.Fatal("the window does not move")
		}
		p.give(1, later, part)
		if _, wait := p.take(1, later, time.Second, 1); wait == 0 {
			t.Error("what was forgotten was given back a second time")
		}
	})
}

func TestFlowTogether(t *testing.T) {
	s := newStore(t, func(f *Flow) { f.After, f.Within, f.NotBefore = "", 0, 0 }, sallyport.Enforce)
	statuses := make(chan int)
	for range 50 {
		go func() {
			answer, _ := s.ask("pay", "ann", home)
			statuses <- answer.Status
		}()
	}
	counts := map[int]int{}
	for range 50 {
		counts[<-statuses]++
	}
	if counts[200] != 2 || counts[429] != 48 || s.heard != 2 {
		t.Errorf("the answers are %v, the backend heard %d", counts, s.heard)
	}
}

func TestFlowOfNobody(t *testing.T) {
	s := newStore(t, asItIs, sallyport.Enforce)
	s.ask("add", "", "2001:db8::1")
	s.pass(time.Minute)
	for client, want := range map[string]int{"2001:db8::ffff": 200, "2001:db8:0:1::1": 409, home: 409} {
		if answer, _ := s.ask("pay", "", client); answer.Status != want {
			t.Errorf("from %s: %d", client, answer.Status)
		}
	}
}

func TestFlowIsObserved(t *testing.T) {
	s := newStore(t, asItIs, sallyport.Observe)
	answer, x := s.ask("pay", "ann", home)
	if answer.Status != 200 || len(x.Findings) != 1 || problem.As(x.Findings[0].Err).Kind != problem.FlowOutOfOrder {
		t.Errorf("status %d, found %v", answer.Status, x.Findings)
	}
}

// TestFlowOverReload: the next plan knows who has come how far.
func TestFlowOverReload(t *testing.T) {
	var first *Flow
	s := newStore(t, func(f *Flow) { first = f }, sallyport.Enforce)
	s.expect(t, "add", "ann", 200)
	s.pass(time.Minute)
	s.expect(t, "pay", "ann", 200)
	next := cartFlow(s.now)
	next.Passages, next.Most = first.Passages, 3
	s.Swap(s.plan(compile(t, next), sallyport.Enforce))
	s.expect(t, "pay", "ann", 200)
	s.expect(t, "pay", "ann", 200)
	s.expect(t, "pay", "ann", 429)
}

// TestPassagesAreBounded: more callers than there is room for take what
// DefaultPassages says, and who has passed often is not flushed out.
func TestPassagesAreBounded(t *testing.T) {
	now := time.Now()
	p, random := NewPassages(0, now), rand.New(rand.NewPCG(5, 6))
	mallory := random.Uint64()
	for range 5 {
		p.take(mallory, now, time.Minute, 5)
	}
	for range DefaultPassages {
		p.open(random.Uint64(), now, time.Hour)
		p.take(random.Uint64(), now, time.Minute, 5)
	}
	opened, counted := p.Entries()
	if opened != DefaultPassages || counted != DefaultPassages {
		t.Errorf("there is room for %d and %d", opened, counted)
	}
	if a, b := reflect.TypeFor[remembered[opening]]().Size(), reflect.TypeFor[remembered[passed]]().Size(); a > 24 || b > 56 {
		t.Errorf("entries take %d and %d bytes", a, b)
	}
	if _, wait := p.take(mallory, now, time.Minute, 5); wait == 0 {
		t.Error("a flood of callers has flushed out the one who has passed")
	}
}

func TestFlowSettings(t *testing.T) {
	for name, spoil := range map[string]func(*Flow){
		"nothing":          func(f *Flow) { f.After, f.Within, f.NotBefore, f.Most = "", 0, 0, 0 },
		"after_nothing":    func(f *Flow) { f.After = "" },
		"no_time":          func(f *Flow) { f.Within = 0 },
		"an_eternity":      func(f *Flow) { f.Within = longestTime + 1 },
		"never":            func(f *Flow) { f.NotBefore = f.Within },
		"before":           func(f *Flow) { f.NotBefore = -1 },
		"less_than_none":   func(f *Flow) { f.Most = -1 },
		"many":             func(f *Flow) { f.Most = MostPassed + 1 },
		"no_window":        func(f *Flow) { f.Window = 0 },
		"an_endless_count": func(f *Flow) { f.Window = longestTime + 1 },
		"no_memory":        func(f *Flow) { f.Passages = nil },
	} {
		f := cartFlow(time.Now())
		spoil(f)
		if f.Compile() == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := new(Flow).Run(standing("ann", home)); err == nil || !problem.As(err).Kind.Failure() {
		t.Error("a flow that was not compiled lets by")
	}
}

// flowUnder is a flow that is open for the caller of an exchange.
func flowUnder(t testing.TB) (*Flow, *sallyport.Exchange) {
	f := cartFlow(time.Now().Add(-time.Hour))
	f.NotBefore, f.Most = 0, MostPassed
	x := standing("https://issuer.example|0123456789", home)
	x.Response = &message.Response{Status: 404}
	if err := (Opening{compile(t, f)}).Run(x); err != nil {
		t.Fatal(err)
	}
	f.Passages.open(passer(f.seed, f.opened, x), time.Now(), f.Within)
	return f, x
}

// passThrough is what a request asks of memory from the step to its end.
func passThrough(f *Flow, x *sallyport.Exchange) error {
	holder := passer(f.seed, f.counted, x)
	now := x.Env.Now()
	if _, known := f.Passages.age(passer(f.seed, f.opened, x), now); !known {
		return errOrder
	}
	part, wait := f.Passages.take(holder, now, f.width, f.Most)
	if wait > 0 {
		return errNumber
	}
	f.Passages.give(holder, now, part)
	return nil
}

func TestFlowsTakeNoMemory(t *testing.T) {
	f, x := flowUnder(t)
	if err := passThrough(f, x); err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = passThrough(f, x) }); n != 0 {
		t.Errorf("to look at a flow takes %v allocations", n)
	}
	x.Response.Status = 200
	if n := testing.AllocsPerRun(100, func() { _ = Opening{f}.Run(x) }); n != 0 {
		t.Errorf("to open a flow takes %v allocations", n)
	}
	f.Most = 0
	if n := testing.AllocsPerRun(100, func() { _ = f.Run(x) }); n != 0 {
		t.Errorf("order and pace take %v allocations", n)
	}
}

func BenchmarkFlow(b *testing.B) {
	f, x := flowUnder(b)
	b.Run("open", func(b *testing.B) {
		x.Response.Status = 200
		b.ReportAllocs()
		for b.Loop() {
			_ = Opening{f}.Run(x)
		}
	})
	b.Run("order-and-number", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = passThrough(f, x)
		}
	})
}
