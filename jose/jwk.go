package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"slices"

	gojose "github.com/go-jose/go-jose/v4"
)

const (
	minRSABits = 2048 // RFC 7518 §3.3, §3.5
	maxRSABits = 8192 // what one signature may cost
)

// jwk is what decides whether a key may be used, before its numbers are looked at (RFC 7517 §4).
type jwk struct {
	kty, use, kid, alg string
	hasUse, hasAlg     bool
	ops                []string
	hasOps, private    bool
	secret             bool // has k
	wrong              error
	crv, x, y, n, e, k string // what keys are made of
}

// readJWK fails only on what makes the whole set unreadable; a member of the wrong type spoils this key.
func readJWK(text string) (jwk, error) {
	var j jwk
	err := eachMember(text, maxMembers, func(name, value string) error {
		var err error
		switch name {
		case "kty":
			j.kty, err = stringOf(value)
		case "use":
			j.hasUse = true
			j.use, err = stringOf(value)
		case "kid":
			j.kid, err = stringOf(value)
		case "alg":
			j.hasAlg = true
			j.alg, err = stringOf(value)
		case "key_ops":
			j.hasOps = true
			j.ops, err = stringsOf(value)
		case "d", "p", "q", "dp", "dq", "qi", "oth", "priv":
			j.private = true
		case "crv":
			j.crv, err = stringOf(value)
		case "x":
			j.x, err = stringOf(value)
		case "y":
			j.y, err = stringOf(value)
		case "n":
			j.n, err = stringOf(value)
		case "e":
			j.e, err = stringOf(value)
		case "k":
			j.secret = true
			j.k, err = stringOf(value)
		}
		if err != nil {
			j.wrong = errors.New(name + " is " + err.Error())
		}
		return nil
	})
	return j, err
}

func (j *jwk) understood() bool { return j.kty == "RSA" || j.kty == "EC" || j.kty == "OKP" }

// key builds the usable key, or says why there is none.
func (j *jwk) key() (key, error) {
	if err := j.mayVerify(); err != nil {
		return key{}, err
	}
	material, err := j.material()
	if err != nil {
		return key{}, errors.New("its values are not those of a usable key of its kind")
	}
	if err := checkMaterial(material); err != nil {
		return key{}, err
	}
	if j.hasAlg {
		if a, ok := algorithmOf(j.alg); !ok || !a.fits(material) {
			return key{}, errors.New("its alg is not a signature algorithm for such a key")
		}
	}
	print, err := thumbprint(material)
	return key{id: j.kid, alg: j.alg, material: material, print: print}, err
}

// material is the key itself. Unused bits of base64url may be set, as most readers let them: of two keys under
// one kid the one that is spelt badly counts too, and makes the name ambiguous. Certificates beside it (x5c, x5u, x5t) are not looked at: they say nothing that
// the set does not.
func (j *jwk) material() (any, error) {
	switch j.kty {
	case "EC":
		return pointOf(j.crv, j.x, j.y)
	case "RSA":
		return modulusOf(j.n, j.e)
	case "oct":
		raw, err := base64.RawURLEncoding.DecodeString(j.k)
		return secret(raw), err
	}
	text, err := json.Marshal(map[string]string{"kty": j.kty, "crv": j.crv, "x": j.x})
	if err != nil {
		return nil, err
	}
	var parsed gojose.JSONWebKey // which knows the points of low order
	err = parsed.UnmarshalJSON(text)
	return parsed.Key, err
}

// modulusOf bounds the numbers before it makes them: an exponent that does not fit into four bytes is none.
func modulusOf(n, e string) (*rsa.PublicKey, error) {
	modulus, err := base64.RawURLEncoding.DecodeString(n)
	if err != nil || len(modulus) == 0 || len(modulus) > maxRSABits/8+1 {
		return nil, errNotModulus
	}
	exponent, err := base64.RawURLEncoding.DecodeString(e)
	if err != nil || len(exponent) == 0 || len(exponent) > 4 {
		return nil, errNotModulus
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(modulus)}
	for _, b := range exponent {
		key.E = key.E<<8 | int(b)
	}
	return key, nil
}

// pointOf takes coordinates of exactly the curve's width (RFC 7518 §6.2.1.2), on the curve.
func pointOf(crv, x, y string) (*ecdsa.PublicKey, error) {
	var curve elliptic.Curve
	switch crv {
	case "P-256":
		curve = elliptic.P256()
	case "P-384":
		curve = elliptic.P384()
	case "P-521":
		curve = elliptic.P521()
	default:
		return nil, errNotPoint
	}
	width := (curve.Params().BitSize + 7) / 8
	if base64.RawURLEncoding.EncodedLen(width) != len(x) || len(x) != len(y) {
		return nil, errNotPoint
	}
	point := make([]byte, 1, 1+2*66)
	point[0] = 4 // uncompressed (SEC 1 §2.3.4)
	for _, coordinate := range [...]string{x, y} {
		var err error
		if point, err = base64.RawURLEncoding.AppendDecode(point, []byte(coordinate)); err != nil {
			return nil, err
		}
	}
	if len(point) != 1+2*width {
		return nil, errNotPoint
	}
	return ecdsa.ParseUncompressedPublicKey(curve, point)
}

var (
	errNotPoint   = errors.New("not a point of a curve that is known")
	errNotModulus = errors.New("not a modulus and an exponent")
)

func (j *jwk) mayVerify() error {
	switch {
	case j.wrong != nil:
		return j.wrong
	case j.kty != "oct" && !j.understood():
		return errors.New("its kty is not known") // RFC 7517 §5: to be ignored
	case j.private:
		// A private key that can be fetched signs for everybody; one in a file is the wrong file.
		return errors.New("it is a private key")
	case j.secret != (j.kty == "oct"):
		return errors.New("k belongs to kty oct and to no other")
	case j.hasUse && j.use != "sig":
		return errors.New("its use is not sig") // RFC 7517 §4.2
	case j.hasOps && !slices.Contains(j.ops, "verify"):
		return errors.New("its key_ops lack verify") // RFC 7517 §4.3
	case j.hasOps && repeats(j.ops):
		return errors.New("its key_ops repeat themselves") // RFC 7517 §4.3
	}
	return nil
}

func repeats(list []string) bool {
	for i, s := range list {
		if slices.Contains(list[:i], s) {
			return true
		}
	}
	return false
}

// checkMaterial refuses keys that somebody else could sign with.
func checkMaterial(material any) error {
	switch k := material.(type) {
	case *rsa.PublicKey:
		return checkRSA(k)
	case *ecdsa.PublicKey, ed25519.PublicKey:
		return nil // on the curve and not of low order: seen to by the reader
	case secret:
		if len(k) < 32 { // RFC 7518 §3.2: the shortest hash there is
			return errors.New("it is shorter than the hash it would be used with")
		}
		return nil
	}
	return errors.New("its kind is not known")
}

func checkRSA(k *rsa.PublicKey) error {
	switch {
	case k.N.BitLen() < minRSABits:
		return errors.New("it has fewer than 2048 bits")
	case k.N.BitLen() > maxRSABits:
		return errors.New("it has more than 8192 bits")
	case k.E < 3 || k.E > 1<<31-1 || k.E%2 == 0 || k.N.Bit(0) == 0:
		return errors.New("its modulus or exponent is not that of an RSA key")
	case weakPrimes(k.N):
		return errors.New("its primes can be found from the modulus (CVE-2017-15361)")
	}
	return nil
}

// weakPrimes recognises the moduli of a chip library whose primes all have the form k·M + (65537^a mod M):
// modulo each small prime, such a modulus is a power of 65537. A sound one is, modulo all of these at once,
// in less than one case in a hundred million.
func weakPrimes(n *big.Int) bool {
	var rest big.Int
	for _, p := range []int64{
		3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
		101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
	} {
		if !isPower(rest.Mod(n, big.NewInt(p)).Int64(), 65537%p, p) {
			return false
		}
	}
	return true
}

// isPower reports whether x is g^a modulo p for some a.
func isPower(x, g, p int64) bool {
	for y, n := int64(1), int64(0); n < p; n++ {
		if y == x {
			return true
		}
		y = y * g % p
	}
	return false
}
