package sallyport

import (
	"sallyport/message"
)

// Ask sends a request of the gateway's own through Forward of another operation,
// for the caller of this exchange and as a part of it: what it holds counts
// towards this one. The request needs its canonical path; params are the values
// of the operation's path parameters. End the exchange that is returned when its
// answer is not needed any more; it ends with this one at the latest.
func (x *Exchange) Ask(op *Operation, r *message.Request, params []string) (*Exchange, error) {
	inner := &Exchange{
		Context: x.Context, Request: r, Op: op, Params: params,
		ID: x.ID, Trace: x.Trace, Start: x.Start, Env: x.Env, Client: x.Client,
		Identities: x.Identities, Caller: x.Caller, plan: x.plan,
	}
	x.OnDone(asked{inner})
	if err := inner.run(op.steps[Forward]); err != nil {
		return inner, err
	}
	if inner.Response == nil {
		return inner, errNoAnswer
	}
	return inner, nil
}

// asked ends an exchange within another one.
type asked struct{ inner *Exchange }

// Done implements Closing.
func (a asked) Done(*Exchange) { a.inner.End() }

// End gives up the answer of an exchange that Ask made, and what it holds.
func (x *Exchange) End() {
	if x.ended {
		return
	}
	x.ended = true
	if x.Response != nil {
		x.Response.Close()
	}
	for i := len(x.closings) - 1; i >= 0; i-- {
		x.protect(func() { x.closings[i].Done(x) })
	}
	x.Env.Bodies.give(x.heldBack)
}
