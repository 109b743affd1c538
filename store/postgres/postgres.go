// Package postgres keeps the store in PostgreSQL, for several nodes: each hears
// of what another changed by LISTEN, and looks once a second in any case, so
// that a connection that was cut loses no change.
//
// Statements go with their arguments apart from their text, by the extended
// protocol: the simple one, which writes arguments into the text, is refused,
// and so are TLS settings that would send a password in the clear when the
// server, or somebody on the way, says that it has no TLS.
package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"sallyport/store"
	"sallyport/store/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Longer than this nothing may take whose context sets no end: a server that
// went without a word would else hold its caller for ever.
const (
	longestRead  = 30 * time.Second
	longestWrite = 2 * time.Minute
)

// attempts is how often something is tried whose connection broke, or which the
// server gave up for another transaction.
const attempts = 3

// Open opens the store in a database, and makes its tables, in a schema of
// their own, where there are none. It must be closed.
func Open(ctx context.Context, url string) (store.Store, error) {
	return open(ctx, url, tables.Migrate)
}

// Find opens the store in a database as it is: where it has no tables yet it is
// store.ErrNotFound, and none are made. It must be closed.
func Find(ctx context.Context, url string) (store.Store, error) {
	return open(ctx, url, tables.Current)
}

// prepare sees to the tables.
type prepare func(ctx context.Context, e tables.Engine, files fs.FS, begin func(tables.Tx) (int, error)) error

func open(ctx context.Context, url string, p prepare) (store.Store, error) {
	config, err := Parse(url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	e := &engine{pool: pool}
	files, err := fs.Sub(migrations, "migrations")
	if err == nil {
		err = p(ctx, e, files, version(ctx))
	}
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	e.listen(config.ConnConfig)
	return tables.New(e), nil
}

// version is that of the tables, within the transaction that would change them
// and that alone may, of all nodes that start at one time.
func version(ctx context.Context) func(tables.Tx) (int, error) {
	return func(tx tables.Tx) (int, error) {
		// "sallypor" as a number: the lock is the database's, and must be ours.
		if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', '0', true), set_config('lock_timeout', '0', true), pg_advisory_xact_lock($1)`, int64(0x73616c6c79706f72)); err != nil {
			return 0, err
		}
		var encoding string
		var schema, marked bool
		var known int
		err := tx.Query(ctx, `SELECT current_setting('server_encoding'), to_regnamespace('sallyport') IS NOT NULL,
			to_regclass('sallyport.schema_version') IS NOT NULL,
			(SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('sallyport'))`, func(r tables.Row) error {
			return r.Scan(&encoding, &schema, &marked, &known)
		})
		switch {
		case err != nil:
			return 0, err
		case encoding != "UTF8":
			return 0, fmt.Errorf("the database keeps text as %s: make one with ENCODING 'UTF8'", encoding)
		case known > 0 && !marked:
			return 0, errors.New("the schema sallyport belongs to another program")
		case !schema:
			_, err := tx.Exec(ctx, `CREATE SCHEMA sallyport`)
			return 0, err
		case !marked:
			return 0, nil
		}
		var version int
		err = tx.Query(ctx, `SELECT version FROM sallyport.schema_version`, func(r tables.Row) error { return r.Scan(&version) })
		return version, err
	}
}

// engine is a database of PostgreSQL.
type engine struct {
	pool     *pgxpool.Pool
	changed  tables.Signal
	listener listener
}

func (e *engine) Query(ctx context.Context, statement string, each func(tables.Row) error, args ...any) error {
	ctx, cancel := bounded(ctx, longestRead)
	defer cancel()
	for try := 1; ; try++ {
		given := false // a row was: what each did with it cannot be undone
		err := query(ctx, e.pool, statement, func(r tables.Row) error { given = true; return each(r) }, args)
		if given || try == attempts || !e.worthAnother(ctx, err) {
			return told(ctx, err)
		}
	}
}

func query(ctx context.Context, q interface {
	Query(context.Context, string, ...any) (pgx.Rows, error)
}, statement string, each func(tables.Row) error, args []any) error {
	rows, err := q.Query(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (e *engine) Write(ctx context.Context, do func(tables.Tx) error) error {
	ctx, cancel := bounded(ctx, longestWrite)
	defer cancel()
	for try := 1; ; try++ {
		committing, err := e.writeOnce(ctx, do)
		if committing || try == attempts || !e.worthAnother(ctx, err) {
			if err == nil {
				e.changed.Wake()
			}
			return err
		}
	}
}

// writeOnce tells whether it came to the commit: if that fails, nobody knows
// whether it was done, and it must not be done again.
func (e *engine) writeOnce(ctx context.Context, do func(tables.Tx) error) (committing bool, err error) {
	// As the server's default it might be another: a writer that waited for the
	// head must see what the one before wrote.
	t, err := e.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite})
	if err != nil {
		return false, told(ctx, err)
	}
	defer t.Rollback(context.WithoutCancel(ctx))
	if err := do(tx{t}); err != nil {
		return false, err
	}
	return true, told(ctx, t.Commit(ctx))
}

// worthAnother tells whether to try again: the connection broke, as all do when
// the server starts again, or the server chose another transaction, or the
// tables were changed by a later version of the program.
func (e *engine) worthAnother(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		switch answer.Code {
		case "40001", "40P01", "0A000": // serialization, deadlock, cached plan
			return true
		case "57P01", "57P02": // shut down, crashed
			e.pool.Reset()
			return true
		}
		return false
	}
	if broken(err) {
		e.pool.Reset() // the others broke with it
		return true
	}
	return false
}

func bounded(ctx context.Context, longest time.Duration) (context.Context, context.CancelFunc) {
	if _, ends := ctx.Deadline(); ends {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, longest)
}

func (e *engine) Watch() (<-chan struct{}, time.Duration) {
	return e.changed.Watch(), e.listener.lookEvery()
}

func (e *engine) Ping(ctx context.Context) error {
	return e.Query(ctx, `SELECT version FROM schema_version`, func(tables.Row) error { return nil })
}

func (e *engine) Close() error {
	e.listener.close()
	e.pool.Close()
	e.changed.Wake()
	return nil
}
