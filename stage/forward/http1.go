package forward

import (
	"context"
	"errors"
	"time"

	"sallyport/http1"
	"sallyport/message"
)

// http1Carrier carries requests over HTTP/1.1 on the goroutine that asks. The
// connections between two requests are the targets'.
type http1Carrier struct {
	firstByte time.Duration
	now       func() time.Time
}

func newHTTP1(c PoolConfig, now func() time.Time) *http1Carrier {
	return &http1Carrier{firstByte: c.FirstByte, now: now}
}

// answerLimits are for a backend: what it sends is trusted no more than what a
// client does.
var answerLimits = http1.Limits{Target: 1 << 10, Fields: 64 << 10, Count: 512}

func (c *http1Carrier) waiting(firstByte time.Duration) carrier {
	return &http1Carrier{firstByte: firstByte, now: c.now}
}

func (c *http1Carrier) closeIdle() {}

// carry implements carrier. A kept connection may turn out to be closed: where
// nothing of the request was written, it is written on a new one.
func (c *http1Carrier) carry(ctx context.Context, to *Target, out *outgoing) (*message.Response, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	call := http1.Call{
		Method: out.Method, Prefix: to.prefix, Path: out.path, Query: out.query, Host: to.url.Host, Fields: out.fields, Body: out.Body,
		FirstByte: c.firstByte, Idle: out.idle, Whole: out.whole,
	}
	if out.host {
		call.Host = out.Authority
	}
	if out.tunnel != nil {
		return c.open(ctx, to, out, &call)
	}
	var begun time.Time
	if call.Whole > 0 {
		begun = c.now()
	}
	if !out.fresh {
		if conn := to.idle.take(); conn != nil {
			answer, err := conn.Do(ctx, &call)
			var unanswered *http1.Unanswered
			switch {
			case !errors.As(err, &unanswered):
				return answer, told(err)
			case unanswered.Written:
				return nil, keptError{err}
			}
		}
	}
	conn, err := c.connect(ctx, to, out.whole)
	if err != nil {
		return nil, err
	}
	if call.Whole > 0 {
		if call.Whole -= c.now().Sub(begun); call.Whole <= 0 {
			conn.Close()
			return nil, errDeadline
		}
	}
	answer, err := conn.Do(ctx, &call)
	return answer, told(err)
}

func (c *http1Carrier) connect(ctx context.Context, to *Target, whole time.Duration) (*http1.ClientConn, error) {
	within := ctx
	if whole > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, whole)
		defer cancel()
	}
	conn, err := to.connect(within)
	switch {
	case err != nil && within.Err() != nil && ctx.Err() == nil:
		return nil, errDeadline
	case err != nil:
		return nil, err
	}
	return http1.NewClientConn(conn, answerLimits, to.idle.put), nil
}

// told is an error as carrier speaks of it.
func told(err error) error {
	if err == nil {
		return nil
	}
	if body := (*http1.BodyError)(nil); errors.As(err, &body) {
		return &clientError{body.Unwrap()}
	}
	return err
}
