package keyring_test

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"sallyport/keyring"
	"sallyport/keyring/keyringtest"
)

// TestSealed holds what is sealed to its place, whatever it is.
func TestSealed(t *testing.T) {
	ring := keyringtest.New(t)
	part := rapid.StringN(0, 8, 16)
	t.Run("opens_where_it_was_sealed_and_nowhere_else", rapid.MakeCheck(func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		here := [3]string{part.Draw(t, "table"), part.Draw(t, "column"), part.Draw(t, "row")}
		there := [3]string{part.Draw(t, "other table"), part.Draw(t, "other column"), part.Draw(t, "other row")}
		sealed, err := ring.Seal(plain, here[0], here[1], here[2])
		if err != nil {
			t.Fatal(err)
		}
		got, err := ring.Open(sealed, here[0], here[1], here[2])
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("%q, %v", got, err)
		}
		if _, err := ring.Open(sealed, there[0], there[1], there[2]); here != there && !errors.Is(err, keyring.ErrSealed) {
			t.Fatalf("%q opens at %q: %v", here, there, err)
		}
	}))
	t.Run("no_two_places_read_the_same", rapid.MakeCheck(func(t *rapid.T) {
		// The same letters, cut elsewhere.
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00")), 2, 8, -1).Draw(t, "text")
		cut := func(label string) [3]string {
			i := rapid.IntRange(0, len(text)).Draw(t, label)
			j := rapid.IntRange(i, len(text)).Draw(t, label)
			return [3]string{text[:i], text[i:j], text[j:]}
		}
		here, there := cut("here"), cut("there")
		sealed, err := ring.Seal([]byte("v"), here[0], here[1], here[2])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ring.Open(sealed, there[0], there[1], there[2]); (err == nil) != (here == there) {
			t.Fatalf("%q at %q: %v", here, there, err)
		}
	}))
	t.Run("a_changed_bit_does_not_open", func(t *testing.T) {
		sealed := seal(t, ring, "the value", "secrets", "value", "a")
		for i := range len(sealed) * 8 {
			changed := bytes.Clone(sealed)
			changed[i/8] ^= 1 << (i % 8)
			if _, err := ring.Open(changed, "secrets", "value", "a"); err == nil {
				t.Errorf("opens with bit %d changed", i)
			}
		}
		for n := range sealed {
			if _, err := ring.Open(sealed[:n], "secrets", "value", "a"); err == nil {
				t.Errorf("opens when cut to %d bytes", n)
			}
		}
	})
	t.Run("too_long_is_refused", func(t *testing.T) {
		longest := make([]byte, keyring.MaxPlain)
		sealed, err := ring.Seal(longest, "a", "b", "c")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ring.Open(sealed, "a", "b", "c"); err != nil {
			t.Error(err)
		}
		if _, err := ring.Seal(append(longest, 0), "a", "b", "c"); err == nil {
			t.Error("sealed more than can be opened")
		}
	})
	t.Run("another_keyring_does_not_open_it", func(t *testing.T) {
		sealed := seal(t, ring, "v", "a", "b", "c")
		if _, err := keyringtest.New(t).Open(sealed, "a", "b", "c"); err == nil {
			t.Error("opens")
		}
	})
}

func FuzzOpen(f *testing.F) {
	ring := keyringtest.New(f)
	sealed, err := ring.Seal([]byte("v"), "a", "b", "c")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(sealed)
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, foreign []byte) {
		plain, err := ring.Open(foreign, "a", "b", "c")
		if err == nil && string(plain) != "v" {
			t.Errorf("%x opens as %q", foreign, plain)
		}
		ring.Fresh(foreign)
	})
}
