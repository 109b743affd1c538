package console

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sallyport/store"
)

// FirstToken makes a token for the first administrator where there is none yet,
// and leaves it in a file that nobody else can read. It tells whether it did.
// The token holds until it is deleted.
func (d *Desk) FirstToken(ctx context.Context, path string) (made bool, err error) {
	list, err := d.Store.ListAdmins(ctx)
	if err != nil || len(list) > 0 {
		return false, err
	}
	t, err := d.AddToken(ctx, By{Actor: "sallyport"}, NewToken{Name: "first", Roles: []string{Admin}})
	if errors.Is(err, store.ErrExists) {
		return false, nil // another node was quicker
	}
	if err != nil {
		return false, err
	}
	if err := writeAlone(path, t.Secret+"\n"); err != nil {
		// A token that nobody knows would keep the next start from making one.
		return false, errors.Join(err, d.DeleteToken(ctx, By{Actor: "sallyport"}, t.ID))
	}
	return true, nil
}

// writeAlone writes a file that only its owner can read, from its first byte
// on, in the place of what was there.
func writeAlone(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("writing the first token: %w", err)
	}
	_, err = f.WriteString(text) // CreateTemp gives it the mode 0600
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the first token: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
