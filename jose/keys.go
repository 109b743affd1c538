package jose

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	gojose "github.com/go-jose/go-jose/v4"
)

const (
	maxSetBytes = 1 << 20 // a set of one hundred RSA keys with certificates is a third of it
	maxSetKeys  = 256
	maxMembers  = 256
	// maxTries bounds the signatures that one token without kid may have us check.
	maxTries = 4
)

// Keys is an immutable set of keys that can verify signatures, read from a JWK set (RFC 7517 §5). It is
// itself a Source that never changes.
type Keys struct {
	keys    []key
	skipped []Skipped
	version Version
	unnamed bool // the kid of a token is not looked at
}

// Skipped is a member of a set that is never used, and why.
type Skipped struct {
	Index int    // place in the set, from 0
	KeyID string // its kid, if it has one
	Why   string
}

// Version names the content of a set: two sets of the same keys have the same one, in whatever order.
// Verdicts that are kept must be kept under it.
type Version [sha256.Size]byte

// key is one usable key; alg is empty when the set binds it to no algorithm.
type key struct {
	index    int
	id, alg  string
	material any // *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or secret
	print    [sha256.Size]byte
}

// secret is a shared key; it prints as dots.
type secret []byte

func (secret) String() string   { return "•••" }
func (secret) GoString() string { return "•••" }

// Source is where a Verifier gets its keys from: a fixed *Keys, or a *Remote.
type Source interface {
	// Current returns the keys that hold now, or nil when there are none; it never waits.
	Current() *Keys
	// Find returns the keys to look for kid in, asking for newer ones first where kid is not known. kid is
	// empty for a token that names none. An error means that nothing can be decided.
	Find(ctx context.Context, kid string) (*Keys, error)
}

// Current returns the set itself.
func (s *Keys) Current() *Keys { return s }

// Find returns the set itself.
func (s *Keys) Find(context.Context, string) (*Keys, error) { return s, nil }

// Len returns the number of keys that can verify something.
func (s *Keys) Len() int { return len(s.keys) }

// shared tells whether a key is a secret that is shared with the issuer.
func (s *Keys) shared() bool {
	return slices.ContainsFunc(s.keys, func(k key) bool { _, secret := k.material.(secret); return secret })
}

// String says how many keys there are, and shows none: some may be secret.
func (s *Keys) String() string {
	return fmt.Sprintf("%d keys, %d skipped", len(s.keys), len(s.skipped))
}

// GoString is String.
func (s *Keys) GoString() string { return s.String() }

// Skipped lists the members that are never used; a set with none left verifies nothing.
func (s *Keys) Skipped() []Skipped { return slices.Clone(s.skipped) }

// Version names the content of the set.
func (s *Keys) Version() Version { return s.version }

// SecretKeys is the set of the one secret that is shared with an issuer, for HS256, HS384 and HS512. There is no
// other key that a token could mean, so the kid of a token is not looked at. A secret shorter than the hash of an
// algorithm does not serve it (RFC 7518 §3.2).
func SecretKeys(secret string) (*Keys, error) {
	set, err := ParseKeys([]byte(`{"kty":"oct","k":"` + base64.RawURLEncoding.EncodeToString([]byte(secret)) + `"}`))
	if err == nil {
		set.unnamed = true
	}
	return set, err
}

// ParseKeys reads a JWK set, or a single JWK, of at most 1 MiB and 256 keys. A key that is not understood,
// too weak (RSA has 2048 to 8192 bits), private, or not for verifying is left out and listed by Skipped, as RFC 7517 §5 asks; a set that
// is not JSON with one reading, or that mixes shared secrets with public keys, is an error.
func ParseKeys(data []byte) (*Keys, error) {
	if len(data) > maxSetBytes {
		return nil, fmt.Errorf("reading a key set: more than %d bytes", maxSetBytes)
	}
	raw, err := rawKeys(string(data))
	if err != nil {
		return nil, fmt.Errorf("reading a key set: %w", err)
	}
	set, shared, public := &Keys{}, false, false
	for i, one := range raw {
		j, err := readJWK(one)
		if err != nil {
			return nil, fmt.Errorf("reading key %d of the set: %w", i, err)
		}
		shared = shared || j.kty == "oct"
		public = public || j.kty != "oct" && j.understood()
		if k, err := j.key(); err != nil {
			set.skipped = append(set.skipped, Skipped{Index: i, KeyID: j.kid, Why: err.Error()})
		} else {
			k.index = i
			set.keys = append(set.keys, k)
		}
	}
	if shared && public {
		// Whoever publishes the one beside the other publishes a secret, or takes a public key for one.
		return nil, errors.New("reading a key set: shared secrets (kty oct) beside public keys; keep them in two sets")
	}
	set.dropAmbiguous()
	set.version = set.digest()
	return set, nil
}

// rawKeys returns the members of "keys", or text itself when it is a single JWK.
func rawKeys(text string) ([]string, error) {
	var list []string
	isSet, isKey := false, false
	err := eachMember(text, maxMembers, func(name, value string) error {
		isKey = isKey || name == "kty"
		if name != "keys" {
			return nil // RFC 7517 §5: further members are ignored
		}
		isSet = true
		if value[0] != '[' {
			return errors.New(`"keys" is not an array`)
		}
		return eachElement(value, func(element string) error {
			if len(list) == maxSetKeys {
				return fmt.Errorf("more than %d keys", maxSetKeys)
			}
			list = append(list, element)
			return nil
		})
	})
	switch {
	case err != nil:
		return nil, err
	case isSet:
		return list, nil
	case isKey:
		return []string{text}, nil
	}
	return nil, errors.New(`no "keys"`)
}

// dropAmbiguous takes out what would leave a choice: of the same key given twice the second, and of
// different keys under one kid that serve one algorithm all, since which of them is meant cannot be decided
// (RFC 7517 §4.5).
func (s *Keys) dropAmbiguous() {
	why := make([]string, len(s.keys))
	for j := range s.keys {
		for i := range j {
			a, b := &s.keys[i], &s.keys[j]
			if a.id != b.id || !a.overlaps(b) {
				continue
			}
			if a.print == b.print {
				why[j] = cmp.Or(why[j], "the same key again")
			} else if a.id != "" {
				why[i], why[j] = "another key has the same kid", "another key has the same kid"
			}
		}
	}
	kept := s.keys[:0]
	for i, k := range s.keys {
		if why[i] == "" {
			kept = append(kept, k)
			continue
		}
		s.skipped = append(s.skipped, Skipped{Index: k.index, KeyID: k.id, Why: why[i]})
	}
	s.keys = kept
	slices.SortFunc(s.skipped, func(a, b Skipped) int { return a.Index - b.Index })
}

// overlaps reports whether some algorithm could be meant for either key.
func (k *key) overlaps(other *key) bool {
	if k.alg != "" && other.alg != "" {
		return k.alg == other.alg
	}
	switch a := k.material.(type) {
	case *rsa.PublicKey:
		_, same := other.material.(*rsa.PublicKey)
		return same
	case *ecdsa.PublicKey:
		b, same := other.material.(*ecdsa.PublicKey)
		return same && a.Curve == b.Curve
	case ed25519.PublicKey:
		_, same := other.material.(ed25519.PublicKey)
		return same
	case secret:
		_, same := other.material.(secret)
		return same
	}
	return false
}

// digest hashes what verdicts depend on, each part with its length before it.
func (s *Keys) digest() Version {
	rows := make([]string, len(s.keys))
	for i, k := range s.keys {
		row := binary.AppendUvarint(nil, uint64(len(k.id)))
		row = append(row, k.id...)
		row = append(row, k.print[:]...)
		rows[i] = string(append(row, k.alg...))
	}
	slices.Sort(rows)
	h := sha256.New()
	for _, row := range rows {
		h.Write(binary.AppendUvarint(nil, uint64(len(row))))
		h.Write([]byte(row))
	}
	return Version(h.Sum(nil))
}

// knows reports whether kid stands in the set, usable or not: for a key that we refuse, a newer set is not
// worth a request.
func (s *Keys) knows(kid string) bool {
	return slices.ContainsFunc(s.keys, func(k key) bool { return k.id == kid }) ||
		slices.ContainsFunc(s.skipped, func(k Skipped) bool { return k.KeyID == kid })
}

func (k *key) serves(a algorithm) bool {
	return (k.alg == "" || k.alg == a.name) && a.fits(k.material)
}

// verify checks a signature with the key that h names, or with each key that fits where h names none.
func (s *Keys) verify(h *header, input, signature []byte) error {
	if h.hasKeyID && !s.unnamed {
		return s.verifyNamed(h, input, signature)
	}
	fitting := 0
	for i := range s.keys {
		if s.keys[i].serves(h.alg) {
			fitting++
		}
	}
	switch {
	case fitting == 0:
		return refuse(ReasonKeyUnknown, "no kid, and no key is for this algorithm")
	case fitting > maxTries:
		return refuse(ReasonKeyUnknown, "no kid, and too many keys are for this algorithm to try them all")
	}
	for i := range s.keys {
		if k := &s.keys[i]; k.serves(h.alg) && h.alg.verify(k.material, input, signature) {
			return nil
		}
	}
	return refuse(ReasonSignature, "no kid, and the signature is by no key that fits")
}

// verifyNamed finds no key without a kid, since a kid in a header is never empty.
func (s *Keys) verifyNamed(h *header, input, signature []byte) error {
	found := false
	for i := range s.keys {
		k := &s.keys[i]
		if k.id != h.keyID {
			continue
		}
		found = true
		if !k.serves(h.alg) {
			continue
		}
		if !h.alg.verify(k.material, input, signature) {
			return refuse(ReasonSignature, "the signature is not by the key it names")
		}
		return nil
	}
	if found {
		return refuse(ReasonAlgorithm, "the key it names is for another algorithm")
	}
	return refuse(ReasonKeyUnknown, "no usable key has this kid")
}

// thumbprint identifies the key material alone (RFC 7638).
func thumbprint(material any) ([sha256.Size]byte, error) {
	switch k := material.(type) {
	case secret:
		return sha256.Sum256(k), nil
	case *ecdsa.PublicKey: // each proof of possession brings one
		return pointThumbprint(k)
	}
	print, err := (&gojose.JSONWebKey{Key: material}).Thumbprint(crypto.SHA256)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("taking a thumbprint: %w", err)
	}
	return [sha256.Size]byte(print), nil
}

// pointThumbprint writes the members of RFC 7638 §3.2 in their order.
func pointThumbprint(k *ecdsa.PublicKey) ([sha256.Size]byte, error) {
	point, err := k.Bytes()
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("taking a thumbprint: %w", err)
	}
	width := (len(point) - 1) / 2
	var room [256]byte
	text := append(room[:0], `{"crv":"`...)
	text = append(text, k.Curve.Params().Name...)
	text = append(text, `","kty":"EC","x":"`...)
	text = base64.RawURLEncoding.AppendEncode(text, point[1:1+width])
	text = append(text, `","y":"`...)
	text = base64.RawURLEncoding.AppendEncode(text, point[1+width:])
	return sha256.Sum256(append(text, `"}`...)), nil
}
