package destination

import "strings"

// How many names are asked about at one time. Whoever has slow names keeps a part
// of the turns busy and not all: a caller needs several domains to use up its
// own, a domain several callers, and all of them together need many of both.
const (
	turnsOfPair   = 8 // of one caller about one domain
	turnsOfCaller = 16
	turnsOfDomain = 32
	turnsOfAll    = 128
	// maxClaims is how many names of one caller or one domain may wait for a turn,
	// for each turn that there is: what is more would wait in vain.
	maxClaims = 32
)

// share is what names have in common that share turns: all are shares of one
// kind.
type share struct {
	kind           shareKind
	caller, domain string
}

type shareKind uint8

const (
	ofPair shareKind = iota
	ofCaller
	ofDomain
	ofAll
)

// turns are those of a share, as long as somebody claims one.
type turns struct {
	free   chan struct{}
	claims int
}

// sharesOf are the shares of a name, in the order in which their turns are
// waited for: what is used by more comes later, so that nobody keeps a turn of
// others while waiting for one of its own.
func sharesOf(caller, name string) [4]share {
	domain := domainOf(name)
	return [...]share{{ofPair, caller, domain}, {ofCaller, caller, ""}, {ofDomain, "", domain}, {kind: ofAll}}
}

// join claims a turn of a share; nil where too many do.
func (r *Resolver) join(s share) *turns {
	t := r.turns[s]
	if t == nil {
		n := [...]int{ofPair: turnsOfPair, ofCaller: turnsOfCaller, ofDomain: turnsOfDomain, ofAll: turnsOfAll}[s.kind]
		t = &turns{free: make(chan struct{}, n)}
		r.turns[s] = t
	}
	if t.claims == maxClaims*cap(t.free) {
		return nil
	}
	t.claims++
	return t
}

func (r *Resolver) leave(s share) {
	t := r.turns[s]
	if t.claims--; t.claims == 0 {
		delete(r.turns, s)
	}
}

// domainOf is the end of a name that one owner is likely to have registered: two
// labels, or three where the last two look like co.uk. A list of all such ends
// would be out of date; who is taken for the same owner only shares turns.
func domainOf(name string) string {
	last := strings.LastIndexByte(name, '.')
	if last < 0 {
		return name
	}
	second := strings.LastIndexByte(name[:last], '.')
	if second >= 0 && len(name)-last == 3 && last-second <= 4 {
		second = strings.LastIndexByte(name[:second], '.')
	}
	return name[second+1:]
}
