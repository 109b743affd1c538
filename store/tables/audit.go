package tables

import (
	"bytes"
	"context"
	"errors"

	"sallyport/store"
)

// WriteEntry adds an entry of what changed nothing.
func (s *Store) WriteEntry(ctx context.Context, e store.Entry) error {
	return s.write(ctx, e, func(Tx) ([]store.Change, error) { return nil, nil })
}

// ListEntries are in the order of their numbers.
func (s *Store) ListEntries(ctx context.Context, after int64, limit int) ([]store.Entry, error) {
	if limit < 1 {
		return nil, errLimit
	}
	var all []store.Entry
	err := s.engine.Query(ctx, `SELECT number, at, actor, action, object, outcome, detail, origin, hash
		FROM audit WHERE number > $1 ORDER BY number LIMIT $2`, func(row Row) error {
		var e store.Entry
		var at int64
		err := row.Scan(&e.Number, &at, &e.Actor, &e.Action, &e.Object, &e.Outcome, &e.Detail, &e.From, &e.Hash)
		e.At = moment(at)
		all = append(all, e)
		return err
	}, after, limit)
	return all, err
}

// VerifyEntries holds each entry to the one before and the last to the head. It
// reads a thousand at a time: the chain may be longer than memory.
func (s *Store) VerifyEntries(ctx context.Context) (int64, error) {
	var end int64
	var last []byte
	if err := one(ctx, s.engine, `SELECT entries, hash FROM head`, nil, &end, &last); err != nil {
		return 0, headGone(err)
	}
	var number int64
	var hash []byte
	for number < end {
		page, err := s.ListEntries(ctx, number, 1000)
		if err != nil {
			return 0, err
		}
		if len(page) == 0 {
			return number + 1, nil // the end was cut off
		}
		for _, e := range page {
			number++
			if e.Number != number || !bytes.Equal(e.Hash, e.Sum(hash)) || number == end && !bytes.Equal(e.Hash, last) {
				return number, nil
			}
			hash = e.Hash
		}
	}
	return 0, nil
}

// headGone keeps a broken store from being taken for one that has nothing.
func headGone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return errors.New("the store has lost its head row: restore it from a backup")
	}
	return err
}
