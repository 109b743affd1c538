package console

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"sallyport/store"
)

// NoFile is why the first token was not made: it could not be left in a file.
type NoFile struct{ Err error }

func (e *NoFile) Error() string { return "leaving the first token in a file: " + e.Err.Error() }
func (e *NoFile) Unwrap() error { return e.Err }

// FirstToken makes a token for the first administrator where there is none yet,
// and leaves it in a file that nobody else can read. It tells whether it did.
// The token holds until it is deleted. The error is a *NoFile, and no token was
// made, where the file cannot be.
func (d *Desk) FirstToken(ctx context.Context, path string) (made bool, err error) {
	list, err := d.Store.ListAdmins(ctx)
	if err != nil || len(list) > 0 {
		return false, err
	}
	t, secret, err := d.makeToken(NewToken{Name: "first", Roles: []string{Admin}})
	if err != nil {
		return false, err
	}
	// It is written before it holds: a token that nobody knows would keep the
	// next start from making one.
	written, err := writeAlone(path, secret+"\n")
	if err != nil {
		return false, &NoFile{err}
	}
	by := By{Actor: "sallyport"}
	if err := d.keepToken(ctx, by, t); err != nil {
		err = errors.Join(err, os.Remove(written))
		if errors.Is(err, store.ErrExists) {
			return false, nil // another node was quicker
		}
		return false, err
	}
	if err := os.Rename(written, path); err != nil {
		return false, errors.Join(&NoFile{errors.Join(err, os.Remove(written))}, d.DeleteToken(context.WithoutCancel(ctx), by, t.ID))
	}
	return true, nil
}

// writeAlone writes a file beside the place that it is for. Only its owner can
// read it, from its first byte on.
func writeAlone(path, text string) (written string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	_, err = f.WriteString(text) // CreateTemp gives it the mode 0600
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}
