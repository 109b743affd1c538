//go:build unix

package postgres

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"sallyport/store"
	"sallyport/store/storetest"
)

// server is the PostgreSQL of all tests of the package, from the first that asks
// for it: a process that fuzzes needs none.
type server struct {
	once sync.Once
	*storetest.Cluster
	err error
}

var running server

func cluster(t testing.TB) *storetest.Cluster {
	t.Helper()
	running.once.Do(func() { running.Cluster, running.err = storetest.StartCluster("deadlock_timeout = 50ms") })
	if running.err != nil {
		t.Fatal(running.err)
	}
	return running.Cluster
}

func TestMain(m *testing.M) {
	storetest.WriteIfAsked(Open)
	code := m.Run()
	if running.Cluster != nil {
		if err := running.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// TestKilled kills a process that writes, fifty times.
func TestKilled(t *testing.T) {
	storetest.Killed(t, Open, cluster(t).NewDatabase(t), 50, nil)
}

// TestServerKilled kills the server while a process writes, which goes on when
// the server is there again.
func TestServerKilled(t *testing.T) {
	storetest.Killed(t, Open, cluster(t).NewDatabase(t), 3, func() {
		cluster(t).Kill()
		if err := cluster(t).Start(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Place { return place(cluster(t).NewDatabase(t)) })
}

func TestFind(t *testing.T) { storetest.Found(t, Open, Find, cluster(t).NewDatabase(t)) }

// place is a database for storetest.
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
	p.exec(t, `DELETE FROM sallyport.changes WHERE number <= $1`, until)
}

func (p place) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	if _, err := c.Exec(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}
