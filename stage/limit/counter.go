package limit

import (
	"context"
	"time"
)

// Counter keeps one bucket for each holder. Table does so in memory; one that
// nodes share must decide Take in one step, where the bucket is kept.
type Counter interface {
	// Take takes a unit out of the holder's bucket as Bucket.Take does. An
	// error means that it cannot be known; the request is then not let by.
	Take(ctx context.Context, h Holder, now time.Time, b Bucket) (Mark, error)
	// GiveBack undoes a Take that nothing came of, if no other Take came after
	// it. A counter that cannot leaves the unit taken.
	GiveBack(ctx context.Context, h Holder, b Bucket, m Mark) error
}

// Bucket is the form of all buckets of one limit. A bucket is empty of use at
// first, each unit uses it for one Interval more, and time frees it again.
type Bucket struct {
	// Interval is what one unit is worth.
	Interval time.Duration
	// Depth is how much may be used at once: the burst times Interval.
	Depth time.Duration
	// Wait is how much may be used beyond that by requests that wait for it.
	Wait time.Duration
}

// Mark is what came of a Take.
type Mark struct {
	// Granted is false if the unit was not there. Then nothing was taken.
	Granted bool
	// Until is the time at which the bucket is free of use again, in
	// nanoseconds on the counter's own clock: GCRA's theoretical arrival time.
	Until int64
	// Level is how much of the bucket is used now: Until less the time of the
	// counter's clock.
	Level time.Duration
}

// Take is GCRA as a virtual schedule: a bucket in use until a time, seen now.
func (b Bucket) Take(until, now int64) Mark {
	until = max(until, now)
	level := time.Duration(until - now)
	if level+b.Interval > b.Depth+b.Wait {
		return Mark{Until: until, Level: level}
	}
	return Mark{Granted: true, Until: until + int64(b.Interval), Level: level + b.Interval}
}

// Remaining is how many units could be taken at once at this level.
func (b Bucket) Remaining(level time.Duration) int64 {
	return max(0, int64((b.Depth-level)/b.Interval))
}

// Reset is the time until one unit more than Remaining could be taken; 0 if
// the bucket is free.
func (b Bucket) Reset(level time.Duration) time.Duration {
	more := time.Duration(b.Remaining(level) + 1)
	return min(level, level-b.Depth+more*b.Interval)
}
