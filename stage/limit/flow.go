package limit

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sallyport"
	"sallyport/problem"
)

// Flow holds operations to an order and a pace for each caller (OWASP API6:2023,
// unrestricted access to sensitive business flows): they may be called only when
// another operation has succeeded before, not too soon after it, and not too often.
// It is the step of these operations; Opening is that of the other one. Call
// Compile once, before the first request.
//
// A success is an answer of 2xx, or the 101 of a WebSocket. The number is strict:
// in no time as long as Window, wherever it begins, there are more than Most. A
// request is counted when it comes in, so that none can pass beside it, and is
// given back when it has no success. What the backend may have done without
// telling is not given back: who breaks the connection off would have passed.
type Flow struct {
	// API and Name tell it from others, in mistakes and for what is remembered.
	API, Name string
	// After names the operations of which one must have succeeded, for callers to
	// read; "" is none. Flows of an API with the same After share what is known.
	After string
	// Within is how long that is good for. A second to ten years.
	Within time.Duration
	// NotBefore is how long it takes at least since the last time it succeeded.
	NotBefore time.Duration
	// Most is how many successes there may be in each Window, up to 65535; 0 is
	// any number. A window is a second to ten years.
	Most   int
	Window time.Duration
	// Passages keeps what is known.
	Passages *Passages

	seed            maphash.Seed
	opened, counted uint64
	width           time.Duration // of a part of the window
	first, later    string        // details
	fewer           string
}

// MostPassed is the largest number that a flow counts to.
const MostPassed = 1<<16 - 1

// Compile checks the configuration and prepares what requests look up.
func (f *Flow) Compile() error {
	if err := f.mistake(); err != nil {
		return fmt.Errorf("flow %q: %w", f.Name, err)
	}
	f.seed = f.Passages.passed.seed
	f.opened = maphash.String(f.seed, f.API+"\x00after\x00"+f.After)
	// Counts of windows of another length could not be read.
	f.counted = maphash.String(f.seed, f.API+"\x00most\x00"+f.Name+"\x00"+f.Window.String())
	f.width = (f.Window + parts - 2) / (parts - 1)
	f.first = fmt.Sprintf("Before this has to succeed: %s, %s ago at most.", f.After, spelled(f.Within))
	f.later = fmt.Sprintf("It takes %s at least from %s to this.", spelled(f.NotBefore), f.After)
	f.fewer = fmt.Sprintf("This may succeed %s in %s.", counted(f.Most, "time"), spelled(f.Window))
	return nil
}

// spelled is a time without what is nothing in it: 24h, not 24h0m0s.
func spelled(d time.Duration) string {
	s := d.String()
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, none) {
			s = s[:len(s)-2]
		}
	}
	return s
}

func (f *Flow) mistake() error {
	switch {
	case f.After == "" && f.Most == 0:
		return errors.New("it holds to nothing")
	case f.After == "" && (f.Within != 0 || f.NotBefore != 0):
		return errors.New("a time after nothing")
	case f.After != "" && (f.Within < time.Second || f.Within > longestTime):
		return errors.New("what has succeeded is good for a second to ten years")
	case f.NotBefore < 0 || f.After != "" && f.NotBefore >= f.Within:
		return errors.New("there is no time between not before and within")
	case f.Most < 0 || f.Most > MostPassed:
		return fmt.Errorf("it counts to %d", MostPassed)
	case f.Most > 0 && (f.Window < time.Second || f.Window > longestTime):
		return errors.New("its window is a second to ten years")
	case f.Passages == nil:
		return errors.New("there is nothing to remember it")
	}
	return nil
}

// The reasons, for logs.
var (
	errOrder  = errors.New("by order")
	errPace   = errors.New("by pace")
	errNumber = errors.New("by number")
)

// Run turns a request away that is out of order, too soon, or one too many.
func (f *Flow) Run(x *sallyport.Exchange) error {
	if f.seed == (maphash.Seed{}) {
		return errors.New("a flow was not compiled") // or it would let everything by
	}
	now := x.Env.Now()
	if f.After != "" {
		// What came too early cannot be mended by waiting (RFC 9110 §15.5.10).
		age, known := f.Passages.age(passer(f.seed, f.opened, x), now)
		if !known || age > f.Within {
			return problem.Refuse(problem.FlowOutOfOrder, "%s", f.first).Because(errOrder)
		}
		if wait := f.NotBefore - age; wait > 0 {
			return exceeded(f.later, errPace, wait)
		}
	}
	if f.Most == 0 {
		return nil
	}
	holder := passer(f.seed, f.counted, x)
	part, wait := f.Passages.take(holder, now, f.width, f.Most)
	if wait > 0 {
		return exceeded(f.fewer, errNumber, wait)
	}
	x.OnDone(&passage{f.Passages, holder, part})
	return nil
}

func exceeded(detail string, why error, wait time.Duration) error {
	return problem.Refuse(problem.FlowExceeded, "%s", detail).Because(why).With("Retry-After", strconv.FormatInt(seconds(wait), 10))
}

// passage is a request that was counted.
type passage struct {
	passages *Passages
	holder   uint64
	part     int64
}

// Done gives it back where nothing came of it.
func (p *passage) Done(x *sallyport.Exchange) {
	if !mayHaveSucceeded(x) {
		p.passages.give(p.holder, x.Env.Now(), p.part)
	}
}

// mayHaveSucceeded goes by what the backend says, even if its answer was refused:
// what it did is done.
func mayHaveSucceeded(x *sallyport.Exchange) bool {
	switch {
	case x.Upstream.Status != 0:
		return succeeded(x.Upstream.Status)
	case x.Refusal == nil:
		return succeeded(x.Response.Status)
	case x.Upstream.Target == "":
		return false
	}
	switch x.Refusal.Kind {
	case problem.UpstreamUnreachable, problem.UpstreamUntrusted, problem.UpstreamOverloaded, problem.CircuitOpen:
		return false // nothing was sent
	}
	return true
}

func succeeded(status int) bool {
	return status >= 200 && status < 300 || status == http.StatusSwitchingProtocols
}

// Opening is the step of the operations that Flow.After names. It stands behind
// all that judges an answer, so that what was refused opens nothing, and before
// the answer is sent, so that who has it can go on at once.
type Opening struct{ Flow *Flow }

// Run notes who may go on.
func (o Opening) Run(x *sallyport.Exchange) error {
	if x.Response != nil && succeeded(x.Response.Status) {
		f := o.Flow
		f.Passages.open(passer(f.seed, f.opened, x), x.Env.Now(), f.Within)
	}
	return nil
}

// passer is whose flow it is, as Limit knew it: which identity counts in the end
// is for each operation to say, and what opens a flow is another one.
func passer(seed maphash.Seed, scope uint64, x *sallyport.Exchange) uint64 {
	id := x.Caller.ID()
	if len(x.Identities) > 0 {
		id = x.Identities[0].ID()
	}
	if id == "" {
		return mixed(scope, addressHash(seed, x.Client))
	}
	return mixed(scope+1, maphash.String(seed, id))
}
