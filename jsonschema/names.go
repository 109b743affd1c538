package jsonschema

import (
	"bytes"
	"hash/maphash"
)

// fewNames is how many members of an object are compared each with each.
const fewNames = 16

// nameSet finds names that stand twice in a large object. It is one table for
// all objects of a body, with a seed that nobody knows, so that nobody can send
// names that collide.
type nameSet struct {
	seed  maphash.Seed
	slots []nameSlot // a power of two, at most half of it taken
	taken int
	round uint32 // counts bodies: what is left of those before is free
}

type nameSlot struct {
	round  uint32
	hash   uint32
	member int32
}

// namesRead notices within one object which name may have come before.
type namesRead struct {
	signs uint64
	count int
}

// isNew notes the name of a member, the last value that was read, and tells
// whether its object has no other of that name.
func (t *tree) isNew(n *namesRead, object, member int32) bool {
	n.count++
	if n.count > fewNames {
		if n.count == fewNames+1 {
			for i := object + 1; i < member; i = t.values[i].end {
				t.insertName(i, object, t.nameOf(i))
			}
		}
		return t.insertName(member, object, t.nameOf(member))
	}
	// Names of different hash differ.
	hash := t.values[member].hash
	s := uint64(1) << (hash >> 26)
	if n.signs&s == 0 {
		n.signs |= s
		return true
	}
	for i := object + 1; i < member; {
		val := &t.values[i]
		if val.hash == hash && bytes.Equal(t.nameIn(val), t.nameOf(member)) {
			return false
		}
		i = val.end
	}
	return true
}

// insertName tells whether no member of that name was in the set.
func (t *tree) insertName(v, object int32, name []byte) bool {
	s := &t.seen
	if 2*s.taken >= len(s.slots) {
		s.grow()
	}
	hash := uint32(maphash.Bytes(s.seed, name)) ^ uint32(object)*0x9E3779B1
	mask := uint32(len(s.slots) - 1)
	at := hash & mask
	for ; s.slots[at].round == s.round; at = (at + 1) & mask {
		if m := s.slots[at].member; s.slots[at].hash == hash && t.values[m].parent == object && string(t.nameOf(m)) == string(name) {
			return false
		}
	}
	s.slots[at] = nameSlot{s.round, hash, v}
	s.taken++
	return true
}

// grow makes a table of twice the size.
func (s *nameSet) grow() {
	old := s.slots
	s.slots = make([]nameSlot, max(128, 2*len(old)))
	mask := uint32(len(s.slots) - 1)
	for _, slot := range old {
		if slot.round != s.round {
			continue
		}
		at := slot.hash & mask
		for s.slots[at].round == s.round {
			at = (at + 1) & mask
		}
		s.slots[at] = slot
	}
}

// empty makes room for another body, without a look at every slot.
func (s *nameSet) empty() {
	if s.round++; s.round == 0 || len(s.slots) > maxKeptValues {
		s.slots, s.round = nil, 1
	}
	s.taken = 0
}
