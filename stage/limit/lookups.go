package limit

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"sallyport"
	"sallyport/problem"
)

// Lookups finds who is looking for the ids of objects: who asks for many that are
// not there, or not theirs. Count is the way to let a step of it stand in an
// operation; all operations of an API share one Lookups. Call Compile once,
// before the first request.
//
// What is counted are ids, not requests: to try the same one again counts nothing,
// and who reads a long list item by item has found them all. A caller is over it
//
//   - with Least different ids that were missed, if they are Misses of all that it
//     asked for;
//   - with ten times Least at any share, so that nobody hides among objects of its
//     own. Who proved nothing is over it at any share with some 700, when its
//     sketch is full, for an address may stand for many;
//   - with IDs different ids whatever came of them, where it is set.
//
// New ids that are asked for at one time count as missed until they are answered.
// Twice the numbers, and 40 at least, may be under way, and more with what was found before: a page
// that loads all its objects at once goes by, and a thousand guesses do not.
//
// A network is over it with five times Least ids that were missed by five callers
// or more, if they are Misses of all: that is spraying, a few tries by each of
// many accounts. Then who finds what it asks for goes on, and all others from
// there are over it too.
type Lookups struct {
	// API tells its callers from those of others.
	API string
	// Window is how long an id is remembered: half of it at least and all of it at
	// most. Two seconds to ten years.
	Window time.Duration
	// Misses is the share in percent, 1 to 100.
	Misses int
	// Least is how many ids must be missed, 2 to 50.
	Least int
	// IDs is how many different ids are too many whatever the answers; 0 is no
	// bound. At most 1000.
	IDs int
	// ByClient counts by address alone, whoever calls.
	ByClient bool
	// Over is what happens to a request of one who is over it; Observe is only
	// to tell.
	Over OverLookups
	// Delay is how long a request is held back, where Over is DelayLookups.
	Delay time.Duration
	// MaxWaiting is how many are held back at one time, 1024 unless set; more are
	// refused.
	MaxWaiting int
	// Trails and Counts keep what is known.
	Trails *Trails
	Counts *LookupCounts

	scope   uint64
	half    uint32
	waiting atomic.Int64
}

// OverLookups is what happens to who is looking for ids.
type OverLookups uint8

// The ways to treat who is looking for ids.
const (
	// ObserveLookups tells it and does nothing.
	ObserveLookups OverLookups = iota
	// DelayLookups holds each request back.
	DelayLookups
	// RefuseLookups turns each away with 429.
	RefuseLookups
)

const (
	mostLeast   = 50   // ten times as many are what 128 bits can tell
	mostIDs     = 1000 // what 256 bits can tell
	hidden      = 10   // times Least, at any share
	sprayed     = 5    // times Least, of a network
	sprayers    = 5    // callers of a network
	atOnce      = 2    // times Least, while nothing is known of them yet
	pageful     = 40   // at one time, however small Least is
	knownToFind = 3    // ids found, of who is let by in a network that is over it
)

// Compile checks the configuration.
func (l *Lookups) Compile() error {
	switch {
	case l.Window < 2*time.Second || l.Window > longestTime:
		return errors.New("lookups are counted over two seconds to ten years")
	case l.Misses < 1 || l.Misses > 100:
		return errors.New("a share of lookups is 1% to 100%")
	case l.Least < 2 || l.Least > mostLeast:
		return fmt.Errorf("the least number of misses is 2 to %d", mostLeast)
	case l.IDs < 0 || l.IDs > mostIDs:
		return fmt.Errorf("at most %d ids can be counted", mostIDs)
	case l.Over > RefuseLookups:
		return errors.New("lookups are observed, delayed or refused")
	case l.Over == DelayLookups && l.Delay <= 0:
		return errors.New("lookups that are delayed need a time")
	case l.Trails == nil || l.Counts == nil:
		return errors.New("there is nothing to remember lookups")
	}
	l.scope = maphash.String(l.Trails.callers.seed, l.API)
	l.half = uint32((l.Window + 2*time.Second - 1) / (2 * time.Second))
	return nil
}

// Count is the step of an operation. path is its template up to the last of params,
// so that operations on one object are asked for one id; params are the places in
// Operation.Params of those that name objects.
func (l *Lookups) Count(path string, params []int) sallyport.Step {
	return &lookup{Lookups: l, params: params, kind: mixed(l.scope, maphash.String(l.Trails.callers.seed, path))}
}

// lookup is Lookups in its place.
type lookup struct {
	*Lookups
	params []int
	kind   uint64 // of the object
}

// underWay is a lookup that counts as missed until it is done.
type underWay struct{ *lookup }

// Run turns away or holds back who is looking for ids, and counts what comes of
// all others.
func (l *lookup) Run(x *sallyport.Exchange) error {
	over, wait, raised := l.judge(x, l.who(x), l.id(x))
	if raised {
		x.OnDone(underWay{l})
	}
	if over == "" {
		x.OnDone(l)
		return nil
	}
	refusal := problem.Refuse(problem.LookupsExceeded, "Too many objects were asked for that are not there. Try again later.").
		Because(errors.New(over)).With("Retry-After", strconv.FormatInt(int64(wait), 10))
	switch l.Over {
	case ObserveLookups:
		x.Observe(refusal)
		x.OnDone(l)
		return nil
	case DelayLookups:
		if l.hold() {
			x.OnDone(l)
			return &sallyport.Wait{For: l.Delay}
		}
	}
	return refusal
}

// hold takes a place among those that are held back, for as long as the delay.
func (l *Lookups) hold() bool {
	most := int64(l.MaxWaiting)
	if most == 0 {
		most = defaultWaiting
	}
	if l.waiting.Add(1) > most {
		l.waiting.Add(-1)
		return false
	}
	time.AfterFunc(l.Delay, func() { l.waiting.Add(-1) })
	return true
}

// seeker is whose lookups they are, by hashes.
type seeker struct {
	caller, network uint64
	proved          bool
}

// who finds whose lookups are counted. It is the caller that Limit knew, whichever
// of its identities counts in the end: what is counted must be what was judged.
func (l *Lookups) who(x *sallyport.Exchange) seeker {
	id := ""
	if !l.ByClient {
		if id = x.Caller.ID(); len(x.Identities) > 0 {
			id = x.Identities[0].ID()
		}
	}
	seed := l.Trails.callers.seed
	network := mixed(l.scope, addressHash(seed, x.Client))
	if id == "" {
		return seeker{caller: network, network: network}
	}
	return seeker{caller: mixed(l.scope+1, maphash.String(seed, id)), network: network, proved: true}
}

// id stands for the object that is asked for.
func (l *lookup) id(x *sallyport.Exchange) uint64 {
	id := l.kind
	for _, i := range l.params {
		id = mixed(id, maphash.String(l.Trails.callers.seed, x.Params[i]))
	}
	return id
}

// judge tells who is over it, the caller or its network, and for how many seconds
// at least; "" if neither is. raised is whether the id counts as under way now.
func (l *Lookups) judge(x *sallyport.Exchange, who seeker, id uint64) (over string, wait uint32, raised bool) {
	now := l.Trails.callers.clock(x.Env.Now())
	found, missed, over, wait, raised := l.judgeCaller(who, id, now)
	// Who is known to find what it asks for is not held to what others do.
	if over != "" || !who.proved || found >= knownToFind && missed*100 < l.Misses*(found+missed) {
		return over, wait, raised
	}
	e, shard := l.Trails.networks.lock(who.network, now, false)
	defer shard.mu.Unlock()
	if e == nil {
		return "", 0, raised
	}
	e.of.move(now, l.half)
	if !l.overNetwork(&e.of, false) {
		return "", 0, raised
	}
	return "by network", l.wait(e.of.began, now, l.overNetwork(&e.of, true)), raised
}

func (l *Lookups) judgeCaller(who seeker, id uint64, now uint32) (found, missed int, over string, wait uint32, raised bool) {
	e, shard := l.Trails.callers.lock(who.caller, now, true)
	defer shard.mu.Unlock()
	t := &e.of
	t.move(now, l.half)
	e.until = max(e.until, now+1)
	found, missed = t.counts(l.Trails.sizes, false)
	switch {
	case l.over(found, missed, who.proved):
		f, m := t.counts(l.Trails.sizes, true)
		return found, missed, "by caller", l.wait(t.began, now, l.over(f, m, who.proved)), false
	case !t.isNew(id):
		return found, missed, "", 0, false
	case l.overAtOnce(found, missed+int(t.underWay), who.proved) || t.underWay == math.MaxUint16:
		return found, missed, "at one time", 1, false
	}
	t.underWay++
	e.until = now + 2*l.half
	return found, missed, "", 0, true
}

// Done ends it, whatever came of it.
func (u underWay) Done(x *sallyport.Exchange) {
	who, now := u.who(x), u.Trails.callers.clock(x.Env.Now())
	e, shard := u.Trails.callers.lock(who.caller, now, false)
	defer shard.mu.Unlock()
	if e != nil && e.of.underWay > 0 { // it may have been flushed out
		e.of.underWay--
	}
}

// wait is until the half of the window is forgotten by which it is over.
func (l *Lookups) wait(began, now uint32, recent bool) uint32 {
	until := began + l.half
	if recent {
		until += l.half
	}
	return max(1, until-min(until, now))
}

func (l *Lookups) over(found, missed int, proved bool) bool {
	return missed >= l.Least && missed*100 >= l.Misses*(found+missed) ||
		proved && missed >= hidden*l.Least ||
		missed >= l.full() || // a sketch that is full tells no share any more
		l.IDs > 0 && found+missed >= l.IDs
}

// overAtOnce is over, of what was missed and what is under way.
func (l *Lookups) overAtOnce(found, missed int, proved bool) bool {
	return missed >= max(pageful, atOnce*l.Least) && missed*100 >= l.Misses*(found+missed) ||
		proved && missed >= max(pageful, atOnce*hidden*l.Least) ||
		missed >= l.full() ||
		l.IDs > 0 && found+missed >= l.IDs
}

// full is what a sketch of missed ids says when all its bits are set.
func (l *Lookups) full() int { return int(l.Trails.sizes.missed[missedBits]) }

func (l *Lookups) overNetwork(c *crossing, recent bool) bool {
	found, missed, callers := c.counts(recent)
	return callers >= sprayers && missed >= sprayed*l.Least && missed*100 >= l.Misses*(found+missed)
}

// Done counts what came of a lookup.
func (l *lookup) Done(x *sallyport.Exchange) {
	missed, counts := outcome(x)
	if !counts {
		return
	}
	who := l.who(x)
	now := l.Trails.callers.clock(x.Env.Now())
	news, caught := l.count(who, l.id(x), now, missed)
	if caught {
		l.Counts.Callers.Add(1)
		l.tell(x, "caller")
	}
	if news != nothing && who.proved && l.countNetwork(who, now, news) {
		l.Counts.Networks.Add(1)
		l.tell(x, "network")
	}
}

func (l *Lookups) count(who seeker, id uint64, now uint32, missed bool) (news told, caught bool) {
	e, shard := l.Trails.callers.lock(who.caller, now, true)
	defer shard.mu.Unlock()
	e.of.move(now, l.half)
	e.until = now + 2*l.half
	f, m := e.of.counts(l.Trails.sizes, false)
	if news = e.of.note(id, missed); news == nothing {
		return nothing, false
	}
	before := l.over(f, m, who.proved)
	f, m = e.of.counts(l.Trails.sizes, false)
	return news, !before && l.over(f, m, who.proved)
}

func (l *Lookups) countNetwork(who seeker, now uint32, news told) (caught bool) {
	e, shard := l.Trails.networks.lock(who.network, now, true)
	defer shard.mu.Unlock()
	e.of.move(now, l.half)
	e.until = now + 2*l.half
	before := l.overNetwork(&e.of, false)
	e.of.count(news, who.caller)
	return !before && l.overNetwork(&e.of, false)
}

// tell writes one line when somebody goes over it: at most one for Least misses.
func (l *Lookups) tell(x *sallyport.Exchange, by string) {
	attrs := []any{"by", by, "api", l.API, "client_ip", subscriberText(x.Client), "operation", x.Op.ID}
	if id := x.Caller.ID(); id != "" && by == "caller" {
		attrs = append(attrs, "principal", id)
	}
	x.Env.Log.Warn("looking for ids", attrs...)
}

func subscriberText(a netip.Addr) string {
	if a = subscriber(a); a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).String()
}
