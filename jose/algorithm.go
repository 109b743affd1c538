package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
)

type family uint8

const (
	pkcs1   family = iota + 1 // RFC 7518 §3.3
	pss                       // RFC 7518 §3.5
	ecdsaRS                   // RFC 7518 §3.4
	eddsa                     // RFC 8037 §3.1
	mac                       // RFC 7518 §3.2
)

// algorithm is one row of the few that there are; "none" has no row.
type algorithm struct {
	name   string
	family family
	hash   crypto.Hash
	curve  string // ecdsaRS alone: each algorithm has exactly one curve
}

// algorithmOf compares the name letter for letter: "hs256" and "None" are not algorithms (RFC 7515 §4.1.1).
func algorithmOf(name string) (algorithm, bool) {
	switch name {
	case "RS256":
		return algorithm{name, pkcs1, crypto.SHA256, ""}, true
	case "RS384":
		return algorithm{name, pkcs1, crypto.SHA384, ""}, true
	case "RS512":
		return algorithm{name, pkcs1, crypto.SHA512, ""}, true
	case "PS256":
		return algorithm{name, pss, crypto.SHA256, ""}, true
	case "PS384":
		return algorithm{name, pss, crypto.SHA384, ""}, true
	case "PS512":
		return algorithm{name, pss, crypto.SHA512, ""}, true
	case "ES256":
		return algorithm{name, ecdsaRS, crypto.SHA256, "P-256"}, true
	case "ES384":
		return algorithm{name, ecdsaRS, crypto.SHA384, "P-384"}, true
	case "ES512":
		return algorithm{name, ecdsaRS, crypto.SHA512, "P-521"}, true
	case "EdDSA":
		return algorithm{name, eddsa, 0, ""}, true
	case "HS256":
		return algorithm{name, mac, crypto.SHA256, ""}, true
	case "HS384":
		return algorithm{name, mac, crypto.SHA384, ""}, true
	case "HS512":
		return algorithm{name, mac, crypto.SHA512, ""}, true
	}
	return algorithm{}, false
}

// defaultAlgorithms are all that need no shared secret.
func defaultAlgorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// fits reports whether the kind, curve and size of key are those of the algorithm, so that no public key
// can ever be taken for the secret of a MAC (RFC 8725 §3.1).
func (a algorithm) fits(material any) bool {
	switch key := material.(type) {
	case *rsa.PublicKey:
		return a.family == pkcs1 || a.family == pss
	case *ecdsa.PublicKey:
		return a.family == ecdsaRS && a.curve == key.Curve.Params().Name
	case ed25519.PublicKey:
		return a.family == eddsa
	case secret:
		// RFC 7518 §3.2: a key at least as long as the hash.
		return a.family == mac && len(key) >= a.hash.Size()
	}
	return false
}

// verify reports whether signature is by material over input; fits must hold.
func (a algorithm) verify(material any, input, signature []byte) bool {
	var room [sha512.Size]byte
	switch key := material.(type) {
	case *rsa.PublicKey:
		digest := a.digest(&room, input)
		if a.family == pkcs1 {
			return rsa.VerifyPKCS1v15(key, a.hash, digest, signature) == nil
		}
		// RFC 7518 §3.5: the salt is as long as the hash, not whatever the signature says.
		return rsa.VerifyPSS(key, a.hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
	case *ecdsa.PublicKey:
		return verifyECDSA(key, a.digest(&room, input), signature)
	case ed25519.PublicKey:
		return ed25519.Verify(key, input, signature)
	case secret:
		h := hmac.New(a.hash.New, key)
		h.Write(input)
		return hmac.Equal(h.Sum(room[:0]), signature)
	}
	return false
}

// verifyECDSA takes R || S, each as wide as the curve's order (RFC 7518 §3.4): a DER signature, or one with
// zeros added, would be a second spelling of the same token. R and S of zero are refused by ecdsa.Verify.
func verifyECDSA(key *ecdsa.PublicKey, digest, signature []byte) bool {
	width := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*width {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:width]), new(big.Int).SetBytes(signature[width:])
	return ecdsa.Verify(key, digest, r, s)
}

func (a algorithm) digest(room *[sha512.Size]byte, input []byte) []byte {
	switch a.hash {
	case crypto.SHA256:
		sum := sha256.Sum256(input)
		return append(room[:0], sum[:]...)
	case crypto.SHA384:
		sum := sha512.Sum384(input)
		return append(room[:0], sum[:]...)
	default:
		*room = sha512.Sum512(input)
		return room[:]
	}
}
