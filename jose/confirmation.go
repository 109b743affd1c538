package jose

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
)

// Binding is a set of the ways in which a token can be bound to a key of whoever may use it.
type Binding uint8

const (
	// BoundToKey is cnf.jkt: a DPoP proof must be signed with the key of that thumbprint (RFC 9449 §6.1).
	BoundToKey Binding = 1 << iota
	// BoundToCertificate is cnf.x5t#S256: the client must show that certificate (RFC 8705 §3.1).
	BoundToCertificate
	// boundOtherwise is what nobody here can check: an unknown member, a known one of another form, or a cnf
	// that says nothing.
	boundOtherwise
)

// Thumbprint is the SHA-256 of a key (RFC 7638 §3) or of a certificate (RFC 8705 §3.1).
type Thumbprint [sha256.Size]byte

// Confirmation is what a token says of the key that it is bound to: its claim cnf (RFC 7800 §3.1). All that
// Bound names must be checked, not one of them.
type Confirmation struct {
	Bound       Binding
	Key         Thumbprint // of the key that proofs are signed with, if Bound has BoundToKey
	Certificate Thumbprint // of the client's certificate, if Bound has BoundToCertificate
}

// Has tells whether the token is bound in this way.
func (c *Confirmation) Has(b Binding) bool { return c.Bound&b != 0 }

// confirmationOf never fails: what it does not understand is a binding that cannot be checked, so that the
// token is refused and not taken for an unbound one. RFC 7800 §3.1 would have unknown members ignored, and
// leaves it to the application which it needs: this one needs to know all.
func confirmationOf(value string) Confirmation {
	var c Confirmation
	err := eachMember(value, maxMembers, func(name, value string) error {
		switch name {
		case "jkt":
			c.Bound |= BoundToKey
			return c.Key.read(value)
		case "x5t#S256":
			c.Bound |= BoundToCertificate
			return c.Certificate.read(value)
		}
		return errOtherBinding
	})
	if err != nil || c.Bound == 0 {
		c.Bound |= boundOtherwise
	}
	return c
}

var (
	errOtherBinding  = errors.New("bound in a way that is not known")
	errNotThumbprint = errors.New("not the base64url of a SHA-256 hash")
)

func (t *Thumbprint) read(value string) error {
	text, err := stringOf(value)
	if err != nil {
		return err
	}
	return t.set(text)
}

// set leaves the two unused bits alone: the issuer signed them, and the example of RFC 8705 §3.1 sets one.
func (t *Thumbprint) set(text string) error {
	var room [sha256.Size]byte
	if len(text) != base64.RawURLEncoding.EncodedLen(len(room)) {
		return errNotThumbprint
	}
	if n, err := base64.RawURLEncoding.Decode(room[:], []byte(text)); err != nil || n != len(room) {
		return errNotThumbprint
	}
	*t = room
	return nil
}

// String is the thumbprint as tokens spell it.
func (t Thumbprint) String() string { return base64.RawURLEncoding.EncodeToString(t[:]) }
