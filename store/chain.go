package store

import (
	"crypto/sha256"
	"encoding/binary"
)

// Sum is the entry's hash, given that of the one before it (nil for the first):
// SHA-256 over the hash before, the number, the milliseconds since 1970, and
// the texts in the order of the fields, each behind its length; numbers and
// lengths are 8 bytes, the highest first.
//
// The chain shows that an entry was changed, left out or put between. It is not
// keyed: whoever can write the whole store can write a whole new chain, unless
// somebody else knows the hash of a later entry.
func (e *Entry) Sum(before []byte) []byte {
	var b []byte
	b = binary.BigEndian.AppendUint64(b, uint64(len(before)))
	b = append(b, before...)
	b = binary.BigEndian.AppendUint64(b, uint64(e.Number))
	b = binary.BigEndian.AppendUint64(b, uint64(e.At.UnixMilli()))
	for _, s := range [...]string{e.Actor, e.Action, e.Object, e.Outcome, e.Detail, e.From} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(s)))
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}
