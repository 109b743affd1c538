package tables

import (
	"context"
	"time"

	"sallyport/store"
)

const revocationColumns = `id, issuer, token, subject, not_after, until, created`

func scanRevocation(row Row) (*store.Revocation, error) {
	var r store.Revocation
	var id string
	var before, until, created int64
	err := row.Scan(&id, &r.Issuer, &r.Token, &r.Subject, &before, &until, &created)
	r.ID, r.Before, r.Until, r.Created = store.ID(id), moment(before), moment(until), moment(created)
	return &r, err
}

// AddRevocation adds one.
func (s *Store) AddRevocation(ctx context.Context, r *store.Revocation, e store.Entry) error {
	if err := r.Check(); err != nil {
		return err
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		_, err := tx.Exec(ctx, `INSERT INTO revocations (`+revocationColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			string(r.ID), r.Issuer, r.Token, r.Subject, millis(r.Before), millis(r.Until), millis(r.Created))
		return changed(store.RevocationChanged, r.ID), err
	})
}

// DeleteRevocation lets the tokens in again.
func (s *Store) DeleteRevocation(ctx context.Context, id store.ID, e store.Entry) error {
	if !id.Valid() {
		return store.ErrNotFound
	}
	return s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		n, err := tx.Exec(ctx, `DELETE FROM revocations WHERE id = $1`, string(id))
		return changed(store.RevocationChanged, id), must(n, err, store.ErrNotFound)
	})
}

// Revocation is the one of that ID.
func (s *Store) Revocation(ctx context.Context, id store.ID) (*store.Revocation, error) {
	if !id.Valid() {
		return nil, store.ErrNotFound
	}
	var found *store.Revocation
	err := s.engine.Query(ctx, `SELECT `+revocationColumns+` FROM revocations WHERE id = $1`, func(row Row) error {
		var err error
		found, err = scanRevocation(row)
		return err
	}, string(id))
	if err == nil && found == nil {
		err = store.ErrNotFound
	}
	return found, err
}

// ListRevocations are in the order of their IDs.
func (s *Store) ListRevocations(ctx context.Context, now time.Time, after store.ID, limit int) ([]*store.Revocation, error) {
	from, err := behind(after)
	if err != nil {
		return nil, err
	}
	if limit < 1 {
		return nil, errLimit
	}
	var all []*store.Revocation
	err = s.engine.Query(ctx, `SELECT `+revocationColumns+` FROM revocations WHERE id > $1 AND until > $2 ORDER BY id LIMIT $3`, func(row Row) error {
		r, err := scanRevocation(row)
		all = append(all, r)
		return err
	}, from, millis(now), limit)
	return all, err
}

// ForgetRevocations deletes those whose Until has come.
func (s *Store) ForgetRevocations(ctx context.Context, now time.Time) error {
	return s.engine.Write(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM revocations WHERE until <= $1`, millis(now))
		return err
	})
}
