package forward

import (
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// weighted is a pool of targets that nobody ever connects to.
func weighted(t testing.TB, c PoolConfig, weights ...int) *Pool {
	t.Helper()
	for i, w := range weights {
		c.Targets = append(c.Targets, TargetConfig{URL: fmt.Sprintf("http://target-%d.example", i), Weight: w})
	}
	return newPool(t, c)
}

// counts is how often each target is chosen.
func counts(p *Pool, n int, c func(i int) choice) []int {
	s := p.now.Load()
	got := make([]int, len(s.targets))
	for i := range n {
		one := c(i)
		chosen := p.choose(s, &one)
		for j, t := range s.targets {
			if t == chosen {
				got[j]++
			}
		}
	}
	return got
}

func anyone(int) choice { return choice{now: 1} }

func keyed(i int) choice {
	return choice{now: 1, key: hashOf(fmt.Sprintf("session-%d", i)), keyed: true}
}

// near fails where a share is off by more than a few standard deviations of
// what chance alone would do.
func near(t *testing.T, got, weights []int, without int) {
	t.Helper()
	total, n := 0, 0
	for i, w := range weights {
		n += got[i]
		if i != without {
			total += w
		}
	}
	for i, w := range weights {
		share := float64(w) / float64(total)
		if i == without {
			share = 0
		}
		want := share * float64(n)
		if off := math.Abs(float64(got[i]) - want); off > 6*math.Sqrt(want*(1-share))+1 {
			t.Errorf("target %d of weights %v was chosen %d times of %d, want about %.0f", i, weights, got[i], n, want)
		}
	}
}

func weightsOf(t *rapid.T) []int {
	return rapid.SliceOfN(rapid.IntRange(1, 9), 2, 6).Draw(t, "weights")
}

// TestRoundRobin: in each round every target is chosen as often as its weight
// says, and at no time is one ahead or behind by more than one.
func TestRoundRobin(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		weights := weightsOf(r)
		s := weighted(t, PoolConfig{}, weights...).now.Load()
		total, got := 0, make([]int, len(weights))
		for _, w := range weights {
			total += w
		}
		for turn := range total {
			got[s.turns[turn%len(s.turns)]]++
			for i, w := range weights {
				fair := float64(w) * float64(turn+1) / float64(total)
				if math.Abs(float64(got[i])-fair) > 1+1e-9 {
					r.Fatalf("weights %v: after %d turns target %d was chosen %d times, its fair share is %.2f", weights, turn+1, i, got[i], fair)
				}
			}
		}
		for i, w := range weights {
			if got[i] != w {
				r.Fatalf("weights %v: a round is %v", weights, got)
			}
		}
	})
}

// TestShares: whatever the way to choose, shares are by weight, also those that
// are left when a target is away.
func TestShares(t *testing.T) {
	const n = 40_000
	for _, c := range []struct {
		balance string
		choice  func(int) choice
	}{{RoundRobin, anyone}, {LeastRequests, anyone}, {Hash, keyed}, {Hash, anyone}} {
		for _, weights := range [][]int{{1, 1}, {1, 1, 1, 1}, {1, 3}, {5, 1, 2}, {1, 100}} {
			for _, without := range []int{-1, 0, len(weights) - 1} {
				p := weighted(t, PoolConfig{Balance: c.balance}, weights...)
				if without >= 0 {
					p.now.Load().targets[without].down.Store(true)
				}
				near(t, counts(p, n, c.choice), weights, without)
			}
		}
	}
}

// TestStable: when a target leaves only its own keys go elsewhere, and when it
// is back so are they.
func TestStable(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		weights := weightsOf(r)
		p := weighted(t, PoolConfig{Balance: Hash}, weights...)
		s := p.now.Load()
		away := s.targets[rapid.IntRange(0, len(weights)-1).Draw(r, "away")]
		for i := range 200 {
			c := keyed(i)
			before := p.choose(s, &c)
			away.down.Store(true)
			while := p.choose(s, &c)
			away.down.Store(false)
			after := p.choose(s, &c)
			if before != after || before != away && while != before || while == away {
				r.Fatalf("key %d went to %s, while %s was away to %s, and then to %s", i, before.Address, away.Address, while.Address, after.Address)
			}
		}
	})
}

// TestKeysKeepTheirTargetsWhenOneIsAdded: a pool of a longer list sends a key
// to the same target or to the new one, and it does not matter where it stands.
func TestKeysKeepTheirTargetsWhenOneIsAdded(t *testing.T) {
	few := newPool(t, PoolConfig{Balance: Hash, Targets: Targets("http://a", "http://b", "http://c")})
	more := newPool(t, PoolConfig{Balance: Hash, Targets: Targets("http://new", "http://c", "http://b", "http://a")})
	moved := 0
	for i := range 4000 {
		c := keyed(i)
		before, after := few.choose(few.now.Load(), &c).Address, more.choose(more.now.Load(), &c).Address
		if before != after {
			moved++
			if after != "http://new" {
				t.Fatalf("key %d went from %s to %s", i, before, after)
			}
		}
	}
	if moved < 800 || moved > 1200 {
		t.Errorf("%d of 4000 keys went to a fourth target", moved)
	}
}

// TestLessBusy: a target with many requests under way gets none while another
// is free.
func TestLessBusy(t *testing.T) {
	p := weighted(t, PoolConfig{Balance: LeastRequests}, 1, 1)
	p.now.Load().targets[0].flying.Store(10)
	if got := counts(p, 1000, anyone); got[0] > 20 { // both draws may be of the same one
		t.Errorf("%v: the busy one is chosen", got)
	}
	p = weighted(t, PoolConfig{Balance: LeastRequests}, 1, 4)
	p.now.Load().targets[0].flying.Store(2)
	p.now.Load().targets[1].flying.Store(4)
	if got := counts(p, 1000, anyone); got[0] > 50 {
		t.Errorf("%v: four requests at weight 4 are less than two at weight 1", got)
	}
}

// TestSlowStart: the share of a target that came back grows.
func TestSlowStart(t *testing.T) {
	const n = 20_000
	for _, c := range []struct {
		balance string
		at      func(int) choice
	}{{RoundRobin, anyone}, {LeastRequests, anyone}, {Hash, keyed}} {
		p := weighted(t, PoolConfig{Balance: c.balance, SlowStart: 10 * time.Second}, 1, 1)
		p.now.Load().targets[0].back.Store(1)
		last := 0
		for _, seconds := range []int64{0, 3, 6, 10} {
			got := counts(p, n, func(i int) choice {
				one := c.at(i)
				one.now = 1 + seconds*int64(time.Second)
				return one
			})
			if got[0] <= last+n/40 {
				t.Errorf("%s: after %d s it gets %d of %d, and %d before", c.balance, seconds, got[0], n, last)
			}
			last = got[0]
		}
		if last < n*4/10 || last > n*6/10 {
			t.Errorf("%s: at the end it gets %d of %d", c.balance, last, n)
		}
	}
}

// TestWhereAllAreBadAllAreTried, but none that is full or suspended.
func TestWhereAllAreBadAllAreTried(t *testing.T) {
	for _, balance := range []string{RoundRobin, LeastRequests, Hash} {
		p := weighted(t, PoolConfig{Balance: balance, MaxRequests: 1000}, 1, 1, 1)
		targets := p.now.Load().targets
		targets[0].down.Store(true)
		targets[1].outlier.until.Store(math.MaxInt64)
		targets[2].down.Store(true)
		seen := make(map[*Target]int)
		for i := range 300 {
			c := keyed(i)
			chosen, _, err := p.take(&c)
			if err != nil {
				t.Fatal(err)
			}
			seen[chosen]++
		}
		if len(seen) != 3 {
			t.Errorf("%s: %d of three targets are tried", balance, len(seen))
		}
		targets[0].circuit.until.Store(math.MaxInt64)
		targets[1].flying.Store(1000)
		targets[2].flying.Store(1000)
		c := keyed(1)
		_, _, err := p.take(&c)
		if busy, ok := err.(*busyError); !ok || !busy.full {
			t.Errorf("%s: %v", balance, err)
		}
	}
	// One that is well and full is no reason to ask one that is down.
	p := weighted(t, PoolConfig{MaxRequests: 1}, 1, 1)
	p.now.Load().targets[0].down.Store(true)
	p.now.Load().targets[1].flying.Store(1)
	if chosen, _, err := p.take(&choice{now: 1}); err == nil {
		t.Errorf("%s is asked", chosen.Address)
	}
}

func TestChoosingTakesNoAllocation(t *testing.T) {
	for _, balance := range []string{RoundRobin, LeastRequests, Hash} {
		p := weighted(t, PoolConfig{Balance: balance, SlowStart: time.Second}, 1, 2, 3)
		p.now.Load().targets[1].back.Store(1)
		c := keyed(1)
		if n := testing.AllocsPerRun(1000, func() {
			chosen, _, _ := p.take(&c)
			chosen.flying.Add(-1)
		}); n != 0 {
			t.Errorf("%s: %v allocations", balance, n)
		}
	}
}

func BenchmarkServeChoose(b *testing.B) {
	for _, balance := range []string{RoundRobin, LeastRequests, Hash} {
		for _, weights := range [][]int{{1}, {1, 1, 1, 1}, {1, 2, 3, 4}} {
			b.Run(fmt.Sprintf("%s/%v", balance, weights), func(b *testing.B) {
				p := weighted(b, PoolConfig{Balance: balance, MaxRequests: 1000, Breaker: Breaker{Requests: 20}}, weights...)
				s, c := p.now.Load(), keyed(1)
				b.ReportAllocs()
				for b.Loop() {
					if p.choose(s, &c) == nil {
						b.Fatal("nobody takes it")
					}
				}
			})
		}
	}
}

// BenchmarkServeTake counts the request at its target, too.
func BenchmarkServeTake(b *testing.B) {
	p := weighted(b, PoolConfig{MaxRequests: 1000, Breaker: Breaker{Requests: 20}}, 1, 1, 1, 1)
	c := keyed(1)
	b.ReportAllocs()
	for b.Loop() {
		chosen, _, _ := p.take(&c)
		chosen.flying.Add(-1)
	}
}
