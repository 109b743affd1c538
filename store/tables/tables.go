// Package tables is what both stores have in common: the statements, which are
// SQL that SQLite and PostgreSQL read alike, and the rules of package store
// that they keep. What differs (how a connection is had, how writers wait for
// each other, how a change is heard of, how errors are told) is an Engine.
//
// Every change goes through one row, the head, which counts the entries of the
// audit and the changes: whoever writes it first is first, and the numbers are
// in the order of the commits. Nothing is read from memory, and nothing is
// retried that may have been done.
package tables

import (
	"context"
	"errors"
	"time"

	"sallyport/store"
)

// Engine is a database. It tells errors as those of package store where they
// are such: what is taken is store.ErrExists, a row that must be there for
// another and is not is store.ErrNotFound.
type Engine interface {
	// Query calls each for every row of one statement.
	Query(ctx context.Context, statement string, each func(Row) error, args ...any) error
	// Write runs do in a transaction, and again from its beginning if the
	// database gave it up for another one.
	Write(ctx context.Context, do func(Tx) error) error
	// Watch says when to look for a change: when the channel closes, and every so
	// often in any case.
	Watch() (changed <-chan struct{}, every time.Duration)
	Ping(context.Context) error
	Close() error
}

// Row is a row that was found.
type Row interface {
	Scan(to ...any) error
}

// Tx is a transaction of an Engine.
type Tx interface {
	// Query is as the Engine's.
	Query(ctx context.Context, statement string, each func(Row) error, args ...any) error
	// Exec returns how many rows were changed.
	Exec(ctx context.Context, statement string, args ...any) (int64, error)
	// ExecEach runs one statement for each list of arguments.
	ExecEach(ctx context.Context, statement string, args [][]any) error
	// Insert adds many rows to a table, as fast as the database can.
	Insert(ctx context.Context, table string, columns []string, rows [][]any) error
	// Announce tells other nodes, once this is committed.
	Announce(context.Context) error
}

// Store is a store.Store in an Engine whose tables stand.
type Store struct{ engine Engine }

// New makes a store of an engine that was migrated.
func New(e Engine) *Store { return &Store{e} }

// Ping tells whether the store can be asked now.
func (s *Store) Ping(ctx context.Context) error { return s.engine.Ping(ctx) }

// Close ends what waits, and lets go of the database.
func (s *Store) Close() error { return s.engine.Close() }

// KeptChanges is how many changes are kept at least.
const KeptChanges = 100_000

// write does something that the audit and the other nodes are told of: do
// returns of what it was a change.
func (s *Store) write(ctx context.Context, e store.Entry, do func(Tx) ([]store.Change, error)) error {
	if err := e.Check(); err != nil {
		return err
	}
	return s.engine.Write(ctx, func(tx Tx) error {
		var newest int64
		var before []byte
		// The first statement: it waits until other writers are done, and sees
		// what they wrote.
		err := one(ctx, tx, `UPDATE head SET entries = entries + 1 RETURNING entries, hash, changes`, nil,
			&e.Number, &before, &newest)
		if err != nil {
			return headGone(err)
		}
		changes, err := do(tx)
		if err != nil {
			return err
		}
		if err := appendEntry(ctx, tx, e, before, newest+int64(len(changes))); err != nil {
			return err
		}
		return appendChanges(ctx, tx, newest, changes)
	})
}

func appendEntry(ctx context.Context, tx Tx, e store.Entry, before []byte, newest int64) error {
	hash := e.Sum(before)
	_, err := tx.Exec(ctx, `INSERT INTO audit (number, at, actor, action, object, outcome, detail, origin, hash)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		e.Number, millis(e.At), e.Actor, e.Action, e.Object, e.Outcome, e.Detail, e.From, hash)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE head SET hash = $1, changes = $2`, hash, newest)
	return err
}

func appendChanges(ctx context.Context, tx Tx, newest int64, changes []store.Change) error {
	if len(changes) == 0 {
		return nil
	}
	var rows [][]any
	for _, c := range changes {
		newest++
		rows = append(rows, []any{newest, string(c.Kind), c.ID})
	}
	if err := tx.ExecEach(ctx, `INSERT INTO changes (number, kind, id) VALUES ($1, $2, $3)`, rows); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM changes WHERE number <= $1`, newest-KeptChanges); err != nil {
		return err
	}
	return tx.Announce(ctx)
}

// changed is the one change of most writes.
func changed(kind store.Kind, id store.ID) []store.Change {
	return []store.Change{{Kind: kind, ID: string(id)}}
}

type querier interface {
	Query(ctx context.Context, statement string, each func(Row) error, args ...any) error
}

// one reads the one row that there is, else it is store.ErrNotFound.
func one(ctx context.Context, q querier, statement string, args []any, to ...any) error {
	found := false
	err := q.Query(ctx, statement, func(r Row) error {
		found = true
		return r.Scan(to...)
	}, args...)
	if err == nil && !found {
		return store.ErrNotFound
	}
	return err
}

// must turns a statement that hit no row into an error.
func must(n int64, err, none error) error {
	if err == nil && n == 0 {
		return none
	}
	return err
}

// changedOrGone is why an update that compares a revision hit no row.
func changedOrGone(ctx context.Context, tx Tx, statement string, id store.ID) error {
	var revision int64
	if err := one(ctx, tx, statement, []any{string(id)}, &revision); err != nil {
		return err
	}
	return store.ErrChanged
}

var errLimit = errors.Join(store.ErrInvalid, errors.New("a page must be at least 1 long"))

// behind is an id as the beginning of a page: every id sorts behind "".
func behind(after store.ID) (string, error) {
	switch {
	case after == "":
		return "00000000-0000-0000-0000-000000000000", nil
	case !after.Valid():
		return "", errors.Join(store.ErrInvalid, errors.New("a page begins behind an id"))
	}
	return string(after), nil
}

var errAfter = errors.Join(store.ErrInvalid, errors.New("a page begins behind a name"))
