package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"sallyport/message"
)

// Handler is what requests are handed to.
type Handler interface {
	// Serve answers a request with c.Send. The request is dead when it returns.
	// An error says that the answer was not sent to its end.
	Serve(c *Conn, r *message.Request) error
	// Refuse answers bytes that are no request, of which r tells what is known:
	// the ends of the connection, perhaps a method. The connection ends after it.
	Refuse(c *Conn, r *message.Request, fault *Fault) error
}

// Server takes connections from one listener and serves each on a goroutine of
// its own. Its fields are set before Serve is called.
type Server struct {
	Handler  Handler
	Limits   Limits
	Patience Patience
	// TLS has connections begin with a handshake; nil is plain HTTP.
	TLS *tls.Config
	// Other takes connections that agreed on a protocol of that name (ALPN)
	// other than HTTP/1.1; it closes them. Without it they are closed.
	Other func(protocol string, conn *tls.Conn)
	// Prior takes plain connections that begin with the preface of HTTP/2, which
	// comes again as they are read; it closes them. Without it the preface is
	// refused like any other version.
	Prior func(conn net.Conn)
	// Most is how many connections there may be, MostOfOne how many of one
	// address, or of one /64 of IPv6. What is beyond is answered 503 and closed. Zero is any number.
	Most, MostOfOne int
	// Exempt tells addresses that MostOfOne does not hold for: proxies, which
	// connect for many.
	Exempt func(netip.Addr) bool
	// Refused is told of each connection beyond a number, for counting it.
	Refused func()
	// Failed is told of what goes wrong with connections: handshakes that fail,
	// panics.
	Failed func(error)

	poison   bool // overwrite what was read when its exchange ends, for tests
	dates    dates
	draining atomic.Bool

	mu       sync.Mutex
	listener net.Listener // while connections are taken from it
	conns    map[*Conn]struct{}
	count    int
	of       map[netip.Addr]int
	empty    chan struct{} // closed when the last connection has ended, while somebody waits
	lastCall time.Duration // what a drain allows connections that wait for a request
	broken   bool          // no connection is begun any more, not even one that waits to be taken
}

// ErrClosed is what Serve returns after Shutdown or Close.
var ErrClosed = errors.New("the server is closed")

// Serve takes connections until the listener fails or the server is closed.
func (s *Server) Serve(l net.Listener) error {
	if !s.begin(l) {
		l.Close()
		return ErrClosed
	}
	defer s.stopped()
	pause := time.Duration(0)
	for {
		raw, err := l.Accept()
		switch {
		case err == nil:
			pause = 0
			s.take(raw)
		case s.draining.Load():
			s.takeLast(l)
			return ErrClosed
		case isTemporary(err):
			// Out of file descriptors, most likely: connections that end give some back.
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			s.fail(err)
			time.Sleep(pause)
		default:
			return err
		}
	}
}

func isTemporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// take begins to serve a connection.
func (s *Server) take(raw net.Conn) {
	client := clientOf(addrPort(raw.RemoteAddr()).Addr())
	if !s.admit(client, addrPort(raw.RemoteAddr()).Addr()) {
		s.turnAway(raw)
		return
	}
	c := s.conn(raw, func() { s.forget(client) })
	if !s.add(c) {
		c.wire.Close()
		return
	}
	go func() {
		defer s.remove(c)
		if s.TLS == nil || c.shake() {
			c.openInput()
			if c.handOver() {
				c.presence.leave()
				return
			}
			c.run()
		}
	}()
}

func (s *Server) conn(raw net.Conn, closing func()) *Conn {
	w := newWire(raw, s.Patience, closing)
	c := &Conn{server: s, wire: w, stream: w, limits: s.Limits, remote: addrPort(raw.RemoteAddr()), local: addrPort(raw.LocalAddr()), scheme: "http"}
	c.presence.conn = c
	c.presence.Context, c.presence.leave = context.WithCancel(context.Background())
	return c
}

// shake makes the handshake of TLS, and tells whether HTTP/1.1 follows.
func (c *Conn) shake() (http bool) {
	defer func() {
		if r := recover(); r != nil {
			c.server.fail(&Panic{r, debug.Stack()})
		}
		if !http && !c.wire.handedOn {
			c.wire.Close()
		}
	}()
	over := tls.Server(c.wire, c.server.TLS)
	c.wire.enter(inHandshake)
	if err := over.Handshake(); err != nil { // the wire bounds it
		c.server.fail(fmt.Errorf("TLS handshake: %w", err))
		if wrong := (tls.RecordHeaderError{}); errors.As(err, &wrong) && wrong.Conn != nil && octets[wrong.RecordHeader[0]]&inToken != 0 {
			_, _ = c.wire.Write([]byte(plain)) // a method begins like this, and no handshake does
			c.leave(true)
		}
		return false
	}
	state := over.ConnectionState()
	if protocol := state.NegotiatedProtocol; protocol != "" && protocol != "http/1.1" {
		if c.server.Other != nil && c.wire.release() == nil {
			c.server.Other(protocol, over)
		}
		return false
	}
	c.stream, c.tls, c.scheme = over, &state, "https"
	return true
}

// plain is answered to HTTP in the clear where TLS is spoken.
const plain = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: 26\r\n\r\nHTTPS is spoken here only\n"

// clientOf is the address, of IPv6 the network of 64 bits that one customer is
// given: whoever has one address of it has all of them.
func clientOf(address netip.Addr) netip.Addr {
	if !address.Is6() {
		return address
	}
	network, _ := address.Prefix(64) // an address of IPv6 has one
	return network.Addr()
}

// admit counts a connection, unless there are too many.
func (s *Server) admit(client, address netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Most > 0 && s.count >= s.Most {
		return false
	}
	if s.MostOfOne > 0 && s.of[client] >= s.MostOfOne && (s.Exempt == nil || !s.Exempt(address)) {
		return false
	}
	s.count++
	s.of[client]++
	return true
}

func (s *Server) forget(client netip.Addr) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count--
	if s.of[client]--; s.of[client] == 0 {
		delete(s.of, client)
	}
}

// full is answered to a connection that is too much. It costs no goroutine and
// no handshake.
const full = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 1\r\n\r\n"

func (s *Server) turnAway(raw net.Conn) {
	if s.Refused != nil {
		s.Refused()
	}
	if s.TLS == nil {
		raw.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = raw.Write([]byte(full))
	}
	raw.Close()
}

func (s *Server) add(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return false
	}
	if s.draining.Load() {
		c.wire.hurry(s.lastCall)
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) remove(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	s.settle()
}

func (s *Server) fail(err error) {
	if s.Failed != nil {
		s.Failed(err)
	}
}

// addrPort is an end of a connection; the zero value where it has no address
// of the Internet.
func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	p := t.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

// Panic is a panic of a handler, or of this package.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v\n%s", p.Value, p.Stack) }
