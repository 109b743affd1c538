package keyring

import (
	"context"
	"errors"
	"fmt"
)

// Master is the key that wraps the keyring's own keys. It lies where the
// database does not: whoever has one of both has nothing.
type Master interface {
	// Name tells masters apart and gives nothing of them away.
	Name() string
	// Wrap seals plain; about must be given to Unwrap again.
	Wrap(ctx context.Context, plain, about []byte) ([]byte, error)
	// Unwrap is ErrMaster where another master, or nobody, wrapped it so.
	Unwrap(ctx context.Context, wrapped, about []byte) ([]byte, error)
}

// ErrMaster says that this master did not wrap these bytes for this use: it is
// another master, or they were changed.
var ErrMaster = errors.New("the master key does not fit")

// Either wraps with the first master and unwraps with whichever fits. It is for
// the time in which a keyring moves from one master to another.
func Either(first, second Master) Master { return either{first, second} }

type either struct{ first, second Master }

func (e either) Name() string { return e.first.Name() }

func (e either) Wrap(ctx context.Context, plain, about []byte) ([]byte, error) {
	return e.first.Wrap(ctx, plain, about)
}

func (e either) Unwrap(ctx context.Context, wrapped, about []byte) ([]byte, error) {
	plain, err := e.first.Unwrap(ctx, wrapped, about)
	if err == nil {
		return plain, nil
	}
	plain, other := e.second.Unwrap(ctx, wrapped, about)
	if other == nil {
		return plain, nil
	}
	return nil, fmt.Errorf("%s: %w; %s: %w", e.first.Name(), err, e.second.Name(), other)
}
