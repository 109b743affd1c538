package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"sallyport/apikey"
	"sallyport/build"
	"sallyport/roster"
)

// figures are what was measured of one store.
type figures struct {
	store  string
	keys   int
	filled time.Duration
	file   int64
	// One lookup through the roster.
	hit, typo, forged time.Duration
	cold, coldSlowest time.Duration // the mean, and what 99 of 100 stay below
	unknown           time.Duration
	perSecond         float64 // cold lookups by many at one time
	// Memory that a remembered key takes, and that the process has.
	entry, resident int64
}

// remembered is as many keys as the roster keeps.
const remembered = 100_000

// ask looks keys up as requests do.
func (f *figures) ask(ctx context.Context, kept *build.Kept, sample []string) error {
	rand.Shuffle(len(sample), func(i, j int) { sample[i], sample[j] = sample[j], sample[i] })
	ctx, stop := context.WithCancel(ctx)
	r := roster.New(kept.Store, kept.Ring, roster.Options{Stale: time.Hour, Entries: remembered})
	if err := r.Load(ctx); err != nil {
		stop()
		return err
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(ctx)
	}()
	defer func() {
		stop()
		<-ended
	}()
	warm, rest := sample[:min(remembered/2, len(sample)/2)], sample[len(sample)/2:]
	before := heap()
	took, err := each(ctx, r, warm)
	if err != nil {
		return err
	}
	f.entry = (heap() - before) / int64(len(warm))
	slices.Sort(took)
	f.coldSlowest = took[len(took)*99/100]
	f.cold = mean(took)
	f.hit = best(2_000_000, func(i int) { r.Key(ctx, warm[i%len(warm)]) })
	f.resident = resident()
	f.perSecond = parallel(ctx, r, rest)

	typo := warm[0][:len(warm[0])-1] + "-"
	f.typo = best(1_000_000, func(int) { r.Key(ctx, typo) })
	forged, _, _, _ := apikey.New(stranger{}, kept.Ring.Generation())
	f.forged = best(1_000_000, func(int) { r.Key(ctx, forged) })
	nobody := make([]string, 5000)
	for i := range nobody {
		if nobody[i], _, _, err = apikey.New(kept.Ring, kept.Ring.Generation()); err != nil {
			return err
		}
	}
	f.unknown = repeat(len(nobody), func(i int) { r.Key(ctx, nobody[i]) })
	return nil
}

// each asks for keys one after the other.
func each(ctx context.Context, r *roster.Roster, keys []string) ([]time.Duration, error) {
	took := make([]time.Duration, len(keys))
	for i, key := range keys {
		began := time.Now()
		if _, err := r.Key(ctx, key); err != nil {
			return nil, fmt.Errorf("a key that is there: %w", err)
		}
		took[i] = time.Since(began)
	}
	return took, nil
}

// parallel asks for keys by many at one time, and tells how many in a second.
func parallel(ctx context.Context, r *roster.Roster, keys []string) float64 {
	const callers = 32
	began := time.Now()
	done := make(chan struct{})
	for c := range callers {
		go func() {
			for i := c; i < len(keys); i += callers {
				r.Key(ctx, keys[i])
			}
			done <- struct{}{}
		}()
	}
	for range callers {
		<-done
	}
	return float64(len(keys)) / time.Since(began).Seconds()
}

// turns is how often what needs no store is measured; the best turn counts, since
// whatever else the machine does can only make one slower.
const turns = 20

func best(n int, do func(int)) time.Duration {
	fastest := repeat(n/turns, do)
	for range turns - 1 {
		fastest = min(fastest, repeat(n/turns, do))
	}
	return fastest
}

func repeat(n int, do func(int)) time.Duration {
	began := time.Now()
	for i := range n {
		do(i)
	}
	return time.Since(began) / time.Duration(n)
}

func mean(all []time.Duration) (sum time.Duration) {
	for _, one := range all {
		sum += one
	}
	return sum / time.Duration(len(all))
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// resident is the memory of the process as Linux counts it; 0 elsewhere.
func resident() int64 {
	var size, pages int64
	text, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		fmt.Fscan(strings.NewReader(string(text)), &size, &pages)
	}
	return pages * int64(os.Getpagesize())
}

// stranger makes keys that look like ours and are not.
type stranger struct{}

func (stranger) Hash(string, uint8, []byte) (sum [32]byte, known bool) {
	return [32]byte{1, 2, 3}, true
}
