package jose

import (
	"errors"
	"slices"
	"time"
)

// maxProofBytes bounds a proof before it is read; one with an RSA key of 8192 bits has 3 KiB.
const maxProofBytes = 8 << 10

// Proof is a verified DPoP proof (RFC 9449 §4.2): whoever sent it holds the private half of Key. What it was
// made for is still to be compared with the request.
type Proof struct {
	Key       Thumbprint
	ID        string    // jti: never empty
	Method    string    // htm
	Target    string    // htu
	TokenHash string    // ath: the base64url of the SHA-256 of the access token; "" when absent
	Nonce     string    // "" when absent
	IssuedAt  time.Time // iat
}

// VerifyProof returns a proof that was signed with the key of that thumbprint, by one of the algorithms, and
// an *Error otherwise. These are checks 2 to 7 of RFC 9449 §4.3 and the last half of 12; they come in an order
// by which nobody has a signature checked who does not name the right key.
func VerifyProof(text string, algorithms []string, key Thumbprint) (*Proof, error) {
	if len(text) > maxProofBytes {
		return nil, refuse(ReasonMalformed, "longer than a proof may be")
	}
	j, err := splitCompact(text)
	if err != nil {
		return nil, err
	}
	if j.header.typ == "" || bareType(j.header.typ) != "dpop+jwt" { // RFC 8725 §3.11: no token passes for a proof
		return nil, refuse(ReasonType, "its typ is not dpop+jwt")
	}
	if j.header.alg.family == mac || !slices.Contains(algorithms, j.header.alg.name) {
		return nil, refuse(ReasonAlgorithm, "its alg is not allowed")
	}
	material, err := broughtAlong(j.header.jwk)
	if err != nil {
		return nil, err
	}
	if !j.header.alg.fits(material) {
		return nil, refuse(ReasonAlgorithm, "its key is for another algorithm")
	}
	print, err := thumbprint(material)
	if err != nil || Thumbprint(print) != key {
		return nil, refuse(ReasonKeyUnknown, "it is by another key than the token is bound to")
	}
	if !j.header.alg.verify(material, j.input, j.signature) {
		return nil, refuse(ReasonSignature, "its signature is not by its key")
	}
	p := &Proof{Key: key}
	return p, p.read(string(j.payload))
}

// broughtAlong is the public key within the header of a proof: the one place where a key that a message brings
// along is used, since its thumbprint stands in the token.
func broughtAlong(text string) (any, error) {
	if text == "" {
		return nil, refuse(ReasonKeyUnknown, "no jwk in its header")
	}
	j, err := readJWK(text)
	if err == nil && j.kty == "oct" {
		err = errors.New("its key is a shared secret")
	}
	if err == nil {
		err = j.mayVerify() // a private key among it: RFC 9449 §4.3, check 7
	}
	var material any
	if err == nil {
		material, err = j.material()
	}
	if err == nil {
		err = checkMaterial(material)
	}
	if err != nil {
		return nil, refuse(ReasonKeyUnknown, "the key in its header is not a public key that can be used")
	}
	return material, nil
}

// read holds the claims to their types, and to being there (RFC 9449 §4.2).
func (p *Proof) read(claims string) error {
	err := eachMember(claims, maxMembers, func(name, value string) (err error) {
		switch name {
		case "jti":
			p.ID, err = stringOf(value)
		case "htm":
			p.Method, err = stringOf(value)
		case "htu":
			p.Target, err = stringOf(value)
		case "ath":
			p.TokenHash, err = stringOf(value)
		case "nonce":
			p.Nonce, err = stringOf(value)
		case "iat":
			p.IssuedAt, err = dateOf(value)
		}
		return err
	})
	switch {
	case err != nil:
		return refuse(ReasonMalformed, "its claims are "+err.Error())
	case p.ID == "" || p.Method == "" || p.Target == "" || p.IssuedAt.IsZero():
		return refuse(ReasonClaimMissing, "no jti, htm, htu or iat")
	}
	return nil
}
