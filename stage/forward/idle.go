package forward

import (
	"sync"
	"time"

	"sallyport/http1"
)

// idle are the connections to one target that nobody uses. The one that was
// used last is taken first, so that those which are not needed grow old.
type idle struct {
	most int // how many are kept

	mu     sync.Mutex
	conns  []idleConn // the one that was used last is last
	round  int
	sweeps *time.Timer
	closed bool
}

type idleConn struct {
	conn  *http1.ClientConn
	round int
}

// idleRound is the time between two sweeps. A connection stays for one whole
// round and goes at the end of the second, which is before most servers close
// it: a request that meets the closing may be lost.
const idleRound = 25 * time.Second

// take is a connection that is perhaps still open; nil if there is none.
func (i *idle) take() *http1.ClientConn {
	i.mu.Lock()
	defer i.mu.Unlock()
	last := len(i.conns) - 1
	if last < 0 {
		return nil
	}
	conn := i.conns[last].conn
	i.conns[last].conn = nil
	i.conns = i.conns[:last]
	return conn
}

// put keeps a connection, or closes it where enough are kept.
func (i *idle) put(conn *http1.ClientConn) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.closed || len(i.conns) >= i.most {
		conn.Close()
		return
	}
	i.conns = append(i.conns, idleConn{conn, i.round})
	if i.sweeps == nil {
		i.sweeps = time.AfterFunc(idleRound, i.sweep)
	}
}

// sweep closes what was not used for a round, until nothing is left.
func (i *idle) sweep() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.round++
	old := 0
	for old < len(i.conns) && i.conns[old].round < i.round-1 {
		i.conns[old].conn.Close()
		old++
	}
	n := copy(i.conns, i.conns[old:])
	clear(i.conns[n:])
	i.conns = i.conns[:n]
	if n == 0 {
		i.sweeps = nil
		return
	}
	i.sweeps.Reset(idleRound)
}

// close gives all up, and what is still in use when its exchange ends.
func (i *idle) close() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.closed = true
	if i.sweeps != nil {
		i.sweeps.Stop()
	}
	for _, k := range i.conns {
		k.conn.Close()
	}
	i.conns = nil
}
