package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sallyport/keyring"
)

// Shelf is where the keyring finds its wrapped keys in a store.
type Shelf struct {
	Keyring Keyring
	// Actor is who the audit says did it.
	Actor string
	// Now is the clock; nil is the real one.
	Now func() time.Time
}

// Load is nil where nothing was saved yet.
func (s Shelf) Load(ctx context.Context, purpose string) (*keyring.Wrapped, error) {
	w, err := s.Keyring.WrappedKeys(ctx, purpose)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	return w, err
}

// Save is keyring.ErrLost unless Version is one more than the stored one.
func (s Shelf) Save(ctx context.Context, w *keyring.Wrapped) error {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	detail, err := json.Marshal(struct {
		Version int64  `json:"version"`
		Master  string `json:"master"`
	}{w.Version, w.Master})
	if err != nil {
		return err
	}
	err = s.Keyring.PutWrappedKeys(ctx, w, Entry{
		At: now(), Actor: s.Actor, Action: "keyring.save", Object: w.Purpose, Outcome: "done", Detail: string(detail),
	})
	if errors.Is(err, ErrChanged) {
		return keyring.ErrLost
	}
	return err
}
