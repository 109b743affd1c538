//go:build unix

package keyring_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"sallyport/keyring"
	"sallyport/keyring/keyringtest"
)

func TestFileMaster(t *testing.T) {
	for name, test := range map[string]func(t *testing.T, path string){
		"is made for its owner alone":              masterIsMade,
		"is not made where keys are wrapped":       masterIsMissed,
		"is one for processes that start together": masterIsOne,
		"is made through no link":                  masterThroughNoLink,
		"is read through a link":                   masterThroughLink,
		"is refused where others can read it":      masterIsOpenToOthers,
		"is refused where it is another's":         masterIsAnothers,
		"is refused where it is no key":            masterIsNoKey,
		"is the same from the environment":         masterMoves,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "sallyport.key")) })
	}
}

func fileMaster(t *testing.T, path string) keyring.Master {
	t.Helper()
	m, err := keyring.FileMaster(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func masterIsMade(t *testing.T, path string) {
	m := fileMaster(t, path)
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Fatal("it is made before it is needed")
	}
	keyringtest.Open(t, m, new(keyringtest.Shelf))
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Fatalf("%v, %v; want a file of mode 0600", info, err)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if again := fileMaster(t, path); again.Name() != m.Name() || !strings.HasPrefix(m.Name(), "key:") {
		t.Errorf("named %s, then %s", m.Name(), again.Name())
	}
}

func masterIsMissed(t *testing.T, path string) {
	s := new(keyringtest.Shelf)
	keyringtest.Open(t, fileMaster(t, path), s)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Open(t.Context(), fileMaster(t, path), s); err == nil || !strings.Contains(err.Error(), "put the file back") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Error("another master was made in its place")
	}
}

func masterIsOne(t *testing.T, path string) {
	names := make([]string, 16)
	var done sync.WaitGroup
	for i := range names {
		m := fileMaster(t, path)
		done.Go(func() {
			if _, err := m.Wrap(t.Context(), []byte("keys"), nil); err != nil {
				t.Error(err)
			}
			names[i] = m.Name()
		})
	}
	done.Wait()
	for _, name := range names {
		if name != names[0] {
			t.Errorf("%s beside %s", name, names[0])
		}
	}
}

func masterThroughNoLink(t *testing.T, path string) {
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Symlink(elsewhere, path); err != nil {
		t.Fatal(err)
	}
	if _, err := fileMaster(t, path).Wrap(t.Context(), []byte("keys"), nil); err == nil {
		t.Error("wrapped without a key")
	}
	if _, err := os.Stat(elsewhere); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a key was made where the link led")
	}
}

func masterThroughLink(t *testing.T, path string) {
	keyringtest.Open(t, fileMaster(t, path), new(keyringtest.Shelf))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if fileMaster(t, link).Name() != fileMaster(t, path).Name() {
		t.Error("another key")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.FileMaster(link); err == nil {
		t.Error("the link hides that others can read it")
	}
}

func masterIsOpenToOthers(t *testing.T, path string) {
	keyringtest.Open(t, fileMaster(t, path), new(keyringtest.Shelf))
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o601} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.FileMaster(path); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
}

func masterIsAnothers(t *testing.T, path string) {
	if os.Geteuid() != 0 {
		// Nobody but root can give a file away; root's own are another's then.
		for _, roots := range []string{"/etc/passwd", "/etc/hosts"} {
			if _, err := keyring.FileMaster(roots); err == nil || !strings.Contains(err.Error(), "another user") {
				t.Errorf("%v", err)
			}
		}
		return
	}
	keyringtest.Open(t, fileMaster(t, path), new(keyringtest.Shelf))
	if err := os.Chown(path, 65534, 65534); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.FileMaster(path); err == nil || !strings.Contains(err.Error(), "another user") {
		t.Errorf("%v", err)
	}
}

func masterIsNoKey(t *testing.T, path string) {
	const secret = "hunter2"
	for _, text := range []string{"", "\n", secret, "AAAA", strings.Repeat("A", 44), strings.Repeat("A", 5000), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=", secret + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := keyring.FileMaster(path); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%.60q: %v", text, err)
		}
		if _, err := keyring.EnvMaster(text); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%.60q: %v", text, err)
		}
	}
	if _, err := keyring.FileMaster(filepath.Dir(path)); err == nil {
		t.Error("a folder passes for a key")
	}
	pipe := filepath.Join(filepath.Dir(path), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.FileMaster(pipe); err == nil {
		t.Error("a pipe passes for a key")
	}
}

func masterMoves(t *testing.T, path string) {
	s := new(keyringtest.Shelf)
	r := keyringtest.Open(t, fileMaster(t, path), s)
	sealed := seal(t, r, "v", "a", "b", "c")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := keyring.EnvMaster(string(text))
	if err != nil {
		t.Fatal(err)
	}
	open(t, keyringtest.Open(t, m, s), sealed, "v", "a", "b", "c")
}
