package http1

import (
	"errors"
	"io"
	"sync"
)

// received is the content of a request that streams. Whoever reads it may be
// another goroutine, and may go on when the exchange is over: then there is
// nothing to read, whatever the connection carries by then.
type received struct {
	mu      sync.Mutex
	conn    *Conn
	content content
	over    bool
}

var errOver = errors.New("the exchange is over")

func (r *received) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return 0, errOver
	}
	if err := r.conn.invite(); err != nil {
		return 0, err
	}
	framed := r.content.framed
	n, err := r.content.Read(p)
	r.conn.wire.passed -= r.content.framed - framed // it came, and is no progress
	if err == io.EOF {
		r.conn.presence.requestEnded()
	}
	return n, err
}

// Close leaves the rest to the connection, which knows how much it may drain.
func (r *received) Close() error { return nil }

// mostDrained is how much of a request that nobody read is taken off the
// connection to use it again. To take more costs more than a new connection.
const mostDrained = 64 << 10

// drainable tells whether what is left may be drained, as far as is known now.
// Where somebody else is reading, it is not.
func (r *received) drainable() bool {
	if !r.mu.TryLock() {
		return false
	}
	defer r.mu.Unlock()
	return r.content.err == io.EOF || r.content.err == nil && r.content.left <= mostDrained
}

// end takes the content from whoever reads it, and tells whether the next
// request begins where the connection stands.
func (r *received) end(drain bool) bool {
	if !r.mu.TryLock() {
		drain = false
		r.conn.wire.interrupt()
		r.mu.Lock()
		r.conn.wire.resume()
	}
	defer r.mu.Unlock()
	r.over = true
	if drain && !r.content.complete() {
		_, _ = io.CopyN(io.Discard, &r.content, mostDrained)
	}
	return r.content.complete()
}
