package limit

import (
	"time"

	"sallyport"
)

// waiter is one limit's part in holding a request back. The order of waiters is
// the order in which they took their slots: each has its own time in the bucket.
//
// A client that leaves gives its slot back if it was the last in the queue, and
// so on from the end. A slot in the middle is lost: those behind it sleep until
// times that are already theirs, and lending its time to a newcomer would let
// the newcomer go together with the last of them, faster than the limit.
type waiter struct {
	taken
	step sallyport.Step
	// leave ends the place in the queue; nil where this limit did not make the
	// request wait.
	leave *time.Timer
}

// hold leaves a closing call for every unit of a request that has to wait.
func hold(x *sallyport.Exchange, step sallyport.Step, all []taken) {
	for i := range all {
		w := &waiter{taken: all[i], step: step}
		if d := w.delay(); d > 0 {
			// A timer, because the runner waits and does not come back: the end
			// of the exchange may be long after the end of the delay.
			rate := w.rate
			w.leave = time.AfterFunc(d, func() { rate.waiting.Add(-1) })
		}
		x.OnDone(w)
	}
}

// Done gives back what a request took that ended while it was held back. That
// the step stopped it can mean nothing else: it had let it by, only later. One
// that was observed was never stopped, and stays counted.
func (w *waiter) Done(x *sallyport.Exchange) {
	stopped := x.Stopped()
	if stopped == nil || stopped.Step != w.step {
		return
	}
	if w.leave != nil && w.leave.Stop() {
		w.rate.waiting.Add(-1)
	}
	w.giveBack(x)
}
