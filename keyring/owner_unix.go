//go:build unix

package keyring

import (
	"io/fs"
	"os"
	"syscall"
)

const hasModes = true

// openPlain does not wait where the path is a pipe.
func openPlain(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

func belongsToUs(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}
