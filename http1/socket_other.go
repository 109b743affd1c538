//go:build !unix

package http1

const canReadAtOnce = false

// readAtOnce is never called: the system's sockets cannot be read like this.
func readAtOnce(uintptr, []byte) (int, error) { return 0, errNothing }
