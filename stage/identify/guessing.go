package identify

import (
	"errors"
	"time"

	"sallyport"
	"sallyport/problem"
)

// Guessing makes finding credentials by trying hopeless. Failures are counted
// for the network that a request comes from, for the account that it names, and
// for each scheme over all. Over a limit a try is held back, longer each time,
// then refused before anything is checked.
//
// A credential that was right from the same network not long ago passes
// whatever others did: no attacker locks out those who work with an API, nor the
// others behind an address translation. Failures of an account from a network
// that it is known from count for the two together, apart from everybody else's;
// they alone count against what is known.
// Everything is forgotten with time; nobody has to be let in again by hand.
//
// It says the same, and as fast, of accounts that exist and of others. Its
// memory is bounded and holds keyed hashes alone.
type Guessing struct {
	// Client and Account are how many failures of one network, an IPv4 address or
	// an IPv6 /64, and of one account are let by, and in which time as many are
	// forgotten.
	Client, Account Allowance
	// Delay is how long the first try waits that is held back; it begins when a
	// quarter of the allowance is used up, and doubles up to MaxDelay. Zero never
	// holds back.
	Delay, MaxDelay time.Duration
	// Waiting is how many tries are held back at one time; more are refused.
	Waiting int
	// Ratio of failures among the credentials that are presented anew, in
	// percent, and Failures, their number in about five minutes, raise the alarm
	// for a scheme. While it is raised, such credentials wait MaxDelay/4 and are
	// tried no more often than Unknown says; those that are known are not
	// affected.
	Ratio, Failures int
	Unknown         Allowance
	// Remember is how long a credential that was right is known.
	Remember time.Duration
	// Tally keeps the count.
	Tally *Tally

	client, account pace
	rules           alarmRules
	remember        uint32
}

// Allowance is so many in a time.
type Allowance struct {
	Count int
	Per   time.Duration
}

func (a Allowance) pace() pace {
	return pace{interval: max(1, a.Per/time.Duration(max(1, a.Count))), depth: max(1, a.Count)}
}

// Compile prepares what requests look up. Call it once, before the first.
func (g *Guessing) Compile() {
	g.client, g.account = g.Client.pace(), g.Account.pace()
	unknown := g.Unknown.pace()
	g.rules = alarmRules{ratio: float64(g.Ratio) / 100, least: float64(g.Failures), interval: unknown.interval, burst: unknown.limit()}
	g.remember = uint32(max(time.Second, g.Remember) / time.Second)
}

// Guard is the step before Security that holds tries back. It needs its
// Guessing.
type Guard struct{ Security *Security }

// Run implements sallyport.Step.
func (g *Guard) Run(x *sallyport.Exchange) error {
	var room [4]try
	tries := g.Security.unknown(x, room[:0])
	if len(tries) == 0 {
		return nil
	}
	guessing, now := g.Security.Guessing, x.Env.Now()
	guessing.Tally.settle(now, x.Env.Log, guessing)
	var longest time.Duration
	var longestTry *try
	for i := range tries {
		t := &tries[i]
		delay, err := guessing.judge(x, t, now)
		if err != nil {
			return err
		}
		if longestTry == nil || delay > longest {
			longest, longestTry = delay, t
		}
	}
	if longest == 0 {
		return nil
	}
	if !guessing.Tally.wait(longestTry, longest, guessing.Waiting) {
		return guessing.refuse(x, longestTry, byCrowd, time.Second)
	}
	longestTry.watch.delayed.Add(1)
	if longestTry.acquainted {
		x.OnDone(&leaving{g, *longestTry})
	}
	return &sallyport.Wait{For: longest}
}

// leaving counts a try whose client does not wait for its verdict: that it was
// held back says that it was not the one that is known.
type leaving struct {
	guard *Guard
	try   try
}

// Done implements sallyport.Closing. That the guard stopped it can mean nothing
// else: it had let it by, only later.
func (l *leaving) Done(x *sallyport.Exchange) {
	if stopped := x.Stopped(); stopped != nil && stopped.Step == l.guard {
		g := l.guard.Security.Guessing
		g.Tally.miss(x, &l.try, x.Env.Now(), g)
	}
}

// unknown are the credentials that a request presents, that are not known from
// where it comes and that are not checked first. What is known to one of the
// schemes that read a place is known.
func (s *Security) unknown(x *sallyport.Exchange, tries []try) []try {
	for _, alternative := range s.Alternatives {
		for i := range alternative {
			scheme := alternative[i].Scheme
			if scheme.Watch == nil || tried(tries, scheme) {
				continue
			}
			secret, present, err := scheme.Place.Find(x.Request)
			if err != nil || !present || secret == "" {
				continue // what is no credential is not tried: Security says so
			}
			tries = append(tries, s.Guessing.try(x, scheme, secret))
		}
	}
	kept := tries[:0]
	for i := range tries {
		if !tries[i].strength.first() && (tries[i].vouched || !familiar(tries, tries[i].scheme.Place)) {
			kept = append(kept, tries[i])
		}
	}
	return kept
}

func tried(tries []try, scheme *Scheme) bool {
	for i := range tries {
		if tries[i].scheme == scheme {
			return true
		}
	}
	return false
}

func familiar(tries []try, place Place) bool {
	for i := range tries {
		if (tries[i].known || tries[i].vouched) && tries[i].scheme.Place.same(place) {
			return true
		}
	}
	return false
}

// Why a try is refused.
const (
	byClient = iota
	byAccount
	byScheme
	byCrowd
	reasons
)

var reasonNames = [reasons]string{"client", "account", "scheme", "crowd"}

// judge is how long a try has to wait, or its refusal.
func (g *Guessing) judge(x *sallyport.Exchange, t *try, now time.Time) (time.Duration, error) {
	if why, over := g.exceeded(t, now); over > 0 {
		return 0, g.refuse(x, t, why, over)
	}
	tally := g.Tally
	if t.vouched {
		// Of many at one time the right one must look like all others.
		if tally.held.full(t.holder(), t.secret, accountSeats) {
			return 0, g.refuse(x, t, byCrowd, time.Second)
		}
		return 0, nil
	}
	delay := g.client.delay(tally.clients.level(t.client, now), g.Delay, g.MaxDelay)
	if t.account != 0 {
		delay = max(delay, g.account.delay(tally.accounts.level(t.holder(), now), g.Delay, g.MaxDelay))
	}
	if t.strength != Guessable {
		return delay, nil
	}
	raised, ended, over := t.watch.alarm.take(now, g.rules)
	switch {
	case ended:
		t.watch.tell(x.Env.Log, false)
	case over > 0:
		return 0, g.refuse(x, t, byScheme, over)
	case raised && g.Delay > 0:
		delay = max(delay, g.MaxDelay/4)
	}
	return delay, nil
}

// exceeded tells whose failures are too many for a try, and for how long. They do
// not count against a known secret that was right after all of them.
func (g *Guessing) exceeded(t *try, now time.Time) (why int, over time.Duration) {
	if !t.vouched {
		if over := g.Tally.clients.level(t.client, now) - g.client.last(); over > 0 {
			return byClient, over
		}
	}
	if t.account == 0 {
		return byClient, 0
	}
	over = g.Tally.accounts.level(t.holder(), now) - g.account.last()
	if over > 0 && t.vouched && g.Tally.verdicts.last(t.holder(), t.secret) == wasRight {
		return byAccount, 0
	}
	return byAccount, over
}

// seat takes the seats of a try for as long as it is checked. One that had to wait
// for them is judged again: those before it may have failed.
func (g *Guessing) seat(x *sallyport.Exchange, t *try) (seats, error) {
	tally := g.Tally
	bounded := t.strength == Guessable || tally.clients.level(t.client, x.Env.Now()) > 0
	needs := t.seats(bounded)
	ok, waited := tally.checked.enter(x.Context, needs, g.Waiting, func() {
		if t.acquainted { // from now on the right one stands in the queue with the others
			t.watch.troubled(seconds(x.Env.Now().Add(seatWait), tally.epoch) + 1)
		}
	})
	if ok && !waited {
		return needs, nil
	}
	if !ok && x.Context.Err() != nil {
		return seats{}, problem.Refuse(problem.ClientLeft, "The client left while its credentials waited to be checked.")
	}
	if !ok {
		t.watch.refused[byCrowd].Add(1)
		return seats{}, problem.Fail(problem.Overloaded, errCrowd).With("Retry-After", "1")
	}
	if why, over := g.exceeded(t, x.Env.Now()); over > 0 {
		tally.checked.leave(needs)
		return seats{}, g.refuse(x, t, why, over)
	}
	return needs, nil
}

var errCrowd = errors.New("as many credentials are being checked as may be")

// refuse counts a refusal where it is an answer: the secret that is known would
// have passed. A crowd says nothing, for in it that one is refused as well.
func (g *Guessing) refuse(x *sallyport.Exchange, t *try, why int, wait time.Duration) error {
	switch {
	case !t.acquainted || why == byCrowd:
	case why == byAccount:
		g.Tally.verdicts.shut(t.holder(), t.secret)
	default:
		g.Tally.miss(x, t, x.Env.Now(), g)
	}
	t.scheme.note(x, "failures of "+reasonNames[why])
	return g.refusal(t, why, wait)
}

// refusal says when to come again, and neither what was counted nor whether there
// is such an account.
func (g *Guessing) refusal(t *try, why int, wait time.Duration) error {
	t.watch.refused[why].Add(1)
	detail := "Too many attempts to identify have failed. Try again later."
	if why == byCrowd {
		detail = "Too many attempts to identify are held back at this moment. Try again later."
	}
	seconds := (wait + time.Second - 1) / time.Second // to come too early would be refused again (RFC 9110 §10.2.3)
	return problem.Refuse(problem.FailuresExceeded, "%s", detail).
		With("Retry-After", text(int64(max(1, seconds)))).Because(reason("failures of " + reasonNames[why]))
}
