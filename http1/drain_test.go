package http1

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"sallyport/message"
)

const bare = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

// ask sends a request and reads its answer, and tells whether that was the last.
func ask(c net.Conn, in *bufio.Reader) (last bool, err error) {
	if _, err := io.WriteString(c, bare); err != nil {
		return false, err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return false, err
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil || r.StatusCode != 200 {
		return false, fmt.Errorf("%s, %v", r.Status, err)
	}
	return r.Close, nil
}

// TestDrainLosesNoRequest: of clients that send without a pause none has
// written a request that nobody answers.
func TestDrainLosesNoRequest(t *testing.T) {
	for round := range 5 {
		s := &Server{Handler: &handler{}}
		address := listening(t, s)
		var clients, busy sync.WaitGroup
		for range 16 {
			c := dial(t, address)
			busy.Add(1)
			clients.Go(func() {
				in := bufio.NewReader(c)
				for n := 0; ; n++ {
					last, err := ask(c, in)
					if n == 3 || n < 3 && (last || err != nil) {
						busy.Done()
					}
					if err != nil {
						t.Errorf("round %d, request %d: %v", round, n, err)
					}
					if last || err != nil {
						c.Close()
						return
					}
				}
			})
		}
		busy.Wait()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		clients.Wait()
	}
}

// TestDrainServesWhatWasPromised: an answer that did not say that it is the
// last one is followed by another.
func TestDrainServesWhatWasPromised(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	s := &Server{Handler: &handler{serve: func(c *Conn, r *message.Request) error {
		if r.Target == "/slow" {
			content, in := io.Pipe()
			go func() {
				io.WriteString(in, "first")
				close(begun)
				<-release
				in.Close()
			}()
			return answerWith(c, 200, message.NewBody(content, -1))
		}
		return answerWith(c, 200, nil)
	}}}
	address := listening(t, s)
	waits, slow := dial(t, address), dial(t, address)
	inWaits, inSlow := bufio.NewReader(waits), bufio.NewReader(slow)
	if last, err := ask(waits, inWaits); last || err != nil {
		t.Fatal(last, err)
	}
	io.WriteString(slow, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
	<-begun
	ended := s.drain(20 * time.Second)
	if last, err := ask(waits, inWaits); !last || err != nil {
		t.Errorf("a request after the drain began: last %v, %v", last, err)
	}
	if _, err := inWaits.ReadByte(); err != io.EOF {
		t.Errorf("behind the last answer: %v", err)
	}
	close(release)
	if r, err := http.ReadResponse(inSlow, nil); err != nil || r.Close {
		t.Fatalf("%v, %v", r, err)
	} else if content, err := io.ReadAll(r.Body); string(content) != "first" || err != nil {
		t.Fatalf("%q, %v", content, err)
	}
	if last, err := ask(slow, inSlow); !last || err != nil {
		t.Errorf("a request that was promised an answer: last %v, %v", last, err)
	}
	<-ended
}

// lateListener takes no connection before it is asked to stop.
type lateListener struct {
	*net.TCPListener
	once         sync.Once
	asked, woken chan struct{}
}

func (l *lateListener) wake() { l.once.Do(func() { close(l.woken) }) }

func (l *lateListener) SetDeadline(t time.Time) error {
	defer l.wake()
	return l.TCPListener.SetDeadline(t)
}

func (l *lateListener) Close() error {
	defer l.wake()
	return l.TCPListener.Close()
}

func (l *lateListener) Accept() (net.Conn, error) {
	select {
	case l.asked <- struct{}{}:
	case <-l.woken:
	}
	<-l.woken
	return l.TCPListener.Accept()
}

// TestDrainServesWhoWaitsToBeTaken: to its client a connection is made before
// the server takes it.
func TestDrainServesWhoWaitsToBeTaken(t *testing.T) {
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &lateListener{TCPListener: tcp.(*net.TCPListener), asked: make(chan struct{}), woken: make(chan struct{})}
	s := &Server{Handler: &handler{}, Limits: roomy, Patience: patient()}
	served := make(chan error, 1)
	var conns []net.Conn
	for range 5 {
		c := dial(t, l.Addr().String())
		io.WriteString(c, bare)
		conns = append(conns, c)
	}
	go func() { served <- s.Serve(l) }()
	<-l.asked
	ended := s.drain(lastCall)
	for i, c := range conns {
		if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 200 || !r.Close {
			t.Errorf("connection %d: %v, %v", i, r, err)
		}
	}
	<-ended
	if err := <-served; err != ErrClosed {
		t.Error(err)
	}
	if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
		c.Close()
		t.Error("connections are taken")
	}
}

// TestDrainOfTheSilent: who sends nothing is waited for shortly, and not at all
// where nothing is expected.
func TestDrainOfTheSilent(t *testing.T) {
	for _, c := range []struct {
		name        string
		idle, grace time.Duration
		want        time.Duration
	}{
		{"just served", 0, time.Minute, lastCall},
		{"just served, a short grace", 0, 100 * time.Millisecond, 50 * time.Millisecond},
		{"idle for a while", longIdle + time.Millisecond, time.Minute, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Server{Handler: &handler{}, Patience: hasty()}
			inBubble(t, s, func(t *testing.T, connect func() net.Conn) {
				conn := connect()
				in := bufio.NewReader(conn)
				if last, err := ask(conn, in); last || err != nil {
					t.Fatal(last, err)
				}
				time.Sleep(c.idle)
				ctx, cancel := context.WithTimeout(t.Context(), c.grace)
				defer cancel()
				begun := time.Now()
				if err := s.Shutdown(ctx); err != nil {
					t.Error(err)
				}
				if took := time.Since(begun); took < c.want || took > c.want+2*moment {
					t.Errorf("it took %v, want %v", took, c.want)
				}
				if _, err := in.ReadByte(); err != io.EOF {
					t.Error(err)
				}
			})
		})
	}
}
