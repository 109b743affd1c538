package forward

import (
	"errors"
	"time"

	"sallyport/message"
)

// keptError is that of a request which was written on a connection that was
// kept from an earlier one, and to which not a byte of an answer came.
type keptError struct{ error }

func (e keptError) Unwrap() error { return e.error }

// atOnce is how soon after a request was sent its connection must be found dead
// for the target to have given it up before: the time of a round trip to a
// backend that is not near, as RFC 9112 §9.6 lets a reset come in place of an
// answer. One that ends later may have ended because of the request.
const atOnce = 100 * time.Millisecond

// wasDead tells whether a kept connection was closed while the request was on
// its way, and the request may be sent again though nobody asked for retries:
// RFC 9112 §9.3.1 has a proxy do so for safe methods alone.
func (t *trip) wasDead(err error) bool {
	var kept keptError
	return errors.As(err, &kept) && t.arrived.Sub(t.set) <= atOnce && safe(t.out.Request) && t.exchange.Context.Err() == nil
}

// safe: the method asks for nothing to be done (RFC 9110 §9.2.1), by a request
// without content.
func safe(r *message.Request) bool {
	switch r.Method {
	case "GET", "HEAD", "OPTIONS", "TRACE":
		return r.Body == nil || r.Body.Length == 0
	}
	return false
}

// afford counts one more sending against the number and the budget of retries,
// where there are any.
func (t *trip) afford() bool {
	p := t.upstream.Pool
	if most := p.config.Retries.Attempts; most > 0 && (t.retry >= most || !p.budget.spend()) {
		return false
	}
	t.retry++
	p.retried.Add(1)
	return true
}

// anew sends the request to the same target once more, on a connection of its
// own: on that it cannot end like this again.
func (t *trip) anew() bool {
	t.out.fresh, t.set = true, t.arrived
	return true
}
