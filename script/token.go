package script

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	defaultIssuer   = "https://id.example"
	defaultAudience = "api"
)

// token is what is to be minted. It is signed here and not by the package that
// verifies, so that the two cannot share a fault, and so that it can be wrong
// in every way that an attacker's is.
type token struct {
	header, claims map[string]any
	key            *keyPair
	how            string // of alg-none, hs256-confusion, tampered; else signed
}

// doToken mints a token into $NAME.
func doToken(s *state, c call) error {
	name := c.args[0]
	if name == "" || nameLength(name) != len(name) {
		return fmt.Errorf("%q is no name of a variable", name)
	}
	now := time.Now()
	t := &token{
		header: map[string]any{"typ": "at+jwt"},
		claims: map[string]any{"iss": defaultIssuer, "aud": defaultAudience, "sub": name, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "jti": randomID()},
	}
	for _, arg := range c.args[1:] {
		if err := t.set(s, arg, now); err != nil {
			return err
		}
	}
	if t.key == nil {
		if len(s.keys) != 1 {
			return fmt.Errorf("say whose keys sign it: --keys=NAME (there are %d)", len(s.keys))
		}
		for _, t.key = range s.keys {
		}
	}
	text, err := t.mint()
	s.variables[name] = text
	return err
}

// set reads one flag or claim.
func (t *token) set(s *state, arg string, now time.Time) error {
	name, value, given := strings.Cut(arg, "=")
	switch name {
	case "--keys":
		if t.key = s.keys[value]; t.key == nil {
			return fmt.Errorf("there are no keys %q", value)
		}
	case "--expired":
		t.claims["iat"], t.claims["exp"] = now.Add(-2*time.Hour).Unix(), now.Add(-time.Hour).Unix()
	case "--not-yet":
		t.claims["nbf"] = now.Add(time.Hour).Unix()
	case "--alg-none", "--hs256-confusion", "--tampered":
		t.how = name[2:]
	case "--kid", "--typ":
		t.header[name[2:]] = value
	case "--no-kid":
		t.header["kid"] = nil
	case "--without":
		delete(t.claims, value)
	default:
		if !given || strings.HasPrefix(name, "--") {
			return fmt.Errorf("%q is neither a flag of token nor claim=value nor claim:=JSON", arg)
		}
		return t.claim(name, value, now)
	}
	return nil
}

// claim takes a text, or JSON after :=, or a time from now for those that are times.
func (t *token) claim(name, value string, now time.Time) error {
	if name, isJSON := strings.CutSuffix(name, ":"); isJSON {
		var v any
		decoder := json.NewDecoder(strings.NewReader(value))
		decoder.UseNumber()
		err := decoder.Decode(&v)
		t.claims[name] = v
		return err
	}
	if name == "exp" || name == "nbf" || name == "iat" {
		d, err := time.ParseDuration(value)
		t.claims[name] = now.Add(d).Unix()
		return err
	}
	t.claims[name] = value
	return nil
}

// mint is the token in compact serialisation (RFC 7515 §7.1).
func (t *token) mint() (string, error) {
	t.header["alg"] = t.key.algorithm
	if _, said := t.header["kid"]; !said {
		t.header["kid"] = t.key.kid
	} else if t.header["kid"] == nil {
		delete(t.header, "kid")
	}
	switch t.how {
	case "alg-none":
		t.header["alg"] = "none"
	case "hs256-confusion":
		t.header["alg"] = "HS256"
	}
	header, err := json.Marshal(t.header)
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(t.claims)
	if err != nil {
		return "", err
	}
	input := encode(header) + "." + encode(claims)
	signature, err := t.sign(input)
	if err != nil {
		return "", err
	}
	if t.how == "tampered" {
		// The signature stays, the subject becomes another.
		forged := bytes.Replace(claims, []byte(`"sub":"`), []byte(`"sub":"admin`), 1)
		input = encode(header) + "." + encode(forged)
	}
	return input + "." + encode(signature), nil
}

func (t *token) sign(input string) ([]byte, error) {
	switch t.how {
	case "alg-none":
		return nil, nil
	case "hs256-confusion":
		// What a verifier would take for the secret if it trusted the header:
		// the public key as it is published (RFC 8725 §2.1).
		if t.key.secret != nil {
			return nil, errors.New("a secret has no public half to confuse it with")
		}
		der, err := x509.MarshalPKIXPublicKey(t.key.private.Public())
		if err != nil {
			return nil, err
		}
		return hs256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), input), nil
	}
	if t.key.secret != nil {
		return hs256(t.key.secret, input), nil
	}
	digest := sha256.Sum256([]byte(input))
	switch private := t.key.private.(type) {
	case *ecdsa.PrivateKey:
		r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
		if err != nil {
			return nil, err
		}
		var signature [64]byte // R || S, each of the curve's size (RFC 7518 §3.4)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature[:], nil
	case *rsa.PrivateKey:
		return rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	case ed25519.PrivateKey:
		return ed25519.Sign(private, []byte(input)), nil
	}
	return nil, fmt.Errorf("no way to sign with %T", t.key.private)
}

func hs256(secret []byte, input string) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(input))
	return mac.Sum(nil)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func randomID() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
