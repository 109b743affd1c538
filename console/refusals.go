package console

import (
	"context"
	"sync"
	"time"

	"sallyport"
	"sallyport/problem"
)

// Refusals is the step that writes down what a known administrator was not let
// do. It runs when the exchange is over. Of somebody who goes on trying the same
// there is one entry a minute: nobody fills the store who may not change it.
type Refusals struct {
	Desk *Desk

	mu    sync.Mutex
	wrote map[attempt]time.Time
}

// attempt is who tried what.
type attempt struct{ actor, operation string }

// quiet is how long the same attempt is not written down again.
const quiet = time.Minute

// Run implements sallyport.Step.
func (r *Refusals) Run(x *sallyport.Exchange) error {
	if x.Refusal == nil || x.Op == nil || x.Caller.Anonymous() {
		return nil
	}
	if kind := x.Refusal.Kind; kind != problem.RoleMissing && kind != problem.ScopeMissing {
		return nil
	}
	if !r.news(attempt{x.Caller.ID(), x.Op.ID}, x.Start) {
		return nil
	}
	// Whoever hangs up is written down all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.Context), pace)
	defer cancel()
	return r.Desk.Refuse(ctx, By{x.Caller.ID(), x.Client.String()}, x.Op.ID, x.Refusal.Kind.Name())
}

func (r *Refusals) news(a attempt, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for old, at := range r.wrote {
		if now.Sub(at) >= quiet {
			delete(r.wrote, old)
		}
	}
	if _, known := r.wrote[a]; known {
		return false
	}
	if r.wrote == nil {
		r.wrote = make(map[attempt]time.Time)
	}
	r.wrote[a] = now
	return true
}
