package tables

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"sallyport/store"
)

// Migrate brings the tables forward to the newest version that the program
// knows: the files NNNN_what.sql of a folder, in the order of their names, each
// a list of statements. All of them are done in one transaction, within which
// no other node migrates: the caller's lock is held by begin. It never goes
// back: what a later version wrote is store.ErrNewer, and not touched.
func Migrate(ctx context.Context, e Engine, files fs.FS, begin func(Tx) (version int, err error)) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	err = e.Write(ctx, func(tx Tx) error {
		version, err := begin(tx)
		switch {
		case err != nil:
			return err
		case version > len(names):
			return fmt.Errorf("%w: its version is %d, this program knows %d", store.ErrNewer, version, len(names))
		case version == len(names):
			return errCurrent
		}
		for _, name := range names[version:] {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, string(text)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		_, err = tx.Exec(ctx, `UPDATE schema_version SET version = $1`, len(names))
		return err
	})
	if errors.Is(err, errCurrent) {
		return nil
	}
	return err
}

// Current is Migrate that changes nothing: where there are no tables it is
// store.ErrNotFound, and where an earlier version of the program made them
// store.ErrOlder.
func Current(ctx context.Context, e Engine, files fs.FS, begin func(Tx) (version int, err error)) error {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return err
	}
	err = e.Write(ctx, func(tx Tx) error { // which is never committed
		version, err := begin(tx)
		switch {
		case err != nil:
			return err
		case version == 0:
			return fmt.Errorf("there is no store yet: %w", store.ErrNotFound)
		case version < len(names):
			return fmt.Errorf("%w: its version is %d, this program's %d", store.ErrOlder, version, len(names))
		case version > len(names):
			return fmt.Errorf("%w: its version is %d, this program knows %d", store.ErrNewer, version, len(names))
		}
		return errCurrent
	})
	if errors.Is(err, errCurrent) {
		return nil
	}
	return err
}

// errCurrent ends a transaction that has nothing to do.
var errCurrent = errors.New("current already")
