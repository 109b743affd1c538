package forward

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

func TestWindow(t *testing.T) {
	const width = int64(10 * time.Second)
	rapid.Check(t, func(r *rapid.T) {
		type event struct {
			at  int64
			bad bool
		}
		var w window
		var events []event
		now := int64(1e18)
		for range rapid.IntRange(0, 100).Draw(r, "events") {
			now += rapid.Int64Range(0, width/4).Draw(r, "pause")
			bad := rapid.Bool().Draw(r, "bad")
			w.add(now, width, bad)
			events = append(events, event{now, bad})
		}
		now += rapid.Int64Range(0, width*2).Draw(r, "pause")
		all, bad := w.sum(now, width)
		// The oldest slot may be counted or not.
		var least, most, leastBad, mostBad int
		for _, e := range events {
			in, surely := now-e.at < width, now-e.at <= width-width/10
			least, most = least+one(surely), most+one(in)
			leastBad, mostBad = leastBad+one(surely && e.bad), mostBad+one(in && e.bad)
		}
		if all < least || all > most || bad < leastBad || bad > mostBad {
			r.Fatalf("%d and %d bad, want %d to %d and %d to %d bad", all, bad, least, most, leastBad, mostBad)
		}
		w.clear()
		if all, bad := w.sum(now, width); all+bad != 0 {
			r.Fatal("something is left")
		}
	})
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// TestCircuit follows one through all its states.
func TestCircuit(t *testing.T) {
	b := &Breaker{Ratio: 0.5, Requests: 4, Window: 10 * time.Second, Open: 5 * time.Second}
	second := int64(time.Second)
	var c circuit
	judge := func(now int64, bad, probe bool, want circuitChange) {
		t.Helper()
		if got := c.judge(b, now, bad, probe); got != want {
			t.Fatalf("at %d s: %d, want %d", now/second, got, want)
		}
	}
	judge(1*second, true, false, unchanged)
	judge(1*second, true, false, unchanged)
	judge(1*second, true, false, unchanged) // three of three, but that is too few
	judge(20*second, false, false, unchanged)
	judge(20*second, false, false, unchanged)
	judge(20*second, false, false, unchanged)
	judge(20*second, true, false, unchanged)
	judge(20*second, true, false, unchanged) // two of five
	judge(20*second, true, false, opened)    // three of six
	judge(21*second, false, false, unchanged)
	if _, ok := c.enter(22 * second); ok || c.permits(22*second) {
		t.Fatal("an open circuit lets a request by")
	}
	probe, ok := c.enter(25 * second)
	if !probe || !ok {
		t.Fatal("a half-open one lets none by")
	}
	if _, ok := c.enter(26 * second); ok || c.permits(26*second) {
		t.Fatal("a half-open one lets two by")
	}
	judge(27*second, false, false, unchanged) // of a request that set out long ago
	judge(27*second, true, true, stillOpen)
	if c.permits(31 * second) {
		t.Fatal("it was opened again and is closed")
	}
	if probe, ok = c.enter(32 * second); !probe || !ok {
		t.Fatal("no second probe")
	}
	c.leave() // its client left
	if probe, ok = c.enter(33 * second); !probe || !ok {
		t.Fatal("a probe that showed nothing is the last")
	}
	judge(34*second, false, true, closed)
	if probe, ok = c.enter(34 * second); probe || !ok {
		t.Fatal("it is not closed")
	}
	judge(34*second, true, false, unchanged) // and what was before counts no more
}

// TestBreakerOfUpstream: 503 at once, and one request tries.
func TestBreakerOfUpstream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing, calls := true, 0
		hold := make(chan struct{})
		close(hold)
		u := playing(t, PoolConfig{Breaker: Breaker{Ratio: 0.5, Requests: 4, Window: time.Minute, Open: 3500 * time.Millisecond, On: failures(t, "503")}}, 1,
			func(context.Context, *Target, *outgoing) (*message.Response, error) {
				calls++
				<-hold
				if failing {
					return status(503)
				}
				return status(200)
			})
		for range 4 {
			if err := request(u, exchange(t, "GET", "/", "")); err != nil {
				t.Fatal(err)
			}
		}
		r := wantKind(t, request(u, exchange(t, "GET", "/", "")), problem.CircuitOpen)
		if got := r.Fields.Get("Retry-After"); got != "4" || calls != 4 || !strings.Contains(r.Error(), "http://a: its circuit is open for 3.5s") {
			t.Errorf("Retry-After %s, %d calls, %v", got, calls, r)
		}
		time.Sleep(4 * time.Second)
		failing, hold = false, make(chan struct{})
		probe := make(chan error)
		go func() { probe <- u.Run(exchange(t, "GET", "/", "")) }()
		synctest.Wait()
		wantKind(t, u.Run(exchange(t, "GET", "/", "")), problem.CircuitOpen)
		close(hold)
		if err := <-probe; err != nil || calls != 5 {
			t.Errorf("%v, %d calls", err, calls)
		}
		if err := request(u, exchange(t, "GET", "/", "")); err != nil {
			t.Errorf("it went well, and %v", err)
		}
	})
}

func TestOutlier(t *testing.T) {
	c := &Outliers{On: failures(t, "connect", "timeout", "503"), Failures: 3, Window: 10 * time.Second, Out: 2 * time.Second, MaxOut: 6 * time.Second}
	var o outlier
	at := func(seconds float64) int64 { return int64(seconds * float64(time.Second)) }
	judge := func(seconds float64, what cause, status int, want time.Duration) {
		t.Helper()
		if got := o.judge(c, at(seconds), what, status); got != want {
			t.Fatalf("at %v s it is taken out for %s, want %s", seconds, got, want)
		}
	}
	judge(1, fine, 503, 0)
	judge(2, timeout, 0, 0)
	judge(2, reset, 0, 0)  // does not count
	judge(2, fine, 500, 0) // nor does that
	judge(3, fine, 503, 2*time.Second)
	judge(4, fine, 503, 0) // it is out already
	judge(6, fine, 503, 0)
	judge(6, connect, 0, 4*time.Second) // at once
	judge(11, connect, 0, 6*time.Second)
	judge(18, connect, 0, 6*time.Second) // and never for longer
	judge(25, fine, 200, 0)
	judge(26, connect, 0, 6*time.Second) // it came back two seconds ago
	judge(43, fine, 200, 0)              // a window without a failure
	judge(44, connect, 0, 2*time.Second)
	if o.until.Load() != at(46) {
		t.Errorf("out until %d", o.until.Load())
	}
	if got := new(outlier).judge(&Outliers{Failures: 1, Window: time.Second, Out: time.Second}, 1, connect, 0); got != 0 {
		t.Errorf("nothing counts, and it is out for %s", got)
	}
}

func TestCauses(t *testing.T) {
	c := failures(t, "reset", "500", "563", "599")
	for _, good := range []struct {
		what   cause
		status int
		want   bool
	}{{reset, 0, true}, {connect, 0, false}, {timeout, 0, false}, {abandoned, 0, false}, {fine, 500, true}, {fine, 563, true}, {fine, 599, true}, {fine, 501, false}, {fine, 564, false}, {fine, 200, false}, {fine, 499, false}, {fine, 600, false}} {
		if c.have(good.what, good.status) != good.want {
			t.Errorf("%s %d: %v", good.what, good.status, !good.want)
		}
	}
	for _, bad := range []string{"", "499", "600", "5xx", "abandoned", "Reset"} {
		if _, err := NewCauses(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// logged is an Env whose log can be read.
func logged() (*sallyport.Env, *bytes.Buffer) {
	out := new(bytes.Buffer)
	return sallyport.NewEnv(slog.New(slog.NewTextHandler(out, nil)), 0), out
}

// TestChecks follows a target that goes down and comes up again. The bubble
// ends only if no goroutine of the pool is left.
func TestChecks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env, log := logged()
		p, err := NewPool(PoolConfig{
			API: "shop", Targets: Targets("http://a/v1", "http://b"),
			Checks: Checks{Path: "/healthz", Every: 10 * time.Second, Timeout: time.Second, Statuses: []Statuses{{200, 299}, {401, 401}}, Rise: 2, Fall: 3},
		}, env, nil)
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		answer, asked := "200", []string{}
		says := func(what string) {
			mu.Lock()
			defer mu.Unlock()
			answer = what
		}
		heard := func() []string {
			mu.Lock()
			defer mu.Unlock()
			return asked
		}
		p.carrier = played(func(ctx context.Context, to *Target, out *outgoing) (*message.Response, error) {
			mu.Lock()
			what := answer
			asked = append(asked, fmt.Sprint(out.Method, " ", to.prefix+out.path, " ", out.Authority))
			mu.Unlock()
			switch {
			case to.name == "b":
				return status(401)
			case what == "hang":
				<-ctx.Done()
				return nil, ctx.Err()
			case what == "500":
				return status(500)
			}
			return &message.Response{Status: 200, Body: message.NewBody(slowly{ctx}, -1)}, nil
		})
		a := p.now.Load().targets[0]
		well := func(want bool, when string) {
			t.Helper()
			synctest.Wait()
			if a.down.Load() == want {
				t.Errorf("%s: down is %v", when, want)
			}
		}
		p.Open()
		p.Open() // once is enough
		well(true, "at the start")
		if len(asked) != 2 || !slices.Contains(asked, "GET /v1/healthz a") || !slices.Contains(asked, "GET /healthz b") {
			t.Errorf("asked %v", asked)
		}
		// rounds waits for so many more, and for what comes of the last.
		rounds := func(n int) {
			for n = len(heard()) + 2*n; len(heard()) < n; {
				time.Sleep(100 * time.Millisecond)
			}
			time.Sleep(2 * time.Second)
		}
		says("500")
		rounds(2)
		well(true, "after two failures")
		says("200")
		rounds(1)
		says("hang")
		rounds(2)
		well(true, "after two more")
		rounds(1)
		well(false, "after three in a row")
		says("200")
		rounds(1)
		well(false, "after one that went well")
		rounds(1)
		well(true, "after two")
		if since := env.Now().UnixNano() - a.back.Load(); since < 0 || since > int64(3*time.Second) {
			t.Errorf("it came back %d ns ago", since)
		}
		p.Close()
		for _, line := range []string{`msg="target down" api=shop target=http://a error="context deadline exceeded"`, `msg="target up" api=shop target=http://a`} {
			if strings.Count(log.String(), line) != 1 {
				t.Errorf("want once %s in\n%s", line, log)
			}
		}
	})
}

// slowly is a body that never ends.
type slowly struct{ ctx context.Context }

func (s slowly) Read(p []byte) (int, error) { return len(p), nil }
func (s slowly) Close() error               { return nil }

// TestFirstCheckDecidesAlone: a gateway that starts before a backend that is
// down need not find that out three times.
func TestFirstCheckDecidesAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env, _ := logged()
		states := new(States)
		config := PoolConfig{Targets: Targets("http://a"), Checks: Checks{Path: "/", Every: time.Hour, Timeout: time.Second, Statuses: []Statuses{{200, 200}}, Rise: 2, Fall: 3}}
		p, err := NewPool(config, env, states)
		if err != nil {
			t.Fatal(err)
		}
		p.carrier = played(func(context.Context, *Target, *outgoing) (*message.Response, error) { return nil, errRefused })
		p.Open()
		synctest.Wait()
		if err := p.Reachable(t.Context()); err == nil || !strings.Contains(err.Error(), "http://a: its checks fail") {
			t.Errorf("reachable: %v", err)
		}
		p.Close()

		// A pool with other settings knows it, one without checks forgets it:
		// nobody would find it up again.
		config.Targets[0].Weight = 2
		q, err := NewPool(config, env, states)
		if err != nil {
			t.Fatal(err)
		}
		if !q.now.Load().targets[0].down.Load() {
			t.Error("what was known of the target is forgotten with its weight")
		}
		config.Checks = Checks{}
		if q, err = NewPool(config, env, states); err != nil {
			t.Fatal(err)
		}
		q.Open()
		if q.now.Load().targets[0].down.Load() {
			t.Error("it is down for ever")
		}
		q.Close()
	})
}

// TestCheckOfARealTarget: it has its time, and its connection is used again.
func TestCheckOfARealTarget(t *testing.T) {
	var hang atomic.Bool
	b := newBackend(t, func(c *conversation) bool {
		if hang.Load() {
			_, _ = c.in.ReadByte()
			return false
		}
		c.say(ok)
		return true
	})
	p := newPool(t, PoolConfig{Targets: Targets(b.url()), Checks: Checks{Path: "/up?deep=1", Every: time.Hour, Timeout: 50 * time.Millisecond, Statuses: []Statuses{{200, 200}}}})
	target := p.now.Load().targets[0]
	for range 2 {
		if err := p.ask(t.Context(), target); err != nil {
			t.Error(err)
		}
		if head := <-b.heard; !strings.HasPrefix(head, "GET /up?deep=1 HTTP/1.1\n") || !strings.Contains(head, "\nUser-Agent: sallyport (health check)\n") {
			t.Errorf("the target heard\n%s", head)
		}
	}
	if b.count() != 1 {
		t.Errorf("%d connections for two checks", b.count())
	}
	hang.Store(true)
	if err := p.ask(t.Context(), target); err == nil {
		t.Error("a target that hangs is well")
	}
}

// TestNames: where a name leads elsewhere there are other targets; while the
// resolver fails the old ones stay.
func TestNames(t *testing.T) {
	addresses := func(list ...string) []netip.Addr {
		var all []netip.Addr
		for _, a := range list {
			all = append(all, netip.MustParseAddr(a))
		}
		return all
	}
	for _, each := range []bool{false, true} {
		t.Run(fmt.Sprintf("each_is_%v", each), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				env, log := logged()
				p, err := NewPool(PoolConfig{API: "shop", Targets: Targets("http://app.example:9000/v1", "http://192.0.2.9", "unix:/run/app.sock"), Each: each, Resolve: 30 * time.Second}, env, nil)
				if err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				var answer []netip.Addr
				var fails error
				asked := 0
				says := func(err error, list ...string) {
					mu.Lock()
					defer mu.Unlock()
					answer, fails = addresses(list...), err
				}
				p.lookup = func(_ context.Context, name string) ([]netip.Addr, error) {
					mu.Lock()
					defer mu.Unlock()
					if asked++; name != "app.example" {
						t.Errorf("%s is looked up", name)
					}
					return slices.Clone(answer), fails
				}
				targets := func() (list []string) {
					for _, one := range p.now.Load().targets {
						list = append(list, one.Address+one.prefix+fmt.Sprint(one.addresses))
					}
					return list
				}
				want := func(when string, list ...string) {
					t.Helper()
					synctest.Wait()
					list = append(list, "http://192.0.2.9[]", "unix:/run/app.sock[]")
					if got := targets(); !slices.Equal(got, list) {
						t.Errorf("%s: %v, want %v", when, got, list)
					}
				}
				says(errors.New("no such host"))
				p.Open()
				want("before it was ever found", "http://app.example:9000/v1[]")
				says(nil, "192.0.2.1", "::ffff:192.0.2.2", "192.0.2.2")
				time.Sleep(31 * time.Second)
				one, two := "http://192.0.2.1:9000/v1[192.0.2.1]", "http://192.0.2.2:9000/v1[192.0.2.2]"
				both := []string{one, two}
				if !each {
					both = []string{"http://app.example:9000/v1[192.0.2.1 192.0.2.2]"}
				}
				want("two addresses", both...)
				first := p.now.Load().targets[0]
				first.circuit.until.Store(1)
				says(nil, "192.0.2.2", "192.0.2.1")
				time.Sleep(30 * time.Second)
				want("in another order", both...)
				if !slices.Contains(p.now.Load().targets, first) {
					t.Error("a target that is where it was is another one now, without its connections")
				}
				says(errors.New("the resolver is down"))
				time.Sleep(30 * time.Second)
				if len(p.now.Load().targets) != len(both)+2 {
					t.Errorf("the resolver fails, and the targets are %v", targets())
				}
				says(nil, "192.0.2.3")
				before := asked
				p.judge(first, env.Now(), connect, 0, false)
				p.judge(first, env.Now(), connect, 0, false)
				time.Sleep(2 * time.Second)
				if each {
					want("after a failed connection", "http://192.0.2.3:9000/v1[192.0.2.3]")
				} else {
					want("after a failed connection", "http://app.example:9000/v1[192.0.2.3]")
					if p.now.Load().targets[0].circuit.until.Load() != 1 {
						t.Error("what is known of the target is forgotten")
					}
				}
				if !first.idle.closed || p.now.Load().targets[0].idle.closed {
					t.Error("connections to where the name led are kept, or those to where it leads are not")
				}
				if asked > before+2 {
					t.Errorf("the resolver was asked %d times", asked-before)
				}
				p.Close()
				if !strings.Contains(log.String(), `level=WARN msg="resolving a backend's name" api=shop name=app.example error="the resolver is down"`) {
					t.Errorf("the log says\n%s", log)
				}
			})
		})
	}
}

// TestStates are forgotten with their last pool, and not before.
func TestStates(t *testing.T) {
	s := new(States)
	a := s.of("http://a")
	if s.of("http://a") != a || s.of("http://b") == a {
		t.Error("two places are one, or one is two")
	}
}
