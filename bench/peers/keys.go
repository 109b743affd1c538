package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"
)

// tokenCount is more than any proxy here answers in a turn of two seconds.
const tokenCount = 100_000

// writeKeys makes the key set, the public key and the tokens, each the way in
// which some proxy reads them.
func (b *bed) writeKeys() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	encode := base64.RawURLEncoding.EncodeToString
	set, _ := json.Marshal(map[string]any{"keys": []any{map[string]any{
		"kty": "RSA", "kid": "k1", "alg": "RS256", "use": "sig",
		"n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes()),
	}}})
	tokens, err := makeTokens(key)
	if err != nil {
		return err
	}
	b.Token = tokens[0]
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		"public.pem": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}),
		"keys.json":  set,
		"tokens":     []byte(strings.Join(tokens, "\n")),
		"both.pem":   certificate, // the key stands in it too, as haproxy wants it
	} {
		if err := os.WriteFile(filepath.Join(b.Folder, name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func makeTokens(key *rsa.PrivateKey) ([]string, error) {
	fmt.Fprintf(os.Stderr, "signing %d tokens\n", tokenCount)
	tokens := make([]string, tokenCount)
	var failed error
	var once sync.Once
	var all sync.WaitGroup
	for first := range runtime.NumCPU() {
		all.Go(func() {
			for i := first; i < tokenCount; i += runtime.NumCPU() {
				var err error
				if tokens[i], err = sign(key, i); err != nil {
					once.Do(func() { failed = err })
					return
				}
			}
		})
	}
	all.Wait()
	return tokens, failed
}

func sign(key *rsa.PrivateKey, i int) (string, error) {
	claims, _ := json.Marshal(map[string]any{
		"iss": "https://id.example", "aud": "things", "sub": fmt.Sprintf("user-%06d", i), "jti": fmt.Sprint(i),
		"exp": time.Now().Add(3 * time.Hour).Unix(), "iat": time.Now().Unix(), "scope": "things:read",
	})
	encode := base64.RawURLEncoding.EncodeToString
	text := encode([]byte(`{"alg":"RS256","typ":"JWT","kid":"k1"}`)) + "." + encode(claims)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	return text + "." + encode(signature), err
}

// selfSigned is a certificate for loopback and its key.
func selfSigned() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(text, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})...), nil
}
