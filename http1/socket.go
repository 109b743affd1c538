package http1

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// Socket is a connection of the operating system that can be asked, without
// waiting, whether something has come. TLS over which calls are to be made
// stands on one.
type Socket struct {
	net.Conn
	raw  syscall.RawConn // nil where the system cannot be asked
	step func(fd uintptr) bool
	// ask sends a request.
	ask func() error

	// polling: reading does not wait.
	polling bool
	// set is the read deadline as it was set last, zero for none.
	set time.Time
	// Of a read under way: where to, what came, whether ask is to be called.
	to     []byte
	n      int
	err    error
	asking bool
}

// NewSocket wraps a connection.
func NewSocket(conn net.Conn) *Socket {
	s := &Socket{Conn: conn}
	s.step = s.look
	if system, ok := conn.(syscall.Conn); ok && canReadAtOnce {
		s.raw, _ = system.SyscallConn()
	}
	return s
}

// socketUnder finds the socket that a connection stands on, or makes one that
// takes its place.
func socketUnder(conn net.Conn) (*Socket, net.Conn) {
	if s, ok := conn.(*Socket); ok {
		return s, s
	}
	if above, ok := conn.(interface{ NetConn() net.Conn }); ok {
		if s, ok := above.NetConn().(*Socket); ok {
			return s, conn
		}
	}
	s := NewSocket(conn)
	return s, s
}

// errNothing says that nothing has come. TLS takes it for a deadline that has
// passed, after which reading can go on.
var errNothing error = nothing{}

type nothing struct{}

func (nothing) Error() string   { return "nothing has come" }
func (nothing) Timeout() bool   { return true }
func (nothing) Temporary() bool { return true }

// Read implements net.Conn.
func (s *Socket) Read(p []byte) (int, error) {
	if s.polling {
		return s.poll(p)
	}
	return s.Conn.Read(p)
}

// SetReadDeadline implements net.Conn. It costs nothing where it changes nothing.
func (s *Socket) SetReadDeadline(t time.Time) error {
	if t.Equal(s.set) {
		return nil
	}
	s.set = t
	return s.Conn.SetReadDeadline(t)
}

// turn asks and reads the answer, or what came before: a kept connection may
// have been closed, and bytes that nobody asked for must not be taken for an
// answer. Reading finds nothing before it asks, as it would after: the look is
// for nothing.
func (s *Socket) turn(conn net.Conn, p []byte) (int, error) {
	if s.raw == nil || conn != net.Conn(s) {
		return s.turnAbove(conn, p)
	}
	s.to, s.asking = p, true
	err := s.raw.Read(s.step)
	s.to, s.asking = nil, false
	if err != nil {
		return 0, err
	}
	return s.n, s.err
}

// look is called with the socket until it is true, each time that something
// may have come.
func (s *Socket) look(fd uintptr) bool {
	s.n, s.err = readAtOnce(fd, s.to)
	switch {
	case s.err != errNothing || s.polling:
		return true
	case s.asking:
		s.asking = false
		s.err = s.ask()
		return s.err != nil
	}
	return false
}

// turnAbove is turn over TLS, or where the system cannot be asked.
func (s *Socket) turnAbove(conn net.Conn, p []byte) (int, error) {
	s.polling = true
	n, err := conn.Read(p)
	s.polling = false
	if n > 0 || err != nil && !errors.Is(err, errNothing) {
		return n, err
	}
	if err := s.ask(); err != nil {
		return 0, err
	}
	return conn.Read(p)
}

// moment is what looking takes where the system can only be waited for.
const moment = time.Millisecond

func (s *Socket) poll(p []byte) (n int, err error) {
	if s.raw == nil {
		before := s.set
		s.SetReadDeadline(time.Now().Add(moment))
		n, err = s.Conn.Read(p)
		s.SetReadDeadline(before)
		if err != nil && isTimeout(err) {
			err = errNothing
		}
		return n, err
	}
	s.to = p
	err = s.raw.Read(s.step)
	s.to = nil
	if err != nil {
		return 0, err
	}
	return s.n, s.err
}
