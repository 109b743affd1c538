package tables

import (
	"context"
	"fmt"

	"sallyport/keyring"
	"sallyport/store"
)

// PutSecret adds it, or takes the place of the one of that name.
func (s *Store) PutSecret(ctx context.Context, secret *store.Secret, e store.Entry) error {
	if err := secret.Check(); err != nil {
		return err
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		_, err := tx.Exec(ctx, `INSERT INTO secrets (name, sealed, changed) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, changed = excluded.changed`,
			secret.Name, secret.Sealed, millis(secret.Changed))
		return changed(store.SecretChanged, store.ID(secret.Name)), err
	})
}

// ResealSecret changes how it is sealed and nothing else.
func (s *Store) ResealSecret(ctx context.Context, name string, old, sealed []byte) error {
	if err := (&store.Secret{Name: name, Sealed: sealed}).Check(); err != nil {
		return err
	}
	return s.engine.Write(ctx, func(tx Tx) error {
		n, err := tx.Exec(ctx, `UPDATE secrets SET sealed = $3 WHERE name = $1 AND sealed = $2`, name, old, sealed)
		if err != nil || n > 0 {
			return err
		}
		var there int64
		if err := one(ctx, tx, `SELECT 1 FROM secrets WHERE name = $1`, []any{name}, &there); err != nil {
			return err
		}
		return store.ErrChanged
	})
}

// DeleteSecret deletes the one of that name.
func (s *Store) DeleteSecret(ctx context.Context, name string, e store.Entry) error {
	if !askable(name) {
		return store.ErrNotFound
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		n, err := tx.Exec(ctx, `DELETE FROM secrets WHERE name = $1`, name)
		return changed(store.SecretChanged, store.ID(name)), must(n, err, store.ErrNotFound)
	})
}

// Secret is the one of that name.
func (s *Store) Secret(ctx context.Context, name string) (*store.Secret, error) {
	if !askable(name) {
		return nil, store.ErrNotFound
	}
	secret := &store.Secret{Name: name}
	var at int64
	if err := one(ctx, s.engine, `SELECT sealed, changed FROM secrets WHERE name = $1`, []any{name}, &secret.Sealed, &at); err != nil {
		return nil, err
	}
	secret.Changed = moment(at)
	return secret, nil
}

// ListSecrets are in the order of their names' bytes.
func (s *Store) ListSecrets(ctx context.Context) ([]*store.Secret, error) {
	var all []*store.Secret
	err := s.engine.Query(ctx, `SELECT name, sealed, changed FROM secrets ORDER BY name`, func(row Row) error {
		secret := new(store.Secret)
		var at int64
		err := row.Scan(&secret.Name, &secret.Sealed, &at)
		secret.Changed = moment(at)
		all = append(all, secret)
		return err
	})
	return all, err
}

// WrappedKeys is what was saved last.
func (s *Store) WrappedKeys(ctx context.Context, purpose string) (*keyring.Wrapped, error) {
	if !askable(purpose) {
		return nil, store.ErrNotFound
	}
	w := &keyring.Wrapped{Purpose: purpose}
	err := one(ctx, s.engine, `SELECT keys, master, version FROM wrapped WHERE purpose = $1`, []any{purpose}, &w.Keys, &w.Master, &w.Version)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// PutWrappedKeys saves the next version.
func (s *Store) PutWrappedKeys(ctx context.Context, w *keyring.Wrapped, e store.Entry) error {
	if w.Purpose == "" || !askable(w.Purpose) || !askable(w.Master) || len(w.Keys) == 0 || len(w.Keys) > 1<<20 || w.Version < 1 {
		return fmt.Errorf("%w: wrapped keys have a purpose, keys and a version", store.ErrInvalid)
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		statement := `UPDATE wrapped SET keys = $2, master = $3, version = $4 WHERE purpose = $1 AND version + 1 = $4`
		if w.Version == 1 {
			statement = `INSERT INTO wrapped (purpose, keys, master, version) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
		}
		n, err := tx.Exec(ctx, statement, w.Purpose, w.Keys, w.Master, w.Version)
		return changed(store.KeyringChanged, store.ID(w.Purpose)), must(n, err, store.ErrChanged)
	})
}
