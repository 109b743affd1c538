package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"sallyport/store"
	"sallyport/store/storetest"
	"sallyport/store/tables"
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

func TestFind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sallyport.db")
	storetest.Found(t, Open, Find, path)
	later := func(ctx context.Context, e tables.Engine, files fs.FS, begin func(tables.Tx) (int, error)) error {
		return tables.Current(ctx, e, fstest.MapFS{"0001_first.sql": {}, "0002_ended.sql": {}, "0003_third.sql": {}}, begin)
	}
	if _, err := open(t.Context(), path, later); !errors.Is(err, store.ErrOlder) {
		t.Errorf("a store of an earlier version: %v", err)
	}
	place(path).exec(t, `UPDATE schema_version SET version = 9999`)
	if _, err := Find(t.Context(), path); !errors.Is(err, store.ErrNewer) {
		t.Errorf("a store of a later version: %v", err)
	}
}

// TestUpgrade brings a store of the first version forward, with what it holds.
func TestUpgrade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sallyport.db")
	first, err := fs.ReadFile(migrations, "migrations/0001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	if err := prepareFile(path); err != nil {
		t.Fatal(err)
	}
	old, err := open(t.Context(), path, func(ctx context.Context, e tables.Engine, _ fs.FS, begin func(tables.Tx) (int, error)) error {
		return tables.Migrate(ctx, e, fstest.MapFS{"0001_first.sql": {Data: first}}, begin)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := old.WriteEntry(t.Context(), entry()); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	s := place(path).Open(t)
	if _, _, err := s.Ended(t.Context(), []byte("x")); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the ends of deleted keys: %v", err)
	}
	if list, err := s.ListEntries(t.Context(), 0, 2); err != nil || len(list) != 1 {
		t.Errorf("%+v %v", list, err)
	}
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
