package forward

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// trip is one request's way to a target, or to several one after the other.
type trip struct {
	upstream *Upstream
	exchange *sallyport.Exchange
	out      outgoing
	begun    time.Time
	// whole is the time for everything, 0 for ever. It is the client's own
	// where it is hurried.
	whole   time.Duration
	hurried bool
	key     uint64
	keyed   bool

	target  *Target   // at which the request is under way, nil if at none
	set     time.Time // when it set out there
	arrived time.Time // when the last attempt ended or its answer began
	probe   bool      // it tries whether an open circuit can be closed
	retry   int       // how many times it was sent again
	tried   []*Target // those of past attempts
	past    []attempt
	answer  *message.Body
}

// attempt is one line of the event's attempts.
type attempt struct {
	Upstream string  `json:"upstream"`
	Outcome  string  `json:"outcome"`
	Status   int     `json:"status,omitempty"`
	Error    string  `json:"error,omitempty"`
	Took     float64 `json:"ms"`
}

// send takes the request to a target that answers it, as far as it may be sent
// again.
func (t *trip) send() (*message.Response, error) {
	p := t.upstream.Pool
	if p.config.Balance == Hash {
		t.key, t.keyed = p.config.Key.of(t.exchange)
	}
	if p.config.Retries.Attempts > 0 {
		p.budget.earn(p.config.Retries.Budget)
	}
	t.arrived = t.begun
	if err := t.depart(t.begun, nil); err != nil {
		return nil, err
	}
	for {
		response, err := p.carrier.carry(t.exchange.Context, t.target, &t.out)
		again := t.arrive(response, err)
		if again == nil || !again() {
			if response != nil {
				t.answer = response.Body
			}
			return response, err
		}
		if response != nil {
			response.Body.Close()
		}
		if t.whole > 0 {
			if t.out.whole = t.whole - t.exchange.Env.Now().Sub(t.begun); t.out.whole <= 0 {
				t.leave()
				return nil, errDeadline
			}
		}
	}
}

// depart chooses a target that was not tried, and counts the request there.
func (t *trip) depart(now time.Time, tried []*Target) error {
	c := choice{now: now.UnixNano(), key: t.key, keyed: t.keyed, tried: tried}
	target, probe, err := t.upstream.Pool.take(&c)
	if err != nil {
		return err
	}
	t.target, t.probe, t.set = target, probe, now
	t.exchange.Upstream.Target = target.Address
	return nil
}

// arrive judges the target by how the attempt ended, and gives it up if nothing
// came. What is returned sends the request once more, if it can; nil is that it
// may not be.
func (t *trip) arrive(response *message.Response, err error) (again func() bool) {
	p, what, status := t.upstream.Pool, t.causeOf(err), 0
	if response != nil {
		status = response.Status
	}
	t.arrived = t.exchange.Env.Now()
	t.target.count(what, status)
	if t.wasDead(err) && t.afford() {
		t.tell(what, status, err)
		return t.anew // it says nothing about the target
	}
	p.judge(t.target, t.arrived, what, status, t.probe)
	t.probe = false
	switch {
	case what == connect:
		again = t.elsewhere
	case what != abandoned && p.config.Retries.Attempts > 0 && p.config.Retries.On.have(what, status) && resendable(t.out.Request):
		again = t.onceMore
	}
	if again != nil || len(t.past) > 0 {
		t.tell(what, status, err)
	}
	if err != nil {
		t.leave()
	}
	return again
}

// elsewhere goes to a target that was not tried, at once: nothing was sent.
func (t *trip) elsewhere() bool {
	if t.depart(t.arrived, t.tried) == nil {
		return true
	}
	r := &t.upstream.Pool.config.Retries
	return r.Attempts > 0 && r.On.have(connect, 0) && resendable(t.out.Request) && t.onceMore()
}

// onceMore sends the request again, if the number, the budget and the time
// permit it. While it waits it is under way at the next target.
func (t *trip) onceMore() bool {
	p, answering := t.upstream.Pool, t.target
	if t.retry >= p.config.Retries.Attempts || !p.budget.spend() {
		return false
	}
	wait := p.config.Retries.wait(t.retry + 1)
	if t.whole > 0 && t.arrived.Sub(t.begun)+wait >= t.whole {
		return false
	}
	if t.depart(t.arrived, t.tried) != nil && t.depart(t.arrived, nil) != nil {
		return false
	}
	t.retry++
	p.retried.Add(1)
	if answering != nil {
		answering.flying.Add(-1)
	}
	if !pause(t.exchange.Context, wait) {
		t.leave()
		return false
	}
	t.set = t.exchange.Env.Now()
	return true
}

// leave ends the request's being under way.
func (t *trip) leave() {
	if t.target == nil {
		return
	}
	t.target.flying.Add(-1)
	if t.probe {
		t.target.circuit.leave()
	}
	t.target, t.probe = nil, false
}

// Done implements sallyport.Closing: an answer that broke off speaks against
// its target too.
func (t *trip) Done(x *sallyport.Exchange) {
	if err := t.answer.Broken(); err != nil && t.target != nil && x.Context.Err() == nil && !t.outrun() {
		if _, ours := errors.AsType[*problem.Refusal](err); !ours {
			what := reset
			if isTimeout(err) {
				what = timeout
			}
			t.upstream.Pool.judge(t.target, x.Env.Now(), what, 0, false)
		}
	}
	t.leave()
}

// causeOf says what an error of the carrier means for the target. A request
// whose body was still coming means nothing: a client that sends too slowly
// makes a backend break off, or the time for everything pass, and could have
// every target taken out.
func (t *trip) causeOf(err error) cause {
	if err == nil {
		return fine
	}
	var client *clientError
	switch {
	case t.exchange.Context.Err() != nil || errors.As(err, &client), t.outrun():
		return abandoned
	case isDial(err):
		return connect
	case !t.out.Body.Complete():
		return abandoned
	case isTimeout(err):
		return timeout
	}
	return reset
}

// outrun tells whether the time has passed that the client gave its own call:
// that speaks against no target, or anybody could take targets out.
func (t *trip) outrun() bool {
	return t.hurried && t.exchange.Env.Now().Sub(t.begun) >= t.whole
}

// tell notes the attempt for the event.
func (t *trip) tell(what cause, status int, err error) {
	t.tried = append(t.tried, t.target)
	a := attempt{Upstream: t.target.Address, Outcome: what.String(), Status: status, Took: float64(t.arrived.Sub(t.set).Microseconds()) / 1000}
	if err != nil {
		a.Error = err.Error()
	}
	t.past = append(t.past, a)
}

// note puts the attempts into the event, where there were several.
func (t *trip) note() {
	if len(t.past) > 1 {
		t.exchange.Note(slog.Any("attempts", t.past))
	}
}

// busyError says that no target takes a request, though nobody was asked.
type busyError struct {
	// full says that some target is there and has no room; else circuits are
	// open, the first for wait.
	full bool
	wait time.Duration
	says string
}

func (e *busyError) Error() string { return e.says }

func (e *busyError) refusal() error {
	if e.full {
		return problem.Fail(problem.UpstreamOverloaded, e).With("Retry-After", "1")
	}
	seconds := max(1, int64(math.Ceil(e.wait.Seconds())))
	return problem.Fail(problem.CircuitOpen, e).With("Retry-After", strconv.FormatInt(seconds, 10))
}

// busy says why none of the targets takes the request.
func (s *set) busy(c *choice) *busyError {
	e := &busyError{wait: math.MaxInt64}
	for _, t := range s.targets {
		if c.hasTried(t) || !c.anyway && !t.healthy(c.now) {
			continue
		}
		why := fmt.Sprintf("%s: %d requests are under way", t.Address, t.flying.Load())
		if t.circuit.permits(c.now) {
			e.full = true
		} else {
			left := max(time.Duration(t.circuit.until.Load()-c.now), 0)
			e.wait = min(e.wait, left)
			why = fmt.Sprintf("%s: its circuit is open for %s", t.Address, left.Round(time.Millisecond))
			if left == 0 {
				why = t.Address + ": one request is trying whether its circuit can be closed"
			}
		}
		if e.says != "" {
			e.says += "; "
		}
		e.says += why
	}
	return e
}
