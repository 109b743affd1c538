package identify

import "strings"

// Strength says whether a secret can be found by trying, and so what is done
// before it is checked.
type Strength uint8

const (
	// Opaque cannot be found by trying, but to check it may cost others a call, or
	// it was chosen by somebody whom we cannot answer for. Only the client that
	// failed too often is refused.
	Opaque Strength = iota
	// Guessable is chosen and remembered by people: whatever counts failures is
	// asked before it is checked.
	Guessable
	// Sealed has a keyed tag that fits: it was made by us, and is checked first.
	Sealed
	// Signed has a signature, or pretends to, and it takes us microseconds to tell:
	// it is checked first. Its kind is renewed again and again and is not
	// remembered.
	Signed
)

// first tells that the secret is checked before anything is refused: a client
// that fails is refused afterwards, and no honest one for its sake.
func (s Strength) first() bool { return s >= Sealed }

// Strong is a Method that knows how strong its secrets are; those of others are
// Opaque.
type Strong interface {
	// Strength of a secret, by its form or its tag; it asks nobody.
	Strength(secret string) Strength
}

// Strength implements Strong.
func (*Basic) Strength(string) Strength { return Guessable }

// Strength implements Strong: by its three parts (RFC 7515 §3.1).
func (*JWT) Strength(secret string) Strength {
	if strings.Count(secret, ".") == 2 {
		return Signed
	}
	return Opaque
}

// Strength implements Strong: keys of the store have a tag. The configuration has
// hashes alone, of keys that anybody may have chosen.
func (k *Key) Strength(secret string) Strength {
	if tagged, ok := k.Directory.(Tagged); ok && tagged.Tagged(secret) {
		return Sealed
	}
	return Opaque
}
