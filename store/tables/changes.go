package tables

import (
	"context"
	"time"

	"sallyport/store"
)

// LastChange is the number of the newest change, 0 where there was none yet.
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	var number int64
	err := one(ctx, s.engine, `SELECT changes FROM head`, nil, &number)
	return number, headGone(err)
}

// ChangesAfter counts without gaps: where the next number is missing, it was
// forgotten.
func (s *Store) ChangesAfter(ctx context.Context, number int64, limit int) ([]store.Change, error) {
	if limit < 1 {
		return nil, errLimit
	}
	// Read before the changes: what is committed in between is no gap.
	last, err := s.LastChange(ctx)
	if err != nil {
		return nil, err
	}
	if number < 0 || number > last {
		return nil, store.ErrNotFound
	}
	var all []store.Change
	err = s.engine.Query(ctx, `SELECT number, kind, id FROM changes WHERE number > $1 ORDER BY number LIMIT $2`, func(row Row) error {
		var c store.Change
		var kind string
		err := row.Scan(&c.Number, &kind, &c.ID)
		c.Kind = store.Kind(kind)
		all = append(all, c)
		return err
	}, number, limit)
	if err != nil {
		return nil, err
	}
	if len(all) == 0 && number < last || len(all) > 0 && all[0].Number != number+1 {
		return nil, store.ErrNotFound
	}
	return all, nil
}

// Await looks at once, whenever the engine has heard of a change, and now and
// then.
func (s *Store) Await(ctx context.Context, number int64) error {
	for {
		// Watched before it is looked: what is committed in between is heard.
		changed, every := s.engine.Watch()
		last, err := s.lastChangeSoon(ctx)
		if err != nil || last != number {
			return err
		}
		timer := time.NewTimer(every)
		select {
		case <-changed:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// lastChangeSoon tells of a store that does not answer before somebody relies on
// what may be outdated.
func (s *Store) lastChangeSoon(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return s.LastChange(ctx)
}
