package sallyport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"time"

	"sallyport/message"
	"sallyport/problem"
)

// Exchange is one request and its answer on their way through the pipeline. A
// door makes it with Context and Request set; everything else is filled in as
// the stages go. It is made anew for every request and never pooled: a
// leftover caller would be worse than the allocation.
type Exchange struct {
	// Context ends when the client leaves.
	Context context.Context
	Request *message.Request
	// Response is the answer: the upstream's once Forward ran, ours if the
	// request was turned away.
	Response *message.Response

	// ID names the exchange in logs, problems and X-Request-Id.
	ID string
	// Trace is the trace context (W3C traceparent) that goes to the backend.
	Trace string
	Start time.Time
	Env   *Env
	// Op is the operation asked for; nil until it is matched.
	Op *Operation
	// Params are the values of the path parameters as they stand in the
	// canonical path, in the order of Op.Params.
	Params []string
	// Allowed are the methods that the path takes, where it does not take the
	// request's.
	Allowed []string
	// Client is the client's address, behind trusted proxies.
	Client netip.Addr
	// Identities are the callers that the request proved, one for each
	// satisfied alternative of the operation's security, nobody last.
	Identities []Principal
	// Caller is the identity that counts: the first, or the first whose
	// scopes suffice once Authorize ran.
	Caller Principal
	// Outward are the values of the request that lead somewhere, where Op.Outward
	// watches them.
	Outward []Outward
	// Upstream is what Forward learned.
	Upstream Upstream
	// Answer are fields for whatever answer leaves, ours or the upstream's.
	Answer message.Fields

	// Pruned is how many members were taken out of the answer.
	Pruned int

	// Refusal is why the request was turned away, nil if it was not.
	Refusal *problem.Refusal
	// Findings are refusals and waits that were observed and not enforced.
	Findings []Finding
	// Waited is how long the request was delayed.
	Waited time.Duration
	// Sent is the number of bytes of the answer's body that were sent.
	Sent int64
	// Aborted is why the answer was not sent to its end, nil if it was.
	Aborted error

	plan     *Plan
	at       *Placed
	stopped  *Placed
	notes    []slog.Attr
	closings []Closing
	heldBack int64
	ended    bool // of one within another: see Ask
}

// Upstream says who answered, and how long it took.
type Upstream struct {
	// Target is the address that was tried last; "" if none was.
	Target string
	// Status is the upstream's, before anything was changed; 0 if none came.
	Status int
	// Duration is the time until its header fields were there.
	Duration time.Duration
}

// Finding is what an observed step would have done.
type Finding struct {
	Place *Placed
	Err   error
}

// Wait is returned by a step to hold the request back: it goes on For later,
// or is turned away when the client leaves first. In Observe nothing waits.
type Wait struct{ For time.Duration }

func (w *Wait) Error() string { return "delay of " + w.For.String() }

// Closing is what a step may leave to be called when the exchange has ended,
// however it ended.
type Closing interface {
	Done(*Exchange)
}

// OnDone leaves a closing call; the last one left is called first.
func (x *Exchange) OnDone(c Closing) { x.closings = append(x.closings, c) }

// Observe records what the running step found and lets the request go on. It
// is for steps whose own setting says so; whether a step is enforced at all is
// a property of its place.
func (x *Exchange) Observe(err error) { x.Findings = append(x.Findings, Finding{x.at, err}) }

// Note adds an attribute to the event of this exchange. Never a secret, never
// a value that the client chose freely.
func (x *Exchange) Note(attr slog.Attr) { x.notes = append(x.notes, attr) }

// Notes are the attributes that steps have added.
func (x *Exchange) Notes() []slog.Attr { return x.notes }

// Stopped is the place that turned the request away, nil if none did.
func (x *Exchange) Stopped() *Placed { return x.stopped }

// Plan is the plan that this exchange began with.
func (x *Exchange) Plan() *Plan { return x.plan }

// Param is the value of a path parameter as it stands in the path, still
// percent-encoded.
func (x *Exchange) Param(name string) (string, bool) {
	for i, p := range x.Op.Params {
		if p == name {
			return x.Params[i], true
		}
	}
	return "", false
}

// HoldRequest reads the request's body whole, within the operation's limit and
// the budget of all held bodies. It is nil where there is no body.
func (x *Exchange) HoldRequest() ([]byte, error) {
	if x.Request.Body == nil {
		return nil, nil
	}
	content, err := x.hold(x.Request.Body, x.Op.MaxBody)
	if err != nil {
		return nil, x.Unread(err)
	}
	return content, nil
}

// Unread is the refusal of a request whose body could not be read to its end;
// what is one already stays as it is.
func (x *Exchange) Unread(err error) error {
	switch {
	case problem.As(err).Kind != problem.Internal:
		return err
	case errors.Is(err, message.ErrTooLarge):
		return problem.Refuse(problem.BodyTooLarge, "The body may be %d bytes long at most.", x.Op.MaxBody)
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		return problem.Refuse(problem.RequestTimeout, "The body did not come in time.").Because(err)
	}
	return problem.Refuse(problem.RequestMalformed, "The body could not be read to its end.").Because(err)
}

// HoldResponse reads the answer's body whole, within the operation's limit and
// the budget of all held bodies. It is nil where there is no body.
func (x *Exchange) HoldResponse() ([]byte, error) {
	if x.Response.Body == nil {
		return nil, nil
	}
	content, err := x.hold(x.Response.Body, x.Op.MaxAnswer)
	switch {
	case err == nil || problem.As(err).Kind != problem.Internal:
		return content, err
	case errors.Is(err, message.ErrTooLarge):
		return nil, problem.Fail(problem.AnswerTooLarge, fmt.Errorf("the answer is longer than %d bytes", x.Op.MaxAnswer))
	case isTimeout(err):
		return nil, problem.Fail(problem.UpstreamTimeout, err)
	}
	return nil, problem.Fail(problem.UpstreamBroken, err)
}

func (x *Exchange) hold(body *message.Body, limit int64) ([]byte, error) {
	if held, whole := body.Held(); whole && int64(len(held)) <= limit {
		if err := x.Claim(body.Unclaimed()); err != nil {
			return nil, err
		}
		return held, nil
	}
	before := x.heldBack
	content, err := body.Hold(limit, x.Claim)
	if over := x.heldBack - before - int64(len(content)); err == nil && over > 0 {
		_ = x.Claim(-over) // what is given back is never refused
	}
	return content, err
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func (x *Exchange) begin(env *Env, plan *Plan) {
	x.Env, x.plan = env, plan
	x.Start = env.Now()
	x.ID = env.newID(x.Start)
}

// turnAway makes the answer of an error. What came from the upstream is given
// up: it must not leave.
func (x *Exchange) turnAway(err error) {
	if x.Response != nil {
		x.Response.Close()
	}
	x.stopped = x.at
	x.Refusal = problem.As(err)
	x.Refusal.Unprocessable = x.Op != nil && x.Op.Unprocessable
	x.Response = x.Refusal.Response(x.plan.ProblemBase, x.ID)
}

// send adds the gateway's own fields to the answer and hands it to the door.
func (x *Exchange) send(door Door) error {
	for _, f := range x.Answer {
		if old := x.Response.Fields.Joined(f.Name); old != "" && message.EqualName(f.Name, "Vary") {
			f.Value = old + ", " + f.Value // what the upstream's answer depends on still counts
		}
		x.Response.Fields.Set(f.Name, f.Value)
	}
	x.Sent, x.Aborted = x.deliver(door)
	x.Response.Close()
	return x.Aborted
}

// deliver hands the answer over. What reads a streamed body may panic like a
// step: then the answer is broken off.
func (x *Exchange) deliver(door Door) (sent int64, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r, stack()}
		}
	}()
	return door.Send(x.Response)
}

// finish runs the closings and the record, each of them even if another panics.
func (x *Exchange) finish() {
	for i := len(x.closings) - 1; i >= 0; i-- {
		x.protect(func() { x.closings[i].Done(x) })
	}
	x.Env.Bodies.give(x.heldBack)
	for i := range x.plan.Finish {
		x.protect(func() {
			if err := x.plan.Finish[i].Step.Run(x); err != nil {
				x.Env.Log.Error("recording an exchange", "step", x.plan.Finish[i].Name, "request_id", x.ID, "error", err)
			}
		})
	}
}

func (x *Exchange) protect(f func()) {
	defer func() {
		if r := recover(); r != nil {
			x.Env.Log.Error("ending an exchange", "request_id", x.ID, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// wait holds the request back until its time has come or its client has left.
func (x *Exchange) wait(w *Wait) error {
	timer := time.NewTimer(w.For)
	defer timer.Stop()
	begun := x.Env.Now()
	defer func() { x.Waited += x.Env.Now().Sub(begun) }()
	select {
	case <-timer.C:
		return nil
	case <-x.Context.Done():
		return problem.Refuse(problem.ClientLeft, "The client left while its request was held back.")
	}
}

type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

func stack() []byte { return debug.Stack() }
