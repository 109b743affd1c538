package password

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

// cheap is the least that argon2id takes.
var cheap = Cost{Memory: 8, Passes: 1, Lanes: 1}

func hashOf(t testing.TB, password string) string {
	t.Helper()
	phc, err := Hash(password, cheap)
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

func TestHashAndVerify(t *testing.T) {
	phc := hashOf(t, "correct horse")
	for password, want := range map[string]bool{"correct horse": true, "correct horse ": false, "Correct horse": false, "": false, "correct\x00horse": false} {
		if right, err := Verify(phc, password); err != nil || right != want {
			t.Errorf("%q: %v, %v", password, right, err)
		}
	}
	if again := hashOf(t, "correct horse"); again == phc {
		t.Error("two hashes of one password are the same: the salt is not new")
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("the hash is %s", phc)
	}
	if _, err := Verify("$argon2id$", "x"); err == nil {
		t.Error("a broken hash is none")
	}
}

// Made with the reference implementation's command (argon2 of the Password
// Hashing Competition), whose answer for this input many libraries test against.
func TestHashOfAnotherImplementation(t *testing.T) {
	salt := base64.RawStdEncoding.EncodeToString([]byte("somesalt"))
	sum, _ := hex.DecodeString("09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7")
	phc := "$argon2id$v=19$m=65536,t=2,p=1$" + salt + "$" + base64.RawStdEncoding.EncodeToString(sum)
	if right, err := Verify(phc, "password"); err != nil || !right {
		t.Errorf("%v, %v", right, err)
	}
}

func TestTheDefaultIsNoWeakerThanItself(t *testing.T) {
	if err := DefaultCost().check(); err != nil {
		t.Error(err)
	}
	phc := Decoy(DefaultCost())
	if NeedsRehash(phc, DefaultCost()) {
		t.Error("a hash of today's cost is to be made anew")
	}
	for _, weak := range []string{hashOf(t, "x"), "nothing", "$argon2id$v=19$m=256,t=64,p=1$" + strings.Repeat("A", 22) + "$" + strings.Repeat("A", 43)} {
		if !NeedsRehash(weak, DefaultCost()) {
			t.Errorf("%s is as good as today's", weak)
		}
	}
	if right, err := Verify(Decoy(cheap), ""); right || err != nil {
		t.Errorf("a decoy has a password: %v, %v", right, err)
	}
}

func TestParse(t *testing.T) {
	const salt, sum = "c29tZXNhbHRzb21lc2FsdA", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHApl8ArZWb2GRPPc"
	good := "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + sum
	s, err := Parse(good)
	if err != nil || s.String() != good || s.Cost() != (Cost{19456, 2, 1}) {
		t.Fatalf("%v, %v", s, err)
	}
	for name, phc := range map[string]string{
		"nothing":                 "",
		"argon2i":                 strings.Replace(good, "argon2id", "argon2i", 1),
		"argon2d":                 strings.Replace(good, "argon2id", "argon2d", 1),
		"bcrypt":                  "$2y$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"version 1.0":             strings.Replace(good, "v=19", "v=16", 1),
		"no version":              strings.Replace(good, "$v=19", "", 1),
		"another order":           strings.Replace(good, "m=19456,t=2,p=1", "t=2,m=19456,p=1", 1),
		"a parameter more":        strings.Replace(good, "p=1", "p=1,keyid=AA", 1),
		"a parameter less":        strings.Replace(good, ",p=1", "", 1),
		"a parameter twice":       strings.Replace(good, "t=2", "t=2,t=2", 1),
		"a leading zero":          strings.Replace(good, "t=2", "t=02", 1),
		"a sign":                  strings.Replace(good, "t=2", "t=+2", 1),
		"no number":               strings.Replace(good, "t=2", "t=", 1),
		"no passes":               strings.Replace(good, "t=2", "t=0", 1),
		"no lanes":                strings.Replace(good, "p=1", "p=0", 1),
		"lanes that wrap":         strings.Replace(good, "p=1", "p=257", 1),
		"memory that wraps":       strings.Replace(good, "m=19456", "m=4294967304", 1),
		"memory below the lanes'": strings.Replace(good, "m=19456,t=2,p=1", "m=15,t=2,p=2", 1),
		"a terabyte":              strings.Replace(good, "m=19456", "m=1073741824", 1),
		"passes for a day":        strings.Replace(good, "t=2", "t=4000000", 1),
		"too much work":           strings.Replace(good, "m=19456,t=2", "m=1048576,t=5", 1),
		"a short salt":            strings.Replace(good, salt, "c29tZQ", 1),
		"a long salt":             strings.Replace(good, salt, strings.Repeat("AAAA", 22), 1),
		"a short sum":             strings.Replace(good, sum, "CTFhFdXPJO1a", 1),
		"a long sum":              strings.Replace(good, sum, strings.Repeat("AAAA", 22), 1),
		"padding":                 strings.Replace(good, salt, salt+"==", 1),
		"unused bits":             strings.Replace(good, salt, "c29tZXNhbHRzb21lc2FsdB", 1),
		"the other alphabet":      strings.Replace(good, sum, strings.Repeat("-", 43), 1),
		"a line break":            good + "\n",
		"a line break within":     strings.Replace(good, "c29t", "c2\n9t", 1),
		"a space":                 " " + good,
		"more behind":             good + "$AA",
		"very long":               good + strings.Repeat("A", 1<<20),
	} {
		if s, err := Parse(phc); err == nil {
			t.Errorf("%s: taken for %v", name, s)
		}
	}
}

// Whoever can put a text in the place of a hash must not decide what it costs
// to read it.
func TestParseAllocatesLittle(t *testing.T) {
	text := "$argon2id$v=19$m=1048576,t=4,p=1$c29tZXNhbHQ$" + strings.Repeat("A", 43)
	if n := testing.AllocsPerRun(100, func() {
		if _, err := Parse(text); err != nil {
			t.Fatal(err)
		}
	}); n > 6 {
		t.Errorf("%v allocations", n)
	}
}

func TestHashRefusesACostBeyondTheBounds(t *testing.T) {
	for _, c := range []Cost{{}, {Memory: 1 << 31, Passes: 1, Lanes: 1}, {Memory: 8, Passes: 1, Lanes: 2}} {
		if _, err := Hash("x", c); err == nil {
			t.Errorf("%v was computed", c)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHApl8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=8,t=1,p=1,data=AA$AAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, phc string) {
		s, err := Parse(phc)
		if err != nil {
			return
		}
		if s.String() != phc {
			t.Errorf("%q is spelt %q too", phc, s)
		}
		if err := s.cost.check(); err != nil || len(s.salt) > maxSalt || len(s.sum) > maxSum {
			t.Errorf("%q is beyond the bounds: %v", phc, err)
		}
	})
}
