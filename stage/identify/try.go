package identify

import (
	"errors"
	"hash/maphash"
	"net/netip"
	"strconv"

	"sallyport"
	"sallyport/problem"
)

// try is one credential that a request presents, in keyed hashes: nothing that
// is kept of it could be turned back.
type try struct {
	scheme *Scheme
	watch  *Watch
	client uint64 // the network that it comes from
	secret uint64
	// account is what the secret claims to be of; 0 where it names none, or where
	// it is known and need not be asked for.
	account uint64
	// known: it was right from this network. Acquainted: one of the account was.
	// Vouched: both, while failures of accounts are remembered: then those of this
	// account from this network count against it too. Else somebody behind the same
	// address could guess for as long as it likes, refused each time but the last.
	known, acquainted, vouched bool
	// stale: that is to be noted again.
	stale bool
	// strength is asked where the credential is not known.
	strength Strength
}

// try finds out what is known of a credential. For one that is known it reads no
// clock and allocates nothing.
func (g *Guessing) try(x *sallyport.Exchange, scheme *Scheme, secret string) try {
	t, now := try{scheme: scheme, watch: scheme.Watch}, seconds(x.Start, g.Tally.epoch)
	t.client = g.Tally.network(x.Client)
	t.secret = maphash.String(g.Tally.seed, tail(secret)) | 1
	known, stale := t.watch.known.knows(t.secret, mix(t.client, t.secret), now, g.remember)
	troubled := t.watch.trouble.Load() > now
	if t.known = known; known && !stale && !troubled {
		return t
	}
	t.stale = stale
	if s, ok := scheme.Method.(Strong); ok && !known {
		t.strength = s.Strength(secret)
	}
	if a, ok := scheme.Method.(Accountant); ok {
		if name := a.Account(secret); name != "" {
			t.account = mix(t.watch.scope, maphash.String(g.Tally.seed, name)) | 1
			t.acquainted, _ = t.watch.known.knows(t.account, mix(t.client, t.account), now, g.remember)
		}
	}
	if t.account != 0 && troubled {
		t.known, t.vouched = false, known && t.acquainted
	}
	return t
}

// holder is whose failures it would add to: the account's or, where the account
// is known from this network, those of the two together, which nobody elsewhere
// can add to.
func (t *try) holder() uint64 {
	if t.acquainted {
		return mix(t.client, t.account)
	}
	return t.account
}

// tail is enough of a secret to know it again: who has never seen the end of a
// signature, a key or a password cannot present it.
func tail(secret string) string {
	const enough = 64
	return secret[max(0, len(secret)-enough):]
}

// network is the part of an address that its user cannot change at will: an IPv4
// address whole, an IPv6 address by its /64 (RFC 6177 §2).
func (t *Tally) network(a netip.Addr) uint64 {
	bytes := network(a).As16()
	return maphash.Bytes(t.seed, bytes[:]) | 1
}

func network(a netip.Addr) netip.Addr {
	if a = a.Unmap(); a.Is4() {
		return a
	}
	bytes := a.As16()
	clear(bytes[8:])
	return netip.AddrFrom16(bytes)
}

// mix makes one hash of two (the finaliser of MurmurHash3). Both are keyed:
// nobody outside can aim at a result.
func mix(a, b uint64) uint64 {
	h := a ^ b*0x9e3779b97f4a7c15
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return (h ^ h>>33) | 1
}

// learn counts what came of the credentials that a request presented.
func (g *Guessing) learn(x *sallyport.Exchange, found []finding) {
	for i := range found {
		f := &found[i]
		switch {
		case f.try.watch == nil:
		case f.credential != nil:
			g.right(x, f, found)
		case f.err != nil && !accepted(found, f.scheme.Place):
			g.wrong(x, f, found[:i])
		}
	}
}

func (g *Guessing) right(x *sallyport.Exchange, f *finding, found []finding) {
	t := &f.try
	if t.known && !t.stale || t.strength == Signed && !compared(f, found) {
		return
	}
	now := seconds(x.Start, g.Tally.epoch)
	t.watch.known.meet(t.secret, mix(t.client, t.secret), now)
	if t.account != 0 {
		t.watch.known.meet(t.account, mix(t.client, t.account), now)
	}
	if t.acquainted && g.Tally.verdicts.put(t.holder(), t.secret, wasRight) == wasRefused {
		g.Tally.accounts.forgive(t.holder(), x.Env.Now(), g.account.interval)
	}
	if !t.known && !t.vouched && t.strength == Guessable {
		t.watch.count(x, x.Env.Now(), 0, g.rules)
	}
}

// compared tells whether another scheme reads the place too and may refuse what
// stands there before it is checked: then it has to be remembered that it was right.
func compared(f *finding, found []finding) bool {
	for i := range found {
		other := &found[i]
		if other.scheme != f.scheme && other.try.watch != nil && !other.try.strength.first() && other.scheme.Place.same(f.scheme.Place) {
			return true
		}
	}
	return false
}

// wrong counts a failure; for the network once, however many schemes refuse the
// one credential. What was checked first is refused now, where its client has
// failed too often.
func (g *Guessing) wrong(x *sallyport.Exchange, f *finding, before []finding) {
	t, now := &f.try, x.Env.Now()
	weight := weigh(f.err)
	if weight == 0 {
		return
	}
	t.watch.known.forget(t.secret, mix(t.client, t.secret))
	if t.strength == Guessable {
		t.watch.count(x, now, weight, g.rules)
	}
	over := g.Tally.clients.level(t.client, now) - g.client.last()
	repeated := false
	for i := range before {
		repeated = repeated || before[i].err != nil && before[i].scheme.Place.same(f.scheme.Place)
	}
	if !repeated {
		g.Tally.fail(x, t, byClient, t.client, now, weight, g)
	}
	if t.account != 0 {
		g.Tally.fail(x, t, byAccount, t.holder(), now, weight, g)
	}
	if t.acquainted {
		g.Tally.verdicts.put(t.holder(), t.secret, wasWrong)
	}
	if t.strength.first() && over > 0 {
		f.err = g.refusal(t, byClient, over)
	}
}

// weigh says what a failure counts. A token that has expired was signed, and one
// whose proof wants a nonce (RFC 9449 §8.2) is good: such a client guesses nothing,
// and must not lock itself out. A token that is not valid counts a tenth, and so
// does its proof: signatures are not found by trying, and one bad clock or rotated
// key refuses many at once. One that its issuer was asked about, and does not take
// for active, has cost a call and counts in full. What we could not check says
// nothing of who asked.
func weigh(err error) float64 {
	refusal := problem.As(err)
	_, called := errors.AsType[*asked](refusal.Cause)
	switch kind := refusal.Kind; {
	case kind.Status() != problem.CredentialsInvalid.Status(), kind == problem.TokenExpired, kind == problem.ProofNonce:
		return 0
	case kind == problem.TokenInvalid && !called, kind == problem.ProofInvalid:
		return 0.1
	}
	return 1
}

func text(n int64) string { return strconv.FormatInt(n, 10) }
