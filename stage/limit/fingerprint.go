package limit

import "hash/maphash"

// fingerprint stands for a holder in memory: 128 bits of keyed hashes, so that
// an entry is small and of one size whatever a caller's ID is. Two holders share
// a fingerprint, and so a bucket, with a chance of 2⁻¹²⁸ for each pair; among a
// million holders 2⁻⁸⁹ for any two of them.
type fingerprint struct{ lo, hi uint64 }

// seeds are the keys of the hashes. They are made by chance and never leave the
// process: nobody outside can choose an address or an ID that meets another's
// fingerprint, or that crowds one corner of a table.
type seeds struct{ caller, client [2]maphash.Seed }

func newSeeds() seeds {
	return seeds{
		caller: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		client: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
	}
}

// of hashes each part under keys of its own and joins them by XOR, so that a
// caller whose ID looks like an address is not that address.
func (s *seeds) of(h Holder) fingerprint {
	var f fingerprint
	if h.Caller != "" {
		f.lo = maphash.String(s.caller[0], h.Caller)
		f.hi = maphash.String(s.caller[1], h.Caller)
	}
	if h.Client.IsValid() {
		address := h.Client.As16()
		f.lo ^= maphash.Bytes(s.client[0], address[:])
		f.hi ^= maphash.Bytes(s.client[1], address[:])
	}
	return f
}
