//go:build unix

package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"sallyport/store"
	"sallyport/store/tables"
)

func TestFiles(t *testing.T) {
	t.Run("are the owner's alone, whatever the umask", func(t *testing.T) {
		p := place(filepath.Join(t.TempDir(), "a file? with 100% #signs.db"))
		defer syscall.Umask(syscall.Umask(0))
		s := p.Open(t)
		if err := s.WriteEntry(t.Context(), entry()); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal", "-shm"} {
			info, err := os.Stat(string(p) + suffix)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); mode != 0o600 {
				t.Errorf("%q has the mode %v", suffix, mode)
			}
		}
	})
	t.Run("that others can read or change are refused", func(t *testing.T) {
		for mode, refused := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o604: true, 0o602: true, 0o660: true, 0o620: true} {
			path := filepath.Join(t.TempDir(), "s.db")
			place(path).Open(t).Close()
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), path)
			if err == nil {
				s.Close()
			}
			if (err != nil) != refused {
				t.Errorf("mode %v: error %v", mode, err)
			}
		}
	})
	t.Run("are not put where everybody may write", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "s.db")
		fails(t, path, "everybody may write")
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file was made: %v", err)
		}
		if err := os.Chmod(dir, 0o777|fs.ModeSticky); err != nil {
			t.Fatal(err)
		}
		place(path).Open(t)
	})
	t.Run("need a folder", func(t *testing.T) {
		fails(t, filepath.Join(t.TempDir(), "none", "s.db"), "folder")
	})
	t.Run("that are none are refused", func(t *testing.T) { fails(t, t.TempDir(), "no file") })
	t.Run("are not made anew while they are served", func(t *testing.T) {
		p := place(filepath.Join(t.TempDir(), "s.db"))
		s := p.Open(t)
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Remove(string(p) + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		if err := s.WriteEntry(t.Context(), entry()); !errors.Is(err, store.ErrReplaced) {
			t.Errorf("what is written to no file: %v", err)
		}
		if _, err := os.Stat(string(p)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the file is there again: %v", err)
		}
	})
}

// Another file in the place of one that is open is not taken for it.
func TestReplacedFile(t *testing.T) {
	dir := t.TempDir()
	p, other := place(filepath.Join(dir, "s.db")), place(filepath.Join(dir, "other.db"))
	s := p.Open(t)
	other.Open(t).Close()
	if err := os.Rename(string(p), string(p)+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(string(other), string(p)); err != nil {
		t.Fatal(err)
	}
	_, _, byHash := s.KeyByHash(t.Context(), []byte("x"))
	_, last := s.LastChange(t.Context())
	for doing, err := range map[string]error{
		"asking for a key": byHash, "asking for changes": last, "awaiting": s.Await(t.Context(), 0), "pinging": s.Ping(t.Context()),
		"writing": s.WriteEntry(t.Context(), entry()),
	} {
		if !errors.Is(err, store.ErrReplaced) {
			t.Errorf("%s: %v", doing, err)
		}
	}
	if err := os.Rename(string(p)+".away", string(p)); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteEntry(t.Context(), entry()); err != nil {
		t.Errorf("after it was put back: %v", err)
	}
}

func TestFileOfAnotherUser(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	place(path).Open(t).Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := checkOwner(path, info, os.Geteuid()); err != nil {
		t.Error(err)
	}
	if err := checkOwner(path, info, os.Geteuid()+1); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Error(err)
	}
	if os.Geteuid() == 0 { // who else may give files away
		if err := os.Chown(path, 54321, -1); err != nil {
			t.Fatal(err)
		}
		fails(t, path, "another user")
	}
}

// TestForeignFiles leaves what is not ours, or not ours yet, as it is.
func TestForeignFiles(t *testing.T) {
	for name, c := range map[string]struct {
		statements, says string
		is               error
	}{
		"another program's":         {"CREATE TABLE songs (title)", "another program", nil},
		"another program's, marked": {"PRAGMA application_id = 7", "another program", nil},
		"no database":               {"", "not a database", nil},
		"a later version's":         {"UPDATE schema_version SET version = 9999", "9999", store.ErrNewer},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s.db")
			if c.is != nil {
				place(path).Open(t).Close()
			}
			if err := os.WriteFile(path+".note", []byte("no database at all, whatever the name may say"), 0o600); err != nil {
				t.Fatal(err)
			}
			if c.statements == "" {
				path += ".note"
			} else {
				makeFile(t, path, c.statements)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Open(t.Context(), path)
			if err == nil {
				s.Close()
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error is %v", err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func makeFile(t *testing.T, path, statements string) {
	f, err := os.OpenFile(path, os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	place(path).exec(t, statements)
}

func fails(t *testing.T, path, says string) {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err == nil {
		s.Close()
	}
	if err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("error is %v, not of %q", err, says)
	}
}

// TestBackup makes a copy while the store is open, as docs/reference/store.md
// says.
func TestBackup(t *testing.T) {
	dir := t.TempDir()
	p := place(filepath.Join(dir, "s.db"))
	s := p.Open(t)
	if err := s.WriteEntry(t.Context(), entry()); err != nil {
		t.Fatal(err)
	}
	backup := place(filepath.Join(dir, "backup.db"))
	p.exec(t, `VACUUM INTO ?`, string(backup))
	if err := os.Chmod(string(backup), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := backup.Open(t).ListEntries(t.Context(), 0, 10)
	if err != nil || len(all) != 1 {
		t.Errorf("the backup has %d entries, error %v", len(all), err)
	}
}

func TestConnections(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	place(path).Open(t)
	e, err := start(t.Context(), path, tables.Migrate)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "fullfsync": "1", "foreign_keys": "1", "busy_timeout": "10000"} {
		for name, db := range map[string]*sql.DB{"writer": e.writer, "reader": e.reader} {
			var got string
			if err := db.QueryRow("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s of the %s is %q, not %q (%v)", pragma, name, got, want, err)
			}
		}
	}
	if _, err := e.reader.Exec("DELETE FROM changes"); err == nil {
		t.Error("a connection for reading can write")
	}
}

// TestWaitsForOtherProcesses holds a transaction open elsewhere, and writes.
func TestWaitsForOtherProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s.db")
	s := place(path).Open(t)
	other := sql.OpenDB(connector(path))
	defer other.Close()
	tx, err := other.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	wrote := make(chan error)
	go func() { wrote <- s.WriteEntry(t.Context(), entry()) }()
	if _, err := s.ListEntries(t.Context(), 0, 1); err != nil {
		t.Errorf("reading beside a writer: %v", err)
	}
	select {
	case err := <-wrote:
		t.Errorf("it wrote beside another: %v", err)
	default:
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-wrote; err != nil {
		t.Error(err)
	}
}
