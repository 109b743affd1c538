package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bufio"
)

// piped is a connection within a bubble, where time passes as it is waited for.
func piped(t testing.TB) (*near, *far) {
	client, server := net.Pipe()
	t.Cleanup(func() { client.Close(); server.Close() })
	return using(t, client), &far{server, bufio.NewReader(server), t}
}

// about tells whether that much time has passed, but for the looks in between.
func about(t *testing.T, begun time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(begun); took < want || took > want+10*time.Millisecond {
		t.Errorf("it took %v, want %v", took, want)
	}
}

func TestTimesOfACall(t *testing.T) {
	chunked := "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
	for _, c := range []struct {
		name   string
		call   Call
		server func(*far)
		want   error
		after  time.Duration
	}{
		{"nothing comes", Call{FirstByte: 5 * time.Second, Idle: time.Second}, func(f *far) {}, errFirstByte, 5 * time.Second},
		{"nothing comes, at once", Call{FirstByte: 20 * time.Millisecond}, func(f *far) {}, errFirstByte, 20 * time.Millisecond},
		{"the head comes bit by bit", Call{FirstByte: 5 * time.Second}, func(f *far) {
			for f.say("HTTP/1.1 100 Continue\n\n") {
				time.Sleep(time.Second)
			}
		}, errFirstByte, 5 * time.Second},
		{"a pause in the content", Call{FirstByte: time.Second, Idle: 3 * time.Second}, func(f *far) {
			f.say(chunked)
			for range 5 {
				time.Sleep(2 * time.Second)
				f.say("2\nok\n")
			}
			_, _ = f.in.ReadByte()
		}, errIdle, 13 * time.Second},
		{"the whole, before the head", Call{FirstByte: 5 * time.Second, Whole: 2 * time.Second}, func(f *far) {}, errWhole, 2 * time.Second},
		{"the whole, in the content", Call{Idle: 5 * time.Second, Whole: 10 * time.Second}, func(f *far) {
			f.say(chunked)
			for f.say("2\nok\n") {
				time.Sleep(time.Second)
			}
		}, errWhole, 10 * time.Second},
		{"a request that takes its time", Call{FirstByte: 2 * time.Second, Body: streamed(slowly{5 * time.Second}, 3)}, func(f *far) {
			_, _ = io.ReadFull(f.in, make([]byte, 3))
		}, errFirstByte, 17 * time.Second},
		{"a request that is not taken", Call{FirstByte: 2 * time.Second, Body: streamed(strings.NewReader("abc"), 3)}, func(f *far) {}, errStuck, 5 * time.Second},
		{"the whole, while a request is under way", Call{Whole: 7 * time.Second, Body: streamed(slowly{5 * time.Second}, 3)}, func(f *far) { _, _ = io.Copy(io.Discard, f.in) }, errWhole, 7 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, f := piped(t)
				go func() { f.hear(); c.server(f) }()
				begun := time.Now()
				c.call.Method, c.call.Path, c.call.Host = "POST", "/", "a"
				r, err := n.Do(t.Context(), &c.call)
				if err == nil {
					_, err = whole(r)
				}
				if !errors.Is(err, c.want) || !isTimeout(err) {
					t.Errorf("%v, want %v", err, c.want)
				}
				if c.want == errStuck {
					about(t, begun, 2*c.call.FirstByte+lastWords)
				} else {
					about(t, begun, c.after)
				}
				f.Conn.Close()
				time.Sleep(time.Minute) // until everybody has noticed
				if n.ready.Load() != 0 {
					t.Error("the connection is used again")
				}
			})
		})
	}
}

// slowly gives a byte after each pause.
type slowly struct{ pause time.Duration }

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(s.pause)
	p[0] = 'a'
	return 1, nil
}

// TestCallsThatTakeTheirTime: no time is none.
func TestCallsThatTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, f := piped(t)
		go func() {
			for f.hear() != "" {
				time.Sleep(24 * time.Hour)
				f.say("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n")
				time.Sleep(24 * time.Hour)
				f.say("2\nok\n0\n\n")
			}
		}()
		for range 2 {
			r, err := n.Do(t.Context(), get())
			if err != nil {
				t.Fatal(err)
			}
			if content, err := whole(r); content != "ok" || err != nil {
				t.Fatalf("%q, %v", content, err)
			}
		}
		if n.ready.Load() != 2 {
			t.Errorf("ready %d times", n.ready.Load())
		}
		n.Close()
	})
}

func TestContextThatEndsLater(t *testing.T) {
	for _, when := range []time.Duration{0, patience / 2, patience, 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			n, f := piped(t)
			go func() { f.hear(); _, _ = f.in.ReadByte() }()
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(when, cancel)
			begun := time.Now()
			_, err := n.Do(ctx, get())
			if !errors.Is(err, context.Canceled) {
				t.Errorf("after %v: %v", when, err)
			}
			if took := time.Since(begun); took < when || took > when+patience+2*moment {
				t.Errorf("it ended after %v, and the call after %v", when, took)
			}
			f.Conn.Close()
		})
	}
}

// TestContextWithADeadline: what is known beforehand is held to the moment.
func TestContextWithADeadline(t *testing.T) {
	for _, when := range []time.Duration{patience / 4, patience, 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			n, f := piped(t)
			go func() { f.hear(); _, _ = f.in.ReadByte() }()
			ctx, cancel := context.WithTimeout(t.Context(), when)
			defer cancel()
			begun := time.Now()
			call := get()
			call.FirstByte, call.Whole = time.Minute, time.Hour
			_, err := n.Do(ctx, call)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("after %v: %v", when, err)
			}
			about(t, begun, when)
			f.Conn.Close()
		})
	}
}

// countedConn counts the deadlines that are set.
type countedConn struct {
	net.Conn
	set int
}

func (c *countedConn) SetReadDeadline(t time.Time) error  { c.set++; return c.Conn.SetReadDeadline(t) }
func (c *countedConn) SetWriteDeadline(t time.Time) error { c.set++; return c.Conn.SetWriteDeadline(t) }

func TestDeadlinesAreRarelySet(t *testing.T) {
	conn, f := dialled(t)
	counted := &countedConn{Conn: conn}
	n := using(t, counted)
	n.socket.raw, _ = conn.(*net.TCPConn).SyscallConn()
	go func() {
		for f.hear() != "" {
			f.say("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
		}
	}()
	call := get()
	call.FirstByte, call.Idle, call.Whole = 30*time.Second, 30*time.Second, time.Minute
	const calls = 50
	begun := time.Now()
	for range calls {
		r, err := n.Do(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := whole(r); err != nil {
			t.Fatal(err)
		}
	}
	if most := 4 + 2*int(time.Since(begun)/(patience/2)); counted.set > most {
		t.Errorf("%d deadlines were set in %d calls", counted.set, calls)
	}
}
