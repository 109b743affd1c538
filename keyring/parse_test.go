package keyring

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"testing"

	"pgregory.net/rapid"
)

// TestKeyed holds the keyed hash to HMAC-SHA256 of the standard library.
func TestKeyed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		root, purpose := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "root"), rapid.String().Draw(t, "purpose")
		data := rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "data")
		key, err := hkdf.Key(sha256.New, root, nil, "sallyport hash "+purpose, 32)
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, key)
		mac.Write(data)
		if got := newKeyed(root, purpose).hash(data); !bytes.Equal(got[:], mac.Sum(nil)) {
			t.Fatalf("%x", got)
		}
	})
}

// FuzzSet reads what only the master could have written, as if it could not.
func FuzzSet(f *testing.F) {
	f.Add([]byte(`{"keys":[{"number":1,"created":"2026-11-22T00:00:00Z","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}]}`))
	f.Add([]byte(`{"keys":[{"number":1}],"keyset":"CAE="}`))
	f.Add([]byte(`{"keys":[{"number":300}]}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		s, err := parseSet(plain)
		if err != nil {
			return
		}
		if h, err := readHashKeys(s); err == nil && h.of("x")[h.newest] == nil {
			t.Errorf("%q has no newest key", plain)
		}
		if k, err := readSealKeys(s); err == nil && !k.holds(k.primary) {
			t.Errorf("%q has no first key", plain)
		}
	})
}

func FuzzMasterKey(f *testing.F) {
	f.Add("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("AAAA")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMaster(text)
		if err != nil {
			return
		}
		key, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(key) != masterBytes {
			if key, err = base64.StdEncoding.DecodeString(string(bytes.TrimSpace([]byte(text)))); err != nil || len(key) != masterBytes {
				t.Errorf("%q passes for a key", text)
			}
		}
		wrapped, _ := m.Wrap(t.Context(), []byte("keys"), []byte("about"))
		if plain, err := m.Unwrap(t.Context(), wrapped, []byte("about")); err != nil || string(plain) != "keys" {
			t.Errorf("%q, %v", plain, err)
		}
	})
}

func FuzzVaultAnswer(f *testing.F) {
	f.Add(200, []byte(`{"data":{"plaintext":"AAAA"}}`))
	f.Add(400, []byte(`{"errors":["no"]}`))
	f.Add(503, []byte(`null`))
	f.Fuzz(func(t *testing.T, status int, text []byte) {
		answer, err := readTransit("decrypt", status, text)
		if (answer == nil) == (err == nil) || err == nil && status != 200 {
			t.Errorf("%v, %v", answer, err)
		}
	})
}
