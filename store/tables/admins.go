package tables

import (
	"context"

	"sallyport/store"
)

const adminColumns = `id, name, hash, roles, created, expires`

func scanAdmin(row Row) (*store.AdminToken, error) {
	var t store.AdminToken
	var id, roles string
	var created, expires int64
	if err := row.Scan(&id, &t.Name, &t.Hash, &roles, &created, &expires); err != nil {
		return nil, err
	}
	t.ID, t.Created, t.Expires = store.ID(id), moment(created), moment(expires)
	var err error
	t.Roles, err = unlist(roles)
	return &t, err
}

// AddAdmin adds a token; its name and its hash must be free.
func (s *Store) AddAdmin(ctx context.Context, t *store.AdminToken, e store.Entry) error {
	if err := t.Check(); err != nil {
		return err
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		_, err := tx.Exec(ctx, `INSERT INTO admins (`+adminColumns+`) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(t.ID), t.Name, t.Hash, list(t.Roles), millis(t.Created), millis(t.Expires))
		return changed(store.AdminChanged, t.ID), err
	})
}

// DeleteAdmin deletes the one of that ID.
func (s *Store) DeleteAdmin(ctx context.Context, id store.ID, e store.Entry) error {
	if !id.Valid() {
		return store.ErrNotFound
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		n, err := tx.Exec(ctx, `DELETE FROM admins WHERE id = $1`, string(id))
		return changed(store.AdminChanged, id), must(n, err, store.ErrNotFound)
	})
}

// AdminByHash is the one of that hash.
func (s *Store) AdminByHash(ctx context.Context, hash []byte) (*store.AdminToken, error) {
	all, err := s.admins(ctx, `SELECT `+adminColumns+` FROM admins WHERE hash = $1`, hash)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, store.ErrNotFound
	}
	return all[0], nil
}

// ListAdmins are in the order of their IDs.
func (s *Store) ListAdmins(ctx context.Context) ([]*store.AdminToken, error) {
	return s.admins(ctx, `SELECT `+adminColumns+` FROM admins ORDER BY id`)
}

func (s *Store) admins(ctx context.Context, statement string, args ...any) ([]*store.AdminToken, error) {
	var all []*store.AdminToken
	err := s.engine.Query(ctx, statement, func(row Row) error {
		t, err := scanAdmin(row)
		all = append(all, t)
		return err
	}, args...)
	return all, err
}
