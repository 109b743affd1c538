package identify

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/jose"
)

func after(n int) time.Time { return noon.Add(time.Duration(n) * time.Second) }

func TestReplaysNeverForgetEarlyAndForgetAll(t *testing.T) {
	r := newReplays(1000, 100)
	const window = 60
	proof := func(n int) *jose.Proof { return &jose.Proof{ID: strconv.Itoa(n), IssuedAt: after(n)} }
	for now := range 600 {
		since := after(now - window)
		if err := r.take("a", proof(now), since); err != nil {
			t.Fatalf("at %d: %v", now, err)
		}
		for back := range window + 1 {
			if n := now - back; n >= 0 && r.take("a", proof(n), since) == nil {
				t.Fatalf("at %d the proof of %d is taken again", now, n)
			}
		}
		if kept := r.taken.Load(); kept > window+1+int64(replaySlice/time.Second) {
			t.Fatalf("at %d %d proofs are kept", now, kept)
		}
	}
}

func TestOneHolderDoesNotFillTheMemory(t *testing.T) {
	r := newReplays(1000, 100)
	taken := 0
	for n := range 10_000 {
		err := r.take("evil", &jose.Proof{ID: strconv.Itoa(n), Key: jose.Thumbprint{byte(n)}, IssuedAt: noon}, after(-60))
		switch {
		case err == nil:
			taken++
		case !errors.Is(err, errTooMany):
			t.Fatal(err)
		}
	}
	if taken != 100 {
		t.Errorf("%d are taken of one holder", taken)
	}
	if err := r.take("honest", &jose.Proof{ID: "1", IssuedAt: noon}, after(-60)); err != nil {
		t.Error(err)
	}
}

func TestAFullMemoryRefusesAndIsEmptiedByTime(t *testing.T) {
	r := newReplays(50, 100)
	for n := range 50 {
		if err := r.take(fmt.Sprint("holder ", n), &jose.Proof{ID: "1", Key: jose.Thumbprint{byte(n)}, IssuedAt: noon}, after(-60)); err != nil {
			t.Fatal(err)
		}
	}
	late := &jose.Proof{ID: "1", IssuedAt: after(80)}
	if err := r.take("late", late, after(-60)); !errors.Is(err, errReplayFull) {
		t.Errorf("got %v", err)
	}
	if err := r.take("holder 1", &jose.Proof{ID: "1", Key: jose.Thumbprint{1}, IssuedAt: noon}, after(-60)); err == nil {
		t.Error("a proof is taken again where the memory is full")
	}
	if err := r.take("late", late, after(20)); err != nil { // though nobody of the others came again
		t.Error(err)
	}
	if n := r.taken.Load(); n != 1 {
		t.Errorf("%d are kept", n)
	}
}

func TestOfManyAtOnceOneIsTaken(t *testing.T) {
	r := NewReplays()
	var good atomic.Int64
	var wait sync.WaitGroup
	for range 16 {
		wait.Go(func() {
			for n := range 100 {
				if r.take("a", &jose.Proof{ID: strconv.Itoa(n), IssuedAt: noon}, after(-60)) == nil {
					good.Add(1)
				}
			}
		})
	}
	wait.Wait()
	if good.Load() != 100 || r.taken.Load() != 100 {
		t.Errorf("%d of 100 are taken, %d kept", good.Load(), r.taken.Load())
	}
}
