package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"

	gojose "github.com/go-jose/go-jose/v4"
)

// Signer issues tokens with one private key.
type Signer struct {
	key    gojose.SigningKey
	public gojose.JSONWebKey
}

// NewSigner takes a private key of crypto/rsa, ecdsa or ed25519 and one of the algorithms RS256 to RS512,
// PS256 to PS512, ES256 to ES512 and EdDSA that it fits. kid is the name that verifiers will know it by.
func NewSigner(alg string, private crypto.Signer, kid string) (*Signer, error) {
	switch private.(type) {
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
	default:
		return nil, errors.New("making a token signer: not a private key of RSA, ECDSA or Ed25519")
	}
	if kid == "" {
		return nil, errors.New("making a token signer: a key without kid cannot be rotated")
	}
	a, known := algorithmOf(alg)
	if !known || !a.fits(private.Public()) {
		return nil, fmt.Errorf("making a token signer: algorithm %q is not for such a key", alg)
	}
	if err := checkMaterial(private.Public()); err != nil {
		return nil, fmt.Errorf("making a token signer: the key is refused: %w", err)
	}
	return &Signer{
		key: gojose.SigningKey{
			Algorithm: gojose.SignatureAlgorithm(alg),
			Key:       gojose.JSONWebKey{Key: private, KeyID: kid},
		},
		public: gojose.JSONWebKey{Key: private.Public(), KeyID: kid, Algorithm: alg, Use: "sig"},
	}, nil
}

// String names the key, and shows nothing of its private part.
func (s *Signer) String() string { return s.public.Algorithm + " signer " + s.public.KeyID }

// GoString is String.
func (s *Signer) GoString() string { return s.String() }

// Sign issues an access token (typ at+jwt, RFC 9068 §2.1); claims is anything that encodes to a JSON object.
func (s *Signer) Sign(claims any) (string, error) { return s.SignType("at+jwt", claims) }

// SignType issues a token of another type, so that it cannot pass for an access token (RFC 8725 §3.11).
func (s *Signer) SignType(typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	if len(payload) == 0 || payload[0] != '{' {
		return "", errors.New("signing a token: the claims are not a JSON object")
	}
	signer, err := gojose.NewSigner(s.key, (&gojose.SignerOptions{}).WithType(gojose.ContentType(typ)))
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return signed.CompactSerialize()
}

// PublicKeys writes the JWK set under which the signers' tokens verify; it holds no private part.
func PublicKeys(signers ...*Signer) ([]byte, error) {
	set := gojose.JSONWebKeySet{Keys: []gojose.JSONWebKey{}}
	for _, s := range signers {
		set.Keys = append(set.Keys, s.public)
	}
	text, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("writing a key set: %w", err)
	}
	return text, nil
}
