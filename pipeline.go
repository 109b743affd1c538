// Package sallyport is the pipeline of an API security gateway: the order of
// its stages, the plan that was compiled from an OpenAPI document and a
// configuration, and a request's whole way through them.
//
// This file is the program; everything else in the module is a step in it, a
// library under it, or a shell around it. The package knows no step, no
// document and no configuration: build puts them together.
package sallyport

import (
	"errors"
	"sync/atomic"

	"sallyport/problem"
)

// Stage is a place in the pipeline. The order of these constants is the order
// of a request's way and stands nowhere else.
type Stage uint8

// The stages, each with the question that it answers.
const (
	Admit     Stage = iota // is this a request with one reading?
	Identify               // who calls?
	Limit                  // how much may this caller ask for?
	Authorize              // may this caller ask for this?
	Validate               // does the request fit its operation?
	Inspect                // does what the schema leaves free look like an attack?
	Forward                // pass it on
	Filter                 // what of the answer may leave?
	Record                 // say what happened, whatever happened
)

// stages are the names of the stages in order.
var stages = [...]string{"admit", "identify", "limit", "authorize", "validate", "inspect", "forward", "filter", "record"}

func (s Stage) String() string { return stages[s] }

// Step is one check or act. It returns nil (go on), a *problem.Refusal (turn
// the request away and tell the caller why), a *Wait (go on later), or any
// other error (its own failure: the caller learns an id). It never writes to
// the client and never calls another step.
type Step interface {
	Run(*Exchange) error
}

// Mode says what comes of a finding. It belongs to the place where a step is
// put: a step never knows its mode.
type Mode uint8

// The modes of a place.
const (
	// Enforce turns the request away.
	Enforce Mode = iota
	// Observe records the finding and lets the request go on. A failure of the
	// step itself is never let by.
	Observe
)

func (m Mode) String() string { return [...]string{"enforce", "observe"}[m] }

// Placed is a step in its place.
type Placed struct {
	Stage Stage
	Mode  Mode
	// Name is what the step is called in logs, metrics and explain.
	Name string
	Step Step
	// Controls say what the step enforces here, for explain and check.
	Controls []Control
}

// Plan is everything that was compiled from one configuration. It never
// changes and owns no goroutine; a reload makes a new one.
type Plan struct {
	// Digest identifies the configuration and documents it was made from.
	Digest string
	// Entry runs before it is known which operation is asked for: canonical
	// form, sizes, host.
	Entry []Placed
	// Unread runs in place of all stages for bytes that are no request.
	Unread []Placed
	// Match finds the operation of a request in canonical form, and sets
	// Exchange.Params. It never returns nil: what is not declared has an
	// operation too, which refuses.
	Match func(*Exchange) *Operation
	// Finish runs for every exchange after the answer was sent, whatever
	// happened on its way.
	Finish []Placed
	// Operations are all declared operations in the order of their documents.
	Operations []*Operation
	// ProblemBase is put before a kind's name to make a problem's type.
	ProblemBase string
}

// Gateway serves exchanges by the plan of the moment.
type Gateway struct {
	env  *Env
	plan atomic.Pointer[Plan]
}

// NewGateway starts with a plan.
func NewGateway(env *Env, plan *Plan) *Gateway {
	g := &Gateway{env: env}
	g.plan.Store(plan)
	return g
}

// Swap makes the plan the one for every exchange that begins from now on, and
// returns the one before. Exchanges under way end under the plan they began with.
func (g *Gateway) Swap(plan *Plan) *Plan { return g.plan.Swap(plan) }

// Plan is the plan of the moment.
func (g *Gateway) Plan() *Plan { return g.plan.Load() }

// Serve is a request's whole way. It returns when the answer has been sent and
// recorded; the message and its bodies are dead then. The error is the door's:
// the answer could not be sent to its end.
func (g *Gateway) Serve(x *Exchange, door Door) error {
	x.begin(g.env, g.plan.Load())
	defer x.finish()

	if err := x.decide(); err != nil {
		x.turnAway(err)
	}
	return x.send(door)
}

// ServeAt is Serve for what came to a listener, which has its say first.
func (g *Gateway) ServeAt(l *Listener, x *Exchange, door Door) error {
	if l.Vet != nil {
		if refusal := l.Vet(x.Request); refusal != nil {
			return g.refuse(x, door, &connection, refusal)
		}
	}
	return g.Serve(x, door)
}

// Refuse is the way of bytes that are no request: its door could not read them.
// No stage sees them; they are answered and recorded like any other refusal.
// Of the request there may be no more than the ends of its connection.
func (g *Gateway) Refuse(x *Exchange, door Door, refusal *problem.Refusal) error {
	return g.refuse(x, door, &framing, refusal)
}

func (g *Gateway) refuse(x *Exchange, door Door, at *Placed, refusal *problem.Refusal) error {
	x.begin(g.env, g.plan.Load())
	defer x.finish()

	x.Client = x.Request.Remote.Addr().Unmap().WithZone("") // whom a proxy names cannot be known
	x.Answer.Set("X-Request-Id", x.ID)
	err := x.run(x.plan.Unread)
	if err == nil {
		x.at, err = at, refusal
	}
	x.turnAway(err)
	return x.send(door)
}

// Where a door judges, before the first step: by the bytes that it reads, and by
// the connection that they came on.
var (
	framing    = Placed{Stage: Admit, Name: "framing"}
	connection = Placed{Stage: Identify, Name: "connection"}
)

// decide takes the exchange through the stages up to the answer. A panic in a
// step is a failure of that step and of no other exchange.
func (x *Exchange) decide() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = problem.Fail(problem.Internal, &panicked{r, stack()})
		}
	}()
	if err := x.run(x.plan.Entry); err != nil {
		return err
	}
	x.at = nil
	x.Op = x.plan.Match(x)
	for stage := Admit; stage < Record; stage++ {
		if err := x.run(x.Op.steps[stage]); err != nil {
			return err
		}
	}
	if x.Response == nil {
		return errNoAnswer
	}
	return nil
}

var errNoAnswer = errors.New("no step of the operation gave an answer")

// run takes the steps of one place in order. Refusals, waits and observing are
// handled here and nowhere else.
func (x *Exchange) run(steps []Placed) error {
	for i := range steps {
		p := &steps[i]
		x.at = p
		err := p.Step.Run(x)
		if err == nil {
			continue
		}
		if p.Mode == Observe && observable(err) {
			x.Observe(err)
			continue
		}
		if wait, ok := err.(*Wait); ok {
			if err = x.wait(wait); err == nil {
				continue
			}
		}
		return err
	}
	return nil
}

// observable tells a finding about the request from a failure of the step,
// which is never let by.
func observable(err error) bool {
	if _, ok := err.(*Wait); ok {
		return true
	}
	return !problem.As(err).Kind.Failure()
}
