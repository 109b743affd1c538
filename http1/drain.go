package http1

import (
	"context"
	"net"
	"net/netip"
	"time"
)

const (
	// lastCall is how long a connection that waits for a request is read from
	// when a drain has begun: a request may be on its way that was written
	// before its client could know (RFC 9112 §9.6). It is answered, and the
	// answer says that the connection closes.
	lastCall = 500 * time.Millisecond
	// longIdle is how long a connection has waited of which that is not
	// expected: it is closed at once, unless something lies there.
	longIdle = time.Second
	// lastTaken bounds the taking of connections that wait to be taken when a
	// drain begins. It ends before when there was none for a moment, several
	// times: a moment may pass before the system has been asked.
	lastTaken = 200 * time.Millisecond
	moments   = 3
)

// Shutdown takes no more connections than those that wait to be taken, and
// waits until requests under way are answered and tunnels have ended, which are
// told: their connections end after it. Connections without a request are
// closed when none has come in half a second, or in half of what ctx leaves. If
// ctx ends first, its error is returned, and the rest goes on.
func (s *Server) Shutdown(ctx context.Context) error {
	call := lastCall
	if end, has := ctx.Deadline(); has {
		call = max(0, min(call, time.Until(end)/2))
	}
	ended := s.drain(call)
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	select {
	case <-ended: // at the same time
		return nil
	default:
		return ctx.Err()
	}
}

// Close breaks off all connections.
func (s *Server) Close() error {
	s.drain(0)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = true
	if s.listener != nil {
		s.listener.Close()
	}
	for c := range s.conns {
		c.presence.leave()
		c.wire.Conn.Close()
	}
	return nil
}

// drain tells everybody, and returns what is closed when all have ended.
func (s *Server) drain(call time.Duration) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.draining.Swap(true) {
		s.lastCall = call
		if s.listener != nil {
			wake(s.listener)
		}
		for c := range s.conns {
			c.wire.hurry(call)
			if c.tunnel != nil {
				c.tunnel.Drain()
			}
		}
	}
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	ended := s.empty
	s.settle()
	return ended
}

// settle tells who waits for it that the last connection has ended.
func (s *Server) settle() {
	if s.empty != nil && s.listener == nil && len(s.conns) == 0 {
		close(s.empty)
		s.empty = nil
	}
}

// begin notes what connections are taken from, unless the server is closed.
func (s *Server) begin(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining.Load() {
		return false
	}
	s.listener = l
	s.conns, s.of = make(map[*Conn]struct{}), make(map[netip.Addr]int)
	return true
}

// stopped is called when no connection is taken any more.
func (s *Server) stopped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener = nil
	s.settle()
}

// wake ends a waiting for a connection.
func wake(l net.Listener) {
	if l, ok := l.(interface{ SetDeadline(time.Time) error }); ok && l.SetDeadline(past) == nil {
		return
	}
	l.Close()
}

// takeLast takes the connections that the system has made for us, with what
// their clients may have written by now, and closes the listener.
func (s *Server) takeLast(l net.Listener) {
	defer l.Close()
	timed, ok := l.(interface{ SetDeadline(time.Time) error })
	end := time.Now().Add(lastTaken)
	for none := 0; ok && none < moments && time.Now().Before(end); {
		timed.SetDeadline(time.Now().Add(moment))
		raw, err := l.Accept()
		if err != nil {
			none++
			continue
		}
		none = 0
		s.take(raw)
	}
}

// hurry has a wait for a request, now or later, end soon.
func (w *wire) hurry(call time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.hurried.IsZero() || w.handedOn {
		return
	}
	w.hurried, w.lastCall, w.passedOver = time.Now(), call, true
	w.Conn.SetReadDeadline(past) // whoever reads looks when that is due
}

// called is when the wait for a request ends in a drain.
func (w *wire) called() time.Time {
	switch waited := w.hurried.Sub(w.begun); {
	case waited > longIdle:
		return w.hurried
	case waited > 0:
		return w.hurried.Add(w.lastCall)
	}
	return w.begun.Add(w.lastCall)
}

// lastLook reads what came before a wait for a request was ended by a drain: a
// deadline that has passed keeps the system from being asked.
func (w *wire) lastLook(p []byte, late error) (int, error) {
	w.mu.Lock()
	hurried := !w.hurried.IsZero()
	w.mu.Unlock()
	if !hurried {
		return 0, late
	}
	s := NewSocket(w.Conn)
	s.polling = true
	w.Conn.SetReadDeadline(time.Time{})
	n, err := s.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.readBy, w.passedOver = time.Time{}, true
	return n, err
}
