package http1

import (
	"context"
	"time"
)

// waits hold a call to its times by the read deadline of its connection,
// without timers or goroutines of their own, and set it as rarely as can be: a
// deadline that passes too early only makes them look.
type waits struct {
	conn *ClientConn
	ctx  context.Context

	firstByte, idle time.Duration
	// until is the end of the whole, limit that of the present wait; zero is
	// never. Passing them is over and late.
	until, limit time.Time
	over, late   error
	// renewed: limit is that of the present wait, which began when the request
	// stood like this.
	renewed bool
	seen    progress
	// inHead: the head is waited for; then the content, piece by piece.
	inHead bool
	// looking: a deadline passed in vain. Then the end of ctx is watched: it
	// moves the deadline to the past.
	looking bool
	unwatch func() bool
}

// patience is how long a call waits before it watches its context: to be told
// when a client leaves may cost more than the whole call.
const patience = 400 * time.Millisecond

type lateError struct{ text string }

func (e *lateError) Error() string { return e.text }

// Timeout makes it what net.Error calls a time-out.
func (e *lateError) Timeout() bool { return true }

var (
	errFirstByte = &lateError{"the answer did not come in time"}
	errIdle      = &lateError{"the answer paused for longer than it may"}
	errWhole     = &lateError{"the exchange took longer than it may"}
	errStuck     = &lateError{"the server did not take the request in time"}
)

func (w *waits) begin(ctx context.Context, call *Call) {
	*w = waits{conn: w.conn, ctx: ctx, firstByte: call.FirstByte, idle: call.Idle, inHead: true}
	if call.Whole > 0 {
		w.until, w.over = time.Now().Add(call.Whole), errWhole
	}
	if end, has := ctx.Deadline(); has && (w.until.IsZero() || end.Before(w.until)) {
		w.until, w.over = end, context.DeadlineExceeded
	}
}

// content ends the wait for the head.
func (w *waits) content() { w.inHead, w.renewed = false, false }

// got ends the wait for a piece.
func (w *waits) got() { w.renewed = w.inHead }

// arm makes ready for a read, or says why there is none to wait for.
func (w *waits) arm() error {
	for {
		now, p := time.Now(), w.conn.request.progress()
		if w.inHead && p == unreadable {
			return w.conn.request.failed
		}
		w.renew(now, p)
		switch {
		case !w.limit.IsZero() && !now.Before(w.limit):
			return w.late
		case w.looking && p != underWay:
			w.watch()
		}
		if w.unwatch != nil && w.ctx.Err() != nil {
			return w.ctx.Err()
		}
		w.set(now, p == underWay)
		// What ended before the deadline was set has moved it for nothing.
		if w.conn.request.progress() == p && (w.unwatch == nil || w.ctx.Err() == nil) {
			return nil
		}
	}
}

// renew begins a wait: for the head when the request is sent, for the content
// each time that something is read.
func (w *waits) renew(now time.Time, p progress) {
	if w.renewed && (!w.inHead || p == w.seen) {
		return
	}
	w.renewed, w.seen = true, p
	bound, late := w.idle, errIdle
	if w.inHead {
		bound, late = w.firstByte, errFirstByte
		switch p {
		case underWay:
			bound = 0
		case unwritable:
			bound = lastWords
		}
	}
	w.limit, w.late = w.until, w.over
	if end := now.Add(bound); bound > 0 && (w.until.IsZero() || end.Before(w.until)) {
		w.limit, w.late = end, late
	}
}

// set moves the deadline where it has to be moved. While the body is under way
// and while the context is watched nobody needs to look in between.
func (w *waits) set(now time.Time, underWay bool) {
	socket := w.conn.socket
	if have := socket.set; have.After(now.Add(patience/2)) && (w.limit.IsZero() || !have.After(w.limit)) {
		return
	}
	want := w.limit
	if look := now.Add(patience); !underWay && w.unwatch == nil && (want.IsZero() || look.Before(want)) {
		want = look
	}
	socket.SetReadDeadline(want)
}

// passed is called when a deadline has passed: perhaps another than was set.
func (w *waits) passed() {
	if set := w.conn.socket.set; !set.IsZero() && !time.Now().Before(set) {
		w.looking = true
	}
	w.conn.socket.set = past
}

// past is a deadline that has passed.
var past = time.Unix(1, 0)

func (w *waits) watch() {
	if w.unwatch == nil {
		w.unwatch = context.AfterFunc(w.ctx, w.conn.wake)
	}
}

// end tells whether nobody will move the deadline any more.
func (w *waits) end() bool { return w.unwatch == nil || w.unwatch() }
