package jsonschema

import "hash/maphash"

// nameRecord notices a name that stands twice in one of the objects that a
// stream is within. Of a name 64 bits are held, made with a seed that nobody
// knows: that two of the most names that are noted are taken for one happens
// once in five hundred million bodies, and breaks that body off.
type nameRecord struct {
	seed  maphash.Seed
	count int
}

// note adds a name to those of an object.
func (r *nameRecord) note(seen *map[uint64]struct{}, name []byte) progress {
	if r.count == MaxNames {
		return crowded
	}
	if *seen == nil {
		*seen = map[uint64]struct{}{}
	}
	h := maphash.Bytes(r.seed, name)
	if _, twice := (*seen)[h]; twice {
		return wrong
	}
	(*seen)[h] = struct{}{}
	r.count++
	return going
}

// forget the names of an object that has ended.
func (r *nameRecord) forget(seen map[uint64]struct{}) { r.count -= len(seen) }
