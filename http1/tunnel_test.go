package http1

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"sallyport/message"
)

// mirror is a tunnel that gives back what it is sent, up to an exclamation mark
// or until it is drained.
type mirror struct {
	begun, drained chan struct{}
	once           sync.Once
	sent           int64
}

func newMirror() *mirror { return &mirror{begun: make(chan struct{}), drained: make(chan struct{})} }

func (m *mirror) Relay(client io.ReadWriteCloser) {
	close(m.begun)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		select {
		case <-m.drained:
			client.Close()
		case <-stop:
		}
	}()
	b := make([]byte, 2000)
	for {
		n, err := client.Read(b)
		if err != nil {
			return
		}
		m.sent += int64(n)
		if _, err := client.Write(b[:n]); err != nil || b[n-1] == '!' {
			return
		}
	}
}

func (m *mirror) Drain() { m.once.Do(func() { close(m.drained) }) }

func (m *mirror) Close() error { return nil }

func (m *mirror) Traffic() message.Traffic { return message.Traffic{BytesOut: m.sent} }

// switching answers each request by changing to a tunnel.
func switching(m *mirror, ask bool, sent chan<- int64) *handler {
	return &handler{serve: func(c *Conn, r *message.Request) error {
		if ask {
			_ = c.Context().Done() // has the connection watched
		}
		n, err := c.Send(&message.Response{Status: 101, Fields: message.Fields{{Name: "Upgrade", Value: "mirror"}}, Tunnel: m})
		sent <- n
		return err
	}}
}

const switched101 = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: mirror\r\nDate: "

func TestTunnelHasTheConnection(t *testing.T) {
	for name, ask := range map[string]bool{"as it is": false, "though the client is watched": true} {
		t.Run(name, func(t *testing.T) {
			m, sent := newMirror(), make(chan int64, 1)
			address := listening(t, &Server{Handler: switching(m, ask, sent)})
			conn := dial(t, address)
			// What comes with the head belongs to the tunnel, and so does what looks
			// like another request.
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\nearly"); err != nil {
				t.Fatal(err)
			}
			<-m.begun
			if _, err := io.WriteString(conn, "GET /b HTTP/1.1\r\nHost: a\r\n\r\n!"); err != nil {
				t.Fatal(err)
			}
			text, err := io.ReadAll(conn)
			head, rest, _ := strings.Cut(string(text), "\r\n\r\n")
			if err != nil || !strings.HasPrefix(head, switched101) || !strings.HasSuffix(head, "\r\nConnection: Upgrade") || strings.Contains(head, "Content-Length") || rest != "earlyGET /b HTTP/1.1\r\nHost: a\r\n\r\n!" {
				t.Errorf("%q, %v", text, err)
			}
			if n := <-sent; n != int64(len(rest)) {
				t.Errorf("%d bytes were sent", n)
			}
		})
	}
}

func TestTunnelIsDrained(t *testing.T) {
	m, sent := newMirror(), make(chan int64, 1)
	s := &Server{Handler: switching(m, false, sent)}
	conn := dial(t, listening(t, s))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-m.begun
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	<-sent
	select {
	case <-m.drained:
	default:
		t.Error("the tunnel was not told")
	}
}

func TestUpgradeThatARefusalNames(t *testing.T) {
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		return answerWith(c, 426, nil, message.Field{Name: "Upgrade", Value: "websocket"})
	}}
	text := say(t, listening(t, &Server{Handler: h}), "GET / HTTP/1.1\nHost: a\n\nGET / HTTP/1.1\nHost: a\nConnection: close\n\n")
	if strings.Count(text, "\nConnection: Upgrade\r\n") != 1 || strings.Count(text, "\nConnection: close, Upgrade\r\n") != 1 {
		t.Error(text)
	}
}

func upgrading() *Call {
	call := get()
	call.Upgrade = "mirror"
	return call
}

func TestCallThatChangesTheProtocol(t *testing.T) {
	c, f := connected(t)
	heard := make(chan string, 1)
	go func() {
		heard <- f.hear()
		f.say("HTTP/1.1 100 Continue\n\nHTTP/1.1 101 Switching Protocols\nUpgrade: Mirror\nConnection: keep-alive, upgrade\nA: b\n\nearly")
		f.Conn.Write([]byte("late"))
		f.Conn.Close()
	}()
	r, err := c.Do(t.Context(), upgrading())
	if err != nil || r.Status != 101 || r.Fields.Get("a") != "b" || r.Body != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	stream, err := c.Switched()
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	if text, err := io.ReadAll(stream); string(text) != "earlylate" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if head := <-heard; !strings.Contains(head, "\nConnection: Upgrade\nUpgrade: mirror\n") {
		t.Error(head)
	}
	if c.ready.Load() != 0 {
		t.Error("the connection is used for another call")
	}
}

func TestChangesThatWereNotAskedFor(t *testing.T) {
	for text, want := range map[string]error{
		"HTTP/1.1 101 Switching Protocols\nUpgrade: mirror\n\n":                                                  errSwitched,
		"HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\n\n":                                              errSwitched,
		"HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\nConnection: Upgrade\n\n":                                errSwitched,
		"HTTP/1.1 101 Switching Protocols\nUpgrade: mirror, h2c\nConnection: Upgrade\n\n":                        errSwitched,
		"HTTP/1.1 101 Switching Protocols\nUpgrade: mirror\nConnection: Upgrade\nTransfer-Encoding: chunked\n\n": errInterim,
	} {
		c, f := connected(t)
		go func() { f.hear(); f.say(text) }()
		if _, err := c.Do(t.Context(), upgrading()); !errors.Is(err, want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestAnswerInPlaceOfAChange: whether the server means it is not tried out.
func TestAnswerInPlaceOfAChange(t *testing.T) {
	c, f := connected(t)
	go func() { f.hear(); f.say("HTTP/1.1 200 OK\nContent-Length: 2\n\nok") }()
	r, err := c.Do(t.Context(), upgrading())
	if err != nil {
		t.Fatal(err)
	}
	if content, err := whole(r); content != "ok" || err != nil || c.ready.Load() != 0 {
		t.Errorf("%q, %v; ready %d times", content, err, c.ready.Load())
	}
}

func TestClientThatLeavesAtTheChange(t *testing.T) {
	c, f := connected(t)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		f.hear()
		f.say("HTTP/1.1 101 Switching Protocols\nUpgrade: mirror\nConnection: Upgrade\n\n")
	}()
	if _, err := c.Do(ctx, upgrading()); err != nil {
		t.Fatal(err)
	}
	c.waits.watch() // as a call does that has waited for a while
	leave()
	if _, err := c.Switched(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := f.in.ReadByte(); err != io.EOF {
		t.Errorf("the connection lives on: %v", err)
	}
}
