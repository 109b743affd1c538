// Package forward passes a request on to the backend: it chooses a target,
// rebuilds the header fields at the edge, and turns every way in which an
// upstream can fail into a problem.
//
// It never follows a redirect, never upgrades a connection, and lets no field
// through by which a client could name a caller, an address or a method that
// the gateway has not established itself. RFC 9110 §7.6 (forwarding), RFC 7239
// (Forwarded).
package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// Upstream forwards to the targets of one pool.
type Upstream struct {
	Pool *Pool
	// Prefix is put before the name of each identity field, such as X-Caller-.
	Prefix string
	// Identity asks the backend for an answer that is neither encoded nor a
	// part: what cannot be read cannot be filtered.
	Identity bool
	// PreserveHost sends the client's Host on; else the target's is sent.
	PreserveHost bool
	// Idle ends an answer whose body pauses for longer; 0 is never.
	Idle time.Duration
	// Whole ends an exchange with the backend that takes longer; 0 is never.
	Whole time.Duration
}

// Run implements sallyport.Step.
func (u *Upstream) Run(x *sallyport.Exchange) error {
	fields, err := u.fields(x)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(x.Context)
	stopWhole := func() {}
	if u.Whole > 0 {
		ctx, stopWhole = withDeadline(ctx, u.Whole, cancel)
	}
	begun := x.Env.Now()
	response, err := u.send(ctx, x, fields)
	x.Upstream.Duration = x.Env.Now().Sub(begun)
	if err != nil {
		stopWhole()
		err = u.failure(ctx, x, err)
		cancel(nil)
		return err
	}
	x.Upstream.Status = response.StatusCode
	body := watch(ctx, response.Body, u.Idle, cancel, stopWhole)
	x.Response = &message.Response{Status: response.StatusCode, Fields: answerFields(response.Header)}
	if response.Body != http.NoBody || x.Request.Method == "HEAD" {
		x.Response.Body = message.NewBody(body, response.ContentLength)
	} else {
		body.Close()
	}
	if response.StatusCode < 200 || response.StatusCode > 599 {
		return problem.Fail(problem.UpstreamBroken, fmt.Errorf("status %d", response.StatusCode))
	}
	return nil
}

// send tries the pool's targets in turn until one takes a connection. What was
// sent on a connection is not sent again, but for what net/http repeats when a
// kept connection turns out to be closed: requests of which nothing was
// written, and those without a body whose method is safe (RFC 9110 §9.2.2).
func (u *Upstream) send(ctx context.Context, x *sallyport.Exchange, fields http.Header) (*http.Response, error) {
	var err error
	for range u.Pool.targets {
		target := u.Pool.next()
		x.Upstream.Target = target.Address
		var response *http.Response
		response, err = u.Pool.transport.RoundTrip(u.request(ctx, x, target, fields))
		if err == nil {
			target.succeeded()
			return response, nil
		}
		if !isDial(err) || ctx.Err() != nil {
			return nil, err
		}
		target.failed(x.Env.Now())
	}
	return nil, err
}

func (u *Upstream) request(ctx context.Context, x *sallyport.Exchange, target *Target, fields http.Header) *http.Request {
	r := &http.Request{
		Method: x.Request.Method,
		// Opaque is sent as it stands: the bytes that were matched and
		// authorised are the bytes that the backend reads.
		URL:        &url.URL{Scheme: target.url.Scheme, Host: target.url.Host, Opaque: target.prefix + x.Request.Path, RawQuery: x.Request.Query},
		Header:     fields,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}
	if u.PreserveHost {
		r.Host = x.Request.Authority
	}
	if body := x.Request.Body; body != nil {
		r.ContentLength = body.Length
		switch held, whole := body.Held(); {
		case body.Length == 0:
			r.Body = http.NoBody
		case whole:
			r.Body = io.NopCloser(message.BytesBody(held))
			r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(message.BytesBody(held)), nil }
		default:
			r.Body = requestBody{body}
		}
	}
	return r.WithContext(ctx)
}

// requestBody marks why a streamed body could not be read, so that the
// client's fault is not taken for the upstream's.
type requestBody struct{ *message.Body }

func (b requestBody) Read(p []byte) (int, error) {
	n, err := b.Body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &clientError{err}
	}
	return n, err
}

// Close leaves the client's connection to the door.
func (b requestBody) Close() error { return nil }

type clientError struct{ error }

func (e *clientError) Unwrap() error { return e.error }

// failure says what went wrong between the gateway and the backend.
func (u *Upstream) failure(ctx context.Context, x *sallyport.Exchange, err error) error {
	var client *clientError
	if refusal := (*problem.Refusal)(nil); errors.As(err, &client) && errors.As(client.error, &refusal) {
		return refusal // of a step that looks at the body as it streams
	}
	err = fmt.Errorf("%s: %w", x.Upstream.Target, unquoted(err))
	switch {
	case x.Context.Err() != nil:
		return problem.Refuse(problem.ClientLeft, "The client left before the backend answered.").Because(err)
	case errors.As(err, &client) && errors.Is(err, message.ErrTooLarge):
		return problem.Refuse(problem.BodyTooLarge, "The body may be %d bytes long at most.", x.Op.MaxBody)
	case errors.As(err, &client) && isTimeout(client.error):
		return problem.Refuse(problem.RequestTimeout, "The body did not come in time.").Because(err)
	case errors.As(err, &client):
		return problem.Refuse(problem.RequestMalformed, "The body could not be read to its end.").Because(err)
	case isDial(err):
		return problem.Fail(problem.UpstreamUnreachable, err)
	case errors.Is(context.Cause(ctx), errDeadline) || isTimeout(err):
		return problem.Fail(problem.UpstreamTimeout, err)
	}
	return problem.Fail(problem.UpstreamBroken, err)
}

// unquoted is an error without what net/http quotes of a broken answer: a
// backend may echo what the request held, which has no place in a log.
func unquoted(err error) error {
	if malformed := textproto.ProtocolError(""); errors.As(err, &malformed) {
		return errMalformed
	}
	if says, _, quotes := strings.Cut(err.Error(), `"`); quotes && !isDial(err) {
		return errors.New(strings.TrimRight(says, " "))
	}
	return err
}

var errMalformed = errors.New("the answer's header fields are malformed")

func isDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// answerFields are the backend's header fields without those of its
// connection to us.
func answerFields(header http.Header) message.Fields {
	fields := message.Fields{}
	for name, values := range header {
		for _, v := range values {
			fields = append(fields, message.Field{Name: name, Value: v})
		}
	}
	sortFields(fields)
	listed := connectionListed(fields)
	fields.DelFunc(func(f message.Field) bool {
		return hopByHop(f.Name, listed) || message.EqualName(f.Name, "Content-Length")
	})
	return fields
}
