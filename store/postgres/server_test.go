//go:build unix

package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sallyport/store"
	"sallyport/store/tables"
)

func entry() store.Entry {
	return store.Entry{At: time.Unix(1e9, 0), Actor: "cli:tester", Action: "test", Outcome: "done"}
}

func put(t *testing.T, s store.Store) {
	t.Helper()
	if err := s.PutSecret(t.Context(), &store.Secret{Name: "n", Sealed: []byte("s")}, entry()); err != nil {
		t.Fatal(err)
	}
}

// TestForeignTables leaves what is not ours, or not ours yet, as it is.
func TestForeignTables(t *testing.T) {
	for name, c := range map[string]struct {
		statement, says string
		is              error
	}{
		"a schema of another program": {"CREATE SCHEMA sallyport CREATE TABLE songs (title text)", "another program", nil},
		"a later version's":           {"UPDATE sallyport.schema_version SET version = 9999", "9999", store.ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			p := place(cluster(t).NewDatabase(t))
			if c.is != nil {
				p.Open(t).Close()
			}
			p.exec(t, c.statement)
			s, err := Open(t.Context(), string(p))
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error is %v", err)
			}
			p.exec(t, `DO $$ BEGIN IF (SELECT count(*) FROM pg_tables WHERE schemaname = 'sallyport' AND tablename = 'head') <> `+map[bool]string{true: "1", false: "0"}[c.is != nil]+` THEN RAISE 'tables were made'; END IF; END $$`)
		})
	}
	t.Run("text that is not Unicode", func(t *testing.T) {
		p := place(cluster(t).NewDatabase(t))
		p.exec(t, `CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`)
		s, err := Open(t.Context(), cluster(t).URL("ascii"))
		if err == nil {
			s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "ENCODING") {
			t.Errorf("error is %v", err)
		}
	})
}

// TestRights opens a store whose schema somebody made for a user who may make
// none.
func TestRights(t *testing.T) {
	p := place(cluster(t).NewDatabase(t))
	p.exec(t, `CREATE ROLE gateway LOGIN`)
	p.exec(t, `CREATE SCHEMA sallyport AUTHORIZATION gateway`)
	s := place(strings.Replace(string(p), "user=postgres", "user=gateway", 1)).Open(t)
	put(t, s)
}

// TestPlan holds the statement of the request path to its indexes.
func TestPlan(t *testing.T) {
	p := place(cluster(t).NewDatabase(t))
	p.Open(t)
	c, err := pgx.Connect(t.Context(), string(p))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close(t.Context())
	// The tables are empty: without this it would go through them.
	if _, err := c.Exec(t.Context(), `SET search_path = sallyport; SET enable_seqscan = off; SET enable_bitmapscan = off`); err != nil {
		t.Fatal(err)
	}
	rows, err := c.Query(t.Context(), "EXPLAIN "+tables.KeyByHash, []byte("hash"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	for _, want := range []string{"Index Scan using keys_hash_key on keys", "Index Cond: (hash = ", "Index Scan using consumers_pkey on consumers", "Index Cond: (id = k.consumer)"} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan has no %q:\n%s", want, text)
		}
	}
}

// TestServerStartsAgain goes on with the same handle, and misses no change.
func TestServerStartsAgain(t *testing.T) {
	p := place(cluster(t).NewDatabase(t))
	s, other := p.Open(t), p.Open(t)
	put(t, s)
	for range 3 {
		last, err := s.LastChange(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cluster(t).Halt()
		if err := s.Await(t.Context(), last); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("waiting for a server that is gone: error is %v", err)
		}
		if _, err := s.Secret(t.Context(), "n"); err == nil || errors.Is(err, store.ErrNotFound) {
			t.Errorf("reading from a server that is gone: error is %v", err)
		}
		if err := cluster(t).Start(); err != nil {
			t.Fatal(err)
		}
		put(t, other)
		if err := s.Await(t.Context(), last); err != nil {
			t.Error(err)
		}
		all, err := s.ChangesAfter(t.Context(), last, 10)
		if err != nil || len(all) != 1 {
			t.Errorf("changes since are %v, error %v", all, err)
		}
	}
}

// TestConnectionsBreak ends all connections, the listening one among them, while
// two wait for each other's changes.
func TestConnectionsBreak(t *testing.T) {
	p := place(cluster(t).NewDatabase(t))
	s, other := p.Open(t), p.Open(t)
	for number := range int64(10) {
		p.exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sallyport' AND datname = current_database()`)
		told := make(chan error)
		go func() { told <- s.Await(t.Context(), number) }()
		put(t, other)
		if err := <-told; err != nil {
			t.Fatal(err)
		}
		if all, err := s.ChangesAfter(t.Context(), number, 10); err != nil || len(all) != 1 {
			t.Fatalf("changes are %v, error %v", all, err)
		}
	}
}

// TestSilence cuts a node off so that nothing breaks: no byte comes any more. It
// must say that it cannot tell, and hear of all when it is back.
func TestSilence(t *testing.T) {
	p := place(cluster(t).NewDatabase(t))
	wire := newWire(t)
	u, err := url.Parse(string(p))
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("host", wire.dir)
	u.RawQuery = q.Encode()
	s, other := place(u.String()).Open(t), p.Open(t)
	put(t, other)
	if err := s.Await(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	wire.cut()
	began := time.Now()
	if err := s.Await(t.Context(), 1); err == nil {
		t.Error("it heard of a change by a wire that is cut")
	} else if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it noticed after %v", took)
	}
	put(t, other)
	wire.mend()
	for { // what was sent into the cut wire may still come to its end
		if err := s.Await(t.Context(), 1); err == nil {
			break
		} else if t.Context().Err() != nil || time.Since(began) > time.Minute {
			t.Fatal(err)
		}
	}
	if all, err := s.ChangesAfter(t.Context(), 1, 10); err != nil || len(all) != 1 {
		t.Errorf("changes are %v, error %v", all, err)
	}
}

// wire stands between a node and the cluster(t).
type wire struct {
	dir, server string
	mu          sync.Mutex
	open        chan struct{} // closed while bytes pass
}

func newWire(t *testing.T) *wire {
	w := &wire{dir: t.TempDir(), server: cluster(t).Socket(), open: make(chan struct{})}
	w.mend()
	l, err := net.Listen("unix", filepath.Join(w.dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(func() { stop(); l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.pass(ctx, c)
		}
	}()
	return w
}

func (w *wire) pass(ctx context.Context, client net.Conn) {
	server, err := net.Dial("unix", w.server)
	if err != nil {
		client.Close()
		return
	}
	defer context.AfterFunc(ctx, func() { client.Close(); server.Close() })()
	var both sync.WaitGroup
	for to, from := range map[net.Conn]net.Conn{client: server, server: client} {
		both.Go(func() {
			defer to.Close()
			io.Copy(gate{ctx, w, to}, from)
		})
	}
	both.Wait()
}

// gate lets bytes wait while the wire is cut.
type gate struct {
	ctx context.Context
	w   *wire
	to  io.Writer
}

func (g gate) Write(b []byte) (int, error) {
	g.w.mu.Lock()
	open := g.w.open
	g.w.mu.Unlock()
	select {
	case <-open:
		return g.to.Write(b)
	case <-g.ctx.Done():
		return 0, g.ctx.Err()
	}
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = make(chan struct{})
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.open)
}

// TestDeadlock lets two wait for each other: the server gives one up, which is
// done again. That one lets the other end first: what it holds could make the
// next deadlock otherwise, as often as the machine is slow.
func TestDeadlock(t *testing.T) {
	p := place(cluster(t).NewDatabase(t))
	p.Open(t)
	p.exec(t, `INSERT INTO sallyport.secrets (name, sealed, changed) VALUES ('a', '', 0), ('b', '', 0)`)
	config, err := Parse(string(p))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	e := &engine{pool: pool}
	var bothHold, writers sync.WaitGroup
	bothHold.Add(2)
	ended := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	var tries [2]int
	for i, names := range [][]string{{"a", "b"}, {"b", "a"}} {
		writers.Go(func() {
			defer close(ended[i])
			err := e.Write(t.Context(), func(tx tables.Tx) error {
				if tries[i]++; tries[i] > 1 {
					<-ended[1-i]
				}
				for n, name := range names {
					if _, err := tx.Exec(t.Context(), `UPDATE secrets SET changed = changed + 1 WHERE name = $1`, name); err != nil {
						return err
					}
					if n == 0 && tries[i] == 1 {
						bothHold.Done()
						bothHold.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	writers.Wait()
	if tries[0]+tries[1] != 3 {
		t.Errorf("two transactions were done %d and %d times, not 3 times in all", tries[0], tries[1])
	}
	p.exec(t, `DO $$ BEGIN IF (SELECT sum(changed) FROM sallyport.secrets) <> 4 THEN RAISE 'an update is lost, or was done twice'; END IF; END $$`)
}
