package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

const (
	masterBytes = 32
	// maxMasterText is more than 32 bytes in base64 and a line's end.
	maxMasterText = 256
)

// local is a master that this process holds itself.
type local struct {
	name string
	aead cipher.AEAD
}

// EnvMaster is the master key that is written in value: 32 bytes in base64, as
// "openssl rand -base64 32" makes them. No error shows anything of the value.
func EnvMaster(value string) (Master, error) { return parseMaster(value) }

func parseMaster(text string) (*local, error) {
	if len(text) > maxMasterText {
		return nil, errors.New("it is too long for a master key: 32 bytes in base64, and nothing else")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != masterBytes {
		return nil, errors.New("it is no master key: it must be 32 random bytes in base64 (openssl rand -base64 32)")
	}
	return newLocal(key)
}

func newLocal(key []byte) (*local, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	// The name is derived from the key, so that it goes with the key wherever it
	// lies; nothing of the key can be learned from it.
	name, err := hkdf.Key(sha256.New, key, nil, "sallyport master name", 8)
	if err != nil {
		return nil, err
	}
	return &local{"key:" + hex.EncodeToString(name), aead}, nil
}

func (l *local) Name() string { return l.name }

func (l *local) Wrap(_ context.Context, plain, about []byte) ([]byte, error) {
	return l.aead.Seal(nil, nil, plain, about), nil
}

func (l *local) Unwrap(_ context.Context, wrapped, about []byte) ([]byte, error) {
	plain, err := l.aead.Open(nil, nil, wrapped, about)
	if err != nil {
		return nil, ErrMaster
	}
	return plain, nil
}
