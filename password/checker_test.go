package password

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func newChecker(s Settings) *Checker {
	if s.Memory == 0 {
		s.Memory = 1 << 20
	}
	return NewChecker(s)
}

// want checks one password.
func want(t testing.TB, c *Checker, username, password, stored string, right bool) {
	t.Helper()
	got, err := c.Check(t.Context(), username, password, stored, time.Minute)
	if err != nil || got != right {
		t.Errorf("%s with %q: %v, %v; want %v", username, password, got, err, right)
	}
}

// keeps tells whether a password would be right without a computation.
func keeps(c *Checker, username, password, stored string) bool {
	p := c.prove(username, password, stored)
	return c.knows(stored, &p)
}

func TestCheckerKeepsWhatWasRight(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c := newChecker(Settings{Now: func() time.Time { return now }})
	stored := hashOf(t, "right")
	want(t, c, "ann", "wrong", stored, false)
	if len(c.known) != 0 {
		t.Error("a wrong password was kept")
	}
	want(t, c, "ann", "right", stored, true)
	if !keeps(c, "ann", "right", stored) {
		t.Fatal("the right one was not kept")
	}
	want(t, c, "ann", "right", stored, true)
	want(t, c, "ann", "wrong", stored, false)
	for _, other := range []struct{ username, password, stored string }{
		{"ann", "wrong", stored},
		{"bob", "right", stored},
		{"ann\x00right", "", stored},
		{"ann", "right", hashOf(t, "right")}, // the password was set anew
	} {
		if keeps(c, other.username, other.password, other.stored) {
			t.Errorf("%q counts as known", other)
		}
	}
	now = now.Add(time.Minute)
	if keeps(c, "ann", "right", stored) {
		t.Error("it is kept beyond its time")
	}
}

func TestCheckerThatKeepsNothing(t *testing.T) {
	c := newChecker(Settings{})
	stored := hashOf(t, "right")
	for range 2 {
		if right, err := c.Check(t.Context(), "ann", "right", stored, 0); err != nil || !right {
			t.Fatalf("%v, %v", right, err)
		}
	}
	if len(c.known) != 0 {
		t.Error("it kept something")
	}
}

func TestCheckerIsBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	c := newChecker(Settings{Kept: 3, Now: func() time.Time { return now }})
	var stored []string
	for i := range 5 {
		stored = append(stored, hashOf(t, "right"))
		want(t, c, fmt.Sprint(i), "right", stored[i], true)
		want(t, c, fmt.Sprint(i), "right", stored[i], true)
		if len(c.known) > 3 {
			t.Fatalf("%d are kept", len(c.known))
		}
	}
	if !keeps(c, "4", "right", stored[4]) {
		t.Error("the newest is not kept")
	}
	for _, again := range []int{4, 0} { // one that is there, and has ended; and another
		now = now.Add(time.Hour)
		want(t, c, fmt.Sprint(again), "right", stored[again], true)
		if len(c.known) != 1 {
			t.Errorf("%d are kept, though all but one have ended", len(c.known))
		}
		for i := 1; i < 3; i++ {
			want(t, c, fmt.Sprint(i), "right", stored[i], true)
		}
	}
}

func TestCheckerComputesOnceForManyAtOneTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker(Settings{})
		stored := hashOf(t, "right")
		if err := c.turns.Acquire(t.Context(), c.memory); err != nil { // nobody can compute
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() { want(t, c, "ann", "right", stored, true) })
		}
		synctest.Wait()
		if waiting := c.wait.Load(); waiting != 1 {
			t.Errorf("%d wait to compute the same", waiting)
		}
		c.turns.Release(c.memory)
		all.Wait()
	})
}

func TestCheckerTurnsAwayWhatIsTooMuch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker(Settings{Waiting: 2, Wait: time.Second})
		stored := hashOf(t, "right")
		c.turns.TryAcquire(c.memory)
		errs := make(chan error, 2)
		for i := range 2 {
			go func() {
				_, err := c.Check(t.Context(), fmt.Sprint(i), "right", stored, time.Minute)
				errs <- err
			}()
		}
		synctest.Wait()
		if _, err := c.Check(t.Context(), "one too many", "right", stored, time.Minute); !errors.Is(err, ErrBusy) {
			t.Errorf("one too many: %v", err)
		}
		for range 2 { // in a bubble the time passes by itself
			if err := <-errs; !errors.Is(err, ErrBusy) {
				t.Errorf("after the longest wait: %v", err)
			}
		}
		c.turns.Release(c.memory)
		want(t, c, "ann", "right", stored, true)
	})
}

func TestCheckerOfAClientThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker(Settings{Wait: time.Hour})
		stored := hashOf(t, "right")
		c.turns.TryAcquire(c.memory)
		leaving, leave := context.WithCancel(t.Context())
		gone := make(chan error)
		go func() {
			_, err := c.Check(leaving, "ann", "right", stored, time.Minute)
			gone <- err
		}()
		synctest.Wait()
		go func() {
			right, err := c.Check(t.Context(), "ann", "right", stored, time.Minute)
			if err == nil && !right {
				err = errors.New("not right")
			}
			gone <- err
		}()
		synctest.Wait()
		leave()
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who left: %v", err)
		}
		synctest.Wait()
		c.turns.Release(c.memory)
		if err := <-gone; err != nil {
			t.Errorf("who stayed: %v", err)
		}
	})
}

func TestCheckerRefusesWhatItCannotCompute(t *testing.T) {
	c := newChecker(Settings{Memory: 64 << 10})
	large := Decoy(Cost{Memory: 65, Passes: 1, Lanes: 1})
	for _, stored := range []string{large, "nonsense", ""} {
		if right, err := c.Check(t.Context(), "ann", "right", stored, time.Minute); err == nil || right {
			t.Errorf("%q: %v, %v", stored, right, err)
		}
	}
	if c.Fits(Cost{Memory: 65}) || !c.Fits(Cost{Memory: 64}) {
		t.Error("what fits is not what is computed")
	}
}

func BenchmarkChecker(b *testing.B) {
	stored, err := Hash("0123456789abcdef0123456789abcdef", DefaultCost())
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range []struct {
		name string
		keep time.Duration
	}{{"known", time.Hour}, {"computed", 0}} {
		b.Run(m.name, func(b *testing.B) {
			c := NewChecker(Settings{Memory: 256 << 20})
			b.ReportAllocs()
			for b.Loop() {
				if right, err := c.Check(b.Context(), "partner", "0123456789abcdef0123456789abcdef", stored, m.keep); !right {
					b.Fatal(err)
				}
			}
		})
	}
}

// Whoever makes hashes waits among those who check them.
func TestCheckerHashesWithinItsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newChecker(Settings{Waiting: 1, Wait: time.Second})
		cost := Cost{Memory: minPerLane, Passes: 1, Lanes: 1}
		c.turns.TryAcquire(c.memory)
		waited := make(chan error)
		go func() {
			_, err := c.Hash(t.Context(), "right", cost)
			waited <- err
		}()
		synctest.Wait()
		if _, err := c.Hash(t.Context(), "right", cost); !errors.Is(err, ErrBusy) {
			t.Errorf("one too many: %v", err)
		}
		c.turns.Release(c.memory)
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if !c.turns.TryAcquire(c.memory) {
			t.Error("a turn was not given back")
		}
		c.turns.Release(c.memory)
		hash, err := c.Hash(t.Context(), "right", Cost{Memory: uint32(c.memory) + minPerLane, Passes: 1, Lanes: 1})
		if right, _ := Verify(hash, "right"); err != nil || !right {
			t.Errorf("more than all memory: %q %v", hash, err)
		}
	})
}
