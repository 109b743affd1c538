package keyring

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The purposes of the two sets of keys, by which they lie on the shelf.
const (
	PurposeSeal = "seal"
	PurposeHash = "hash"
)

// maxSet is more than all generations of keys take.
const maxSet = 1 << 20

// set is what is wrapped: when each key was made, and the keys, for the hash
// one by one, for the seal as the keyset of Tink.
type set struct {
	Keys   []made `json:"keys"`
	Keyset []byte `json:"keyset,omitempty"`
}

type made struct {
	Number  uint32    `json:"number"`
	Created time.Time `json:"created"`
	Key     []byte    `json:"key,omitempty"`
}

func parseSet(plain []byte) (*set, error) {
	if len(plain) > maxSet {
		return nil, errors.New("the keys are too many")
	}
	s := new(set)
	if err := json.Unmarshal(plain, s); err != nil {
		// Without the error's own words, which may hold what stands there.
		return nil, errors.New("the keys have another form: they were written by another program")
	}
	seen := make(map[uint32]bool)
	for _, k := range s.Keys {
		if k.Number == 0 || seen[k.Number] {
			return nil, errors.New("the keys are not told apart by their numbers")
		}
		seen[k.Number] = true
	}
	if len(s.Keys) == 0 {
		return nil, errors.New("there is no key among the keys")
	}
	return s, nil
}

// about binds wrapped keys to their use: those for hashes never pass for others.
func about(purpose string) []byte { return []byte("sallyport keyring " + purpose) }

func (s *set) wrap(ctx context.Context, m Master, purpose string, version int64) (*Wrapped, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	keys, err := m.Wrap(ctx, plain, about(purpose))
	if err != nil {
		return nil, fmt.Errorf("wrapping the keys to %s by %s: %w", purpose, m.Name(), err)
	}
	return &Wrapped{Purpose: purpose, Keys: keys, Master: m.Name(), Version: version}, nil
}

func (w *Wrapped) unwrap(ctx context.Context, m Master) (*set, error) {
	if len(w.Keys) > 2*maxSet {
		return nil, fmt.Errorf("the wrapped keys to %s are too long", w.Purpose)
	}
	plain, err := m.Unwrap(ctx, w.Keys, about(w.Purpose))
	if err != nil {
		return nil, fmt.Errorf("unwrapping the keys to %s, which %s wrapped, by %s: %w", w.Purpose, w.Master, m.Name(), err)
	}
	s, err := parseSet(plain)
	if err != nil {
		return nil, fmt.Errorf("reading the keys to %s: %w", w.Purpose, err)
	}
	return s, nil
}

func newKey() []byte {
	key := make([]byte, 32)
	rand.Read(key)
	return key
}
