package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"sallyport/store"
)

// prepareFile makes the file for its owner alone, whatever the umask, before
// SQLite does with wider rights; SQLite gives the files beside it the same. One
// that is there must not be open to others.
func prepareFile(path string) error {
	folder := filepath.Dir(path)
	info, err := os.Stat(folder)
	if err != nil {
		return fmt.Errorf("the folder of the store: %w", err)
	}
	// Who may write to a folder may put another file in the place of ours.
	if hasModes() && info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fmt.Errorf("everybody may write to %s, where the store lies: chmod o-w it, or put the store elsewhere", folder)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	switch {
	case errors.Is(err, fs.ErrExist):
		return checkFile(path)
	case err != nil:
		return fmt.Errorf("making the store: %w", err)
	}
	return errors.Join(f.Close(), syncFolder(folder))
}

func checkFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return fmt.Errorf("the store: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("the store %s is no file", path)
	case hasModes() && info.Mode().Perm()&0o027 != 0:
		return fmt.Errorf("others than its owner can read or change the store %s (%v): chmod 600 it", path, info.Mode().Perm())
	}
	return checkOwner(path, info, os.Geteuid())
}

// opened is a file as it was when it was opened.
type opened struct {
	path string
	info fs.FileInfo
}

// same is store.ErrReplaced where the path leads elsewhere by now: what is
// written to a file without a name is lost when it is closed, and what another
// one holds nobody here has read.
func (o *opened) same() error {
	info, err := os.Stat(o.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %s was removed", store.ErrReplaced, o.path)
	case err != nil:
		return fmt.Errorf("the store: %w", err)
	case !os.SameFile(info, o.info):
		return fmt.Errorf("%w: %s is another file", store.ErrReplaced, o.path)
	}
	return nil
}

// syncFolder lets the name of a new file survive a loss of power.
func syncFolder(folder string) error {
	if !hasModes() {
		return nil // folders cannot be opened on Windows
	}
	f, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

func hasModes() bool { return runtime.GOOS != "windows" }
