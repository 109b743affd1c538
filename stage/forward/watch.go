package forward

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"sallyport/message"
)

var (
	errDeadline = &timeoutError{"the exchange took longer than it may"}
	errIdle     = &timeoutError{"the answer paused for longer than it may"}
)

type timeoutError struct{ text string }

func (e *timeoutError) Error() string { return e.text }

// Timeout makes it what net.Error calls a time-out.
func (e *timeoutError) Timeout() bool { return true }

func withDeadline(d time.Duration, cancel context.CancelCauseFunc) (stop func()) {
	timer := time.AfterFunc(d, func() { cancel(errDeadline) })
	return func() { timer.Stop() }
}

// watched is an answer's body that ends the exchange with the backend when it
// pauses for too long, and when it is closed.
type watched struct {
	ctx    context.Context
	answer *http.Response
	idle   time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	stop   func()
}

func watch(ctx context.Context, answer *http.Response, idle time.Duration, cancel context.CancelCauseFunc, stop func()) *watched {
	return &watched{ctx: ctx, answer: answer, idle: idle, cancel: cancel, stop: stop}
}

func (w *watched) Read(p []byte) (int, error) {
	if w.idle > 0 {
		if w.timer == nil {
			w.timer = time.AfterFunc(w.idle, func() { w.cancel(errIdle) })
		} else {
			w.timer.Reset(w.idle)
		}
	}
	n, err := w.answer.Body.Read(p)
	if w.timer != nil {
		w.timer.Stop() // the time the client takes is not the backend's
	}
	switch {
	case err == nil || errors.Is(err, io.EOF):
	case w.ctx.Err() != nil:
		err = context.Cause(w.ctx)
	default:
		err = unquoted(err)
	}
	return n, err
}

// Trailers implements message.Trailing. net/http fills them in at the end.
func (w *watched) Trailers() message.Fields { return fromNetHTTP(w.answer.Trailer) }

func (w *watched) Close() error {
	w.stop()
	if w.timer != nil {
		w.timer.Stop()
	}
	err := w.answer.Body.Close()
	w.cancel(nil)
	return err
}
