package build_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/build"
	"sallyport/config"
)

// keeping is a configuration whose store and master key lie in that folder.
func keeping(t *testing.T, folder string) *config.Config {
	t.Helper()
	c, err := config.Parse(filepath.Join(folder, "sallyport.yaml"), []byte(api("")))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestKept(t *testing.T) {
	folder := t.TempDir()
	first, err := build.OpenKept(t.Context(), keeping(t, folder), "cli:test")
	if err != nil {
		t.Fatal(err)
	}
	sum, known := first.Ring.Hash("test", first.Ring.Generation(), []byte("x"))
	if err := first.Close(); err != nil || !known {
		t.Fatal(err, known)
	}
	for _, name := range []string{"sallyport.db", "sallyport.key"} {
		if info, err := os.Stat(filepath.Join(folder, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Error(name, info, err)
		}
	}
	second, err := build.OpenKept(t.Context(), keeping(t, folder), "cli:test")
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := second.Ring.Hash("test", second.Ring.Generation(), []byte("x")); again != sum {
		t.Error("the keyring is another one after it was opened again")
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "sallyport.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := build.OpenKept(t.Context(), keeping(t, folder), "cli:test"); err == nil || !strings.Contains(err.Error(), "name the master key that the store was made with") {
		t.Errorf("another master key: %v", err)
	}
}

func TestStoreThatIsNone(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "sallyport.db"), []byte("this is no database, but a text of some length"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := build.OpenKept(t.Context(), keeping(t, folder), "cli:test"); err == nil || !strings.Contains(err.Error(), "sqlite:") {
		t.Errorf("%v", err)
	}
}
