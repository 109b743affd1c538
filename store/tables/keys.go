package tables

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"sallyport/store"
)

// Columns of a key k, in the order of keyRow.
const keyColumns = `k.id, k.consumer, k.name, k.hash, k.generation, k.hint, k.scopes, k.roles, k.networks, k.created, k.expires, k.revoked, k.used, k.rotated, k.revision`

// KeyByHash is the statement of the request path; the engines' tests look at
// how it is carried out.
const KeyByHash = `SELECT ` + keyColumns + `, ` + consumerColumns + ` FROM keys k JOIN consumers c ON c.id = k.consumer WHERE k.hash = $1`

// keyRow is a key on its way out of a row.
type keyRow struct {
	id, consumer, scopes, roles, networks, rotated string
	generation                                     int64
	created, expires, revoked, used                int64
	store.Key
}

func (r *keyRow) fields() []any {
	return []any{&r.id, &r.consumer, &r.Name, &r.Hash, &r.generation, &r.Hint, &r.scopes, &r.roles, &r.networks,
		&r.created, &r.expires, &r.revoked, &r.used, &r.rotated, &r.Revision}
}

func (r *keyRow) key() (*store.Key, error) {
	r.ID, r.Consumer, r.Rotated = store.ID(r.id), store.ID(r.consumer), store.ID(r.rotated)
	r.Generation = uint8(r.generation)
	r.Created, r.Expires, r.Revoked, r.Used = moment(r.created), moment(r.expires), moment(r.revoked), moment(r.used)
	var err error
	if r.Scopes, err = unlist(r.scopes); err != nil {
		return nil, err
	}
	if r.Roles, err = unlist(r.roles); err != nil {
		return nil, err
	}
	r.Networks, err = unlistNetworks(r.networks)
	return &r.Key, err
}

// AddKeys adds all of them or none, with revision 1.
func (s *Store) AddKeys(ctx context.Context, keys []*store.Key, e store.Entry) error {
	if len(keys) == 0 {
		return fmt.Errorf("%w: there are no keys", store.ErrInvalid)
	}
	for _, k := range keys {
		if err := k.Check(); err != nil {
			return err
		}
	}
	err := s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		return changed(store.KeysAdded, ""), insertKeys(ctx, tx, keys)
	})
	if err == nil {
		for _, k := range keys {
			k.Revision = 1
		}
	}
	return err
}

func insertKeys(ctx context.Context, tx Tx, keys []*store.Key) error {
	if err := outliveNone(ctx, tx, keys); err != nil {
		return err
	}
	// In the order of the hashes: the index of hashes is gone through once, and
	// not a page at random for each key.
	keys = slices.SortedFunc(slices.Values(keys), func(a, b *store.Key) int { return bytes.Compare(a.Hash, b.Hash) })
	rows := make([][]any, len(keys))
	for i, k := range keys {
		rows[i] = []any{string(k.ID), string(k.Consumer), k.Name, k.Hash, int64(k.Generation), k.Hint,
			list(k.Scopes), list(k.Roles), listNetworks(k.Networks),
			millis(k.Created), millis(k.Expires), millis(k.Revoked), millis(k.Used), string(k.Rotated), int64(1)}
	}
	return tx.Insert(ctx, "keys", []string{"id", "consumer", "name", "hash", "generation", "hint", "scopes", "roles",
		"networks", "created", "expires", "revoked", "used", "rotated", "revision"}, rows)
}

// UpdateKey changes the one that has the ID and the revision.
func (s *Store) UpdateKey(ctx context.Context, k *store.Key, e store.Entry) error {
	if err := k.Check(); err != nil {
		return err
	}
	err := s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		return changed(store.KeyChanged, k.ID), updateKey(ctx, tx, k, k.Rotated)
	})
	if err == nil {
		k.Revision++
	}
	return err
}

func updateKey(ctx context.Context, tx Tx, k *store.Key, rotated store.ID) error {
	n, err := tx.Exec(ctx, `UPDATE keys SET name = $3, hint = $4, scopes = $5, roles = $6, networks = $7, expires = $8,
		revoked = CASE WHEN revoked = 0 THEN $9 ELSE revoked END, rotated = $10, revision = revision + 1
		WHERE id = $1 AND revision = $2`,
		string(k.ID), k.Revision, k.Name, k.Hint, list(k.Scopes), list(k.Roles), listNetworks(k.Networks),
		millis(k.Expires), millis(k.Revoked), string(rotated))
	if err == nil && n == 0 {
		err = changedOrGone(ctx, tx, `SELECT revision FROM keys WHERE id = $1`, k.ID)
	}
	return err
}

// ReplaceKey updates the old key and adds the new one.
func (s *Store) ReplaceKey(ctx context.Context, old, new *store.Key, e store.Entry) error {
	if err := errors.Join(old.Check(), new.Check()); err != nil {
		return err
	}
	if old.Consumer != new.Consumer {
		return fmt.Errorf("%w: a key takes the place of one of another consumer", store.ErrInvalid)
	}
	err := s.write(ctx, e, func(tx Tx) ([]store.Change, error) {
		var owner string
		if err := one(ctx, tx, `SELECT consumer FROM keys WHERE id = $1`, []any{string(old.ID)}, &owner); err != nil {
			return nil, err
		}
		if owner != string(new.Consumer) {
			return nil, fmt.Errorf("%w: a key takes the place of one of another consumer", store.ErrInvalid)
		}
		if err := updateKey(ctx, tx, old, new.ID); err != nil {
			return nil, err
		}
		if err := insertKeys(ctx, tx, []*store.Key{new}); err != nil {
			return nil, err
		}
		return []store.Change{{Kind: store.KeyChanged, ID: string(old.ID)}, {Kind: store.KeysAdded}}, nil
	})
	if err == nil {
		old.Revision++
		old.Rotated = new.ID
		new.Revision = 1
	}
	return err
}

// Key is the one of that ID.
func (s *Store) Key(ctx context.Context, id store.ID) (*store.Key, error) {
	if !id.Valid() {
		return nil, store.ErrNotFound
	}
	var r keyRow
	if err := one(ctx, s.engine, `SELECT `+keyColumns+` FROM keys k WHERE k.id = $1`, []any{string(id)}, r.fields()...); err != nil {
		return nil, err
	}
	return r.key()
}

// KeyByHash is the key of that hash and its consumer, in one indexed read.
func (s *Store) KeyByHash(ctx context.Context, hash []byte) (*store.Key, *store.Consumer, error) {
	var k keyRow
	var c consumerRow
	if err := one(ctx, s.engine, KeyByHash, []any{hash}, append(k.fields(), c.fields()...)...); err != nil {
		return nil, nil, err
	}
	key, err := k.key()
	if err != nil {
		return nil, nil, err
	}
	consumer, err := c.consumer()
	return key, consumer, err
}

// ListKeys are in the order of their IDs.
func (s *Store) ListKeys(ctx context.Context, consumer, after store.ID, limit int) ([]*store.Key, error) {
	from, err := behind(after)
	if err != nil {
		return nil, err
	}
	statement, args := `SELECT `+keyColumns+` FROM keys k WHERE k.id > $1 ORDER BY k.id LIMIT $2`, []any{from, limit}
	switch {
	case limit < 1:
		return nil, errLimit
	case consumer != "" && !consumer.Valid():
		return nil, nil
	case consumer != "":
		statement = `SELECT ` + keyColumns + ` FROM keys k WHERE k.consumer = $3 AND k.id > $1 ORDER BY k.id LIMIT $2`
		args = append(args, string(consumer))
	}
	var all []*store.Key
	err = s.engine.Query(ctx, statement, func(row Row) error {
		var r keyRow
		if err := row.Scan(r.fields()...); err != nil {
			return err
		}
		k, err := r.key()
		all = append(all, k)
		return err
	}, args...)
	return all, err
}

// UsedKeys notes the later of two uses.
func (s *Store) UsedKeys(ctx context.Context, used map[store.ID]time.Time) error {
	var rows [][]any
	for id, at := range used {
		if id.Valid() && !at.IsZero() {
			rows = append(rows, []any{string(id), millis(at)})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	// Two nodes that note the same keys lock them in the same order.
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(string), b[0].(string)) })
	return s.engine.Write(ctx, func(tx Tx) error {
		return tx.ExecEach(ctx, `UPDATE keys SET used = $2 WHERE id = $1 AND used < $2`, rows)
	})
}
