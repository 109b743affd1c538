//go:build !unix

package keyring

import (
	"io/fs"
	"os"
)

// hasModes is false where access is not a matter of a file's mode: there the
// folder's own rights must keep others out.
const hasModes = false

func openPlain(path string) (*os.File, error) { return os.Open(path) }

func belongsToUs(fs.FileInfo) bool { return true }
