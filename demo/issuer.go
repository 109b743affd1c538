package demo

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"time"

	"sallyport/jose"
)

const (
	// IssuerURL is the "iss" of the demo's tokens; nothing listens there, the keys are handed over.
	IssuerURL = "https://id.bank.example"
	// Audience is the "aud" of a token that is meant for the bank.
	Audience = "bank"
)

// Issuer signs the demo's tokens with a key that lives as long as the process (ES256, RFC 7518 §3.4).
type Issuer struct{ signer *jose.Signer }

// NewIssuer makes an issuer with a fresh key.
func NewIssuer() (*Issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the demo's signing key: %w", err)
	}
	signer, err := jose.NewSigner("ES256", key, "demo")
	if err != nil {
		return nil, fmt.Errorf("making the demo's issuer: %w", err)
	}
	return &Issuer{signer: signer}, nil
}

// KeySet is the JWK Set with the public key (RFC 7517 §5): what the gateway checks tokens with.
func (i *Issuer) KeySet() ([]byte, error) { return jose.PublicKeys(i.signer) }

// Sign makes an access token that says what the claims say.
func (i *Issuer) Sign(c Claims) (string, error) { return i.signer.Sign(c) }

// Claims are what one token says, in the order in which a reader of the page wants them.
type Claims struct {
	Issuer   string   `json:"iss"`
	Audience string   `json:"aud"`
	Subject  string   `json:"sub"`
	Roles    []string `json:"roles"`
	IssuedAt int64    `json:"iat"`
	Expires  int64    `json:"exp"`
}

// dated sets the claims' times.
func (c Claims) dated(issued time.Time, lifetime time.Duration) Claims {
	c.IssuedAt, c.Expires = issued.Unix(), issued.Add(lifetime).Unix()
	return c
}
