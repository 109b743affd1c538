package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"go.yaml.in/yaml/v4"
)

func TestSecretIsNeverShown(t *testing.T) {
	const value = "hunter2 and more than enough of it"
	s := NewSecret(value)
	type visible struct{ S Secret }
	type unseen struct{ s Secret }
	var text bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%p", "%t", "%T", "%10.3s", "%!"} {
		for _, shown := range []any{s, &s, visible{s}, &visible{s}, unseen{s}, &unseen{s}, []Secret{s}, map[string]Secret{"a": s}} {
			fmt.Fprintf(&text, verb+"\n", shown)
		}
	}
	for _, encode := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
		for _, shown := range []any{s, &s, visible{s}, unseen{s}, map[string]Secret{"a": s}} {
			out, err := encode(shown)
			if err != nil {
				t.Fatal(err)
			}
			text.Write(out)
		}
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
		slog.New(h).Info("a secret", "plain", s, "pointer", &s, "within", visible{s}, "hidden", unseen{s})
	}
	if err := template.Must(template.New("").Parse("{{.}} {{.S}} {{printf \"%x\" .S}}")).Execute(&text, visible{s}); err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{value, "hunter2", fmt.Sprintf("%x", "hunter2"), fmt.Sprintf("%X", "hunter2"), "104 117 110"} {
		if strings.Contains(text.String(), form) {
			t.Errorf("the secret is shown as %s", form)
		}
	}
	if !strings.Contains(text.String(), `{"S":"••••"}`) {
		t.Error("JSON does not say that something is hidden")
	}
	equal(t, "the secret itself", s.Reveal(), value)
	equal(t, "no secret", Secret{}.Reveal(), "")
	equal(t, "no secret as text", Secret{}.String(), dots)
}

func TestSecretFromFile(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "sallyport.yaml")
	secret := filepath.Join(dir, "secret")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(config, least+"    identify: { token: { jwt: { issuer: i, audience: a, secret: \"file:secret\" } } }\n")
	value := strings.Repeat("x", 32)
	for _, ending := range []string{"", "\n", "\r\n"} {
		write(secret, value+ending)
		c, err := Load(config)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "the secret", c.APIs[0].Identify[0].JWT[0].Secret.Reveal(), value)
		equal(t, "the files", c.Files, []string{config, secret})
	}
	write(secret, value+" \n\n")
	c, err := Load(config)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "a secret that ends in white space", c.APIs[0].Identify[0].JWT[0].Secret.Reveal(), value+" \n")

	write(secret, strings.Repeat("x", maxSecret+1))
	if _, err := Load(config); err == nil || !strings.Contains(err.Error(), "longer than 65536 bytes") {
		t.Error(err)
	}
}

func TestLiteralSecrets(t *testing.T) {
	text := []byte(least + "    identify: { token: { jwt: { issuer: i, audience: a, secret: 0123456789abcdef0123456789abcdef } } }\n")
	if _, err := (Reader{}).Parse("f.yaml", text); err == nil {
		t.Error("a secret in the clear is accepted")
	}
	c, err := Reader{LiteralSecrets: true}.Parse("f.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "the secret", c.APIs[0].Identify[0].JWT[0].Secret.Reveal(), "0123456789abcdef0123456789abcdef")
	equal(t, "the algorithms", c.APIs[0].Identify[0].JWT[0].Algorithms, []string{"HS256"})
}

// A token that somebody renews in its file is the new one at once.
func TestSecretIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("first\n")
	c, err := Parse(filepath.Join(dir, "f.yaml"), []byte("keyring: { vault: { address: https://vault.example.com, token: file:token, key: k } }\napis: [{ name: a, document: a.yaml, upstream: http://127.0.0.1:1 }]\n"))
	if err != nil {
		t.Fatal(err)
	}
	write("second\n")
	token := c.Keyring.Vault.Token
	if now, err := token.Current(); now != "second" || err != nil || token.Reveal() != "first" {
		t.Errorf("%q, %v, first %q", now, err, token.Reveal())
	}
	write("")
	if now, err := token.Current(); err == nil || now != "" {
		t.Errorf("%q, %v", now, err)
	}
}
