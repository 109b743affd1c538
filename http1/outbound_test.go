package http1

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sallyport/message"
)

func streamed(content io.Reader, length int64) *message.Body {
	return message.NewBody(io.NopCloser(content), length)
}

func TestRequestsAsTheyAreSent(t *testing.T) {
	large := strings.Repeat("0123456789", 10_000)
	for _, c := range []struct {
		name       string
		call       Call
		head, body string
	}{
		{"without a body", Call{Method: "GET", Prefix: "/v1", Path: "/a%2Fb", Query: "c=d?", Host: "h:1", Fields: message.Fields{{Name: "x-Y", Value: "1"}, {Name: "A", Value: ""}}},
			"GET /v1/a%2Fb?c=d? HTTP/1.1\nHost: h:1\nx-Y: 1\nA: \n", ""},
		{"that could have one", Call{Method: "POST", Path: "/", Host: "h"}, "POST / HTTP/1.1\nHost: h\nContent-Length: 0\n", ""},
		{"empty", Call{Method: "PUT", Path: "/", Host: "h", Body: message.BytesBody(nil)}, "PUT / HTTP/1.1\nHost: h\nContent-Length: 0\n", ""},
		{"held", Call{Method: "POST", Path: "/", Host: "h", Body: message.BytesBody([]byte("ok"))}, "POST / HTTP/1.1\nHost: h\nContent-Length: 2\n", "ok"},
		{"held, at GET", Call{Method: "GET", Path: "/", Host: "h", Body: message.BytesBody([]byte("ok"))}, "GET / HTTP/1.1\nHost: h\nContent-Length: 2\n", "ok"},
		{"held, beside its head", Call{Method: "POST", Path: "/", Host: "h", Body: message.BytesBody([]byte(large[:20_000]))}, "POST / HTTP/1.1\nHost: h\nContent-Length: 20000\n", large[:20_000]},
		{"held, large", Call{Method: "POST", Path: "/", Host: "h", Body: message.BytesBody([]byte(large))}, "POST / HTTP/1.1\nHost: h\nContent-Length: 100000\n", large},
		{"streamed", Call{Method: "POST", Path: "/", Host: "h", Body: streamed(strings.NewReader(large), 100_000)}, "POST / HTTP/1.1\nHost: h\nContent-Length: 100000\n", large},
		{"streamed, longer than it says", Call{Method: "POST", Path: "/", Host: "h", Body: streamed(strings.NewReader(large), 7)}, "POST / HTTP/1.1\nHost: h\nContent-Length: 7\n", large[:7]},
		{"streamed without a length", Call{Method: "POST", Path: "/", Host: "h", Body: streamed(iotest.OneByteReader(strings.NewReader("ok")), -1)}, "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n", "1\r\no\r\n1\r\nk\r\n0\r\n\r\n"},
		{"streamed, of nothing", Call{Method: "POST", Path: "/", Host: "h", Body: streamed(strings.NewReader(""), -1)}, "POST / HTTP/1.1\nHost: h\nTransfer-Encoding: chunked\n", "0\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, f := connected(t)
			heard := make(chan string, 2)
			go func() {
				heard <- f.hear()
				body := make([]byte, len(c.body))
				_, _ = io.ReadFull(f.in, body)
				heard <- string(body)
				f.say("HTTP/1.1 204 No Content\n\n")
			}()
			r, err := n.Do(t.Context(), &c.call)
			if err != nil || r.Status != 204 {
				t.Fatal(r, err)
			}
			if head := <-heard; head != c.head {
				t.Errorf("heard\n%s\nwant\n%s", head, c.head)
			}
			if body := <-heard; body != c.body {
				t.Errorf("heard %d bytes, want %d", len(body), len(c.body))
			}
			if n.ready.Load() != 1 {
				t.Error("the connection is not used again")
			}
		})
	}
}

// TestRequestThatWouldBeTwo: whatever a step puts together, a line of its own
// choice never leaves (request splitting).
func TestRequestThatWouldBeTwo(t *testing.T) {
	for _, change := range []func(*Call){
		func(c *Call) { c.Method = "GET / HTTP/1.1\r\n\r\nGET" },
		func(c *Call) { c.Method = "" },
		func(c *Call) { c.Method = "GE T" },
		func(c *Call) { c.Path = "/ HTTP/1.1" },
		func(c *Call) { c.Path = "/\r\nA: b" },
		func(c *Call) { c.Prefix = "/\n" },
		func(c *Call) { c.Query = "a b" },
		func(c *Call) { c.Host = "a\r\nA: b" },
		func(c *Call) { c.Fields = message.Fields{{Name: "A", Value: "b\r\nC: d"}} },
		func(c *Call) { c.Fields = message.Fields{{Name: "A: b\r\nC", Value: "d"}} },
		func(c *Call) { c.Fields = message.Fields{{Name: "A", Value: "b\rC: d"}} },
	} {
		n, f := connected(t)
		call := get()
		change(call)
		if _, err := n.Do(t.Context(), call); !errors.Is(err, errSplit) {
			t.Errorf("%+v: %v", call, err)
		}
		if sent, _ := io.ReadAll(f.in); len(sent) > 0 {
			t.Errorf("%q was sent", sent)
		}
	}
}

// TestAnswerBeforeTheRequestsEnd: a server may refuse a body that it has not
// read. The answer arrives, and the connection is given up.
func TestAnswerBeforeTheRequestsEnd(t *testing.T) {
	endless := func() *message.Body {
		return streamed(iotest.TimeoutReader(endlessReader{}), -1) // the first read gives something, the next fails
	}
	for _, c := range []struct {
		name string
		body *message.Body
	}{
		{"streamed", streamed(endlessReader{}, -1)},
		{"streamed with a length", streamed(endlessReader{}, 1<<40)},
		{"held", message.BytesBody(make([]byte, 64<<20))},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, f := connected(t)
			go func() {
				f.hear()
				f.say("HTTP/1.1 413 Too Large\nContent-Length: 2\n\nno")
			}()
			call := get()
			call.Method, call.Body = "POST", c.body
			r, err := n.Do(t.Context(), call)
			if err != nil || r.Status != 413 {
				t.Fatal(r, err)
			}
			if content, err := whole(r); content != "no" || err != nil {
				t.Errorf("%q, %v", content, err)
			}
			if n.ready.Load() != 0 {
				t.Error("the connection is used again")
			}
		})
	}
	t.Run("whose body fails", func(t *testing.T) {
		n, f := connected(t)
		go f.hear()
		call := get()
		call.Method, call.Body = "POST", endless()
		_, err := n.Do(t.Context(), call)
		if body := (*BodyError)(nil); !errors.As(err, &body) || !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("%v", err)
		}
	})
}

// endlessReader gives an upper-case A each time.
type endlessReader struct{}

func (endlessReader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'A'
	}
	return len(p), nil
}

// TestAnswerBeforeTheRequestsEndToABodyThatWaits: the client sends nothing more
// until it is answered.
func TestAnswerBeforeTheRequestsEndToABodyThatWaits(t *testing.T) {
	n, f := connected(t)
	go func() {
		f.hear()
		f.say("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\nA: b\n\n")
	}()
	body, more := io.Pipe()
	defer more.Close()
	call := get()
	call.Method, call.Body = "POST", message.NewBody(body, -1)
	r, err := n.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	if content, err := whole(r); content != "ok" || err != nil || n.ready.Load() != 0 {
		t.Errorf("%q, %v, ready %d times", content, err, n.ready.Load())
	}
}

// TestConversation: a server that answers while it reads is heard meanwhile.
func TestConversation(t *testing.T) {
	n, f := connected(t)
	go func() {
		f.hear()
		f.say("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n")
		for range 3 {
			piece := make([]byte, len("1\r\na\r\n"))
			_, _ = io.ReadFull(f.in, piece)
			_, _ = f.Conn.Write(piece)
		}
		_, _ = io.ReadFull(f.in, make([]byte, len("0\r\n\r\n")))
		f.say("0\n\n")
	}()
	body, more := io.Pipe()
	call := get()
	call.Method, call.Body = "POST", message.NewBody(body, -1)
	r, err := n.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{"a", "b", "c"} {
		_, _ = io.WriteString(more, said)
		heard := make([]byte, 1)
		if _, err := io.ReadFull(r.Body, heard); err != nil || string(heard) != said {
			t.Fatalf("%q, %v, want %q", heard, err, said)
		}
	}
	more.Close()
	if rest, err := whole(r); rest != "" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestBodyThatIsShorterThanItSays(t *testing.T) {
	n, f := connected(t)
	heard := make(chan []byte)
	go func() { f.hear(); all, _ := io.ReadAll(f.in); heard <- all }()
	call := get()
	call.Method, call.Body = "POST", streamed(strings.NewReader("ok"), 3)
	_, err := n.Do(t.Context(), call)
	if body := (*BodyError)(nil); !errors.As(err, &body) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
	if all := <-heard; !bytes.Equal(all, []byte("ok")) || n.ready.Load() != 0 {
		t.Errorf("the server heard %q", all)
	}
}

func TestServerThatTakesNoMore(t *testing.T) {
	for _, c := range []struct {
		name string
		body *message.Body
	}{{"streamed", streamed(endlessReader{}, -1)}, {"held", message.BytesBody(make([]byte, 64<<20))}} {
		n, f := connected(t)
		go func(f *far) { f.hear(); f.Conn.Close() }(f)
		call := get()
		call.Method, call.Body = "POST", c.body
		_, err := n.Do(t.Context(), call)
		if unanswered := (*Unanswered)(nil); !errors.As(err, &unanswered) || !unanswered.Written {
			t.Errorf("%s: %v", c.name, err)
		}
		n, f = connected(t)
		go f.hear() // and no more
		call.Body, call.FirstByte = streamed(endlessReader{}, -1), 20*time.Millisecond
		if _, err := n.Do(t.Context(), call); !isTimeout(err) {
			t.Errorf("%s, stuck: %v", c.name, err)
		}
	}
}

// TestBytesOfABodyAreNotReadAfterItsCall: they may lie in a buffer that is used
// again by then. The race detector judges.
func TestBytesOfABodyAreNotReadAfterItsCall(t *testing.T) {
	n, f := connected(t)
	go func() { f.hear(); f.say("HTTP/1.1 200 OK\nContent-Length: 2\n\nno") }()
	content := make([]byte, 64<<20)
	call := get()
	call.Method, call.Body = "POST", message.BytesBody(content)
	r, err := n.Do(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	r.Body.Close()
	clear(content)
	if _, err := n.conn.Write([]byte("a")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}
