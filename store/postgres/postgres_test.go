package postgres

import (
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"sallyport/store"
	"sallyport/store/storetest"
)

// cluster is the PostgreSQL of all tests of the package.
var cluster *storetest.Cluster

func TestMain(m *testing.M) {
	storetest.WriteIfAsked(Open)
	os.Exit(withCluster(m))
}

// TestKilled kills a process that writes, fifty times.
func TestKilled(t *testing.T) {
	storetest.Killed(t, Open, cluster.NewDatabase(t), 50, nil)
}

// TestServerKilled kills the server while a process writes, which goes on when
// the server is there again.
func TestServerKilled(t *testing.T) {
	storetest.Killed(t, Open, cluster.NewDatabase(t), 3, func() {
		cluster.Kill()
		if err := cluster.Start(); err != nil {
			t.Fatal(err)
		}
	})
}

func withCluster(m *testing.M) (code int) {
	c, err := storetest.StartCluster("max_connections = 400")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	cluster = c
	defer func() {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}()
	return m.Run()
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) storetest.Place { return place(cluster.NewDatabase(t)) })
}

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
