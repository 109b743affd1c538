package limit

import (
	"math"
	"math/bits"
)

// trail is what one caller asked for: which ids were found and which were not,
// each as a linear counting bitmap (Whang, Vander-Zanden and Taylor) of keyed
// hashes, in two halves of the window. An id that is asked for again sets the
// same bit: who tries once more is not counted twice.
type trail struct {
	began  uint32 // when the newer half of the window began
	found  [2][foundBits / 64]uint64
	missed [2][missedBits / 64]uint64
}

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
		*t = trail{began: now}
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

// note notes an id, and tells whether it is one that was not noted before.
func (t *trail) note(id uint64, missed bool) bool {
	newer, older := t.found[0][:], t.found[1][:]
	if missed {
		newer, older = t.missed[0][:], t.missed[1][:]
	}
	word, bit := id>>32%uint64(len(newer)), uint64(1)<<(id%64)
	fresh := (newer[word]|older[word])&bit == 0
	newer[word] |= bit
	return fresh
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
