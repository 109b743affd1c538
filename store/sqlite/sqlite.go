// Package sqlite keeps the store in a file of this machine: SQLite, compiled
// into the program. Several processes may have the file open at one time, the
// command line beside a gateway that serves; several machines may not, since a
// file system of a network keeps neither its locks nor its shared memory: that
// is what package postgres is for.
//
// What was acknowledged is in the write-ahead log and synced to the disk: it
// survives the process being killed at any moment, and a loss of power as far
// as disk and file system keep the word that they give to fsync.
//
// It refuses a file that others can read or change, one that belongs to another
// user, and one that a later version of the program wrote; and it does nothing
// more once another file lies in the place of the one that it opened.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"sallyport/store"
	"sallyport/store/tables"
)

//go:embed migrations/*.sql
var migrations embed.FS

// application marks a file as ours (PRAGMA application_id): "Slyp".
const application = 0x536c7970

// readers is how many reads go on at one time. Each has some 8 MB of pages.
const readers = 8

// busy is how long one waits for another process that writes.
const busy = 10 * time.Second

// lookEvery is how often one looks for what another process changed.
const lookEvery = 100 * time.Millisecond

// Open opens the store in a file, and makes the file, for its owner alone,
// where there is none. It must be closed.
func Open(ctx context.Context, path string) (store.Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := prepareFile(path); err != nil {
		return nil, err
	}
	return open(ctx, path, tables.Migrate)
}

// Find opens the store in a file as it is: where there is none yet it is
// store.ErrNotFound, and none is made. It must be closed.
func Find(ctx context.Context, path string) (store.Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	switch err := checkFile(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("there is no store yet: %w", store.ErrNotFound)
	case err != nil:
		return nil, err
	}
	return open(ctx, path, tables.Current)
}

// prepare sees to the tables.
type prepare func(ctx context.Context, e tables.Engine, files fs.FS, begin func(tables.Tx) (int, error)) error

func open(ctx context.Context, path string, p prepare) (store.Store, error) {
	e, err := start(ctx, path, p)
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return tables.New(e), nil
}

func start(ctx context.Context, path string, p prepare) (*engine, error) {
	info, err := os.Stat(path) // before it is opened: of two files neither is taken for the other
	if err != nil {
		return nil, err
	}
	e := &engine{
		file:   opened{path, info},
		writer: sql.OpenDB(connector(path, "journal_size_limit(67108864)", "wal_autocheckpoint(8192)", "cache_size(-65536)")),
		reader: sql.OpenDB(connector(path, "query_only(1)", "cache_size(-8192)")),
	}
	e.writer.SetMaxOpenConns(1)
	e.reader.SetMaxOpenConns(readers)
	e.reader.SetMaxIdleConns(readers)
	files, err := fs.Sub(migrations, "migrations")
	if err == nil {
		err = p(ctx, e, files, version(ctx))
	}
	if err == nil {
		err = e.useLog(ctx) // not before: the file may have been another program's
	}
	if err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// connector makes connections to a file that is there already.
func connector(path string, pragmas ...string) *connections {
	q := url.Values{"mode": {"rw"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": append(pragmas,
		fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()),
		"synchronous(FULL)",
		"fullfsync(1)", "checkpoint_fullfsync(1)", // fsync alone does not reach the disk on macOS
		"foreign_keys(1)", "trusted_schema(0)",
	)}
	name := filepath.ToSlash(path)
	if !strings.HasPrefix(name, "/") {
		name = "/" + name // a drive of Windows
	}
	return &connections{"file:" + (&url.URL{Path: name}).EscapedPath() + "?" + q.Encode()}
}

// version is that of the tables, within the transaction that would change them.
func version(ctx context.Context) func(tables.Tx) (int, error) {
	return func(tx tables.Tx) (version int, err error) {
		number := func(statement string) (n int) {
			if err == nil {
				err = tx.Query(ctx, statement, func(r tables.Row) error { return r.Scan(&n) })
			}
			return n
		}
		mark := number(`PRAGMA application_id`)
		switch known := number(`SELECT count(*) FROM sqlite_schema`); {
		case err != nil:
		case mark == application:
			version = number(`SELECT version FROM schema_version`)
		case mark != 0 || known > 0:
			err = errors.New("the file is a database of another program")
		default:
			_, err = tx.Exec(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, application))
		}
		return version, err
	}
}

// engine is a file of SQLite: one connection that writes, several that read.
type engine struct {
	file           opened
	writer, reader *sql.DB
	prepared       sync.Map // statement → *sql.Stmt of reader
	changed        tables.Signal
}

func (e *engine) Query(ctx context.Context, statement string, each func(tables.Row) error, args ...any) error {
	if err := e.file.same(); err != nil {
		return err
	}
	s, err := e.prepare(ctx, statement)
	if err != nil {
		return told(ctx, err)
	}
	rows, err := s.QueryContext(ctx, args...)
	return through(ctx, rows, err, each)
}

func (e *engine) prepare(ctx context.Context, statement string) (*sql.Stmt, error) {
	if s, ok := e.prepared.Load(statement); ok {
		return s.(*sql.Stmt), nil
	}
	s, err := e.reader.PrepareContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	if first, taken := e.prepared.LoadOrStore(statement, s); taken {
		s.Close()
		s = first.(*sql.Stmt)
	}
	return s, nil
}

func through(ctx context.Context, rows *sql.Rows, err error, each func(tables.Row) error) error {
	if err != nil {
		return told(ctx, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return told(ctx, err)
		}
	}
	return told(ctx, rows.Err())
}

func (e *engine) Write(ctx context.Context, do func(tables.Tx) error) error {
	if err := e.file.same(); err != nil {
		return err
	}
	t, err := e.writer.BeginTx(ctx, nil)
	if err != nil {
		return told(ctx, err)
	}
	defer t.Rollback()
	if err := do(tx{t}); err != nil {
		return err
	}
	if err := t.Commit(); err != nil {
		return told(ctx, err)
	}
	e.changed.Wake()
	return nil
}

func (e *engine) Watch() (<-chan struct{}, time.Duration) { return e.changed.Watch(), lookEvery }

func (e *engine) Ping(ctx context.Context) error {
	return e.Query(ctx, `SELECT version FROM schema_version`, func(tables.Row) error { return nil })
}

func (e *engine) Close() error {
	err := errors.Join(e.reader.Close(), e.writer.Close())
	e.changed.Wake()
	return err
}

// useLog turns the write-ahead log on, which the file then remembers. SQLite does
// not wait for other processes here, so we do.
func (e *engine) useLog(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, busy)
	defer cancel()
	for {
		var mode string
		err := e.writer.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode)
		if err == nil && mode != "wal" {
			return fmt.Errorf("the file system cannot do what a write-ahead log needs (journal mode %s)", mode)
		}
		var s *sqlite.Error
		if !errors.As(err, &s) || s.Code()&0xff != sqlite3.SQLITE_BUSY {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// told gives an error of SQLite the meaning that it has for a store.
func told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var s *sqlite.Error
	if errors.As(err, &s) {
		switch s.Code() {
		case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return store.ErrExists
		case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
			return store.ErrNotFound
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err() // SQLite says that it was interrupted, not why
	}
	return fmt.Errorf("sqlite: %w", err)
}
