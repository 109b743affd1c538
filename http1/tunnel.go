package http1

import (
	"io"
	"net"
	"time"

	"sallyport/message"
)

// switchTo sends an answer of 101 and leaves the connection to the tunnel until
// that ends. There is no other request on it.
func (c *Conn) switchTo(r *message.Response) (int64, error) {
	c.keep = false
	c.beginAnswer()
	c.presence.end() // the tunnel reads from now on
	err := c.writeHead(r, sendNothing)
	if err == nil {
		err = c.flush()
	}
	if err != nil {
		return 0, err
	}
	c.wire.enter(watching) // how long it may be quiet is the tunnel's to say
	c.lend(r.Tunnel)
	defer c.lend(nil)
	r.Tunnel.Relay((*clientStream)(c))
	return r.Tunnel.Traffic().BytesOut, nil
}

// lend notes whose the connection is. A tunnel is told when the server stops.
func (c *Conn) lend(t message.Tunnel) {
	c.server.mu.Lock()
	c.tunnel = t
	c.server.mu.Unlock()
	if t != nil {
		c.switched = true
		if c.server.draining.Load() {
			t.Drain() // twice is once
		}
	}
}

// clientStream is a connection as a tunnel sees it: what came with the request
// is read first.
type clientStream Conn

func (s *clientStream) Read(p []byte) (int, error) { return s.in.Read(p) }

func (s *clientStream) Write(p []byte) (int, error) { return s.stream.Write(p) }

// Close breaks the connection off: one that is written to could not be ended in
// order.
func (s *clientStream) Close() error { return s.wire.Close() }

// Switched is the connection behind an answer of 101, which has begun another
// protocol: what came with the head is read first. The caller closes it. It is
// called once, in place of closing the answer.
func (c *ClientConn) Switched() (io.ReadWriteCloser, error) {
	watched := !c.waits.end()
	c.request.end()
	if watched {
		c.conn.Close()
		return nil, c.waits.ctx.Err() // it ended at the same moment
	}
	c.socket.SetReadDeadline(time.Time{})
	c.socket.SetWriteDeadline(time.Time{})
	return &switched{Conn: c.conn, rest: c.in.unread()}, nil
}

// switched is a connection of which some was read.
type switched struct {
	net.Conn
	rest []byte
}

func (s *switched) Read(p []byte) (int, error) {
	if len(s.rest) > 0 {
		n := copy(p, s.rest)
		s.rest = s.rest[n:]
		return n, nil
	}
	s.rest = nil
	return s.Conn.Read(p)
}
