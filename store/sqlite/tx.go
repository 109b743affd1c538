package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"

	"sallyport/store/tables"
)

// connections makes connections to one file.
type connections struct{ name string }

func (c *connections) Connect(context.Context) (driver.Conn, error) { return c.Driver().Open(c.name) }
func (c *connections) Driver() driver.Driver                        { return &sqlite.Driver{} }

// tx is a transaction, which waited for all others before it began.
type tx struct{ *sql.Tx }

func (t tx) Query(ctx context.Context, statement string, each func(tables.Row) error, args ...any) error {
	rows, err := t.QueryContext(ctx, statement, args...)
	return through(ctx, rows, err, each)
}

func (t tx) Exec(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := t.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, told(ctx, err)
	}
	return result.RowsAffected()
}

func (t tx) ExecEach(ctx context.Context, statement string, args [][]any) error {
	s, err := t.PrepareContext(ctx, statement)
	if err != nil {
		return told(ctx, err)
	}
	defer s.Close()
	for _, a := range args {
		if _, err := s.ExecContext(ctx, a...); err != nil {
			return told(ctx, err)
		}
	}
	return nil
}

// atOnce is how many rows one statement inserts: more is no faster.
const atOnce = 32

func (t tx) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	whole := len(rows) / atOnce * atOnce
	var many [][]any
	for i := 0; i < whole; i += atOnce {
		var values []any
		for _, row := range rows[i : i+atOnce] {
			values = append(values, row...)
		}
		many = append(many, values)
	}
	if err := t.ExecEach(ctx, insert(table, columns, atOnce), many); err != nil {
		return err
	}
	return t.ExecEach(ctx, insert(table, columns, 1), rows[whole:])
}

func insert(table string, columns []string, rows int) string {
	row := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + row + strings.Repeat(", "+row, rows-1)
}

// Announce does nothing: other processes look every tenth of a second.
func (t tx) Announce(context.Context) error { return nil }
