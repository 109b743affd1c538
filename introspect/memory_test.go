package introspect

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestMemory(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	m := NewMemory[string](1<<20, func() time.Time { return now })
	asked := 0
	find := func(token string, v *Verdict[string], err error) (*Verdict[string], error) {
		return m.Find(t.Context(), token, func() (*Verdict[string], error) { asked++; return v, err })
	}
	good := &Verdict[string]{Value: "ann", Until: now.Add(time.Minute)}
	bad := &Verdict[string]{Refused: errors.New("no"), Until: now.Add(time.Second)}
	never := &Verdict[string]{Value: "bob", Until: now}
	for range 3 {
		if v, err := find("good", good, nil); v != good || err != nil {
			t.Fatalf("%v, %v", v, err)
		}
		if v, err := find("bad", bad, nil); v != bad || err != nil {
			t.Fatalf("%v, %v", v, err)
		}
	}
	if asked != 2 {
		t.Errorf("asked %d times for what is kept", asked)
	}
	for range 3 {
		find("never", never, nil)
		find("failed", nil, errors.New("failed"))
	}
	if asked != 2+6 {
		t.Errorf("asked %d times for what is not kept", asked-2)
	}
	now = now.Add(time.Second)
	find("bad", bad, nil)
	find("good", good, nil)
	if asked != 2+6+1 {
		t.Error("a refusal goes on beyond its time, or a good one does not")
	}
	now = now.Add(time.Minute)
	find("good", never, nil)
	if asked != 2+6+2 {
		t.Error("a good one goes on beyond its time")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	m := NewMemory[int](10*(entryBytes+100), func() time.Time { return now })
	put := func(token string, v *Verdict[int]) {
		v.Until = now.Add(time.Hour)
		m.Find(t.Context(), token, func() (*Verdict[int], error) { return v, nil })
	}
	kept := func(token string) bool {
		key := hashOf(token)
		return m.kept(&key) != nil
	}
	put("used", &Verdict[int]{Size: 100})
	for i := range 100 {
		if !kept("used") {
			t.Fatalf("what is used is gone after %d others", i)
		}
		put(fmt.Sprint(i), &Verdict[int]{Size: 100})
		if n := len(m.taken.byKey); n > 10 || m.taken.bytes > m.taken.most || n != m.taken.order.Len() {
			t.Fatalf("%d are kept, %d bytes", n, m.taken.bytes)
		}
	}
	put("too large", &Verdict[int]{Size: 1 << 20})
	if kept("too large") || !kept("used") {
		t.Error("one that is too large is kept, or has pushed out others")
	}
	for i := range maxRefused + 10 {
		put(fmt.Sprint("made up", i), &Verdict[int]{Refused: errors.New("no")})
	}
	if n := len(m.refused.byKey); n > maxRefused {
		t.Errorf("%d refusals are kept", n)
	}
	if !kept("used") {
		t.Error("made-up tokens have pushed out a good one")
	}
	put("used", &Verdict[int]{Size: 50})
	if n := m.taken.order.Len(); n > 10 || n != len(m.taken.byKey) {
		t.Errorf("%d entries", n)
	}
}

func TestMemoryAsksOnceForManyAtOneTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory[int](1<<20, time.Now)
		answer := make(chan struct{})
		asked := 0
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				v, err := m.Find(t.Context(), "x", func() (*Verdict[int], error) {
					asked++
					<-answer
					return &Verdict[int]{Value: 7, Until: time.Now().Add(time.Hour)}, nil
				})
				if err != nil || v.Value != 7 {
					t.Errorf("%v, %v", v, err)
				}
			})
		}
		synctest.Wait()
		leaving, leave := context.WithCancel(t.Context())
		all.Go(func() {
			if _, err := m.Find(leaving, "x", func() (*Verdict[int], error) { return nil, errors.New("asked by one who leaves") }); !errors.Is(err, context.Canceled) {
				t.Errorf("who left: %v", err)
			}
		})
		synctest.Wait()
		leave()
		synctest.Wait()
		close(answer)
		all.Wait()
		if asked != 1 {
			t.Errorf("asked %d times", asked)
		}
	})
}

// A question that ends in a panic decides nothing, and lets the next one ask.
func TestMemoryOfAQuestionThatPanics(t *testing.T) {
	m := NewMemory[int](1<<20, time.Now)
	func() {
		defer func() { recover() }()
		m.Find(t.Context(), "x", func() (*Verdict[int], error) { panic("broken") })
	}()
	v, err := m.Find(t.Context(), "x", func() (*Verdict[int], error) { return &Verdict[int]{Value: 7}, nil })
	if err != nil || v.Value != 7 {
		t.Errorf("%v, %v", v, err)
	}
}

func TestMemoryAllocatesNothingForWhatItKeeps(t *testing.T) {
	m := NewMemory[int](1<<20, time.Now)
	ask := func() (*Verdict[int], error) { return &Verdict[int]{Until: time.Now().Add(time.Hour)}, nil }
	if n := testing.AllocsPerRun(100, func() { m.Find(t.Context(), "mF_9.B5f-4.1JqM", ask) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
