package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"sallyport/message"
)

// Conn is one connection of a client, and the door of its exchange. It belongs
// to one goroutine, which reads a request, has it served, and reads the next.
type Conn struct {
	server *Server
	wire   *wire
	stream net.Conn // the wire, or TLS over it
	in     *input
	limits Limits
	out    []byte
	head   head

	remote, local netip.AddrPort
	tls           *tls.ConnectionState
	presence      presence
	tunnel        message.Tunnel // that has the connection; under the server's mu

	// Of the exchange. keep: the connection is used again.
	keep     bool
	received *received // nil where the request has no content that streams
	switched bool      // another protocol was spoken after the answer
	scheme   string

	mu sync.Mutex
	// expected: the client waits for 100 (Continue). answered: the answer has begun.
	expected, answered bool
}

// Context ends when the client leaves. It belongs to the connection: what is
// derived from it must end with the exchange.
func (c *Conn) Context() context.Context { return &c.presence }

// run serves the connection to its end.
func (c *Conn) run() {
	defer c.presence.leave()
	defer c.wire.Close()
	defer func() {
		if r := recover(); r != nil {
			c.wire.reset()
			c.server.fail(&Panic{r, debug.Stack()})
		}
	}()
	for c.next() {
	}
}

// openInput makes what requests are read from, over TLS where it is spoken.
func (c *Conn) openInput() {
	c.in = newInput(c.stream, c.limits)
	c.in.poison = c.server.poison
}

// next serves one request, and tells whether there may be another.
func (c *Conn) next() bool {
	c.in.begin()
	c.wire.enter(idle)
	if c.in.from < c.in.to {
		c.wire.enter(inHead) // of a request that came with the last one
	}
	if err := c.in.await(true); err != nil {
		if isTimeout(err) {
			c.leave(false)
		}
		return false
	}
	request, err := c.receive()
	if err != nil {
		c.failed(err)
		return false
	}
	return c.serve(request)
}

// failed answers a head that could not be read, unless the client broke it off.
func (c *Conn) failed(err error) {
	fault := (*Fault)(nil)
	switch {
	case errors.As(err, &fault):
		c.refuse(fault)
	case isTimeout(err):
		c.refuse(errTooSlow)
	}
}

var errTooSlow = &Fault{408, "The head of the request did not come in time."}

// receive reads the head of a request, and prepares its content.
func (c *Conn) receive() (*message.Request, error) {
	c.received, c.expected, c.answered = nil, false, false
	if err := c.head.readRequest(c.in, c.limits); err != nil {
		return nil, err
	}
	f, err := c.head.frame("")
	if err != nil {
		return nil, err
	}
	c.keep = c.head.persistent()
	r := c.request()
	r.Method, r.Target, r.Authority, r.Fields = c.head.method, c.head.target, c.head.authority, c.head.fields
	if c.head.minor == '0' {
		r.Proto = "HTTP/1.0"
	}
	switch {
	case f.kind == byLength && f.length == 0:
	case f.kind == byLength && f.length <= int64(c.in.to-c.in.from):
		r.Body = message.HeldBody(c.in.unread()[:f.length:f.length], nil)
		c.in.discard(int(f.length))
	default:
		c.expected = c.head.expectsContinue()
		c.received = &received{conn: c}
		c.received.content.begin(c.in, f, c.limits)
		length := f.length
		if f.kind == byChunks {
			length = -1
		}
		r.Body = message.NewBody(c.received, length)
		c.wire.enter(inBody)
	}
	c.presence.begin(c.received == nil)
	return r, nil
}

// request is what is known of a request before a byte of it was understood.
func (c *Conn) request() *message.Request {
	return &message.Request{Scheme: c.scheme, Proto: "HTTP/1.1", Remote: c.remote, Local: c.local, TLS: c.tls}
}

func (c *Conn) serve(r *message.Request) bool {
	err := c.server.Handler.Serve(c, r)
	c.presence.end()
	keep := c.keep && err == nil && c.answered
	whole := c.received == nil || c.received.end(keep)
	switch {
	case err != nil || !c.answered:
		c.wire.reset() // what was sent must not be taken for whole
		return false
	case keep && whole:
		return true // in a drain too: the answer said that the next request would be taken
	}
	c.leave(!whole || c.switched || len(c.in.unread()) > 0)
	return false
}

// refuse answers what is no request. Where the next one begins nobody knows.
func (c *Conn) refuse(fault *Fault) {
	c.keep, c.received = false, nil
	r := c.request()
	r.Method = c.head.method
	if err := c.server.Handler.Refuse(c, r, fault); err != nil || !c.answered {
		c.wire.reset()
		return
	}
	c.leave(true)
}

// mayPersist tells whether the connection can be used after an answer that
// begins now.
func (c *Conn) mayPersist() bool {
	switch {
	case c.server.draining.Load():
		return false
	case c.received == nil:
		return true
	}
	c.mu.Lock()
	expected := c.expected
	c.mu.Unlock()
	return !expected && c.received.drainable() // nobody knows whether content will come that was never asked for
}

// invite asks for content that the client holds back (RFC 9110 §10.1.1), unless
// an answer has been made without it.
func (c *Conn) invite() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.expected || c.answered {
		return nil
	}
	c.expected = false
	_, err := c.stream.Write([]byte("HTTP/1.1 100 Continue\r\n\r\n"))
	return err
}

func (c *Conn) beginAnswer() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = true
}

const (
	// lingering is how long a client may take to see an answer that was given
	// before its request had come: to close at once would have the system
	// reset the connection, and the answer might be lost (RFC 9112 §9.6).
	lingering = time.Second
	// mostLingered is how much it may send meanwhile.
	mostLingered = 256 << 10
)

// leave closes the connection in order.
func (c *Conn) leave(unread bool) {
	if t, ok := c.stream.(interface{ CloseWrite() error }); ok && c.tls != nil {
		t.CloseWrite()
	}
	if t, ok := c.wire.Conn.(interface{ CloseWrite() error }); ok && unread && t.CloseWrite() == nil {
		c.wire.Conn.SetReadDeadline(time.Now().Add(lingering))
		_, _ = io.CopyN(io.Discard, c.wire.Conn, mostLingered)
	}
	c.wire.Close()
}
