package tables

import (
	"context"

	"sallyport/store"
)

// Columns of a consumer c, in the order of consumerRow.
const consumerColumns = `c.id, c.name, c.tenant, c.roles, c.scopes, c.disabled, c.note, c.created, c.changed, c.revision`

// consumerRow is a consumer on its way out of a row.
type consumerRow struct {
	id, roles, scopes string
	created, changed  int64
	store.Consumer
}

func (r *consumerRow) fields() []any {
	return []any{&r.id, &r.Name, &r.Tenant, &r.roles, &r.scopes, &r.Disabled, &r.Note, &r.created, &r.changed, &r.Revision}
}

func (r *consumerRow) consumer() (*store.Consumer, error) {
	r.ID = store.ID(r.id)
	r.Created, r.Changed = moment(r.created), moment(r.changed)
	var err error
	if r.Roles, err = unlist(r.roles); err != nil {
		return nil, err
	}
	r.Scopes, err = unlist(r.scopes)
	return &r.Consumer, err
}

// AddConsumer adds one, with revision 1.
func (s *Store) AddConsumer(ctx context.Context, c *store.Consumer, e store.Entry) error {
	if err := c.Check(); err != nil {
		return err
	}
	err := s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		_, err := tx.Exec(ctx, `INSERT INTO consumers (id, name, tenant, roles, scopes, disabled, note, created, changed, revision)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1)`,
			string(c.ID), c.Name, c.Tenant, list(c.Roles), list(c.Scopes), c.Disabled, c.Note, millis(c.Created), millis(c.Changed))
		return changed(store.ConsumerChanged, c.ID), err
	})
	if err == nil {
		c.Revision = 1
	}
	return err
}

// UpdateConsumer changes the one that has the ID and the revision.
func (s *Store) UpdateConsumer(ctx context.Context, c *store.Consumer, e store.Entry) error {
	if err := c.Check(); err != nil {
		return err
	}
	err := s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		n, err := tx.Exec(ctx, `UPDATE consumers SET name = $3, tenant = $4, roles = $5, scopes = $6, disabled = $7,
			note = $8, changed = $9, revision = revision + 1 WHERE id = $1 AND revision = $2`,
			string(c.ID), c.Revision, c.Name, c.Tenant, list(c.Roles), list(c.Scopes), c.Disabled, c.Note, millis(c.Changed))
		if err == nil && n == 0 {
			err = changedOrGone(ctx, tx, `SELECT revision FROM consumers WHERE id = $1`, c.ID)
		}
		return changed(store.ConsumerChanged, c.ID), err
	})
	if err == nil {
		c.Revision++
	}
	return err
}

// DeleteConsumer deletes it with its keys and passwords, and notes which of the
// keys had an end.
func (s *Store) DeleteConsumer(ctx context.Context, id store.ID, revision int64, e store.Entry) error {
	if !id.Valid() {
		return store.ErrNotFound
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		if err := noteEnds(ctx, tx, id); err != nil {
			return nil, err
		}
		n, err := tx.Exec(ctx, `DELETE FROM consumers WHERE id = $1 AND (revision = $2 OR $2 = 0)`, string(id), revision)
		if err == nil && n == 0 {
			err = changedOrGone(ctx, tx, `SELECT revision FROM consumers WHERE id = $1`, id)
		}
		return changed(store.ConsumerChanged, id), err
	})
}

// Consumer is the one of that ID.
func (s *Store) Consumer(ctx context.Context, id store.ID) (*store.Consumer, error) {
	if !id.Valid() {
		return nil, store.ErrNotFound
	}
	return s.consumer(ctx, `SELECT `+consumerColumns+` FROM consumers c WHERE c.id = $1`, string(id))
}

// ConsumerByName is the one of that name.
func (s *Store) ConsumerByName(ctx context.Context, name string) (*store.Consumer, error) {
	if !askable(name) {
		return nil, store.ErrNotFound
	}
	return s.consumer(ctx, `SELECT `+consumerColumns+` FROM consumers c WHERE c.name = $1`, name)
}

func (s *Store) consumer(ctx context.Context, statement string, key any) (*store.Consumer, error) {
	var r consumerRow
	if err := one(ctx, s.engine, statement, []any{key}, r.fields()...); err != nil {
		return nil, err
	}
	return r.consumer()
}

// ListConsumers are in the order of their names' bytes.
func (s *Store) ListConsumers(ctx context.Context, after string, limit int) ([]*store.Consumer, error) {
	if limit < 1 {
		return nil, errLimit
	}
	if !askable(after) {
		return nil, errAfter
	}
	var all []*store.Consumer
	err := s.engine.Query(ctx, `SELECT `+consumerColumns+` FROM consumers c WHERE c.name > $1 ORDER BY c.name LIMIT $2`, func(row Row) error {
		var r consumerRow
		if err := row.Scan(r.fields()...); err != nil {
			return err
		}
		c, err := r.consumer()
		all = append(all, c)
		return err
	}, after, limit)
	return all, err
}
