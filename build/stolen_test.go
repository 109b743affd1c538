package build_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sallyport/build"
	"sallyport/console"
)

// TestStolenDatabase fills a store as administrators do and reads the bytes of
// all its files, while it is open and once it is closed: who steals them has no
// secret.
func TestStolenDatabase(t *testing.T) {
	folder := t.TempDir()
	kept, err := build.OpenKept(t.Context(), keeping(t, folder), "cli:test")
	if err != nil {
		t.Fatal(err)
	}
	secrets := fill(t, kept)
	master, err := os.ReadFile(filepath.Join(folder, "sallyport.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["the master key"] = string(bytes.TrimSpace(master))
	raw, err := base64.StdEncoding.DecodeString(secrets["the master key"])
	if err != nil {
		t.Fatal(err)
	}
	secrets["the master key's bytes"] = string(raw)
	files := searchFiles(t, folder, secrets)
	if files < 2 {
		t.Errorf("%d files of an open store: the log beside it was not searched", files)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	searchFiles(t, folder, secrets)
}

// fill goes the ways of the admin API and the command line.
func fill(t *testing.T, kept *build.Kept) map[string]string {
	t.Helper()
	desk, by := &console.Desk{Store: kept.Store, Keys: kept.Ring, Now: time.Now}, console.By{Actor: "cli:test"}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	secrets := map[string]string{"a password": "correct horse battery", "a secret": "sk_live_9f8e7d6c5b4a", "a secret that was replaced": "sk_live_before_that_one"}
	_, err := desk.AddConsumer(t.Context(), by, console.NewConsumer{Name: "acme"})
	must(err)
	key, err := desk.IssueKey(t.Context(), by, "acme", console.NewKey{})
	must(err)
	secrets["a key"] = key.Secret
	rotated, err := desk.RotateKey(t.Context(), by, key.ID, console.AnyRevision, time.Hour)
	must(err)
	secrets["a key that took its place"] = rotated.Secret
	_, err = desk.SetPassword(t.Context(), by, "acme", "ann", secrets["a password"])
	must(err)
	for _, name := range []string{"a secret that was replaced", "a secret"} {
		_, err = desk.PutSecret(t.Context(), by, "partner", secrets[name])
		must(err)
	}
	token, err := desk.AddToken(t.Context(), by, console.NewToken{Name: "rita", Roles: []string{console.Admin}})
	must(err)
	secrets["a token of an administrator"] = token.Secret
	must(kept.Ring.Rotate(t.Context()))
	if n, err := kept.Reseal(t.Context()); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if got, err := kept.Secret(t.Context(), "partner"); got != secrets["a secret"] || err != nil {
		t.Fatal(got, err)
	}
	return secrets
}

// searchFiles looks for each secret as it is and as it is usually written.
func searchFiles(t *testing.T, folder string, secrets map[string]string) (files int) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "sallyport.db*"))
	if err != nil {
		t.Fatal(err)
	}
	seen := false
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen = seen || bytes.Contains(text, []byte("acme"))
		for name, secret := range secrets {
			for how, written := range writings(secret) {
				if bytes.Contains(text, []byte(written)) {
					t.Errorf("%s stands in %s, %s", name, filepath.Base(path), how)
				}
			}
		}
	}
	if !seen {
		t.Error("the consumer is in none of the files: the search is blind")
	}
	return len(paths)
}

// writings leaves out of base64 what depends on the neighbours of a secret.
func writings(secret string) map[string]string {
	b := []byte(secret)
	all := map[string]string{
		"in the clear": secret, "in hex": hex.EncodeToString(b), "in upper hex": string(bytes.ToUpper([]byte(hex.EncodeToString(b)))),
		"backwards": backwards(secret), "in base32": base32.StdEncoding.EncodeToString(b[:len(b)/5*5]),
	}
	for shift := range 3 {
		within := b[(3-shift)%3:]
		within = within[:len(within)/3*3]
		all["in base64, after "+string(rune('0'+shift))] = base64.RawStdEncoding.EncodeToString(within)
		all["in base64 for URLs, after "+string(rune('0'+shift))] = base64.RawURLEncoding.EncodeToString(within)
	}
	return all
}

func backwards(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}
