package keyring

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// The errors of Open.
var (
	// ErrSealed: the bytes were changed, or belong to another table, column or
	// row, or were sealed by another keyring.
	ErrSealed = errors.New("what is sealed does not open here")
	// ErrKeyUnknown: they were sealed by a key that this ring does not hold. It
	// may be newer than the ring: Reload, and try again.
	ErrKeyUnknown = errors.New("sealed by a key that the keyring does not hold")
)

// MaxPlain is the length in bytes of the longest that can be sealed.
const MaxPlain = 1 << 20

// sealKeys are a keyset of Tink; its first key seals, all of them open.
type sealKeys struct {
	set     *set
	aead    tink.AEAD
	handle  *keyset.Handle
	primary uint32
	// master and version are those of the shelf, and wrapped what lies there.
	master  string
	version int64
	wrapped []byte
}

// The bytes before what Tink seals: a version, and the number of the key.
const (
	prefixVersion = 1
	prefixBytes   = 5
)

func readSealKeys(s *set) (*sealKeys, error) {
	// The keyset is in the clear within what the master wraps as a whole.
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(bytes.NewReader(s.Keyset)))
	if err != nil {
		return nil, fmt.Errorf("reading the keys to seal: %w", err)
	}
	primary, err := handle.Primary()
	if err != nil {
		return nil, fmt.Errorf("reading the keys to seal: %w", err)
	}
	a, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("reading the keys to seal: %w", err)
	}
	k := &sealKeys{set: s, aead: a, handle: handle, primary: primary.KeyID()}
	if !k.holds(k.primary) {
		return nil, errors.New("reading the keys to seal: their list and the keyset differ")
	}
	return k, nil
}

// next are these keys and a new one before them.
func (k *sealKeys) next(now time.Time) (*set, error) {
	manager, s := keyset.NewManager(), new(set)
	if k != nil {
		manager = keyset.NewManagerFromHandle(k.handle)
		s.Keys = append(s.Keys, k.set.Keys...)
	}
	number, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("making a key to seal: %w", err)
	}
	if err := manager.SetPrimary(number); err != nil {
		return nil, fmt.Errorf("making a key to seal: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("making a key to seal: %w", err)
	}
	var clear bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&clear)); err != nil {
		return nil, fmt.Errorf("making a key to seal: %w", err)
	}
	s.Keys, s.Keyset = append(s.Keys, made{Number: number, Created: now}), clear.Bytes()
	return s, nil
}

func (k *sealKeys) holds(number uint32) bool {
	for _, m := range k.set.Keys {
		if m.Number == number {
			return true
		}
	}
	return false
}

// Seal makes plain unreadable. It opens only by this keyring, and only for the
// table, column and row that it was sealed for: moved to another row by someone
// who can write to the database, it is worth nothing there.
func (r *Ring) Seal(plain []byte, table, column, row string) ([]byte, error) {
	if len(plain) > MaxPlain {
		return nil, fmt.Errorf("sealing: more than %d bytes", MaxPlain)
	}
	sealed, err := r.keys.Load().seal.aead.Encrypt(plain, place(table, column, row))
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	return sealed, nil
}

// Open is what Seal was given for the same table, column and row; else
// ErrSealed or ErrKeyUnknown.
func (r *Ring) Open(sealed []byte, table, column, row string) ([]byte, error) {
	keys := r.keys.Load().seal
	number, ok := sealedBy(sealed)
	if !ok || len(sealed) > MaxPlain+1024 {
		return nil, ErrSealed
	}
	if !keys.holds(number) {
		return nil, ErrKeyUnknown
	}
	plain, err := keys.aead.Decrypt(sealed, place(table, column, row))
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}

// Fresh tells whether the newest key sealed it; what is not fresh still opens,
// and is to be sealed anew.
func (r *Ring) Fresh(sealed []byte) bool {
	number, ok := sealedBy(sealed)
	return ok && number == r.keys.Load().seal.primary
}

func sealedBy(sealed []byte) (uint32, bool) {
	if len(sealed) < prefixBytes || sealed[0] != prefixVersion {
		return 0, false
	}
	return binary.BigEndian.Uint32(sealed[1:prefixBytes]), true
}

// place is the associated data. Each part has its length before it: no two
// places read the same.
func place(parts ...string) []byte {
	b := []byte("sallyport sealed 1")
	for _, p := range parts {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	return b
}
