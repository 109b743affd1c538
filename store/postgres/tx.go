package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"sallyport/store"
	"sallyport/store/tables"
)

// tx is a transaction, reading what is committed.
type tx struct{ pgx.Tx }

func (t tx) Query(ctx context.Context, statement string, each func(tables.Row) error, args ...any) error {
	return told(ctx, query(ctx, t.Tx, statement, each, args))
}

func (t tx) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	tag, err := t.Tx.Exec(ctx, statement, args...)
	return tag.RowsAffected(), told(ctx, err)
}

// atOnce is how many statements go to the server before an answer is read.
const atOnce = 1000

func (t tx) ExecEach(ctx context.Context, statement string, args [][]any) error {
	for len(args) > 0 {
		n := min(len(args), atOnce)
		var b pgx.Batch
		for _, a := range args[:n] {
			b.Queue(statement, a...)
		}
		if err := t.SendBatch(ctx, &b).Close(); err != nil {
			return told(ctx, err)
		}
		args = args[n:]
	}
	return nil
}

func (t tx) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	_, err := t.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
	return told(ctx, err)
}

// Announce is heard by all nodes when the transaction is committed.
func (t tx) Announce(ctx context.Context) error {
	_, err := t.Exec(ctx, `SELECT pg_notify($1, '')`, channel)
	return err
}

// told gives an error of PostgreSQL the meaning that it has for a store.
func told(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		switch answer.Code {
		case "23505": // unique_violation
			return store.ErrExists
		case "23503": // foreign_key_violation
			return store.ErrNotFound
		}
	}
	if ctx.Err() != nil && !errors.Is(err, ctx.Err()) {
		err = errors.Join(ctx.Err(), err)
	}
	return fmt.Errorf("postgres: %w", err)
}

// broken tells an error of a connection from every other.
func broken(err error) bool {
	var n net.Error
	return pgconn.SafeToRetry(err) || errors.As(err, &n) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}
