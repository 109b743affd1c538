// Package keyringtest makes keyrings for tests: in memory, with a master key
// that nobody keeps. It is imported by tests alone and never protects anything.
package keyringtest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"sync"
	"testing"

	"sallyport/keyring"
)

// New is a keyring with keys of its own.
func New(t testing.TB) *keyring.Ring {
	t.Helper()
	return Open(t, Master(t), new(Shelf))
}

// Open is a keyring by that master over that shelf.
func Open(t testing.TB, m keyring.Master, s keyring.Shelf) *keyring.Ring {
	t.Helper()
	r, err := keyring.Open(t.Context(), m, s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Master is a random master key.
func Master(t testing.TB) keyring.Master {
	t.Helper()
	key := make([]byte, 32)
	rand.Read(key)
	m, err := keyring.EnvMaster(base64.StdEncoding.EncodeToString(key))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Shelf lies in memory; the zero value is empty. Several rings share one as
// nodes share a database.
type Shelf struct {
	mu   sync.Mutex
	kept map[string]keyring.Wrapped
}

// Load is what was saved last for that purpose, or nil.
func (s *Shelf) Load(_ context.Context, purpose string) (*keyring.Wrapped, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w, ok := s.kept[purpose]; ok {
		return &w, nil
	}
	return nil, nil
}

// Save is keyring.ErrLost unless it is the next version.
func (s *Shelf) Save(_ context.Context, w *keyring.Wrapped) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.Version != s.kept[w.Purpose].Version+1 {
		return keyring.ErrLost
	}
	if s.kept == nil {
		s.kept = make(map[string]keyring.Wrapped)
	}
	s.kept[w.Purpose] = *w
	return nil
}
