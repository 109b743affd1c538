package identify

import (
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"sallyport"
)

// Tally is what is counted of failures, for all APIs. It takes 2.2 MiB, and little
// for each try that is under way. Keep it in sallyport.Env, so that a reload pardons nobody.
type Tally struct {
	seed              maphash.Seed
	epoch             time.Time
	clients, accounts failures
	verdicts          verdicts
	checked, held     crowd // the tries that are checked, and held back, at this moment
	waiting           atomic.Int64

	mu      sync.Mutex
	told    map[uint64]told
	settled time.Time
}

// mostTold is how many holders are told of in the log at one time: an attack
// from everywhere must not fill the disk.
const mostTold = 1024

// told is a holder that the log says is over its limit.
type told struct {
	why   int
	attrs []any
}

// NewTally is a tally that counts time from now on the clock of Env.
func NewTally(now time.Time) *Tally {
	t := &Tally{seed: maphash.MakeSeed(), epoch: now, told: make(map[uint64]told)}
	t.clients.epoch, t.accounts.epoch = now, now
	return t
}

// Watch is what is known of one scheme's credentials. It takes 3 MiB once there
// are any that have to be remembered. Keep it in sallyport.Env like the Tally.
type Watch struct {
	// API and Scheme name it in the log and in metrics.
	API, Scheme string

	scope uint64
	// trouble is until when failures of accounts are remembered, as seconds say.
	trouble atomic.Uint32
	known   acquaintances
	alarm   alarm
	refused [reasons]atomic.Uint64
	delayed atomic.Uint64
}

// NewWatch watches a scheme: one account's name in two of them is two accounts.
func (t *Tally) NewWatch(api, scheme string) *Watch {
	return &Watch{API: api, Scheme: scheme, scope: mix(maphash.String(t.seed, api), maphash.String(t.seed, scheme))}
}

// count tells the alarm what came of a try of an unknown credential.
func (w *Watch) count(x *sallyport.Exchange, now time.Time, wrong float64, rules alarmRules) {
	if raised, ended := w.alarm.count(now, wrong, rules); raised || ended {
		w.tell(x.Env.Log, raised)
	}
}

func (w *Watch) tell(log *slog.Logger, raised bool) {
	if raised {
		log.Warn(guessingBegins, "by", reasonNames[byScheme], "api", w.API, "scheme", w.Scheme)
		return
	}
	log.Info(guessingEnds, "by", reasonNames[byScheme], "api", w.API, "scheme", w.Scheme)
}

func (w *Watch) troubled(until uint32) {
	for {
		known := w.trouble.Load()
		if known >= until || w.trouble.CompareAndSwap(known, until) {
			return
		}
	}
}

// Events of the log: one when a holder crosses its limit, one when that is over.
const (
	guessingBegins = "guessing refused"
	guessingEnds   = "guessing forgotten"
)

// fail counts a failure of a network or an account.
func (t *Tally) fail(x *sallyport.Exchange, of *try, why int, holder uint64, now time.Time, weight float64, g *Guessing) {
	counted, p := &t.clients, g.client
	if why == byAccount {
		counted, p = &t.accounts, g.account
	}
	before, after := counted.add(holder, now, time.Duration(weight*float64(p.interval)), p)
	if why == byAccount {
		of.watch.troubled(seconds(now.Add(after), t.epoch) + 1)
	}
	if before > p.last() || after <= p.last() {
		return
	}
	// An account is told by its hash: what stands in the place of a name may be a
	// password in the wrong field.
	attrs := []any{"by", reasonNames[why], "client_ip", network(x.Client).String(), "api", of.watch.API, "scheme", of.watch.Scheme}
	if why == byAccount {
		attrs = append(attrs, "account", fmt.Sprintf("%016x", of.account))
	}
	t.mu.Lock()
	_, again := t.told[holder]
	tell := !again && len(t.told) < mostTold
	if tell {
		t.told[holder] = told{why, attrs}
	}
	t.mu.Unlock()
	if tell {
		x.Env.Log.Warn(guessingBegins, attrs...)
	}
}

// settle tells of whom is not over the limit any more, once a second at most.
func (t *Tally) settle(now time.Time, log *slog.Logger, g *Guessing) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Sub(t.settled) < time.Second {
		return
	}
	t.settled = now
	for holder, one := range t.told {
		counted, p := &t.clients, g.client
		if one.why == byAccount {
			counted, p = &t.accounts, g.account
		}
		if counted.level(holder, now) <= p.last() {
			delete(t.told, holder)
			log.Info(guessingEnds, one.attrs...)
		}
	}
}

// miss counts a try that was turned away before it was checked, of an account that
// is known from its network: the one that is known would have passed, and so it is
// an answer. The same secret again is none.
func (t *Tally) miss(x *sallyport.Exchange, of *try, now time.Time, g *Guessing) {
	if before := t.verdicts.put(of.holder(), of.secret, wasRefused); before == none || before == wasShut {
		t.fail(x, of, byAccount, of.holder(), now, 1, g)
	}
}

// wait takes a place among those that are held back, for as long as the wait;
// false if there is none. One whose account is known from its network competes
// with others of that account alone, for that is what it is compared with.
func (t *Tally) wait(of *try, d time.Duration, most int) bool {
	needs := of.seats(true)
	if !t.held.try(needs) {
		return false
	}
	if t.waiting.Add(1) > int64(most) && !of.acquainted {
		t.waiting.Add(-1)
		t.held.leave(needs)
		return false
	}
	time.AfterFunc(d, func() {
		t.waiting.Add(-1)
		t.held.leave(needs)
	})
	return true
}
