package tables

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sallyport/store"
)

const ended = `SELECT revoked, expires FROM ended WHERE hash = $1`

// noteEnds keeps what is known of the ends of a consumer's keys when they are
// deleted. Of what was noted of a hash before, the sooner end stays.
func noteEnds(ctx context.Context, tx Tx, consumer store.ID) error {
	_, err := tx.Exec(ctx, `INSERT INTO ended (hash, revoked, expires)
		SELECT hash, revoked, expires FROM keys WHERE consumer = $1 AND (revoked <> 0 OR expires <> 0)
		ON CONFLICT (hash) DO UPDATE SET
			revoked = CASE WHEN ended.revoked = 0 OR excluded.revoked <> 0 AND excluded.revoked < ended.revoked THEN excluded.revoked ELSE ended.revoked END,
			expires = CASE WHEN ended.expires = 0 OR excluded.expires <> 0 AND excluded.expires < ended.expires THEN excluded.expires ELSE ended.expires END`,
		string(consumer))
	return err
}

// Ended is what was noted of a hash when its key was deleted.
func (s *Store) Ended(ctx context.Context, hash []byte) (revoked, expires time.Time, err error) {
	return endOf(ctx, s.engine, hash)
}

func endOf(ctx context.Context, q querier, hash []byte) (revoked, expires time.Time, err error) {
	var revokedAt, expiresAt int64
	err = one(ctx, q, ended, []any{hash}, &revokedAt, &expiresAt)
	return moment(revokedAt), moment(expiresAt), err
}

// outliveNone refuses keys that would live longer than they did before they
// were deleted.
func outliveNone(ctx context.Context, tx Tx, keys []*store.Key) error {
	var some int64
	switch err := one(ctx, tx, `SELECT 1 FROM ended LIMIT 1`, nil, &some); {
	case errors.Is(err, store.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	for _, k := range keys {
		revoked, expires, err := endOf(ctx, tx, k.Hash)
		switch {
		case errors.Is(err, store.ErrNotFound):
		case err != nil:
			return err
		case !revoked.IsZero() && k.Revoked.IsZero(),
			!expires.IsZero() && k.Revoked.IsZero() && (k.Expires.IsZero() || k.Expires.After(expires)):
			return fmt.Errorf("%w: a key of this hash was deleted", store.ErrEnded)
		}
	}
	return nil
}
