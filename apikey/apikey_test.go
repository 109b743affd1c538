package apikey

import (
	"bytes"
	"errors"
	"math/big"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sallyport/keyring/keyringtest"
)

func TestKey(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"is found again by its hash":           keyIsFound,
		"is found in text":                     keyIsFoundInText,
		"no wrong character is taken":          noWrongCharacter,
		"no two characters may change places":  noSwap,
		"what has no form asks for no hash":    noFormNoHash,
		"a checksum without the tag is forged": checkIsNotEnough,
		"any change to its number is forged":   changedNumbers,
		"another gateway's is forged":          anothersKey,
		"an unknown generation is forged":      unknownGeneration,
		"an old generation goes on":            oldGeneration,
		"no two are alike":                     noTwoAlike,
		"its check can be done by hand":        checkByHand,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), test)
	}
}

func newKey(t testing.TB, tagger Tagger) (string, [32]byte) {
	t.Helper()
	key, hash, hint, err := New(tagger, 1)
	if err != nil || !strings.HasSuffix(key, hint) || len(hint) != hintDigits {
		t.Fatal(hint, err)
	}
	return key, hash
}

func keyIsFound(t *testing.T) {
	ring := keyringtest.New(t)
	key, want := newKey(t, ring)
	got, generation, err := Hash(ring, key)
	if err != nil || got != want || generation != 1 {
		t.Errorf("%x by %d, %v; want %x", got, generation, err, want)
	}
	var number [keyBytes]byte
	if !decode(&number, key[len(Prefix):]) || bytes.Contains(want[:], number[bodyBytes:bodyBytes+tagBytes]) || bytes.Contains(number[:], want[:4]) {
		t.Error("what is stored tells of the key, or the key of what is stored")
	}
}

func keyIsFoundInText(t *testing.T) {
	find := regexp.MustCompile(Pattern)
	for range 200 {
		key, _ := newKey(t, keyringtest.New(t))
		for _, text := range []string{key, "X-API-Key: " + key + "\r\n", `{"key":"` + key + `"}`, "k=" + key + "&x=1", "export KEY='" + key + "'"} {
			if find.FindString(text) != key {
				t.Errorf("not found in %q", text)
			}
		}
		if !Looks(key) {
			t.Error("does not look like one")
		}
	}
}

// counting counts how often a hash was asked for.
type counting struct {
	Tagger
	asked int
}

func (c *counting) Hash(purpose string, generation uint8, data []byte) ([32]byte, bool) {
	c.asked++
	return c.Tagger.Hash(purpose, generation, data)
}

func malformed(t *testing.T, c *counting, key string) {
	t.Helper()
	if _, _, err := Hash(c, key); !errors.Is(err, ErrMalformed) || c.asked > 0 {
		t.Fatalf("%q: %v after %d hashes, want ErrMalformed after none", key, err, c.asked)
	}
}

func noWrongCharacter(t *testing.T) {
	ring := keyringtest.New(t)
	for range 5 {
		key, _ := newKey(t, ring)
		for i := range key {
			for c := range 256 {
				if wrong := key[:i] + string([]byte{byte(c)}) + key[i+1:]; wrong != key {
					malformed(t, &counting{Tagger: ring}, wrong)
				}
			}
		}
	}
}

func noSwap(t *testing.T) {
	ring := keyringtest.New(t)
	for range 50 {
		key, _ := newKey(t, ring)
		for i := range key {
			for j := range i {
				swapped := []byte(key)
				swapped[i], swapped[j] = swapped[j], swapped[i]
				if string(swapped) != key {
					malformed(t, &counting{Tagger: ring}, string(swapped))
				}
			}
		}
	}
}

func noFormNoHash(t *testing.T) {
	ring := &counting{Tagger: keyringtest.New(t)}
	key, _ := newKey(t, keyringtest.New(t))
	for _, text := range []string{"", Prefix, key[1:], key[:len(key)-1], key + "0", " " + key, key + " ", strings.ToUpper(key), strings.Replace(key, "_", "-", 1),
		Prefix + strings.Repeat("z", digits), Prefix + strings.Repeat("\x00", digits), strings.Repeat("x", 1<<20)} {
		malformed(t, ring, text)
		if Looks(text) && !strings.HasSuffix(text, "zzz") {
			t.Errorf("%.60q looks like a key", text)
		}
	}
}

// TestGenerations: that a generation is not known is told from a forgery.
func TestGenerations(t *testing.T) {
	one, two := keyringtest.New(t), keyringtest.New(t)
	if err := two.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	later, _, _, err := New(two, two.Generation())
	if err != nil {
		t.Fatal(err)
	}
	if hash, generation, err := Hash(one, later); !errors.Is(err, ErrGeneration) || !errors.Is(err, ErrForged) || generation != 2 || hash != [32]byte{} {
		t.Errorf("of a later generation: %x, %d, %v", hash, generation, err)
	}
	other, _ := newKey(t, two)
	if _, _, err := Hash(one, other); !errors.Is(err, ErrForged) || errors.Is(err, ErrGeneration) {
		t.Errorf("of a generation that is known: %v", err)
	}
}

func forged(t *testing.T, tagger Tagger, key string) {
	t.Helper()
	if hash, _, err := Hash(tagger, key); !errors.Is(err, ErrForged) || hash != [32]byte{} {
		t.Errorf("%s: %x, %v; want ErrForged", key, hash, err)
	}
}

func checkIsNotEnough(t *testing.T) {
	ring := keyringtest.New(t)
	rapid.Check(t, func(r *rapid.T) {
		number := [keyBytes]byte(rapid.SliceOfN(rapid.Byte(), keyBytes, keyBytes).Draw(r, "number"))
		number[0] = 1
		forged(t, ring, written(number))
	})
}

// written is a number with its check, as everybody can make it.
func written(number [keyBytes]byte) string {
	c := check(number[:keyBytes-checkBytes])
	number[keyBytes-4], number[keyBytes-3], number[keyBytes-2], number[keyBytes-1] = byte(c>>24), byte(c>>16), byte(c>>8), byte(c)
	return Prefix + encode(&number)
}

func changedNumbers(t *testing.T) {
	ring := keyringtest.New(t)
	key, _ := newKey(t, ring)
	var number [keyBytes]byte
	if !decode(&number, key[len(Prefix):]) || written(number) != key {
		t.Fatal("it is not read as it was written")
	}
	for bit := range 8 * (keyBytes - checkBytes) {
		changed := number
		changed[bit/8] ^= 1 << (bit % 8)
		forged(t, ring, written(changed))
	}
}

func anothersKey(t *testing.T) {
	key, _ := newKey(t, keyringtest.New(t))
	forged(t, keyringtest.New(t), key)
}

func unknownGeneration(t *testing.T) {
	ring := keyringtest.New(t)
	if _, _, _, err := New(ring, 2); err == nil {
		t.Error("a key of no generation was made")
	}
	if err := ring.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	key, _, _, err := New(ring, 2)
	if err != nil {
		t.Fatal(err)
	}
	forged(t, keyringtest.New(t), key)
}

func oldGeneration(t *testing.T) {
	ring := keyringtest.New(t)
	key, want := newKey(t, ring)
	if err := ring.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, generation, err := Hash(ring, key); err != nil || got != want || generation != 1 {
		t.Errorf("%x by %d, %v", got, generation, err)
	}
	key, want, _, err := New(ring, ring.Generation())
	if err != nil {
		t.Fatal(err)
	}
	if got, generation, err := Hash(ring, key); err != nil || got != want || generation != 2 {
		t.Errorf("%x by %d, %v", got, generation, err)
	}
}

func noTwoAlike(t *testing.T) {
	ring, seen := keyringtest.New(t), make(map[string]bool)
	for range 1000 {
		key, hash := newKey(t, ring)
		if seen[key] || seen[string(hash[:])] {
			t.Fatal("a key came twice")
		}
		seen[key], seen[string(hash[:])] = true, true
	}
}

func checkByHand(t *testing.T) {
	ring := keyringtest.New(t)
	for range 100 {
		key, _ := newKey(t, ring)
		n := new(big.Int)
		for _, c := range key[len(Prefix):] {
			n.Mul(n, big.NewInt(62)).Add(n, big.NewInt(int64(strings.IndexRune(alphabet, c))))
		}
		if rest := new(big.Int).Mod(n, big.NewInt(4294967291)); rest.Sign() != 0 {
			t.Errorf("%s leaves %s", key, rest)
		}
	}
}

func TestHashDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector drops what a sync.Pool holds")
	}
	ring := keyringtest.New(t)
	key, _ := newKey(t, ring)
	wrong := key[:len(key)-1] + "0"
	if n := testing.AllocsPerRun(1000, func() { Hash(ring, key); Hash(ring, wrong) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzHash(f *testing.F) {
	ring := keyringtest.New(f)
	key, _ := newKey(f, ring)
	f.Add(key)
	f.Add(Prefix)
	f.Add(Prefix + strings.Repeat("z", digits))
	f.Fuzz(func(t *testing.T, text string) {
		_, _, err := Hash(ring, text)
		if (err == nil) != (text == key) {
			t.Errorf("%q: %v", text, err)
		}
		if !Looks(text) && !errors.Is(err, ErrMalformed) {
			t.Errorf("%q does not look like a key: %v", text, err)
		}
		if Looks(text) {
			var number [keyBytes]byte
			if decode(&number, text[len(Prefix):]) && Prefix+encode(&number) != text {
				t.Errorf("%q is read as another number", text)
			}
		}
	})
}

func BenchmarkHash(b *testing.B) {
	ring := keyringtest.New(b)
	key, _ := newKey(b, ring)
	for name, text := range map[string]string{"key": key, "typo": key[:len(key)-2] + key[len(key)-1:] + "0"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Hash(ring, text)
			}
		})
	}
}
