//go:build unix

package http1

import (
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// TestBytesBehindAnAnswer: a backend that is made to say more than it meant
// must not answer the next caller (response splitting).
func TestBytesBehindAnAnswer(t *testing.T) {
	const second = "HTTP/1.1 200 OK\nContent-Length: 5\n\nstolen"
	for _, first := range []string{
		"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n", "HTTP/1.1 204 No Content\n\n",
		"HTTP/1.1 304 Not Modified\nContent-Length: 2\n\n", "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
	} {
		if _, content, again, err := answered(t, "GET", crlf(first+second), false); err != nil || content != "ok" && content != "" || again {
			t.Errorf("%q: %q, %v; used again: %v", first, content, err, again)
		}
		// The same where they come once the answer was passed on.
		c, f := connected(t)
		go func() { f.hear(); f.say(first) }()
		r, err := c.Do(t.Context(), get())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := whole(r); err != nil || c.ready.Load() != 1 {
			t.Fatalf("%v; ready %d times", err, c.ready.Load())
		}
		f.say(second)
		waitReadable(t, c)
		_, err = c.Do(t.Context(), get())
		if unanswered := (*Unanswered)(nil); !errors.As(err, &unanswered) || unanswered.Written || !errors.Is(err, errUnasked) {
			t.Errorf("%q: bytes that nobody asked for: %v", first, err)
		}
		if c.ready.Load() != 1 {
			t.Error("such a connection is used again")
		}
	}
}

// waitReadable waits until something has come that was not read.
func waitReadable(t testing.TB, c *near) {
	t.Helper()
	c.socket.SetReadDeadline(time.Time{})
	raw, err := c.socket.Conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var ahead [1]byte
	if err := raw.Read(func(fd uintptr) bool {
		_, _, err := syscall.Recvfrom(int(fd), ahead[:], syscall.MSG_PEEK)
		return err != syscall.EAGAIN
	}); err != nil {
		t.Fatal(err)
	}
}

func TestServerThatSpeaksFirst(t *testing.T) {
	c, f := connected(t)
	f.say("HTTP/1.1 200 OK\nContent-Length: 0\n\n")
	waitReadable(t, c)
	_, err := c.Do(t.Context(), get())
	if !errors.Is(err, errUnasked) {
		t.Errorf("%v", err)
	}
}

func TestConnectionThatWasClosed(t *testing.T) {
	for _, c := range []struct {
		name    string
		server  func(*far)
		written bool
	}{
		{"before the request", func(f *far) { f.Conn.Close() }, false},
		{"after the request", func(f *far) { f.hear(); f.Conn.Close() }, true},
		{"reset after the request", func(f *far) { f.hear(); f.Conn.(*net.TCPConn).SetLinger(0); f.Conn.Close() }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, f := connected(t)
			if !c.written {
				c.server(f)
				waitReadable(t, n)
			} else {
				go c.server(f)
			}
			_, err := n.Do(t.Context(), get())
			unanswered := (*Unanswered)(nil)
			if !errors.As(err, &unanswered) || unanswered.Written != c.written || n.ready.Load() != 0 {
				t.Errorf("%v (%+v)", err, unanswered)
			}
		})
	}
}
