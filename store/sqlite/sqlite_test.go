package sqlite

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"sallyport/store"
	"sallyport/store/storetest"
)

func TestMain(m *testing.M) {
	storetest.WriteIfAsked(Open)
	os.Exit(m.Run())
}

// TestKilled kills a process that writes, fifty times.
func TestKilled(t *testing.T) {
	storetest.Killed(t, Open, filepath.Join(t.TempDir(), "sallyport.db"), 50, nil)
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Place { return place(filepath.Join(t.TempDir(), "sallyport.db")) })
}

// place is a file for storetest.
type place string

func (p place) Open(t testing.TB) store.Store {
	s, err := Open(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// Forget deletes changes, as if there had been very many.
func (p place) Forget(t testing.TB, until int64) {
	p.exec(t, `DELETE FROM changes WHERE number <= ?`, until)
}

func (p place) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	db := sql.OpenDB(connector(string(p)))
	defer db.Close()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatal(err)
	}
}
