package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
)

// Secret is a value that is never shown: every way to print or encode it gives
// dots. In the file it is ${NAME}, for an environment variable, file:PATH, or
// store:NAME, for what lies sealed in the store.
type Secret struct {
	// A pointer to a string: fmt, which looks into unexported fields without
	// asking and follows pointers to structs, shows no more than its address.
	value *string
	file  string // "" where it does not come from one
}

const dots = "••••"

// NewSecret hides a value.
func NewSecret(value string) Secret { return Secret{value: &value} }

// Reveal is the value itself; "" if there is none.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// Current is the value as it is now: a secret in a file is read again.
func (s Secret) Current() (string, error) {
	if s.file == "" {
		return s.Reveal(), nil
	}
	value, err := readSecret(s.file)
	if err != nil {
		return "", fmt.Errorf("the secret's file %s cannot be used: %w", s.file, err)
	}
	return value, nil
}

// String is dots.
func (Secret) String() string { return dots }

// Format writes dots for every verb.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, dots) }

// MarshalText writes dots into JSON and everything else that asks for text.
func (Secret) MarshalText() ([]byte, error) { return []byte(dots), nil }

// LogValue is dots.
func (Secret) LogValue() slog.Value { return slog.StringValue(dots) }

const maxSecret = 64 << 10

// secret follows a reference. No message shows what stands in the file: it may
// be the secret that should not.
func (d *decoder) secret(to *Secret, s scalar) {
	if strings.HasPrefix(s.written, storedSecret) {
		d.stored(to, s)
		return
	}
	isFile := strings.HasPrefix(s.written, "file:")
	path := strings.TrimPrefix(s.text, "file:")
	name, isVariable := strings.CutPrefix(s.written, "${")
	name, closed := strings.CutSuffix(name, "}")
	switch {
	case isFile && path != "":
		d.secretFile(to, d.resolve(path), s)
	case isVariable && closed && variableName(name):
		if s.text == "" {
			d.wrong(s.at, "set it where the gateway is started", "the environment variable %s is empty", name)
			return
		}
		*to = NewSecret(s.text)
	case d.LiteralSecrets && s.text != "":
		*to = NewSecret(s.text)
	default: // ${NAME} within other text too: the rest of it would be in the clear
		d.wrong(s.at, "write ${NAME} for an environment variable, or file:PATH", "%s must not stand here in the clear", d.here())
	}
}

func (d *decoder) secretFile(to *Secret, path string, s scalar) {
	text, err := readSecret(path)
	if err != nil {
		d.wrong(s.at, "one line with the secret, nothing else", "the secret's file %s cannot be used: %v", path, err)
		return
	}
	d.files = append(d.files, path)
	*to = Secret{value: &text, file: path}
}

func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errors.New("there is no such file")
	} else if err != nil {
		return "", errors.Unwrap(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return "", errors.New("it is a directory")
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", errors.Unwrap(err)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	switch {
	case len(text) > maxSecret:
		return "", fmt.Errorf("it is longer than %d bytes", maxSecret)
	case value == "":
		return "", errors.New("it is empty")
	}
	return value, nil
}

// KeyHash is the SHA-256 of an API key.
type KeyHash [sha256.Size]byte

// String is the hash as it is written.
func (h KeyHash) String() string { return "sha256:" + hex.EncodeToString(h[:]) }

func (*KeyHash) wanted() (string, string) { return "a key's hash", "sha256: and 64 hexadecimal digits" }

func (h *KeyHash) set(text string) error {
	digits, ok := strings.CutPrefix(text, "sha256:")
	sum, err := hex.DecodeString(digits)
	if !ok || err != nil || len(sum) != len(h) {
		// Whoever wrote the key itself here shall not find it in a log.
		return &errHidden{"a key's hash has another form, and a key itself must not stand here", "write sha256: and 64 hexadecimal digits"}
	}
	*h = KeyHash(sum)
	return nil
}
