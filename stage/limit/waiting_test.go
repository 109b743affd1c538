package limit

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// throttle lets one request by each second and holds others back.
func throttle(t *testing.T, wait time.Duration) (*Rate, *bench) {
	rate := compile(t, &Rate{Name: "n", Count: 60, Window: time.Minute, Burst: 1, By: []Key{Caller}, Over: Delay, Wait: wait, Counter: table()})
	return rate, newBench(enforced(rate)...)
}

func (b *bench) expect(t *testing.T, start time.Time, want ...arrivalAfter) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.arrived) != len(want) {
		t.Fatalf("the backend heard of %v, want %v", b.arrived, want)
	}
	for i, w := range want {
		if a := b.arrived[i]; a.name != w.name || a.at.Sub(start) != w.after {
			t.Errorf("request %d was %q after %v, want %q after %v", i, a.name, a.at.Sub(start), w.name, w.after)
		}
	}
}

type arrivalAfter struct {
	name  string
	after time.Duration
}

// forbidding is a later step that turns everyone away.
type forbidding struct{}

func (forbidding) Run(*sallyport.Exchange) error {
	return problem.Refuse(problem.RoleMissing, "Nobody has this role.")
}

func TestDelay(t *testing.T) {
	t.Run("requests go on in their order at the pace of the limit", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			rate, b := throttle(t, 10*time.Second)
			start := time.Now()
			var all sync.WaitGroup
			var want []arrivalAfter
			for i := range 8 {
				all.Go(func() { b.ask("Caller", "ann", "Name", strconv.Itoa(i)) })
				want = append(want, arrivalAfter{strconv.Itoa(i), time.Duration(i) * time.Second})
				pass(10 * time.Millisecond)
			}
			all.Wait()
			b.expect(t, start, want...)
			synctest.Wait()
			if n := rate.waiting.Load(); n != 0 {
				t.Errorf("%d requests wait after all have gone on", n)
			}
		})
	})

	t.Run("who would wait too long is refused at once and not counted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, b := throttle(t, 2*time.Second)
			start := time.Now()
			var all sync.WaitGroup
			var answers [5]*message.Response
			for i := range answers {
				all.Go(func() { answers[i] = b.ask("Caller", "ann", "Name", strconv.Itoa(i)) })
				synctest.Wait()
			}
			if a := answers[3]; a == nil || a.Status != 429 || a.Fields.Get("Retry-After") != "3" || a.Fields.Get("RateLimit") != `"n";r=0;t=3` {
				t.Errorf("the fourth was answered %v at once", a)
			}
			all.Wait()
			b.expect(t, start, arrivalAfter{"0", 0}, arrivalAfter{"1", time.Second}, arrivalAfter{"2", 2 * time.Second})
			if got := answers[2].Fields.Get("RateLimit"); got != `"n";r=0;t=1` {
				t.Errorf("the one that waited is told %s", got)
			}
			pass(time.Second)
			b.ask("Caller", "ann", "Name", "5")
			if last := b.arrived[len(b.arrived)-1]; last.at.Sub(start) != 3*time.Second {
				t.Errorf("refused requests took slots: the next went on after %v", last.at.Sub(start))
			}
		})
	})

	t.Run("who leaves last gives its slot back", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			rate, b := throttle(t, 10*time.Second)
			start := time.Now()
			b.ask("Caller", "ann", "Name", "0")
			var all sync.WaitGroup
			all.Go(func() { b.ask("Caller", "ann", "Name", "1") })
			synctest.Wait()
			leaving, leave := context.WithCancel(context.Background())
			all.Go(func() {
				_, x := b.askIn(leaving, "Caller", "ann", "Name", "gone")
				if x.Stopped() == nil || time.Since(start) != 0 {
					t.Errorf("who left was released after %v", time.Since(start))
				}
			})
			synctest.Wait()
			if n := rate.waiting.Load(); n != 2 {
				t.Errorf("%d requests wait, want 2", n)
			}
			leave()
			synctest.Wait()
			if n := rate.waiting.Load(); n != 1 {
				t.Errorf("%d requests wait after one left, want 1", n)
			}
			all.Go(func() { b.ask("Caller", "ann", "Name", "2") })
			all.Wait()
			b.expect(t, start, arrivalAfter{"0", 0}, arrivalAfter{"1", time.Second}, arrivalAfter{"2", 2 * time.Second})
		})
	})

	t.Run("who leaves from the middle moves nobody", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, b := throttle(t, 10*time.Second)
			start := time.Now()
			b.ask("Caller", "ann", "Name", "0")
			var all sync.WaitGroup
			leaving, leave := context.WithCancel(context.Background())
			all.Go(func() { b.askIn(leaving, "Caller", "ann", "Name", "gone") })
			synctest.Wait()
			all.Go(func() { b.ask("Caller", "ann", "Name", "2") })
			synctest.Wait()
			leave()
			synctest.Wait()
			all.Go(func() { b.ask("Caller", "ann", "Name", "3") })
			all.Wait()
			b.expect(t, start, arrivalAfter{"0", 0}, arrivalAfter{"2", 2 * time.Second}, arrivalAfter{"3", 3 * time.Second})
		})
	})

	t.Run("who waited and was turned away later stays counted", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			rate, _ := throttle(t, 10*time.Second)
			b := newBench(enforced(rate, forbidding{})...)
			start := time.Now()
			for range 4 {
				if got := b.ask("Caller", "ann").Status; got != 403 {
					t.Errorf("status %d", got)
				}
			}
			if took := time.Since(start); took != 3*time.Second {
				t.Errorf("four requests took %v, want 3s", took)
			}
		})
	})

	t.Run("no more wait than there is room for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			rate, b := throttle(t, time.Hour)
			rate.MaxWaiting = 3
			var all sync.WaitGroup
			var answers [6]*message.Response
			for i := range answers {
				all.Go(func() { answers[i] = b.ask("Caller", "ann") })
				synctest.Wait()
			}
			for i, a := range answers {
				if refused := a != nil && a.Status == 429; refused != (i > 3) {
					t.Errorf("request %d was refused: %v", i, refused)
				}
			}
			if a := b.ask("Caller", "bob"); a.Status != 200 {
				t.Errorf("status %d for one who need not wait", a.Status)
			}
			all.Wait()
			synctest.Wait()
			if n := rate.waiting.Load(); n != 0 {
				t.Errorf("%d requests wait after all have gone on", n)
			}
		})
	})

	t.Run("together, one refusal leaves no place taken", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			slow, _ := throttle(t, time.Hour)
			few := &Rate{Name: "few", Count: 2, Window: time.Hour, By: []Key{Caller}, Counter: table()}
			b := newBench(enforced(compile(t, &Together{Rates: []*Rate{slow, few}}))...)
			start := time.Now()
			for range 5 {
				b.ask("Caller", "ann")
			}
			synctest.Wait()
			if time.Since(start) != time.Second || slow.waiting.Load() != 0 {
				t.Errorf("it took %v, %d requests wait", time.Since(start), slow.waiting.Load())
			}
		})
	})

	t.Run("together, who leaves gives back to both", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			slow, _ := throttle(t, time.Hour)
			few := &Rate{Name: "few", Count: 3, Window: time.Hour, By: []Key{Caller}, Counter: table()}
			b := newBench(enforced(compile(t, &Together{Rates: []*Rate{few, slow}}))...)
			b.ask("Caller", "ann")
			leaving, leave := context.WithCancel(context.Background())
			leave()
			for range 5 {
				b.askIn(leaving, "Caller", "ann")
			}
			if got := b.ask("Caller", "ann").Fields.Get("RateLimit"); got != `"few";r=1;t=1200, "n";r=0;t=1` {
				t.Errorf("RateLimit %s", got)
			}
		})
	})
}
