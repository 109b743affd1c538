//go:build unix

package sqlite

import (
	"fmt"
	"io/fs"
	"syscall"
)

// checkOwner refuses a file of somebody else than that user: its owner can read
// and change it, whatever its mode.
func checkOwner(path string, info fs.FileInfo, user int) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || int(stat.Uid) != user {
		return fmt.Errorf("the store %s belongs to another user, who can read and change it: chown it to the user that the gateway runs as", path)
	}
	return nil
}
