package build

import (
	"context"
	"errors"
	"fmt"

	"sallyport/config"
	"sallyport/keyring"
	"sallyport/source"
	"sallyport/store"
	"sallyport/store/postgres"
	"sallyport/store/sqlite"
)

// Kept is the store of a configuration, and the keyring whose wrapped keys lie
// in it.
type Kept struct {
	Store store.Store
	Ring  *keyring.Ring
}

// OpenKept opens both, and makes them where they are not there yet; the actor
// is who the audit says made them. What is wrong is a mistake with its place. It
// must be closed.
func OpenKept(ctx context.Context, c *config.Config, actor string) (*Kept, error) {
	master, err := Master(&c.Keyring)
	if err != nil {
		return nil, err
	}
	return OpenKeptBy(ctx, c, master, actor)
}

// OpenKeptBy is OpenKept with another master key than the configuration's.
func OpenKeptBy(ctx context.Context, c *config.Config, master keyring.Master, actor string) (*Kept, error) {
	kept, err := OpenStore(ctx, &c.Store)
	if err != nil {
		return nil, err
	}
	return withRing(ctx, c, kept, master, actor)
}

func withRing(ctx context.Context, c *config.Config, kept store.Store, master keyring.Master, actor string) (*Kept, error) {
	ring, err := keyring.Open(ctx, master, store.Shelf{Keyring: kept, Actor: actor})
	if err != nil {
		kept.Close()
		return nil, source.Mistakes{{
			Position: c.Keyring.At, Message: fmt.Sprintf("opening the keyring: %s", err),
			Remedy: "name the master key that the store was made with; without it nothing in the store is of use",
		}}
	}
	return &Kept{kept, ring}, nil
}

// FindKept is OpenKept that makes no store: where there is none yet it is
// store.ErrNotFound.
func FindKept(ctx context.Context, c *config.Config, actor string) (*Kept, error) {
	master, err := Master(&c.Keyring)
	if err != nil {
		return nil, err
	}
	kept, err := FindStore(ctx, &c.Store)
	if err != nil {
		return nil, err
	}
	return withRing(ctx, c, kept, master, actor)
}

// Secret is what lies sealed in the store under that name; store.ErrNotFound
// where nothing does.
func (k *Kept) Secret(ctx context.Context, name string) (string, error) {
	s, err := k.Store.Secret(ctx, name)
	if err != nil {
		return "", err
	}
	plain, err := k.Ring.Open(s.Sealed, store.SecretsTable, store.SecretsColumn, name)
	if errors.Is(err, keyring.ErrKeyUnknown) {
		// Another node has newer keys, and this one has not yet heard of it.
		if err := k.Ring.Reload(ctx); err != nil {
			return "", err
		}
		plain, err = k.Ring.Open(s.Sealed, store.SecretsTable, store.SecretsColumn, name)
	}
	return string(plain), err
}

// Close gives the store up.
func (k *Kept) Close() error { return k.Store.Close() }

// OpenStore opens the store that the configuration names.
func OpenStore(ctx context.Context, c *config.Store) (store.Store, error) {
	kept, err := openStore(ctx, c)
	if err != nil {
		return nil, source.Mistakes{{Position: c.PositionOf("url"), Message: fmt.Sprintf("%s: %s", c.URL, err)}}
	}
	return kept, nil
}

func openStore(ctx context.Context, c *config.Store) (store.Store, error) {
	if c.URL.SQLite == "" {
		return postgres.Open(ctx, c.URL.Postgres.Reveal())
	}
	return sqlite.Open(ctx, c.URL.SQLite)
}

// FindStore opens the store that the configuration names as it is, to read: one
// that is not there yet is store.ErrNotFound, and is not made.
func FindStore(ctx context.Context, c *config.Store) (store.Store, error) {
	kept, err := findStore(ctx, c)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, err
	case err != nil:
		return nil, source.Mistakes{{Position: c.PositionOf("url"), Message: fmt.Sprintf("%s: %s", c.URL, err)}}
	}
	return kept, nil
}

func findStore(ctx context.Context, c *config.Store) (store.Store, error) {
	if c.URL.SQLite == "" {
		return postgres.Find(ctx, c.URL.Postgres.Reveal())
	}
	return sqlite.Find(ctx, c.URL.SQLite)
}
