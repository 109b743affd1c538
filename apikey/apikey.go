// Package apikey is the form of the keys that the gateway gives out: a prefix
// that scanners of source code find, a checksum that catches every slip of the
// hand, and a tag that only the gateway can make.
//
//	sallyport_ and 38 digits to the base of 62 (0-9, A-Z, a-z): a number of
//	generation (1 byte) | random (16) | tag (7) | check (4)
//
// The check makes the number a multiple of 4294967291, the greatest prime below
// 2^32. One wrong digit changes the number by d·62^k, and two that changed
// places by d·(62^i-62^k): neither is a multiple of that prime, so such a slip
// is always found, and not only nearly always as by a CRC.
//
// A key that is mistyped or made up never reaches a store: the check turns the
// first away and the tag the second. One keyed hash of generation and random
// gives both the tag, its last 7 bytes, and what the key is found by, the first
// 25, which do not stand in the key; so to verify a key costs one HMAC. Nothing
// here keeps a key, and from what is stored neither key nor tag can be made.
package apikey

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// The errors of Hash. Neither needs anybody to be asked.
var (
	// ErrMalformed: it is no key of ours, or one with a slip of the hand.
	ErrMalformed = errors.New("not an API key of this form")
	// ErrForged: it has the form, and was not made here, or so long ago that its
	// generation is gone.
	ErrForged = errors.New("not an API key that was made here")
	// ErrGeneration is ErrForged of a key whose generation the tagger does not
	// know: it cannot tell whether the key was made here.
	ErrGeneration = fmt.Errorf("%w: its generation is not known", ErrForged)
)

// Tagger makes keyed hashes; known is false where it has no key of that
// generation. keyring.Ring is one.
type Tagger interface {
	Hash(purpose string, generation uint8, data []byte) (sum [32]byte, known bool)
}

// Prefix is what every key begins with.
const Prefix = "sallyport_"

// Length is the number of characters of every key.
const Length = len(Prefix) + digits

// Pattern is a regular expression that finds keys in text.
const Pattern = `\bsallyport_[0-9A-Za-z]{38}\b`

const (
	purpose = "api key"

	bodyBytes  = 17 // generation and random
	tagBytes   = 7
	checkBytes = 4
	keyBytes   = bodyBytes + tagBytes + checkBytes
	hintDigits = 4
	// foundBytes are those of the keyed hash that are not the tag.
	foundBytes = 32 - tagBytes
)

// New makes a key of that generation. It is to be shown once and then
// forgotten: kept is its hash, and hint, its last four characters, by which
// people tell it from others.
func New(t Tagger, generation uint8) (key string, hash [32]byte, hint string, err error) {
	var number [keyBytes]byte
	number[0] = generation
	rand.Read(number[1:bodyBytes])
	sum, known := t.Hash(purpose, generation, number[:bodyBytes])
	if !known {
		return "", hash, "", fmt.Errorf("making an API key: there is no generation %d of keys to hash", generation)
	}
	copy(hash[:], sum[:foundBytes])
	copy(number[bodyBytes:], sum[foundBytes:])
	binary.BigEndian.PutUint32(number[keyBytes-checkBytes:], check(number[:keyBytes-checkBytes]))
	key = Prefix + encode(&number)
	return key, hash, key[len(key)-hintDigits:], nil
}

// numbers are what a Tagger is given: what goes through an interface would be
// allocated each time.
var numbers = sync.Pool{New: func() any { return new([keyBytes]byte) }}

// Hash is by what a key is found, 25 bytes and 7 zeros, and the generation that
// it was hashed by. It is ErrMalformed or ErrForged; which of both is not for
// whoever sent it. With ErrGeneration there is a generation and no hash. It does
// not allocate.
func Hash(t Tagger, key string) (hash [32]byte, generation uint8, err error) {
	if len(key) != Length || key[:len(Prefix)] != Prefix {
		return hash, 0, ErrMalformed
	}
	number := numbers.Get().(*[keyBytes]byte)
	hash, generation, err = verify(t, number, key)
	*number = [keyBytes]byte{} // no key outlives the call
	numbers.Put(number)
	return hash, generation, err
}

func verify(t Tagger, number *[keyBytes]byte, key string) (hash [32]byte, generation uint8, err error) {
	if !decode(number, key[len(Prefix):]) {
		return hash, 0, ErrMalformed
	}
	generation = number[0]
	sum, known := t.Hash(purpose, generation, number[:bodyBytes])
	if !known {
		return hash, generation, ErrGeneration
	}
	if subtle.ConstantTimeCompare(sum[foundBytes:], number[bodyBytes:bodyBytes+tagBytes]) == 0 {
		return hash, 0, ErrForged
	}
	copy(hash[:], sum[:foundBytes])
	return hash, generation, nil
}

// Looks tells whether a text has a key's prefix, length and characters, so that
// it is to be handled as a secret; whether it is a key is for Hash to say.
func Looks(text string) bool {
	if len(text) != Length || !strings.HasPrefix(text, Prefix) {
		return false
	}
	for i := len(Prefix); i < Length; i++ {
		if values[text[i]] == notDigit {
			return false
		}
	}
	return true
}
