package main

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tokenCount is how many callers there are.
const tokenCount = 20_000

// writeKeys makes the key set, the public key and the tokens, each the way in
// which some proxy reads them.
func (b *bed) writeKeys() error {
	public := &b.Key.PublicKey
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return err
	}
	encode := base64.RawURLEncoding.EncodeToString
	set, _ := json.Marshal(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "kid": "k1", "alg": "RS256", "use": "sig",
		"n": encode(public.N.Bytes()), "e": encode(big.NewInt(int64(public.E)).Bytes()),
	}}})
	for i := range tokenCount {
		token, err := b.token(i)
		if err != nil {
			return err
		}
		b.Tokens = append(b.Tokens, token)
	}
	for name, text := range map[string][]byte{
		"public.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"keys.json":  set,
		"tokens":     []byte(strings.Join(b.Tokens, "\n")),
	} {
		if err := os.WriteFile(filepath.Join(b.Folder, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (b *bed) token(i int) (string, error) {
	claims, _ := json.Marshal(map[string]any{
		"iss": "https://id.example", "aud": "things", "sub": fmt.Sprintf("user-%05d", i), "jti": fmt.Sprint(i),
		"exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "scope": "things:read",
	})
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256","typ":"JWT","kid":"k1"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, b.Key, crypto.SHA256, digest[:])
	return text + "." + encode(signature), err
}
