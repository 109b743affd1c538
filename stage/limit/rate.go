// Package limit is the stage that asks how much a caller may ask for: so many
// requests in a time (Rate), several such limits at once (Together), so many
// requests under way at one time (Concurrency), objects looked for in vain (Lookups),
// operations in their order and at their pace (Flow).
//
// A rate is counted by GCRA, the generic cell rate algorithm of ITU-T I.371:
// one time per holder says until when its bucket is used. There are no windows
// at whose edge twice the rate would fit, no goroutine and no timer per holder.
// What is left is told in RateLimit and RateLimit-Policy
// (draft-ietf-httpapi-ratelimit-headers, structured fields by RFC 9651), and
// with a 429 (RFC 6585 §4) in Retry-After (RFC 9110 §10.2.3).
//
// The package never lets a request by because it could not count it, and never
// counts a request that it turned away. It keeps no name of a caller and no
// address: counters hold keyed hashes.
package limit

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"sallyport"
	"sallyport/problem"
)

// Over is what happens to a request that is over its limit.
type Over uint8

// The ways to treat a request over its limit.
const (
	// Refuse turns it away with 429.
	Refuse Over = iota
	// Delay holds it back until it is within the limit, or turns it away if
	// that would take longer than the limit's Wait.
	Delay
)

func (o Over) String() string { return [...]string{"refuse", "delay"}[o] }

// Rate is a limit on the number of requests in a time. Call Compile once,
// before the first request.
type Rate struct {
	// Name is what clients see in RateLimit and RateLimit-Policy: 1 to 64
	// printable ASCII characters. Limits of one operation have different names.
	Name string
	// Count is how many requests are let by in each Window, on the average;
	// one to a million a second.
	Count int
	// Window is the time that Count is for: whole seconds, or whole
	// milliseconds if it is less than one.
	Window time.Duration
	// Burst is how many requests may come at once after a pause. Unless set it
	// is Count, so that 100/1m lets a hundred come at once and then one each
	// 600 ms; with a burst of 20 it is twenty at once and the same pace after.
	Burst int
	// By says who has a bucket of its own: each caller, each client address,
	// or with both each caller at each address.
	By []Key
	// Over says what happens to a request that is over the limit.
	Over Over
	// Wait is the longest time that Delay holds a request back. A request that
	// would have to wait longer is turned away at once.
	Wait time.Duration
	// MaxWaiting is how many requests this limit holds back at one time, 1024
	// unless set; more are turned away, because each of them holds a
	// connection and its memory.
	MaxWaiting int
	// Counter keeps the count. One counter serves one limit: operations under
	// the same limit share it, different limits never do.
	Counter Counter

	bucket  Bucket
	by      keys
	policy  string // the item of RateLimit-Policy
	item    string // the beginning of the item of RateLimit
	detail  string
	alone   Together
	waiting atomic.Int64
}

const (
	defaultWaiting = 1024
	longestTime    = 10 * 365 * 24 * time.Hour // so that no sum of times overflows
	fastestPace    = time.Microsecond          // so that rounding an interval to whole nanoseconds is under 0.1%
	longestName    = 64
)

// Compile checks the configuration and prepares what requests look up.
func (r *Rate) Compile() error {
	if err := r.mistake(); err != nil {
		return fmt.Errorf("limit %q: %w", r.Name, err)
	}
	// Rounded up: a limit may be stricter by a nanosecond, never laxer.
	interval := (r.Window + time.Duration(r.Count) - 1) / time.Duration(r.Count)
	if time.Duration(r.burst()) > longestTime/interval {
		return fmt.Errorf("limit %q: a burst of %d takes more than ten years to come back", r.Name, r.burst())
	}
	r.bucket = Bucket{Interval: interval, Depth: time.Duration(r.burst()) * interval}
	if r.Over == Delay {
		r.bucket.Wait = r.Wait
	}
	r.by, _ = keysOf(r.By)
	r.policy = ratePolicy(r.Name, r.Count, r.Window)
	r.item = itemStart(r.Name)
	r.detail = fmt.Sprintf("The limit is %s per %s by %s.", counted(r.Count, "request"), r.Window, r.by)
	r.alone = Together{Rates: []*Rate{r}, policy: r.policy}
	return nil
}

func (r *Rate) mistake() error {
	if err := checkName(r.Name); err != nil {
		return err
	}
	if _, err := keysOf(r.By); err != nil {
		return err
	}
	switch {
	case r.Count < 1:
		return errors.New("a rate counts at least one request")
	case r.Window < time.Millisecond, r.Window%time.Millisecond != 0, r.Window > time.Second && r.Window%time.Second != 0:
		return errors.New("the window is whole seconds, or whole milliseconds if it is less than one")
	case r.Window > longestTime:
		return errors.New("the window is longer than ten years")
	case time.Duration(r.Count) > r.Window/fastestPace:
		return errors.New("the rate is more than a million requests a second")
	case r.Burst < 0:
		return errors.New("a burst is at least one request")
	case r.Over > Delay:
		return errors.New("a request over the limit is refused or delayed")
	case r.Over == Delay && (r.Wait <= 0 || r.Wait > longestTime):
		return errors.New("a limit that delays needs the longest time to wait")
	case r.Over != Delay && r.Wait != 0:
		return errors.New("only a limit that delays has a time to wait")
	case r.MaxWaiting < 0:
		return errors.New("the number of requests that wait cannot be negative")
	case r.Counter == nil:
		return errors.New("there is no counter")
	}
	return nil
}

func (r *Rate) burst() int {
	if r.Burst == 0 {
		return r.Count
	}
	return r.Burst
}

func (r *Rate) maxWaiting() int64 {
	if r.MaxWaiting == 0 {
		return defaultWaiting
	}
	return int64(r.MaxWaiting)
}

// Run counts the request, and turns it away or holds it back if it is over the
// limit.
func (r *Rate) Run(x *sallyport.Exchange) error { return r.alone.run(x, r) }

// taken is a unit that one limit has counted for one request.
type taken struct {
	rate   *Rate
	holder Holder
	mark   Mark
}

// take asks the counter for a unit.
func (r *Rate) take(x *sallyport.Exchange) (taken, error) {
	t := taken{rate: r, holder: r.by.holder(x)}
	bucket := r.bucket
	if r.Over == Delay {
		// The place is claimed before it is known to be needed: the other way
		// round a slot would be taken for a request that there is no room for.
		if r.waiting.Add(1) > r.maxWaiting() {
			bucket.Wait = 0
		}
	}
	var err error
	t.mark, err = r.Counter.Take(x.Context, t.holder, x.Env.Now(), bucket)
	if r.Over == Delay && t.delay() == 0 {
		r.waiting.Add(-1)
	}
	if err != nil {
		return t, fmt.Errorf("counting for the limit %q: %w", r.Name, err)
	}
	return t, nil
}

// delay is how long the request has to wait for its turn.
func (t *taken) delay() time.Duration {
	if !t.mark.Granted {
		return 0
	}
	return max(0, t.mark.Level-t.rate.bucket.Depth)
}

// refusal says what the limit is and when to come again.
func (t *taken) refusal() error {
	// A second at least: "0" would be an invitation to hammer.
	wait := max(1, seconds(t.rate.bucket.Reset(t.mark.Level)))
	return problem.Refuse(problem.LimitExceeded, "%s", t.rate.detail).With("Retry-After", fmt.Sprint(wait))
}
