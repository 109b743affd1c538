// Package keyring keeps keys for what lies in a database: it seals what must be
// read back (AEAD, bound to the table, column and row that it stands in) and
// makes keyed hashes of what only must be recognised. Its own keys are wrapped
// by a master key that never lies beside them: in a file, in the environment,
// or in a Vault that lends it.
//
// It never writes a key in the clear, never opens what was moved to another
// row, and goes on opening what older keys sealed until it is sealed anew.
package keyring

import (
	"context"
	"errors"
)

// Wrapped is a set of keys as the master key wrapped it.
type Wrapped struct {
	// Purpose is what the keys are for: seal or hash.
	Purpose string
	Keys    []byte
	// Master names the master key that wrapped them.
	Master string
	// Version counts the changes from 1.
	Version int64
}

// ErrLost says that somebody else saved that version first.
var ErrLost = errors.New("another node changed the keyring")

// Shelf is where wrapped keys lie.
type Shelf interface {
	// Load is nil where nothing was saved yet.
	Load(ctx context.Context, purpose string) (*Wrapped, error)
	// Save is ErrLost unless Version is one more than the stored one.
	Save(ctx context.Context, w *Wrapped) error
}
