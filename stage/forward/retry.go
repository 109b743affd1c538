package forward

import (
	"math/rand/v2"
	"sync/atomic"
	"time"

	"sallyport/message"
)

// Retries say which requests are sent again. A request whose connection did not
// stand goes to the next target without them.
type Retries struct {
	// Attempts is how often at the most; 0 is never.
	Attempts int
	On       Causes
	// Budget is how many retries there may be for a hundred requests, beside a
	// few at any time: retries must not multiply an outage.
	Budget int
	// BackOff is about how long the first retry waits; each that follows about
	// twice as long as the one before.
	BackOff time.Duration
}

// resendable: the method is idempotent (RFC 9110 §9.2.2), and the body can be
// sent once more.
func resendable(r *message.Request) bool {
	switch r.Method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
	default:
		return false
	}
	if r.Body == nil || r.Body.Length == 0 {
		return true
	}
	_, held := r.Body.Held()
	return held
}

// longestBackOff bounds the time between two attempts.
const longestBackOff = time.Second

// wait is the time before the n-th retry, counted from 1: by chance between
// nothing and its bound, so that those who failed together do not come together.
func (r *Retries) wait(n int) time.Duration {
	most := r.BackOff
	for i := 1; i < n && most < longestBackOff; i++ {
		most *= 2
	}
	if most = min(most, longestBackOff); most <= 0 {
		return 0
	}
	return rand.N(most) + 1
}

// budget is tokens: each request brings a part of one, each retry takes a whole.
type budget struct{ thousandths atomic.Int64 }

// fullBudget is what can be saved up, so that a quiet API can retry too.
const fullBudget = 10_000

func (b *budget) fill() { b.thousandths.Store(fullBudget) }

// earn is for each request; percent of a retry are added.
func (b *budget) earn(percent int) {
	if have := b.thousandths.Load(); have < fullBudget {
		b.thousandths.Add(int64(percent) * 10)
	}
}

// spend takes what one retry costs, if it is there.
func (b *budget) spend() bool {
	for {
		have := b.thousandths.Load()
		if have < 1000 {
			return false
		}
		if b.thousandths.CompareAndSwap(have, have-1000) {
			return true
		}
	}
}
