package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sallyport"
)

// Together is several rates that a request must all be within. They are
// counted as one: a request that one of them turns away is counted by none,
// and a request that has to wait waits once, for the longest.
type Together struct {
	// Rates are the limits, in the order in which they are asked.
	Rates []*Rate

	policy string
}

// Compile checks the limits, compiles each, and prepares what requests look up.
func (t *Together) Compile() error {
	if len(t.Rates) == 0 {
		return errors.New("there are no limits to hold together")
	}
	t.policy = ""
	for i, r := range t.Rates {
		if err := r.Compile(); err != nil {
			return err
		}
		if slices.ContainsFunc(t.Rates[:i], func(s *Rate) bool { return s.Name == r.Name }) {
			return fmt.Errorf("two limits are called %q", r.Name)
		}
		t.policy = joined(t.policy, r.policy)
	}
	return nil
}

// Run counts the request for every limit, or for none.
func (t *Together) Run(x *sallyport.Exchange) error { return t.run(x, t) }

// run does so for the step that stands in the plan.
func (t *Together) run(x *sallyport.Exchange, step sallyport.Step) error {
	if t.policy == "" {
		return errors.New("a limit was not compiled") // or it would let everything by
	}
	var room [4]taken
	all, wait := room[:0], time.Duration(0)
	for _, r := range t.Rates {
		one, err := r.take(x)
		if err == nil && one.mark.Granted {
			all, wait = append(all, one), max(wait, one.delay())
			continue
		}
		for i := range all {
			all[i].undo(x)
		}
		if err != nil {
			return err
		}
		show(x, t.policy, one)
		return one.refusal()
	}
	show(x, t.policy, all...)
	if wait == 0 {
		return nil
	}
	hold(x, step, all)
	return &sallyport.Wait{For: wait}
}

// undo gives the unit back, and the place of one that would have waited.
func (t *taken) undo(x *sallyport.Exchange) {
	if t.delay() > 0 {
		t.rate.waiting.Add(-1)
	}
	t.giveBack(x)
}

// giveBack is best effort: where the counter cannot take the unit back it
// stays counted, which is the safe side.
func (t *taken) giveBack(x *sallyport.Exchange) {
	// The client may be the one who left; the unit goes back all the same.
	ctx := context.WithoutCancel(x.Context)
	if err := t.rate.Counter.GiveBack(ctx, t.holder, t.rate.bucket, t.mark); err != nil {
		x.Env.Log.Warn("giving a unit back to a limit", "limit", t.rate.Name, "request_id", x.ID, "error", err)
	}
}
