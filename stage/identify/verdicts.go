package identify

import "sync"

// verdicts remember what came last of the tries of an account from a network that
// it is known from. They are why the owner of a password is not shut out by
// requests of its own: a secret that is refused again and again is one guess, and
// none once it turns out to be right. What is overwritten by another holder's
// counts as if nothing were known, which favours nobody who guesses.
type verdicts struct {
	mu    sync.Mutex
	slots [verdictSlots]verdict
}

const (
	verdictBits  = 12
	verdictSlots = 1 << verdictBits
)

type verdict struct {
	holder, secret uint64
	what           outcome
}

type outcome uint8

const (
	none       outcome = iota
	wasShut            // refused while the right one would have been as well
	wasRefused         // and counted
	wasWrong
	wasRight
)

// put notes what came of a secret, and returns what was last noted of the same.
func (v *verdicts) put(holder, secret uint64, what outcome) outcome {
	v.mu.Lock()
	defer v.mu.Unlock()
	slot := &v.slots[holder>>(64-verdictBits)]
	before := slot.of(holder, secret)
	*slot = verdict{holder, secret, what}
	return before
}

// shut notes that a secret was refused as any other would have been: that is no
// answer, and not counted. What was counted of it stays noted.
func (v *verdicts) shut(holder, secret uint64) {
	if v.last(holder, secret) != wasRefused {
		v.put(holder, secret, wasShut)
	}
}

// last is what came last of the holder's tries, if it was that secret.
func (v *verdicts) last(holder, secret uint64) outcome {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.slots[holder>>(64-verdictBits)].of(holder, secret)
}

func (v *verdict) of(holder, secret uint64) outcome {
	if v.holder != holder || v.secret != secret {
		return none
	}
	return v.what
}
