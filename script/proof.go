package script

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// doProof makes a DPoP proof (RFC 9449 §4.2) into $NAME: for a request with
// METHOD to URL with the token in $TOKEN, signed by keys of the script. Its parts
// can be wrong in every way.
func doProof(s *state, c call) error {
	name, method, url := c.args[0], c.args[1], c.args[2]
	if name == "" || nameLength(name) != len(name) {
		return fmt.Errorf("%q is no name of a variable", name)
	}
	now := time.Now()
	p := &token{
		header: map[string]any{"typ": "dpop+jwt", "kid": nil},
		claims: map[string]any{"jti": randomID(), "htm": method, "htu": url, "iat": now.Unix()},
	}
	for _, arg := range c.args[3:] {
		if of, ok := strings.CutPrefix(arg, "--token="); ok {
			hash := sha256.Sum256([]byte(of))
			p.claims["ath"] = encode(hash[:])
			continue
		}
		if err := p.set(s, arg, now); err != nil {
			return err
		}
	}
	if p.key == nil {
		return errors.New("say whose keys sign it: --keys=NAME")
	}
	jwk, err := p.key.public()
	if err != nil {
		return err
	}
	p.header["jwk"] = jwk
	text, err := p.mint()
	s.variables[name] = text
	return err
}

// public is the public half as a JWK with nothing but what a thumbprint is made
// of (RFC 7638 §3.2): its JSON has these members in their order.
func (k *keyPair) public() (map[string]string, error) {
	switch key := k.private.(type) {
	case *ecdsa.PrivateKey:
		point, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		width := (len(point) - 1) / 2
		return map[string]string{"kty": "EC", "crv": key.Curve.Params().Name, "x": encode(point[1 : 1+width]), "y": encode(point[1+width:])}, nil
	case *rsa.PrivateKey:
		return map[string]string{"kty": "RSA", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}, nil
	case ed25519.PrivateKey:
		return map[string]string{"kty": "OKP", "crv": "Ed25519", "x": encode(key.Public().(ed25519.PublicKey))}, nil
	}
	return nil, fmt.Errorf("the keys %s are a secret: there is no public half", k.name)
}

// thumbprint is that of the public half; "" for a secret.
func (k *keyPair) thumbprint() string {
	jwk, err := k.public()
	if err != nil {
		return ""
	}
	text, err := json.Marshal(jwk)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(text)
	return encode(sum[:])
}
