package limit

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// tokens is the other way to say the same: a bucket that fills with time. It
// shares no arithmetic with GCRA.
type tokens struct {
	interval, depth, credit time.Duration
	at                      int64
}

func newTokens(b Bucket) *tokens {
	return &tokens{interval: b.Interval, depth: b.Depth, credit: b.Depth}
}

func (t *tokens) fill(now int64) {
	t.credit = min(t.depth, t.credit+time.Duration(now-t.at))
	t.at = now
}

func (t *tokens) take(now int64) bool {
	t.fill(now)
	if t.credit < t.interval {
		return false
	}
	t.credit -= t.interval
	return true
}

func (t *tokens) remaining() int64 { return int64(t.credit / t.interval) }

func (t *tokens) reset() time.Duration {
	if t.credit == t.depth {
		return 0
	}
	return t.interval - t.credit%t.interval
}

func drawBucket(t *rapid.T) (b Bucket, burst int) {
	b.Interval = time.Duration(rapid.Int64Range(1, 1e10).Draw(t, "interval"))
	burst = rapid.IntRange(1, 20).Draw(t, "burst")
	b.Depth = time.Duration(burst) * b.Interval
	return b, burst
}

func drawPause(t *rapid.T, b Bucket) int64 {
	return rapid.OneOf(
		rapid.Just(int64(0)),
		rapid.Just(int64(b.Interval)),
		rapid.Int64Range(0, int64(b.Interval)),
		rapid.Int64Range(0, 3*int64(b.Depth)),
	).Draw(t, "pause")
}

func TestBucketIsATokenBucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := drawBucket(t)
		model := newTokens(b)
		var now, until int64
		for range rapid.IntRange(1, 100).Draw(t, "requests") {
			now += drawPause(t, b)
			m := b.Take(until, now)
			if granted := model.take(now); m.Granted != granted {
				t.Fatalf("at %d: granted %v, the model says %v", now, m.Granted, granted)
			}
			until = m.Until
			if got, want := b.Remaining(m.Level), model.remaining(); got != want {
				t.Fatalf("at %d: %d remain, the model says %d", now, got, want)
			}
			if got, want := b.Reset(m.Level), model.reset(); got != want {
				t.Fatalf("at %d: reset in %d ns, the model says %d", now, got, want)
			}
		}
	})
}

// In no interval of time are more requests let by than the burst and one for
// each emission interval in it. A request that waits counts when it goes on.
func TestBucketHoldsInEveryIntervalOfTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, burst := drawBucket(t)
		b.Wait = time.Duration(rapid.Int64Range(0, 5*int64(b.Interval)).Draw(t, "wait"))
		var now, until int64
		var passed []int64
		for range rapid.IntRange(1, 100).Draw(t, "requests") {
			now += drawPause(t, b)
			m := b.Take(until, now)
			until = m.Until
			if !m.Granted {
				continue
			}
			delay := max(0, m.Level-b.Depth)
			if delay > b.Wait {
				t.Fatalf("a request waits %v, longer than %v", delay, b.Wait)
			}
			passed = append(passed, now+int64(delay))
		}
		for i := range passed {
			for j := i; j < len(passed); j++ {
				if passed[j] < passed[max(i, j-1)] {
					t.Fatalf("request %d goes on before the one before it", j)
				}
				most := int64(burst) + (passed[j]-passed[i])/int64(b.Interval)
				if got := int64(j - i + 1); got > most {
					t.Fatalf("%d requests in %d ns, at most %d", got, passed[j]-passed[i], most)
				}
			}
		}
	})
}

func TestBucketTellsWhenToComeAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, _ := drawBucket(t)
		until := rapid.Int64Range(0, int64(b.Depth)).Draw(t, "until")
		m := b.Take(until, 0)
		if m.Granted {
			return
		}
		reset := int64(b.Reset(m.Level))
		if b.Take(m.Until, reset-1).Granted {
			t.Fatalf("let by before the %d ns that were told", reset)
		}
		if !b.Take(m.Until, reset).Granted {
			t.Fatalf("refused after the %d ns that were told", reset)
		}
	})
}

func TestFreeBucketHasNoReset(t *testing.T) {
	b := Bucket{Interval: time.Second, Depth: 5 * time.Second}
	if b.Remaining(0) != 5 || b.Reset(0) != 0 {
		t.Errorf("%d remain, reset in %v", b.Remaining(0), b.Reset(0))
	}
}
