package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/message"
)

func TestClientThatLeavesIsSeen(t *testing.T) {
	for name, derive := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"seen by who asks":           func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
		"seen through a derived one": context.WithCancel,
		"seen through one with a time": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Hour)
		},
	} {
		for _, request := range []string{"GET / HTTP/1.1\nHost: a\n\n", "POST / HTTP/1.1\nHost: a\nContent-Length: 2\n\nok", "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n"} {
			t.Run(name, func(t *testing.T) {
				begun, left := make(chan struct{}), make(chan error, 1)
				h := &handler{serve: func(c *Conn, r *message.Request) error {
					ctx, cancel := derive(c.Context())
					defer cancel()
					done := ctx.Done() // before the request has come to its end
					if r.Body != nil {
						if _, err := r.Body.Hold(10, nil); err != nil {
							t.Error(err)
						}
					}
					close(begun)
					<-done
					left <- c.Context().Err()
					return answerWith(c, 200, nil)
				}}
				c := dial(t, listening(t, &Server{Handler: h}))
				io.WriteString(c, crlf(request))
				<-begun
				c.Close()
				if err := <-left; err != context.Canceled {
					t.Error(err)
				}
			})
		}
	}
}

// TestWatchedConnectionLosesNothing: the byte that the watching read is the
// first one of the next request.
func TestWatchedConnectionLosesNothing(t *testing.T) {
	came := make(chan struct{})
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		done := c.Context().Done()
		if r.Target == "/1" {
			<-came
		}
		select {
		case <-done:
			t.Error("the client has not left")
		default:
		}
		return answerWith(c, 200, message.BytesBody([]byte(strings.Clone(r.Target))))
	}}
	c := dial(t, listening(t, &Server{Handler: h}))
	in := bufio.NewReader(c)
	io.WriteString(c, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")
	io.WriteString(c, "GET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n")
	close(came)
	for _, want := range []string{"/1", "/2", "/3"} {
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if content, _ := io.ReadAll(r.Body); string(content) != want {
			t.Errorf("%q, want %q", content, want)
		}
	}
}

// TestOneGoroutine: a request that lies there whole costs none, nor does having
// its context, nor asking whether it has ended.
func TestOneGoroutine(t *testing.T) {
	during := make(chan int, 1)
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		if err := c.Context().Err(); err != nil {
			t.Error(err)
		}
		ctx := context.WithValue(c.Context(), key{}, 1)
		if held, whole := r.Body.Held(); !whole || string(held) != "hello" || ctx.Err() != nil {
			t.Errorf("%q is not held", held)
		}
		during <- runtime.NumGoroutine()
		return answerWith(c, 200, nil)
	}}
	c := dial(t, listening(t, &Server{Handler: h}))
	in := bufio.NewReader(c)
	before := 0
	for i := range 3 {
		io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello")
		n := <-during
		if i > 0 && n != before {
			t.Errorf("%d goroutines, %d before", n, before)
		}
		before = n
		if _, err := http.ReadResponse(in, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// pipes is a listener of connections in memory.
type pipes struct {
	conns chan net.Conn
	over  chan struct{}
	once  sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.over) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// inBubble runs with a server in a synctest bubble, where time passes by itself.
func inBubble(t *testing.T, s *Server, with func(t *testing.T, connect func() net.Conn)) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{conns: make(chan net.Conn), over: make(chan struct{})}
		s.Limits = roomy
		s.poison = true
		ended := make(chan error, 1)
		go func() { ended <- s.Serve(l) }()
		var open []net.Conn
		with(t, func() net.Conn {
			ours, theirs := net.Pipe()
			l.conns <- theirs
			open = append(open, ours)
			return ours
		})
		s.Close()
		<-ended
		for _, c := range open {
			c.Close()
		}
		time.Sleep(2 * time.Hour) // for whoever still sleeps: no time passes when this has returned
	})
}

func hasty() Patience {
	return Patience{Idle: 75 * time.Second, Head: 10 * time.Second, Progress: 10 * time.Second, Rate: 100}
}

func TestIdleConnectionIsClosed(t *testing.T) {
	inBubble(t, &Server{Handler: &handler{}, Patience: hasty()}, func(t *testing.T, connect func() net.Conn) {
		c := connect()
		in := bufio.NewReader(c)
		begun := time.Now()
		for range 5 { // each is within the time of the one before, all of them are not
			time.Sleep(70 * time.Second)
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			if r, err := http.ReadResponse(in, nil); err != nil || r.StatusCode != 200 {
				t.Fatalf("%v, %v after %v", r, err, time.Since(begun))
			} else {
				io.Copy(io.Discard, r.Body)
			}
		}
		begun = time.Now()
		if _, err := in.ReadByte(); err != io.EOF || time.Since(begun) != 75*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestSlowHead(t *testing.T) {
	h := &handler{}
	inBubble(t, &Server{Handler: h, Patience: hasty()}, func(t *testing.T, connect func() net.Conn) {
		c := connect()
		time.Sleep(50 * time.Second)
		begun := time.Now()
		go func() {
			for _, b := range []byte("GET / HTTP/1.1\r\nHost: a\r\nA: bcdefghi\r\n\r\n") {
				if _, err := c.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || r.StatusCode != 408 || !r.Close || time.Since(begun) != 10*time.Second {
			t.Errorf("%v, %v after %v", r, err, time.Since(begun))
		}
	})
	if served, _ := h.seen(); len(served) > 0 {
		t.Errorf("%q", served)
	}
}

// drip writes n bytes, one every so often.
func drip(c net.Conn, n int, every time.Duration) {
	for range n {
		if _, err := c.Write([]byte("a")); err != nil {
			return
		}
		time.Sleep(every)
	}
}

func TestSlowBody(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration // for each of 5000 bytes; 100 a second is the rate
		err   error
	}{
		{"on the rate", 9 * time.Millisecond, nil},
		{"below the rate", 11 * time.Millisecond, os.ErrDeadlineExceeded},
		{"a byte before each end", 9 * time.Second, os.ErrDeadlineExceeded},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got chan error // made within the bubble, or time would not pass
			var took time.Duration
			h := &handler{serve: func(conn *Conn, r *message.Request) error {
				begun := time.Now()
				_, err := io.Copy(io.Discard, r.Body)
				took = time.Since(begun)
				got <- err
				return answerWith(conn, 200, nil)
			}}
			inBubble(t, &Server{Handler: h, Patience: hasty()}, func(t *testing.T, connect func() net.Conn) {
				got = make(chan error, 1)
				conn := connect()
				io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n")
				go io.Copy(io.Discard, conn)
				go drip(conn, 5000, c.every)
				if err := <-got; !errors.Is(err, c.err) || c.err != nil && took > 20*time.Second {
					t.Errorf("%v after %v", err, took)
				}
			})
		})
	}
}

// TestFramingIsNoProgress: bytes around a byte of content are none of it.
func TestFramingIsNoProgress(t *testing.T) {
	var got chan error // made within the bubble, or time would not pass
	var took time.Duration
	h := &handler{serve: func(conn *Conn, r *message.Request) error {
		begun := time.Now()
		_, err := io.Copy(io.Discard, r.Body)
		took = time.Since(begun)
		got <- err
		return answerWith(conn, 200, nil)
	}}
	inBubble(t, &Server{Handler: h, Patience: hasty()}, func(t *testing.T, connect func() net.Conn) {
		got = make(chan error, 1)
		conn := connect()
		io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
		go io.Copy(io.Discard, conn)
		go func() { // 106 bytes a second, at a rate of 100
			for range 35 {
				if _, err := io.WriteString(conn, "1;"+strings.Repeat("a", 98)+"\r\nb\r\n"); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		}()
		if err := <-got; !errors.Is(err, os.ErrDeadlineExceeded) || took > 11*time.Second {
			t.Errorf("%v after %v", err, took)
		}
	})
}

// TestPauseOfTheReaderIsNotTheClients: time in which nobody reads the content
// does not count.
func TestPauseOfTheReaderIsNotTheClients(t *testing.T) {
	var got chan error // made within the bubble, or time would not pass
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		p := make([]byte, 100)
		for {
			time.Sleep(30 * time.Second)
			if _, err := r.Body.Read(p); err != nil {
				got <- err
				return answerWith(c, 200, nil)
			}
		}
	}}
	inBubble(t, &Server{Handler: h, Patience: hasty()}, func(t *testing.T, connect func() net.Conn) {
		got = make(chan error, 1)
		c := connect()
		go io.Copy(io.Discard, c)
		go io.WriteString(c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"+strings.Repeat("a", 1000))
		if err := <-got; err != io.EOF {
			t.Error(err)
		}
	})
}

func TestSlowReader(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration // for each of 5000 bytes
		want  bool
	}{
		{"on the rate", 9 * time.Millisecond, true},
		{"below the rate", 11 * time.Millisecond, false},
		{"that takes nothing", time.Hour, false},
	} {
		for how, body := range map[string]func() *message.Body{
			"held": func() *message.Body { return message.BytesBody(make([]byte, 5000)) },
			"streamed": func() *message.Body {
				return message.NewBody(io.NopCloser(strings.NewReader(strings.Repeat("a", 5000))), -1)
			},
		} {
			t.Run(c.name+" "+how, func(t *testing.T) {
				var got chan error // made within the bubble, or time would not pass
				h := &handler{serve: func(conn *Conn, r *message.Request) error {
					err := answerWith(conn, 200, body())
					got <- err
					return err
				}}
				inBubble(t, &Server{Handler: h, Patience: hasty()}, func(t *testing.T, connect func() net.Conn) {
					got = make(chan error, 1)
					conn := connect()
					io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
					go func() {
						p := make([]byte, 1)
						for {
							if _, err := conn.Read(p); err != nil {
								return
							}
							time.Sleep(c.every)
						}
					}()
					err := <-got
					conn.Close()
					if (err == nil) != c.want || err != nil && !isTimeout(err) {
						t.Error(err)
					}
				})
			})
		}
	}
}

// buffering takes bytes at the beginning of writes, as a system does that has
// room for them.
type buffering struct {
	net.Conn
	room []int
}

func (b *buffering) Write(p []byte) (int, error) {
	taken := 0
	if len(b.room) > 0 {
		taken, b.room = min(b.room[0], len(p)), b.room[1:]
	}
	n, err := b.Conn.Write(p[taken:])
	return taken + n, err
}

// TestReaderBehindABuffer: what the system holds was not taken by the client,
// and is not a Progress each time that it makes some more room.
func TestReaderBehindABuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		defer ours.Close()
		w := newWire(&buffering{theirs, []int{10_000, 5_000}}, hasty(), nil)
		begun := time.Now()
		n, err := w.Write(make([]byte, 100_000))
		if took := time.Since(begun); n != 15_000 || !isTimeout(err) || took > hasty().Progress*(looks+2)/looks {
			t.Errorf("%d bytes, %v after %v", n, err, took)
		}
		w.Close()
	})
}

// TestPauseOfTheBackendIsNotTheClients: a stream may pause for longer than a
// client may.
func TestPauseOfTheBackendIsNotTheClients(t *testing.T) {
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		out, in := io.Pipe()
		go func() {
			for range 3 {
				time.Sleep(time.Hour)
				io.WriteString(in, "event")
			}
			in.Close()
		}()
		return answerWith(c, 200, message.NewBody(out, -1))
	}}
	inBubble(t, &Server{Handler: h, Patience: hasty()}, func(t *testing.T, connect func() net.Conn) {
		c := connect()
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		r, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(r.Body); string(content) != "eventeventevent" || err != nil {
			t.Errorf("%q, %v", content, err)
		}
	})
}

func TestShutdown(t *testing.T) {
	release := make(chan struct{})
	begun := make(chan struct{}, 1)
	s := &Server{Handler: &handler{serve: func(c *Conn, r *message.Request) error {
		begun <- struct{}{}
		if r.Target == "/slow" {
			<-release
		}
		return answerWith(c, 200, nil)
	}}}
	address := listening(t, s)
	idle, busy := dial(t, address), dial(t, address)
	io.WriteString(idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	in := bufio.NewReader(idle)
	if _, err := http.ReadResponse(in, nil); err != nil {
		t.Fatal(err)
	}
	<-begun
	io.WriteString(busy, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	<-begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); err != context.Canceled {
		t.Errorf("with one under way: %v", err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the idle one: %v", err)
	}
	if _, err := net.Dial("tcp", address); err == nil {
		t.Error("connections are taken")
	}
	close(release)
	if r, err := http.ReadResponse(bufio.NewReader(busy), nil); err != nil || r.StatusCode != 200 || !r.Close {
		t.Errorf("the one under way: %v, %v", r, err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	begun, left := make(chan struct{}), make(chan error, 1)
	s := &Server{Handler: &handler{serve: func(c *Conn, r *message.Request) error {
		close(begun)
		<-c.Context().Done()
		left <- c.Context().Err()
		return errors.New("too late")
	}}}
	c := dial(t, listening(t, s))
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	<-begun
	s.Close()
	if err := <-left; err != context.Canceled {
		t.Error(err)
	}
}

type key struct{}
