package keyring

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// FileMaster is the master key in a file. Where there is none it is made, with
// mode 0600, when the first keys are to be wrapped, and only then: a master that
// was lost is missed, and not replaced by one that opens nothing. Of several
// processes that start together one makes it and the others read it. A file
// that others than its owner can read, or that belongs to another user, is
// refused. A symbolic link is followed to a file that is there (so secrets are
// mounted), but never to make one.
func FileMaster(path string) (Master, error) {
	f := &fileMaster{path: path}
	if _, err := f.read(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return f, nil
}

type fileMaster struct {
	path string
	mu   sync.Mutex
	key  *local // nil until there is a file
}

func (f *fileMaster) Name() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key == nil {
		return "file:" + f.path
	}
	return f.key.name
}

func (f *fileMaster) Wrap(ctx context.Context, plain, about []byte) ([]byte, error) {
	key, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeMaster(f.path); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("making the master key: %w", err)
		}
		key, err = f.read()
	}
	if err != nil {
		return nil, err
	}
	return key.Wrap(ctx, plain, about)
}

func (f *fileMaster) Unwrap(ctx context.Context, wrapped, about []byte) ([]byte, error) {
	key, err := f.read()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no master key at %s: put the file back, without it nothing opens", f.path)
	} else if err != nil {
		return nil, err
	}
	return key.Unwrap(ctx, wrapped, about)
}

// read is the key in the file; once read it is kept.
func (f *fileMaster) read() (*local, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.key != nil {
		return f.key, nil
	}
	text, err := readMaster(f.path)
	if err != nil {
		return nil, fmt.Errorf("reading the master key: %w", err)
	}
	key, err := parseMaster(text)
	if err != nil {
		return nil, fmt.Errorf("reading the master key: %s: %w", f.path, err)
	}
	f.key = key
	return key, nil
}

func readMaster(path string) (string, error) {
	f, err := openPlain(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	// Asked of the open file: a path could be another file by now.
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if err := onlyOurs(path, info); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxMasterText+1))
	return string(text), err
}

func onlyOurs(path string, info fs.FileInfo) error {
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	case !belongsToUs(info):
		return fmt.Errorf("%s belongs to another user, who could read and change it: chown it to the user that the gateway runs as", path)
	case hasModes && info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s has mode %04o, so others can use it: chmod 600 %[1]s; where somebody else may have read it, move to another master (sallyport keyring rewrap)", path, info.Mode().Perm())
	}
	return nil
}

// makeMaster writes the key beside its place and links it there, which fails
// where something stands already: nobody ever reads half a key, and of two who
// make one, one wins.
func makeMaster(path string) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".sallyport-key-*") // O_EXCL, mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	key := make([]byte, masterBytes)
	rand.Read(key)
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil {
		return err
	}
	return syncDirectory(dir)
}

// syncDirectory makes sure that the key is still there after the power failed:
// without it everything that it seals would be lost.
func syncDirectory(dir string) error {
	if !hasModes {
		return nil // a system whose directories cannot be opened
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
