package identify

import (
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

// Most tries of unknown credentials that are being checked, or are held back, at
// one time: what passes before the first of them has failed.
const (
	clientFlights  = 64
	accountFlights = 16
)

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
		g.Tally.fail(x, &l.try, byAccount, l.try.holder(), x.Env.Now(), 1, g)
	}
}

// unknown are the credentials that a request presents and that are not known
// from where it comes. What is known to one of the schemes that read a place is
// known.
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
		if tries[i].vouched || !familiar(tries, tries[i].scheme.Place) {
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
	tally := g.Tally
	if t.vouched {
		if over := tally.accounts.level(t.holder(), now) - g.account.last(); over > 0 {
			return 0, g.refuse(x, t, byAccount, over)
		}
		return 0, nil
	}
	client := tally.clients.level(t.client, now)
	if over := client - g.client.last(); over > 0 {
		return 0, g.refuse(x, t, byClient, over)
	}
	delay := g.client.delay(client, g.Delay, g.MaxDelay)
	if t.account != 0 {
		account := tally.accounts.level(t.holder(), now)
		if over := account - g.account.last(); over > 0 {
			return 0, g.refuse(x, t, byAccount, over)
		}
		delay = max(delay, g.account.delay(account, g.Delay, g.MaxDelay))
	}
	if tally.crowded(t) {
		return 0, g.refuse(x, t, byCrowd, time.Second)
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

// refuse says when to come again, and neither what was counted nor whether there
// is such an account.
func (g *Guessing) refuse(x *sallyport.Exchange, t *try, why int, wait time.Duration) error {
	t.watch.refused[why].Add(1)
	if t.acquainted && why != byAccount {
		// The one that is known would have passed: to be refused is an answer.
		g.Tally.fail(x, t, byAccount, t.holder(), x.Env.Now(), 1, g)
	}
	t.scheme.note(x, "failures of "+reasonNames[why])
	seconds := (wait + time.Second - 1) / time.Second // to come too early would be refused again (RFC 9110 §10.2.3)
	return problem.Refuse(problem.FailuresExceeded, "Too many attempts to identify have failed. Try again later.").
		With("Retry-After", text(int64(max(1, seconds)))).Because(reason("failures of " + reasonNames[why]))
}
