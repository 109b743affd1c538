package tables

import (
	"context"

	"sallyport/store"
)

// PutPassword adds it, or takes the place of the consumer's own of that name.
func (s *Store) PutPassword(ctx context.Context, p *store.Password, e store.Entry) error {
	if err := p.Check(); err != nil {
		return err
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		n, err := tx.Exec(ctx, `INSERT INTO passwords (username, consumer, hash, changed) VALUES ($1, $2, $3, $4)
			ON CONFLICT (username) DO UPDATE SET hash = excluded.hash, changed = excluded.changed
			WHERE passwords.consumer = excluded.consumer`,
			p.Username, string(p.Consumer), p.Hash, millis(p.Changed))
		return changed(store.PasswordChanged, store.ID(p.Username)), must(n, err, store.ErrExists)
	})
}

// DeletePassword deletes the one of that username.
func (s *Store) DeletePassword(ctx context.Context, username string, e store.Entry) error {
	if !askable(username) {
		return store.ErrNotFound
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		n, err := tx.Exec(ctx, `DELETE FROM passwords WHERE username = $1`, username)
		return changed(store.PasswordChanged, store.ID(username)), must(n, err, store.ErrNotFound)
	})
}

// PasswordFor is a username's password and consumer, in one indexed read.
func (s *Store) PasswordFor(ctx context.Context, username string) (*store.Password, *store.Consumer, error) {
	if !askable(username) {
		return nil, nil, store.ErrNotFound
	}
	p := store.Password{Username: username}
	var at int64
	var c consumerRow
	err := one(ctx, s.engine, `SELECT p.hash, p.changed, `+consumerColumns+`
		FROM passwords p JOIN consumers c ON c.id = p.consumer WHERE p.username = $1`, []any{username},
		append([]any{&p.Hash, &at}, c.fields()...)...)
	if err != nil {
		return nil, nil, err
	}
	consumer, err := c.consumer()
	p.Consumer, p.Changed = consumer.ID, moment(at)
	return &p, consumer, err
}

// ListPasswords are in the order of their usernames' bytes.
func (s *Store) ListPasswords(ctx context.Context, consumer store.ID) ([]*store.Password, error) {
	if !consumer.Valid() {
		return nil, nil
	}
	var all []*store.Password
	err := s.engine.Query(ctx, `SELECT username, hash, changed FROM passwords WHERE consumer = $1 ORDER BY username`, func(row Row) error {
		p := &store.Password{Consumer: consumer}
		var at int64
		err := row.Scan(&p.Username, &p.Hash, &at)
		p.Changed = moment(at)
		all = append(all, p)
		return err
	}, string(consumer))
	return all, err
}
