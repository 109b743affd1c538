//go:build unix

package http1

import (
	"io"
	"syscall"
)

const canReadAtOnce = true

// readAtOnce reads from a socket that does not block.
func readAtOnce(fd uintptr, p []byte) (int, error) {
	for {
		switch n, err := syscall.Read(int(fd), p); {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, errNothing
		case err != nil:
			return 0, err
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}
