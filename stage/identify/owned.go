package identify

import (
	"hash/maphash"
	"sync/atomic"

	"sallyport"
)

// owned remembers how a scheme sees credentials that many requests share, so
// that they are not copied for each. It is of fixed size: of two credentials
// that fall into one slot the last one stays. Its zero value is empty.
type owned struct {
	slots [ownedSlots]atomic.Pointer[ownership]
}

const ownedSlots = 1024

type ownership struct{ shared, own *sallyport.Credential }

// ownedSeed only spreads pointers over the slots.
var ownedSeed = maphash.MakeSeed()

// of is the credential as the scheme sees it, which make says where it is not
// remembered. The shared one is kept by the slot, so that its address cannot
// come to stand for another one.
func (o *owned) of(shared *sallyport.Credential, make func(*sallyport.Credential) *sallyport.Credential) *sallyport.Credential {
	slot := &o.slots[maphash.Comparable(ownedSeed, shared)%ownedSlots]
	if held := slot.Load(); held != nil && held.shared == shared {
		return held.own
	}
	own := make(shared)
	slot.Store(&ownership{shared, own})
	return own
}
