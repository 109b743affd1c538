package limit

import (
	"math"
	"math/bits"
	"slices"
)

// trail is what one caller asked for: which ids were found and which were not,
// each as a linear counting bitmap (Whang, Vander-Zanden and Taylor) of keyed
// hashes, in two halves of the window. An id that is asked for again sets the
// same bit: who tries once more is not counted twice. One id is found or missed and
// never both: who asks for what it has just deleted, or creates what it has looked
// for in vain, is looking for nothing.
type trail struct {
	began      uint32 // when the newer half of the window began
	underWay   uint16 // requests for new ids that have no answer yet
	lastMissed [24]uint16
	lastFound  [8]uint16
	nextMissed uint8
	nextFound  uint8
	found      [2][foundBits / 64]uint64
	missed     [2][missedBits / 64]uint64
}

// told is what an answer told of an id.
type told uint8

const (
	nothing told = iota // that was not known
	aHit                // of an id that was new
	aMiss               // of an id that was new
	amends              // that an id is there after all, which was counted as missed
)

// With 256 bits a thousand ids are counted with an error of about a tenth, with
// 128 bits two hundred with less than a tenth. See TestTrail.
const (
	foundBits  = 256
	missedBits = 128
)

// crossing is what came of all callers of one network: new ids of each, and which
// callers did not find what they asked for, as a bitmap.
type crossing struct {
	began  uint32
	halves [2]struct {
		found, missed uint32
		callers       uint64
	}
}

// halves moves the halves of a window on; how many of them are over is 0 to 2.
func halves(began *uint32, now, half uint32) int {
	switch age := now - *began; {
	case *began == 0 || age >= 2*half:
		*began = now
		return 2
	case age >= half:
		*began += half
		return 1
	}
	return 0
}

func (t *trail) move(now, half uint32) {
	switch halves(&t.began, now, half) {
	case 1:
		t.found[1], t.missed[1] = t.found[0], t.missed[0]
		t.found[0], t.missed[0] = [foundBits / 64]uint64{}, [missedBits / 64]uint64{}
	case 2:
		*t = trail{began: now, underWay: t.underWay}
	}
}

func (c *crossing) move(now, half uint32) {
	switch halves(&c.began, now, half) {
	case 1:
		c.halves[1] = c.halves[0]
		clear(c.halves[:1])
	case 2:
		*c = crossing{began: now}
	}
}

// note notes an id, and tells what was not known of it before.
func (t *trail) note(id uint64, missed bool) told {
	if missed {
		return t.noteMiss(id)
	}
	word, bit := place(id, len(t.found[0]))
	fresh := (t.found[0][word]|t.found[1][word])&bit == 0
	t.found[0][word] |= bit
	if among(t.lastFound[:], id) < 0 {
		push(t.lastFound[:], &t.nextFound, id)
	}
	switch i := among(t.lastMissed[:], id); {
	case i >= 0:
		t.lastMissed[i] = 0
		word, bit = missedPlace(id)
		t.missed[0][word] &^= bit
		t.missed[1][word] &^= bit
		return amends
	case fresh:
		return aHit
	}
	return nothing
}

// noteMiss remembers the id only if its bit was not set: what is found later takes
// back the bit that it set itself, and none that stands for another id as well.
func (t *trail) noteMiss(id uint64) told {
	word, bit := missedPlace(id)
	known := (t.missed[0][word]|t.missed[1][word])&bit != 0
	if !known && t.wasFound(id) {
		return nothing
	}
	t.missed[0][word] |= bit
	if known {
		return nothing
	}
	push(t.lastMissed[:], &t.nextMissed, id)
	return aMiss
}

// isNew tells whether nothing is known of an id. Bits of missed ids do not count as
// knowing: the more an attacker missed, the more of what is new would look old.
func (t *trail) isNew(id uint64) bool { return among(t.lastMissed[:], id) < 0 && !t.wasFound(id) }

// wasFound believes the bits until half of them are set: after that whoever asked
// for enough objects of its own would seem to have found all others too.
func (t *trail) wasFound(id uint64) bool {
	if among(t.lastFound[:], id) >= 0 {
		return true
	}
	set := 0
	for i := range t.found[0] {
		set += bits.OnesCount64(t.found[0][i] | t.found[1][i])
	}
	word, bit := place(id, len(t.found[0]))
	return set <= foundBits/2 && (t.found[0][word]|t.found[1][word])&bit != 0
}

func place(id uint64, words int) (word, bit uint64) {
	return id >> 32 % uint64(words), uint64(1) << (id % 64)
}

// missedPlace is by other bits of the hash than the place among those found, or what
// is taken for found would leave the same bits unset for good.
func missedPlace(id uint64) (word, bit uint64) { return place(id>>8, missedBits/64) }

// mark is an id among the last ones; 0 is none.
func mark(id uint64) uint16 { return uint16(id>>48) | 1 }

func among(last []uint16, id uint64) int { return slices.Index(last, mark(id)) }

func push(last []uint16, next *uint8, id uint64) {
	last[*next] = mark(id)
	*next = (*next + 1) % uint8(len(last))
}

// counts are about how many different ids were found and were not; with recent,
// in the newer half alone.
func (t *trail) counts(s *sizes, recent bool) (found, missed int) {
	f, m := 0, 0
	for i := range t.found[0] {
		f += bits.OnesCount64(t.found[0][i] | unless(recent, t.found[1][i]))
	}
	for i := range t.missed[0] {
		m += bits.OnesCount64(t.missed[0][i] | unless(recent, t.missed[1][i]))
	}
	return int(s.found[f]), int(s.missed[m])
}

func (c *crossing) counts(recent bool) (found, missed, callers int) {
	n, o := &c.halves[0], &c.halves[1]
	if recent {
		return int(n.found), int(n.missed), bits.OnesCount64(n.callers)
	}
	return int(n.found + o.found), int(n.missed + o.missed), bits.OnesCount64(n.callers | o.callers)
}

// count counts what was told of an id, if anything.
func (c *crossing) count(news told, caller uint64) {
	newer, older := &c.halves[0], &c.halves[1]
	switch news {
	case aMiss:
		newer.missed++
		newer.callers |= 1 << (caller % 64)
	case amends:
		newer.found++
		if newer.missed > 0 {
			newer.missed--
		} else if older.missed > 0 {
			older.missed--
		}
	case aHit:
		newer.found++
	}
}

func unless(not bool, bits uint64) uint64 {
	if not {
		return 0
	}
	return bits
}

// sizes are the numbers that bitmaps with so many bits set stand for.
type sizes struct {
	found  [foundBits + 1]uint16
	missed [missedBits + 1]uint16
}

func newSizes() *sizes {
	s := new(sizes)
	for i := range s.found {
		s.found[i] = linearCount(i, foundBits)
	}
	for i := range s.missed {
		s.missed[i] = linearCount(i, missedBits)
	}
	return s
}

// linearCount is m ln(m/z), where z of m bits are not set. With none left it says
// what it says with one half left.
func linearCount(set, m int) uint16 {
	left := max(0.5, float64(m-set))
	return uint16(math.Round(float64(m) * math.Log(float64(m)/left)))
}
