// Package password keeps passwords as argon2id hashes (RFC 9106) in PHC string
// form, and checks them without letting whoever sends passwords decide how much
// memory and time the process spends: what a hash may cost is bounded before any
// of it is paid, a Checker computes few at one time, and what it found right is
// right again for a while without a computation.
//
// It refuses argon2i and argon2d, version 1.0 of argon2, parameters in another
// order or spelling, and texts that RFC 8265 does not take for a username or a
// password. It knows no users, and keeps no password.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Cost is what one computation of argon2id takes (RFC 9106 §3.1).
type Cost struct {
	// Memory in KiB: m.
	Memory uint32
	// Passes over it: t.
	Passes uint32
	// Lanes that can be computed at one time: p.
	Lanes uint8
}

// DefaultCost is OWASP's recommendation: 19 MiB, two passes, one lane. One lane
// keeps a computation on one core, so that a number of them is a number of
// cores; docs/decisions says what else was weighed.
func DefaultCost() Cost { return Cost{Memory: 19 << 10, Passes: 2, Lanes: 1} }

// The bounds of what is taken for a hash. A text beyond them would cost more
// than any sign-in is worth, or protect nobody.
const (
	maxMemory  = 1 << 20 // KiB
	maxPasses  = 64
	maxLanes   = 64
	maxWork    = 4 << 20 // KiB written in all passes
	minSalt    = 8       // RFC 9106 §3.1
	maxSalt    = 64
	minSum     = 16
	maxSum     = 64
	maxPHC     = 256
	saltBytes  = 16 // RFC 9106 §4
	sumBytes   = 32
	minPerLane = 8 // KiB, RFC 9106 §3.1
)

// check tells what is wrong with a cost.
func (c Cost) check() error {
	switch {
	case c.Lanes < 1 || c.Lanes > maxLanes:
		return fmt.Errorf("p is not a number from 1 to %d", maxLanes)
	case c.Passes < 1 || c.Passes > maxPasses:
		return fmt.Errorf("t is not a number from 1 to %d", maxPasses)
	case c.Memory < minPerLane*uint32(c.Lanes) || c.Memory > maxMemory:
		return fmt.Errorf("m is not a number of KiB from 8 for each lane to %d", maxMemory)
	case uint64(c.Memory)*uint64(c.Passes) > maxWork:
		return fmt.Errorf("m times t is more than %d", maxWork)
	}
	return nil
}

// Stored is a hash that was read: what it takes to check a password against it.
type Stored struct {
	cost      Cost
	salt, sum []byte
}

// Hash is the hash of a password under a new salt, as Parse reads it. It fails
// for a password that Prepare refuses, and for a cost beyond the bounds.
func Hash(password string, c Cost) (string, error) {
	if err := c.check(); err != nil {
		return "", fmt.Errorf("hashing a password: %w", err)
	}
	password, err := Prepare(password)
	if err != nil {
		return "", err
	}
	s := &Stored{cost: c, salt: make([]byte, saltBytes), sum: make([]byte, sumBytes)} // compute asks for the sum's length
	rand.Read(s.salt)
	s.sum = s.compute(password)
	return s.String(), nil
}

// Verify tells whether a hash in PHC form is that of the password. It computes
// at once, whatever else is computed: see Checker for many.
func Verify(phc, password string) (bool, error) {
	s, err := Parse(phc)
	if err != nil {
		return false, err
	}
	return s.Matches(password), nil
}

// NeedsRehash tells whether a hash should be replaced when its password is next
// at hand: it cannot be read, or is weaker than the cost.
func NeedsRehash(phc string, c Cost) bool {
	s, err := Parse(phc)
	return err != nil || s.Weaker(c)
}

// Parse reads a hash in PHC form: $argon2id$v=19$m=…,t=…,p=…$SALT$SUM, with
// numbers and base64 in their one spelling. It allocates no more than the text.
func Parse(phc string) (*Stored, error) {
	if len(phc) > maxPHC {
		return nil, errors.New("it is longer than a hash can be")
	}
	rest, ok := strings.CutPrefix(phc, "$argon2id$v=19$")
	if !ok {
		return nil, errors.New("it does not begin with $argon2id$v=19$")
	}
	part := strings.Split(rest, "$")
	if len(part) != 3 {
		return nil, errors.New("it does not have a cost, a salt and a sum with $ between them")
	}
	var s Stored
	var err error
	if s.cost, err = parseCost(part[0]); err != nil {
		return nil, err
	}
	if s.salt, err = unbase64(part[1], minSalt, maxSalt); err != nil {
		return nil, fmt.Errorf("its salt %w", err)
	}
	if s.sum, err = unbase64(part[2], minSum, maxSum); err != nil {
		return nil, fmt.Errorf("its sum %w", err)
	}
	return &s, nil
}

func parseCost(text string) (Cost, error) {
	memory, rest, _ := strings.Cut(text, ",")
	passes, lanes, _ := strings.Cut(rest, ",")
	m, err1 := parameter(memory, "m=")
	t, err2 := parameter(passes, "t=")
	p, err3 := parameter(lanes, "p=")
	if err := errors.Join(err1, err2, err3); err != nil {
		return Cost{}, errors.New("its cost is not of the form m=19456,t=2,p=1")
	}
	if p > maxLanes {
		p = 0 // check says so; the conversion would not
	}
	c := Cost{uint32(m), uint32(t), uint8(p)}
	return c, c.check()
}

// parameter reads a number without sign and leading zeros.
func parameter(text, name string) (uint64, error) {
	digits, ok := strings.CutPrefix(text, name)
	if !ok || strings.HasPrefix(digits, "0") || strings.HasPrefix(digits, "+") {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseUint(digits, 10, 32)
}

// unbase64 reads base64 without padding. The library skips line breaks, which
// would give one hash several spellings.
func unbase64(text string, least, most int) ([]byte, error) {
	b, err := base64.RawStdEncoding.Strict().DecodeString(text)
	switch {
	case err != nil || strings.ContainsAny(text, "\r\n"):
		return nil, errors.New("is not base64 without padding")
	case len(b) < least || len(b) > most:
		return nil, fmt.Errorf("does not have %d to %d bytes", least, most)
	}
	return b, nil
}

// String is the hash in PHC form.
func (s *Stored) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, s.cost.Memory, s.cost.Passes, s.cost.Lanes,
		b64.EncodeToString(s.salt), b64.EncodeToString(s.sum))
}

// Cost is what checking a password against it takes.
func (s *Stored) Cost() Cost { return s.cost }

// Weaker tells whether a hash of that cost would be harder to guess at, or has a
// longer salt or sum.
func (s *Stored) Weaker(than Cost) bool {
	work := func(c Cost) uint64 { return uint64(c.Memory) * uint64(c.Passes) }
	return work(s.cost) < work(than) || s.cost.Memory < than.Memory/2 || len(s.salt) < saltBytes || len(s.sum) < sumBytes
}

// Matches tells whether it is the hash of the password. The time it takes says
// nothing but the cost.
func (s *Stored) Matches(password string) bool {
	prepared, err := Prepare(password)
	if err != nil {
		prepared = "" // of which there is no hash
	}
	return subtle.ConstantTimeCompare(s.compute(prepared), s.sum) == 1 && err == nil
}

func (s *Stored) compute(password string) []byte {
	return argon2.IDKey([]byte(password), s.salt, s.cost.Passes, s.cost.Memory, s.cost.Lanes, uint32(len(s.sum)))
}

// Decoy is a hash of that cost, in PHC form, that no password has. To check
// against it where there is no such user takes the time of any other check:
// else the time of an answer would tell which users there are.
func Decoy(c Cost) string {
	s := &Stored{cost: c, salt: make([]byte, saltBytes), sum: make([]byte, sumBytes)}
	rand.Read(s.salt)
	rand.Read(s.sum)
	return s.String()
}
