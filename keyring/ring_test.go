package keyring_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"sallyport/keyring"
	"sallyport/keyring/keyringtest"
)

func TestRing(t *testing.T) {
	for name, test := range map[string]func(*testing.T){
		"nodes that start together have the same keys":      nodesAgree,
		"what old keys made goes on counting":               oldKeysGoOn,
		"another node takes the new keys":                   othersReload,
		"what has not changed is not unwrapped":             unchangedIsLeft,
		"a rotation that another overtook is lost":          overtaken,
		"another master does not open it":                   otherMaster,
		"keys for one use do not pass for another":          usesDiffer,
		"another master takes over":                         rewrapped,
		"a move that was cut off is done again":             rewrapResumes,
		"what may be known names no key":                    statusIsQuiet,
		"a keyring that is gone is missed":                  shelfEmptied,
		"keys are used while they are changed":              manyGoroutines,
		"all generations that can be are told from no more": generationsEnd,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), test)
	}
}

// counting is a master that counts what it is asked for.
type counting struct {
	keyring.Master
	unwrapped int
}

func (c *counting) Unwrap(ctx context.Context, wrapped, about []byte) ([]byte, error) {
	c.unwrapped++
	return c.Master.Unwrap(ctx, wrapped, about)
}

// unchangedIsLeft: a node may look often, and its master be far away.
func unchangedIsLeft(t *testing.T) {
	m, s := &counting{Master: keyringtest.Master(t)}, new(keyringtest.Shelf)
	r, err := keyring.Open(t.Context(), m, s)
	if err != nil {
		t.Fatal(err)
	}
	other, err := keyring.Open(t.Context(), m.Master, s)
	if err != nil {
		t.Fatal(err)
	}
	before := m.unwrapped
	for range 10 {
		if err := r.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if m.unwrapped != before {
		t.Errorf("unwrapped %d times", m.unwrapped-before)
	}
	rotate(t, other)
	if err := r.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m.unwrapped == before || r.Generation() != other.Generation() {
		t.Errorf("unwrapped %d times, generation %d", m.unwrapped-before, r.Generation())
	}
}

func nodesAgree(t *testing.T) {
	m, s := keyringtest.Master(t), new(keyringtest.Shelf)
	rings := make([]*keyring.Ring, 8)
	var done sync.WaitGroup
	for i := range rings {
		done.Go(func() { rings[i], _ = keyring.Open(t.Context(), m, s) })
	}
	done.Wait()
	sealed := seal(t, rings[0], "v", "secrets", "value", "a")
	want, _ := rings[0].Hash("api key", 1, []byte("k"))
	for i, r := range rings {
		if r == nil {
			t.Fatalf("node %d has no ring", i)
		}
		open(t, r, sealed, "v", "secrets", "value", "a")
		if got, known := r.Hash("api key", 1, []byte("k")); !known || got != want {
			t.Errorf("node %d hashes by other keys", i)
		}
	}
}

func oldKeysGoOn(t *testing.T) {
	r := keyringtest.New(t)
	sealed := seal(t, r, "v", "secrets", "value", "a")
	old, _ := r.Hash("api key", 1, []byte("k"))
	rotate(t, r)
	open(t, r, sealed, "v", "secrets", "value", "a")
	if r.Fresh(sealed) {
		t.Error("what the old key sealed is called fresh")
	}
	if anew := seal(t, r, "v", "secrets", "value", "a"); !r.Fresh(anew) {
		t.Error("what the new key sealed is not called fresh")
	}
	if again, known := r.Hash("api key", 1, []byte("k")); !known || again != old {
		t.Error("the old generation hashes otherwise")
	}
	if r.Generation() != 2 {
		t.Errorf("generation %d, want 2", r.Generation())
	}
	if anew, known := r.Hash("api key", 2, []byte("k")); !known || anew == old {
		t.Error("the new generation hashes like the old one")
	}
	if _, known := r.Hash("api key", 3, []byte("k")); known {
		t.Error("a generation is known that nobody made")
	}
	if _, known := r.Hash("api key", 0, []byte("k")); known {
		t.Error("generation 0 is known")
	}
}

func othersReload(t *testing.T) {
	m, s := keyringtest.Master(t), new(keyringtest.Shelf)
	one, two := keyringtest.Open(t, m, s), keyringtest.Open(t, m, s)
	rotate(t, one)
	sealed := seal(t, one, "v", "secrets", "value", "a")
	if _, err := two.Open(sealed, "secrets", "value", "a"); !errors.Is(err, keyring.ErrKeyUnknown) {
		t.Errorf("%v, want ErrKeyUnknown", err)
	}
	if err := two.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	open(t, two, sealed, "v", "secrets", "value", "a")
	if two.Generation() != 2 {
		t.Errorf("generation %d, want 2", two.Generation())
	}
}

// overtaking lets another node rotate between reading and saving.
type overtaking struct {
	keyring.Shelf
	before func()
}

func (o *overtaking) Save(ctx context.Context, w *keyring.Wrapped) error {
	if before := o.before; before != nil {
		o.before = nil
		before()
	}
	return o.Shelf.Save(ctx, w)
}

func overtaken(t *testing.T) {
	m, shelf := keyringtest.Master(t), new(keyringtest.Shelf)
	slow := &overtaking{Shelf: shelf}
	one, two := keyringtest.Open(t, m, slow), keyringtest.Open(t, m, shelf)
	slow.before = func() { rotate(t, two) }
	if err := one.Rotate(t.Context()); !errors.Is(err, keyring.ErrLost) {
		t.Fatalf("%v, want ErrLost", err)
	}
	open(t, one, seal(t, two, "v", "s", "c", "r"), "v", "s", "c", "r")
	if one.Generation() != 2 {
		t.Errorf("generation %d, want the other node's 2", one.Generation())
	}
}

func otherMaster(t *testing.T) {
	s := new(keyringtest.Shelf)
	keyringtest.Open(t, keyringtest.Master(t), s)
	m := keyringtest.Master(t)
	_, err := keyring.Open(t.Context(), m, s)
	if !errors.Is(err, keyring.ErrMaster) || !strings.Contains(err.Error(), m.Name()) {
		t.Errorf("%v, want ErrMaster that names both", err)
	}
}

func usesDiffer(t *testing.T) {
	m, s := keyringtest.Master(t), new(keyringtest.Shelf)
	keyringtest.Open(t, m, s)
	seal, err := s.Load(t.Context(), keyring.PurposeSeal)
	if err != nil {
		t.Fatal(err)
	}
	seal.Purpose, seal.Version = keyring.PurposeHash, 2
	if err := s.Save(t.Context(), seal); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), m, s); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("%v, want ErrMaster", err)
	}
}

func rewrapped(t *testing.T) {
	old, anew, s := keyringtest.Master(t), keyringtest.Master(t), new(keyringtest.Shelf)
	r, other := keyringtest.Open(t, old, s), keyringtest.Open(t, old, s)
	sealed := seal(t, r, "v", "s", "c", "r")
	if err := r.Rewrap(t.Context(), anew); err != nil {
		t.Fatal(err)
	}
	open(t, r, sealed, "v", "s", "c", "r")
	rotate(t, r)
	open(t, keyringtest.Open(t, anew, s), sealed, "v", "s", "c", "r")
	if _, err := keyring.Open(t.Context(), old, s); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("the old master: %v, want ErrMaster", err)
	}
	if err := other.Reload(t.Context()); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("another node by the old master: %v, want ErrMaster", err)
	}
	open(t, other, sealed, "v", "s", "c", "r")
	if err := other.Use(t.Context(), keyringtest.Master(t)); !errors.Is(err, keyring.ErrMaster) {
		t.Errorf("another node by a third master: %v, want ErrMaster", err)
	}
	if err := other.Use(t.Context(), anew); err != nil || other.Generation() != 2 {
		t.Errorf("another node by the new master: %v, generation %d", err, other.Generation())
	}
	for _, status := range r.Status() {
		if status.Master != anew.Name() {
			t.Errorf("%s is wrapped by %s", status.Purpose, status.Master)
		}
	}
}

// failing saves one purpose only.
type failing struct {
	keyring.Shelf
	purpose string
}

func (f *failing) Save(ctx context.Context, w *keyring.Wrapped) error {
	if w.Purpose == f.purpose {
		return errors.New("the disk is full")
	}
	return f.Shelf.Save(ctx, w)
}

func rewrapResumes(t *testing.T) {
	old, anew, s := keyringtest.Master(t), keyringtest.Master(t), new(keyringtest.Shelf)
	shelf := &failing{Shelf: s}
	r := keyringtest.Open(t, old, shelf)
	sealed := seal(t, r, "v", "s", "c", "r")
	shelf.purpose = keyring.PurposeHash
	if err := r.Rewrap(t.Context(), anew); err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Fatalf("%v, want the disk's", err)
	}
	open(t, r, sealed, "v", "s", "c", "r")
	if _, err := keyring.Open(t.Context(), anew, s); !errors.Is(err, keyring.ErrMaster) {
		t.Fatalf("half a move opens by the new master alone: %v", err)
	}
	again := keyringtest.Open(t, keyring.Either(old, anew), s)
	if err := again.Rewrap(t.Context(), anew); err != nil {
		t.Fatal(err)
	}
	open(t, keyringtest.Open(t, anew, s), sealed, "v", "s", "c", "r")
}

func statusIsQuiet(t *testing.T) {
	r := keyringtest.New(t)
	rotate(t, r)
	for _, s := range r.Status() {
		if len(s.Keys) != 2 || s.Keys[0].Current || !s.Keys[1].Current || s.Version != 2 || s.Keys[1].Created.Before(s.Keys[0].Created) {
			t.Errorf("%+v", s)
		}
	}
}

func shelfEmptied(t *testing.T) {
	s := &emptied{Shelf: new(keyringtest.Shelf)}
	r := keyringtest.Open(t, keyringtest.Master(t), s)
	sealed := seal(t, r, "v", "s", "c", "r")
	s.gone = true
	if err := r.Reload(t.Context()); err == nil || !strings.Contains(err.Error(), "gone") {
		t.Errorf("%v", err)
	}
	open(t, r, sealed, "v", "s", "c", "r")
}

type emptied struct {
	keyring.Shelf
	gone bool
}

func (e *emptied) Load(ctx context.Context, purpose string) (*keyring.Wrapped, error) {
	if e.gone {
		return nil, nil
	}
	return e.Shelf.Load(ctx, purpose)
}

func manyGoroutines(t *testing.T) {
	r := keyringtest.New(t)
	want, _ := r.Hash("api key", 1, []byte("k"))
	sealed := seal(t, r, "v", "s", "c", "r")
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for i := range 200 {
				if got, known := r.Hash("api key", 1, []byte("k")); !known || got != want {
					t.Error("a hash was wrong")
				}
				if _, known := r.Hash(fmt.Sprint("purpose", i), r.Generation(), []byte("k")); !known {
					t.Error("the newest generation is not known")
				}
				open(t, r, sealed, "v", "s", "c", "r")
			}
		})
	}
	for range 20 {
		rotate(t, r)
	}
	done.Wait()
}

func generationsEnd(t *testing.T) {
	m, s := keyringtest.Master(t), new(keyringtest.Shelf)
	r := keyringtest.Open(t, m, s)
	for range 254 {
		rotate(t, r)
	}
	if r.Generation() != 255 {
		t.Fatalf("generation %d", r.Generation())
	}
	if err := r.Rotate(t.Context()); err == nil || !strings.Contains(err.Error(), "used up") {
		t.Errorf("%v", err)
	}
	open(t, keyringtest.Open(t, m, s), seal(t, r, "v", "s", "c", "r"), "v", "s", "c", "r")
}

func rotate(t *testing.T, r *keyring.Ring) {
	t.Helper()
	if err := r.Rotate(t.Context()); err != nil {
		t.Error(err)
	}
}

func seal(t *testing.T, r *keyring.Ring, plain string, place ...string) []byte {
	t.Helper()
	sealed, err := r.Seal([]byte(plain), place[0], place[1], place[2])
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(sealed, []byte(plain)) && len(plain) > 3 {
		t.Fatal("what is sealed can be read")
	}
	return sealed
}

func open(t *testing.T, r *keyring.Ring, sealed []byte, want string, place ...string) {
	t.Helper()
	plain, err := r.Open(sealed, place[0], place[1], place[2])
	if err != nil || string(plain) != want {
		t.Errorf("opened %q, %v; want %q", plain, err, want)
	}
}
