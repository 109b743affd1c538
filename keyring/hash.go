package keyring

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// hashKeys are the keys of hashes by their generation. The newest makes new
// hashes; the others are kept, for a hash cannot be made anew without what was
// hashed.
type hashKeys struct {
	set    *set
	roots  [maxGeneration + 1][]byte
	newest uint8
	// purposes grows as uses are met, and is copied to grow.
	purposes atomic.Pointer[map[string]*purposeKeys]
	growing  sync.Mutex
	master   string
	version  int64
	wrapped  []byte
}

const (
	maxGeneration = 255
	// maxPurposes bounds what is kept; a purpose is a word of the program, so
	// there are a few.
	maxPurposes = 64
)

// purposeKeys are the keys of one purpose by generation; nil is unknown.
type purposeKeys [maxGeneration + 1]*keyed

func readHashKeys(s *set) (*hashKeys, error) {
	h := &hashKeys{set: s}
	for _, k := range s.Keys {
		if k.Number > maxGeneration || len(k.Key) != 32 {
			return nil, errors.New("reading the keys to hash: one is of another form")
		}
		h.roots[k.Number] = k.Key
		h.newest = max(h.newest, uint8(k.Number))
	}
	h.purposes.Store(&map[string]*purposeKeys{})
	return h, nil
}

func (h *hashKeys) next(now time.Time) (*set, error) {
	s, generation := new(set), uint32(1)
	if h != nil {
		s.Keys, generation = append(s.Keys, h.set.Keys...), uint32(h.newest)+1
	}
	if generation > maxGeneration {
		return nil, fmt.Errorf("all %d generations of keys to hash are used up", maxGeneration)
	}
	s.Keys = append(s.Keys, made{generation, now, newKey()})
	return s, nil
}

// of are the keys of a purpose. Each purpose has keys of its own, derived by
// HKDF (RFC 5869): a hash for one says nothing for another.
func (h *hashKeys) of(purpose string) *purposeKeys {
	if keys := (*h.purposes.Load())[purpose]; keys != nil {
		return keys
	}
	h.growing.Lock()
	defer h.growing.Unlock()
	known := *h.purposes.Load()
	if keys := known[purpose]; keys != nil {
		return keys
	}
	keys := new(purposeKeys)
	for generation, root := range h.roots {
		if root != nil {
			keys[generation] = newKeyed(root, purpose)
		}
	}
	if len(known) < maxPurposes {
		more := maps.Clone(known)
		more[purpose] = keys
		h.purposes.Store(&more)
	}
	return keys
}

// keyed is HMAC-SHA256 (RFC 2104) with one key. What HMAC makes of the key
// before it reads anything is kept, which halves the cost of a short text.
type keyed struct{ states sync.Pool }

type state struct {
	mac hash.Hash
	// text and sum are here because what is given to an interface is allocated.
	text [128]byte
	sum  [sha256.Size]byte
}

func newKeyed(root []byte, purpose string) *keyed {
	key, err := hkdf.Key(sha256.New, root, nil, "sallyport hash "+purpose, sha256.Size)
	if err != nil {
		return nil // only for lengths that HKDF cannot make
	}
	k := new(keyed)
	k.states.New = func() any {
		s := &state{mac: hmac.New(sha256.New, key)}
		s.mac.Reset() // from here on it begins at what it has made of the key
		return s
	}
	return k
}

func (k *keyed) hash(data []byte) [sha256.Size]byte {
	s := k.states.Get().(*state)
	s.mac.Reset()
	used := 0
	for len(data) > 0 {
		n := copy(s.text[:], data)
		s.mac.Write(s.text[:n])
		data, used = data[n:], max(used, n)
	}
	s.mac.Sum(s.sum[:0])
	sum := s.sum
	clear(s.text[:used]) // what a caller sent does not outlive the call
	k.states.Put(s)
	return sum
}

// Hash is the HMAC-SHA256 of data by the key of that generation for that
// purpose, a short constant word; known is false where the ring holds no such
// generation. It does not allocate.
func (r *Ring) Hash(purpose string, generation uint8, data []byte) (sum [32]byte, known bool) {
	key := r.keys.Load().hash.of(purpose)[generation]
	if key == nil {
		return sum, false
	}
	return key.hash(data), true
}

// Generation is the newest, by which new hashes are made; from 1.
func (r *Ring) Generation() uint8 { return r.keys.Load().hash.newest }
