package limit

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/message"
)

func TestRate(t *testing.T) {
	// Each line asks: after a pause, by a caller at an address; and is
	// answered: a status, what is left, and when to come again.
	type line struct {
		pause          time.Duration
		caller, client string
		status         int
		left, again    string
	}
	for _, c := range []struct {
		name  string
		rate  *Rate
		lines []line
	}{
		{"the whole count may come at once", &Rate{Name: "per-key", Count: 3, Window: time.Minute, By: []Key{Caller}}, []line{
			{0, "ann", "", 200, `"per-key";r=2;t=20`, ""},
			{0, "ann", "", 200, `"per-key";r=1;t=20`, ""},
			{0, "ann", "", 200, `"per-key";r=0;t=20`, ""},
			{0, "ann", "", 429, `"per-key";r=0;t=20`, "20"},
			{19*time.Second + 1, "ann", "", 429, `"per-key";r=0;t=1`, "1"},
			{time.Second - 1, "ann", "", 200, `"per-key";r=0;t=20`, ""},
			{time.Hour, "ann", "", 200, `"per-key";r=2;t=20`, ""},
		}},
		{"a burst is what may come at once", &Rate{Name: "b", Count: 60, Window: time.Minute, Burst: 2, By: []Key{Caller}}, []line{
			{0, "ann", "", 200, `"b";r=1;t=1`, ""},
			{0, "ann", "", 200, `"b";r=0;t=1`, ""},
			{0, "ann", "", 429, `"b";r=0;t=1`, "1"},
			{time.Second, "ann", "", 200, `"b";r=0;t=1`, ""},
		}},
		{"refused requests do not count", &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller}}, []line{
			{0, "ann", "", 200, `"n";r=0;t=60`, ""},
			{30 * time.Second, "ann", "", 429, `"n";r=0;t=30`, "30"},
			{0, "ann", "", 429, `"n";r=0;t=30`, "30"},
			{30 * time.Second, "ann", "", 200, `"n";r=0;t=60`, ""},
		}},
		{"each caller has a bucket wherever it is", &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller}}, []line{
			{0, "ann", "192.0.2.1", 200, `"n";r=0;t=60`, ""},
			{0, "bob", "192.0.2.1", 200, `"n";r=0;t=60`, ""},
			{0, "ann", "192.0.2.2", 429, `"n";r=0;t=60`, "60"},
		}},
		{"callers who proved nothing are told apart by address", &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller}}, []line{
			{0, "", "192.0.2.1", 200, `"n";r=0;t=60`, ""},
			{0, "", "192.0.2.2", 200, `"n";r=0;t=60`, ""},
			{0, "", "192.0.2.1", 429, `"n";r=0;t=60`, "60"},
			{0, "ann", "192.0.2.1", 200, `"n";r=0;t=60`, ""},
		}},
		{"an address is an IPv4 address or a /64", &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Client}}, []line{
			{0, "ann", "192.0.2.1", 200, `"n";r=0;t=60`, ""},
			{0, "bob", "192.0.2.1", 429, `"n";r=0;t=60`, "60"},
			{0, "", "::ffff:192.0.2.1", 429, `"n";r=0;t=60`, "60"},
			{0, "", "2001:db8:0:1::1", 200, `"n";r=0;t=60`, ""},
			{0, "", "2001:db8:0:1:ffff::2", 429, `"n";r=0;t=60`, "60"},
			{0, "", "2001:db8:0:2::1", 200, `"n";r=0;t=60`, ""},
			{0, "", "fe80::1%eth0", 200, `"n";r=0;t=60`, ""},
			{0, "", "fe80::1%eth1", 429, `"n";r=0;t=60`, "60"},
		}},
		{"requests without an address share a bucket", &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Client}}, []line{
			{0, "ann", "", 200, `"n";r=0;t=60`, ""},
			{0, "bob", "", 429, `"n";r=0;t=60`, "60"},
		}},
		{"by both, each caller at each address", &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller, Client}}, []line{
			{0, "ann", "192.0.2.1", 200, `"n";r=0;t=60`, ""},
			{0, "ann", "192.0.2.2", 200, `"n";r=0;t=60`, ""},
			{0, "bob", "192.0.2.1", 200, `"n";r=0;t=60`, ""},
			{0, "ann", "192.0.2.1", 429, `"n";r=0;t=60`, "60"},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rate := c.rate
				rate.Counter = table()
				b := newBench(enforced(compile(t, rate))...)
				heard := 0
				for i, l := range c.lines {
					pass(l.pause)
					answer := b.ask("Caller", l.caller, "Client", l.client)
					if answer.Status != l.status {
						t.Fatalf("line %d: status %d, want %d", i, answer.Status, l.status)
					}
					if got := answer.Fields.Get("RateLimit"); got != l.left {
						t.Errorf("line %d: RateLimit %s, want %s", i, got, l.left)
					}
					if got := answer.Fields.Get("Retry-After"); got != l.again {
						t.Errorf("line %d: Retry-After %q, want %q", i, got, l.again)
					}
					if got := answer.Fields.Get("RateLimit-Policy"); got != rate.policy {
						t.Errorf("line %d: RateLimit-Policy %s, want %s", i, got, rate.policy)
					}
					if l.status == 200 {
						heard++
					}
				}
				if len(b.arrived) != heard {
					t.Errorf("the backend heard of %d requests, want %d", len(b.arrived), heard)
				}
			})
		})
	}
}

func TestRefusal(t *testing.T) {
	rate := compile(t, &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller, Client}, Counter: table()})
	b := newBench(enforced(rate)...)
	b.ask("Caller", "ann", "Client", "192.0.2.1")
	answer := b.ask("Caller", "ann", "Client", "192.0.2.1")
	body, _ := io.ReadAll(answer.Body)
	for _, want := range []string{"limit-exceeded", "The limit is 1 request per 1m0s by caller and client address."} {
		if !strings.Contains(string(body), want) {
			t.Errorf("the problem %s does not say %q", body, want)
		}
	}
	for _, secret := range []string{"ann", "192.0.2.1"} {
		if strings.Contains(string(body), secret) {
			t.Errorf("the problem %s tells %q", body, secret)
		}
	}
}

func TestObservedRateLetsBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, over := range []Over{Refuse, Delay} {
			rate := &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller}, Over: over, Counter: table()}
			if over == Delay {
				rate.Wait = time.Hour
			}
			b := newBench(sallyport.Placed{Stage: sallyport.Limit, Mode: sallyport.Observe, Name: "limit", Step: compile(t, rate)})
			start := time.Now()
			b.ask("Caller", "ann")
			answer, x := b.askIn(context.Background(), "Caller", "ann")
			if answer.Status != 200 || len(x.Findings) != 1 || !time.Now().Equal(start) {
				t.Errorf("%v: status %d, %d findings, after %v", over, answer.Status, len(x.Findings), time.Since(start))
			}
			if over == Delay {
				// The delayed request went on and stays counted.
				_, x = b.askIn(context.Background(), "Caller", "ann")
				if wait, ok := x.Findings[0].Err.(*sallyport.Wait); !ok || wait.For != 2*time.Minute {
					t.Errorf("the next finding is %v, want a delay of two minutes", x.Findings[0].Err)
				}
			}
		}
	})
}

func TestRateSurvivesAReload(t *testing.T) {
	kept := table()
	b := newBench(enforced(compile(t, &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller}, Counter: kept}))...)
	b.ask("Caller", "ann")
	b.Swap(b.plan(enforced(compile(t, &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller}, Counter: kept}))...))
	if got := b.ask("Caller", "ann").Status; got != 429 {
		t.Errorf("status %d after a reload, want 429", got)
	}
}

// broken is a counter that cannot be reached.
type broken struct{}

func (broken) Take(context.Context, Holder, time.Time, Bucket) (Mark, error) {
	return Mark{}, errors.New("no connection")
}
func (broken) GiveBack(context.Context, Holder, Bucket, Mark) error {
	return errors.New("no connection")
}

func TestRateThatCannotCountLetsNobodyBy(t *testing.T) {
	for _, over := range []Over{Refuse, Delay} {
		rate := &Rate{Name: "n", Count: 1, Window: time.Minute, By: []Key{Caller}, Over: over, Counter: broken{}}
		if over == Delay {
			rate.Wait = time.Second
		}
		compile(t, rate)
		for _, mode := range []sallyport.Mode{sallyport.Enforce, sallyport.Observe} {
			b := newBench(sallyport.Placed{Stage: sallyport.Limit, Mode: mode, Name: "limit", Step: rate})
			if got := b.ask("Caller", "ann").Status; got != 500 || len(b.arrived) > 0 {
				t.Errorf("%v, %v: status %d, the backend heard of %d requests", over, mode, got, len(b.arrived))
			}
		}
		if n := rate.waiting.Load(); n != 0 {
			t.Errorf("%v: %d requests wait", over, n)
		}
	}
	for _, step := range []sallyport.Step{&Rate{}, &Together{}, &Concurrency{}} {
		if got := newBench(enforced(step)...).ask().Status; got != 500 {
			t.Errorf("%T that was not compiled: status %d", step, got)
		}
	}
}

func TestTogether(t *testing.T) {
	short := func() *Rate {
		return &Rate{Name: "short", Count: 2, Window: 10 * time.Second, By: []Key{Caller}, Counter: table()}
	}
	long := func() *Rate {
		return &Rate{Name: "long", Count: 3, Window: time.Hour, By: []Key{Client}, Counter: table()}
	}

	t.Run("each limit is told by its name", func(t *testing.T) {
		for name, places := range map[string][]sallyport.Placed{
			"in one step":  enforced(compile(t, &Together{Rates: []*Rate{short(), long()}})),
			"in two steps": enforced(compile(t, short()), compile(t, long())),
		} {
			answer := newBench(places...).ask("Caller", "ann")
			if got, want := answer.Fields.Get("RateLimit"), `"short";r=1;t=5, "long";r=2;t=1200`; got != want {
				t.Errorf("%s: RateLimit %s, want %s", name, got, want)
			}
			if got, want := answer.Fields.Get("RateLimit-Policy"), `"short";q=2;w=10, "long";q=3;w=3600`; got != want {
				t.Errorf("%s: RateLimit-Policy %s, want %s", name, got, want)
			}
			if answer.Fields.Count("RateLimit") != 1 || answer.Fields.Count("RateLimit-Policy") != 1 {
				t.Errorf("%s: fields %v", name, answer.Fields)
			}
		}
	})

	t.Run("what one limit turns away no limit counts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			first, second := long(), short()
			b := newBench(enforced(compile(t, &Together{Rates: []*Rate{first, second}}))...)
			for range 10 {
				b.ask("Caller", "ann")
			}
			answer := b.ask("Caller", "ann")
			if got, want := answer.Fields.Get("RateLimit"), `"short";r=0;t=5`; got != want || answer.Fields.Get("Retry-After") != "5" {
				t.Errorf("RateLimit %s, want %s; Retry-After %s", got, want, answer.Fields.Get("Retry-After"))
			}
			pass(5 * time.Second)
			if answer := b.ask("Caller", "ann"); answer.Status != 200 {
				t.Errorf("status %d: refused requests were counted", answer.Status)
			}
			pass(5 * time.Second)
			if answer := b.ask("Caller", "ann"); answer.Status != 429 || answer.Fields.Get("RateLimit") != `"long";r=0;t=1190` {
				t.Errorf("status %d, %v", answer.Status, answer.Fields)
			}
		})
	})

	t.Run("a limit that cannot count gives the others back", func(t *testing.T) {
		first, second := long(), short()
		second.Counter = broken{}
		b := newBench(enforced(compile(t, &Together{Rates: []*Rate{first, second}}))...)
		for range 10 {
			b.ask("Caller", "ann")
		}
		if got := newBench(enforced(first)...).ask("Caller", "ann").Fields.Get("RateLimit"); got != `"long";r=2;t=1200` {
			t.Errorf("RateLimit %s", got)
		}
	})

	for name, together := range map[string]*Together{
		"there are no limits": {},
		"two limits are":      {Rates: []*Rate{short(), short()}},
		"rate counts":         {Rates: []*Rate{{Name: "n", By: []Key{Caller}}}},
	} {
		if err := together.Compile(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("mistake %v, want one with %q", err, name)
		}
	}
}

func TestRateMistakes(t *testing.T) {
	for want, change := range map[string]func(*Rate){
		"1 to 64":                func(r *Rate) { r.Name = "" },
		"long":                   func(r *Rate) { r.Name = strings.Repeat("n", 65) },
		"printable":              func(r *Rate) { r.Name = "für" },
		"at least one request":   func(r *Rate) { r.Count = 0 },
		"a burst is":             func(r *Rate) { r.Burst = -1 },
		"by whom":                func(r *Rate) { r.By = nil },
		"by caller, by client":   func(r *Rate) { r.By = []Key{7} },
		"whole seconds":          func(r *Rate) { r.Window = 1500 * time.Millisecond },
		"whole milliseconds":     func(r *Rate) { r.Window = time.Microsecond },
		"longer than ten years":  func(r *Rate) { r.Window = 11 * 365 * 24 * time.Hour },
		"more than ten years":    func(r *Rate) { r.Burst, r.Window = 1<<30, time.Hour },
		"million":                func(r *Rate) { r.Count, r.Window = 1_000_001, time.Second },
		"refused or delayed":     func(r *Rate) { r.Over = 2 },
		"longest time to wait":   func(r *Rate) { r.Over = Delay },
		"only a limit":           func(r *Rate) { r.Wait = time.Second },
		"cannot be negative":     func(r *Rate) { r.MaxWaiting = -1 },
		"there is no counter":    func(r *Rate) { r.Counter = nil },
		`limit "a-name": a rate`: func(r *Rate) { r.Name, r.Count = "a-name", -1 },
	} {
		r := &Rate{Name: "n", Count: 10, Window: time.Minute, By: []Key{Caller}, Counter: table()}
		change(r)
		if err := r.Compile(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("mistake %v, want one with %q", err, want)
		}
	}
}

// The step itself makes the value of RateLimit, and the room for the two fields
// where the answer has none yet.
func TestRateAllocations(t *testing.T) {
	for _, c := range []struct {
		name string
		step compiled
		most float64
	}{
		{"one limit", &Rate{Name: "per-key", Count: 1e6, Window: time.Second, Burst: 1e9, By: []Key{Caller, Client}, Counter: table()}, 1},
		{"one that could delay", &Rate{Name: "per-key", Count: 1e6, Window: time.Second, Burst: 1e9, By: []Key{Client}, Over: Delay, Wait: time.Second, Counter: table()}, 1},
		{"two together", &Together{Rates: []*Rate{
			{Name: "a", Count: 1e6, Window: time.Second, Burst: 1e9, By: []Key{Caller}, Counter: table()},
			{Name: "b", Count: 1e6, Window: time.Second, Burst: 1e9, By: []Key{Client}, Counter: table()},
		}}, 1},
	} {
		step, x := compile(t, c.step), standing("ann", "2001:db8::1")
		room := make(message.Fields, 0, 2)
		if got := testing.AllocsPerRun(1000, func() {
			x.Answer = room
			if err := step.Run(x); err != nil {
				t.Fatal(err)
			}
		}); got > c.most {
			t.Errorf("%s: %v allocations, at most %v", c.name, got, c.most)
		}
	}
}

// standing is an exchange that stands before the limit.
func standing(caller, client string) *sallyport.Exchange {
	return &sallyport.Exchange{
		Context: context.Background(),
		Env:     sallyport.NewEnv(nil, 0),
		Caller:  sallyport.Principal{Credentials: []*sallyport.Credential{{ID: caller}}},
		Client:  netip.MustParseAddr(client),
	}
}
