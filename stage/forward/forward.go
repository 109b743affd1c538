// Package forward passes a request on to the backend: it chooses a target,
// rebuilds the header fields at the edge, and turns every way in which an
// upstream can fail into a problem.
//
// It never follows a redirect, upgrades a connection to WebSocket alone and only
// where the operation is one, and lets no field through by which a client could name a caller, an address or a method that
// the gateway has not established itself. RFC 9110 §7.6 (forwarding), RFC 7239
// (Forwarded); the answers of HTTP/2 as net/http reads them, gRPC over HTTP/2 as
// far as its deadline and trailers go.
package forward

import (
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/websocket"
)

// Upstream forwards to the targets of one pool.
type Upstream struct {
	Pool *Pool
	// Prefix is put before the name of each identity field, such as X-Caller-.
	Prefix string
	// Identity asks the backend for an answer that is neither encoded nor a
	// part, for operations whose answers of success are read: what cannot be read
	// cannot be filtered. Credentials do the same.
	Identity bool
	// Guarded tells that the answer decides whether it leaves: then the backend is
	// asked for it as a whole, by GET in place of HEAD and without conditions.
	Guarded bool
	// Accept is what it asks for then, in place of what the client accepts: of
	// something else no rule could be asked.
	Accept string
	// PreserveHost sends the client's Host on; else the target's is sent.
	PreserveHost bool
	// Strip are the base paths that the backend does not see, the longest first.
	Strip []string
	// Idle ends an answer whose body pauses for longer; 0 is never.
	Idle time.Duration
	// Whole ends an exchange with the backend that takes longer; 0 is never. Of
	// a WebSocket it bounds the handshake.
	Whole time.Duration
	// Credentials are those for the backend; nil passes the client's on and adds
	// none.
	Credentials *Credentials
	// Certificates tell the backend the client's certificate; nil tells of none.
	Certificates *Certificates
	// Secrets are the query parameters in which clients send credentials: they are
	// taken out of Referer, which may name the address of another request.
	Secrets []string
	// WebSocket has requests opened as WebSockets that ask for it; nil passes all
	// on as if they asked for no upgrade.
	WebSocket *WebSocket
}

// Run implements sallyport.Step.
func (u *Upstream) Run(x *sallyport.Exchange) error {
	fields, err := u.fields(x)
	if err != nil {
		return err
	}
	base, path := u.strip(x.Request.Path)
	whole, hurried, err := u.bound(x.Request.Fields)
	if err != nil {
		return err
	}
	request := x.Request
	if u.Guarded && request.Method == "HEAD" {
		get := *request
		get.Method = "GET"
		request = &get
	}
	trip := &trip{
		upstream: u, exchange: x, begun: x.Env.Now(), whole: whole, hurried: hurried,
		out: outgoing{
			Request: request, path: path, query: u.Credentials.queryOf(x.Request.Query), fields: fields, trailers: x.Request.TakesTrailers(), host: u.PreserveHost,
			idle: u.Idle, whole: whole,
		},
	}
	if u.WebSocket != nil && websocket.CheckRequest(x.Request) == nil {
		if err := u.WebSocket.enter(x); err != nil {
			return err
		}
		trip.out.tunnel = &u.WebSocket.Rules
	}
	x.OnDone(trip)
	response, err := trip.send()
	trip.note()
	x.Upstream.Duration = trip.arrived.Sub(trip.begun)
	if err != nil {
		return u.failure(x, err)
	}
	x.Upstream.Status = response.Status
	x.Response = response
	limitTrailers(response)
	response.Fields = answerFields(response.Fields)
	u.Credentials.hide(response)
	rebase(response.Fields, base, trip.target.prefix)
	if response.Status == resetContent && response.Body != nil {
		response.Body.Close()
		response.Body = nil
	}
	if response.Status == 101 {
		return switched(response)
	}
	if response.Status < 200 || response.Status > 599 {
		return problem.Fail(problem.UpstreamBroken, fmt.Errorf("status %d", response.Status))
	}
	return nil
}

// bound is the time for the whole exchange: ours, or that which the client
// itself gives a call of gRPC where it is the shorter one (hurried).
func (u *Upstream) bound(fields message.Fields) (whole time.Duration, hurried bool, err error) {
	if !isGRPC(fields) {
		return u.Whole, false, nil
	}
	d, err := hurry(fields)
	if d > 0 && (u.Whole == 0 || d < u.Whole) {
		return d, true, err
	}
	return u.Whole, false, err
}

// resetContent is the status of an answer that has no content, whatever the
// backend sent with it (RFC 9110 §15.3.6).
const resetContent = 205

// failure says what went wrong between the gateway and the backend.
func (u *Upstream) failure(x *sallyport.Exchange, err error) error {
	var client *clientError
	if refusal := (*problem.Refusal)(nil); errors.As(err, &client) && errors.As(client.error, &refusal) {
		return refusal // of a step that looks at the body as it streams
	}
	if busy, ok := errors.AsType[*busyError](err); ok {
		return busy.refusal()
	}
	err = fmt.Errorf("%s: %w", x.Upstream.Target, err)
	switch {
	case x.Context.Err() != nil:
		return problem.Refuse(problem.ClientLeft, "The client left before the backend answered.").Because(err)
	case errors.As(err, &client) && errors.Is(err, message.ErrTooLarge):
		return problem.Refuse(problem.BodyTooLarge, "The body may be %d bytes long at most.", x.Op.MaxBody)
	case errors.As(err, &client) && isTimeout(client.error):
		return problem.Refuse(problem.RequestTimeout, "The body did not come in time.").Because(err)
	case errors.As(err, &client):
		return problem.Refuse(problem.RequestMalformed, "The body could not be read to its end.").Because(err)
	case isUntrusted(err):
		return problem.Fail(problem.UpstreamUntrusted, err)
	case isDial(err):
		return problem.Fail(problem.UpstreamUnreachable, err)
	case isTimeout(err):
		return problem.Fail(problem.UpstreamTimeout, err)
	}
	return problem.Fail(problem.UpstreamBroken, err)
}

func isUntrusted(err error) bool {
	var unverified *tls.CertificateVerificationError
	return errors.As(err, &unverified)
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

// answerFields are the backend's header fields without those of its
// connection to us.
func answerFields(fields message.Fields) message.Fields {
	listed := connectionListed(fields)
	fields.DelFunc(func(f message.Field) bool { return hopByHop(f.Name, listed) })
	return fields
}
