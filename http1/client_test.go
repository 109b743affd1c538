package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sallyport/message"
)

// far is the server's end of a client's connection, which speaks in bytes.
type far struct {
	net.Conn
	in *bufio.Reader
	t  testing.TB
}

// hear reads a head.
func (f *far) hear() string {
	var head strings.Builder
	for {
		line, err := f.in.ReadString('\n')
		if err != nil {
			return head.String()
		}
		if line == "\r\n" {
			return head.String()
		}
		head.WriteString(strings.ReplaceAll(line, "\r\n", "\n"))
	}
}

func (f *far) say(text string) bool {
	_, err := io.WriteString(f.Conn, crlf(text))
	return err == nil
}

// near is a client's connection, and how often it was ready for another call.
type near struct {
	*ClientConn
	ready atomic.Int32
}

var clientLimits = Limits{Target: 1 << 10, Fields: 64 << 10, Count: 100}

func using(t testing.TB, conn net.Conn) *near {
	n := &near{}
	n.ClientConn = NewClientConn(conn, clientLimits, func(*ClientConn) { n.ready.Add(1) })
	n.in.poison = true
	t.Cleanup(func() { n.Close() })
	return n
}

// dialled is a connection over the loopback interface.
func dialled(t testing.TB) (net.Conn, *far) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close(); server.Close() })
	return client, &far{server, bufio.NewReader(server), t}
}

func connected(t testing.TB) (*near, *far) {
	conn, f := dialled(t)
	return using(t, conn), f
}

func get() *Call { return &Call{Method: "GET", Path: "/", Host: "a"} }

// answered makes a call to a server that gives this answer, and closes then if
// it is to. It reads the content to its end.
func answered(t testing.TB, method, text string, closes bool) (r *message.Response, content string, again bool, err error) {
	t.Helper()
	c, f := connected(t)
	go func() {
		f.hear()
		_, _ = io.WriteString(f.Conn, text)
		if closes {
			f.Conn.Close()
		}
	}()
	call := get()
	call.Method = method
	r, err = c.Do(t.Context(), call)
	if err != nil {
		return nil, "", false, err
	}
	content, err = whole(r)
	return r, content, c.ready.Load() == 1, err
}

func whole(r *message.Response) (string, error) {
	if r.Body == nil {
		return "", nil
	}
	content, err := io.ReadAll(r.Body)
	r.Body.Close()
	return string(content), err
}

func TestClientTakesAnswers(t *testing.T) {
	for _, c := range []struct {
		name, method, text string
		closes             bool
		status             int
		fields, content    string
		length             int64 // -2: no body
		again              bool
	}{
		{"a length", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\nA: 1\na: 0\n\nok", false, 200, "A: 1\na: 0\n", "ok", 2, true},
		{"chunks that come whole", "GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n3;a=b\n...\n0\n\n", false, 200, "", "ok...", 5, true},
		{"no chunk", "GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n\n", false, 200, "", "", 0, true},
		{"chunks with a trailer", "GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\nA: b\n\n", false, 200, "", "ok", -1, true},
		{"to the end of the connection", "GET", "HTTP/1.1 200 OK\n\nok", true, 200, "", "ok", -1, false},
		{"HTTP/1.0", "GET", "HTTP/1.0 200 OK\nContent-Length: 2\n\nok", false, 200, "", "ok", 2, false},
		{"HTTP/1.0 that keeps the connection", "GET", "HTTP/1.0 200 OK\nContent-Length: 2\nConnection: keep-alive\n\nok", false, 200, "Connection: keep-alive\n", "ok", 2, true},
		{"that closes", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\nConnection: x, Close\n\nok", false, 200, "Connection: x, Close\n", "ok", 2, false},
		{"no content", "GET", "HTTP/1.1 204 No Content\n\n", false, 204, "", "", -2, true},
		{"no content, with a length", "GET", "HTTP/1.1 204 No Content\nContent-Length: 0\n\n", false, 204, "", "", -2, true},
		{"a length of nothing", "GET", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", false, 200, "", "", -2, true},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\nContent-Length: 7\n\n", false, 304, "", "", -2, true},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\nContent-Length: 7\n\n", false, 200, "", "", 7, true},
		{"HEAD, chunked", "HEAD", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n", false, 200, "", "", -1, true},
		{"interim answers", "GET", "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 201 Created\nContent-Length: 0\n\n", false, 201, "", "", -2, true},
		{"no reason", "GET", "HTTP/1.1 999\nContent-Length: 0\n\n", false, 999, "", "", -2, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, content, again, err := answered(t, c.method, crlf(c.text), c.closes)
			if err != nil {
				t.Fatal(err)
			}
			fields := ""
			for _, f := range r.Fields {
				fields += f.Name + ": " + f.Value + "\n"
			}
			if r.Status != c.status || fields != c.fields || content != c.content {
				t.Errorf("%d\n%s\n%s", r.Status, fields, content)
			}
			if c.length == -2 != (r.Body == nil) || r.Body != nil && r.Body.Length != c.length {
				t.Errorf("body %+v, want length %d", r.Body, c.length)
			}
			if chunks := strings.Contains(c.text, "chunked"); r.Body != nil && r.Body.Length >= 0 && r.Body.Unannounced != chunks {
				t.Errorf("unannounced is %v", r.Body.Unannounced)
			}
			if again != c.again {
				t.Errorf("the connection is used again: %v", again)
			}
		})
	}
}

func TestClientRefusesAnswers(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"another protocol", "220 mail.example ESMTP\n\n", errStatusLine},
		{"another version", "HTTP/2.0 200 OK\n\n", errStatusLine},
		{"two digits", "HTTP/1.1 20 OK\n\n", errStatusLine},
		{"four digits", "HTTP/1.1 2000 OK\n\n", errStatusLine},
		{"below 100", "HTTP/1.1 099 OK\n\n", errStatusLine},
		{"an empty line first", "\nHTTP/1.1 200 OK\n\n", errEmptyLine},
		{"a folded line", "HTTP/1.1 200 OK\nA: b\n c\n\n", errFold},
		{"a space before a colon", "HTTP/1.1 200 OK\nA : b\n\n", errName},
		{"a control character", "HTTP/1.1 200 OK\nA: \x00\n\n", errValue},
		{"two lengths", "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\nok", errLength},
		{"a length that is none", "HTTP/1.1 200 OK\nContent-Length: +2\n\nok", errLength},
		{"a length beside chunks", "HTTP/1.1 200 OK\nContent-Length: 2\nTransfer-Encoding: chunked\n\n0\n\n", errTwoLengths},
		{"another coding", "HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n\n", errCoding},
		{"chunks of HTTP/1.0", "HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\n0\n\n", errCodingOld},
		{"a change of protocol", "HTTP/1.1 101 Switching Protocols\nUpgrade: h2c\nConnection: upgrade\n\n", errSwitched},
		{"an interim answer with content", "HTTP/1.1 103 Early Hints\nContent-Length: 2\n\nHTTP/1.1 200 OK\n\n", errInterim},
		{"interim answers without end", strings.Repeat("HTTP/1.1 100 Continue\n\n", mostInterims+1), errInterims},
		{"fields that are too long", "HTTP/1.1 200 OK\nA: " + strings.Repeat("a", 70<<10) + "\n\n", errFieldsLong},
		{"fields that are too many", "HTTP/1.1 200 OK\n" + strings.Repeat("A: a\n", 101) + "\n", errFieldsMany},
		{"cut in the status line", "HTTP/1.1 20", io.ErrUnexpectedEOF},
		{"cut in the fields", "HTTP/1.1 200 OK\nA: b\n", io.ErrUnexpectedEOF},
		{"cut in the content", "HTTP/1.1 200 OK\nContent-Length: 3\n\nok", io.ErrUnexpectedEOF},
		{"cut in a chunk", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nok", io.ErrUnexpectedEOF},
		{"cut behind a chunk", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n", io.ErrUnexpectedEOF},
		{"cut before the trailers' end", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\nA: b\n", io.ErrUnexpectedEOF},
		{"a chunk that is none", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\nzz\n", errChunkSize},
		{"a malformed extension, whole", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;\nok\n0\n\n", errExtension},
		{"a trailer that frames", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\nContent-Length: 7\n\n", errTrailer},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, again, err := answered(t, "GET", crlf(c.text), true)
			if !errors.Is(err, c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
			if again {
				t.Error("the connection is used again")
			}
			if unanswered := (*Unanswered)(nil); errors.As(err, &unanswered) {
				t.Error("a broken answer was taken for none")
			}
		})
	}
}

// TestManyCallsOnOneConnection reads what an answer held after others came: it
// must not be overwritten.
func TestManyCallsOnOneConnection(t *testing.T) {
	c, f := connected(t)
	go func() {
		for {
			head := f.hear()
			if head == "" {
				return
			}
			path := strings.Fields(head)[1]
			f.say("HTTP/1.1 200 OK\nContent-Length: 3\nPath: " + path + "\n\n" + path[:1] + "ok")
		}
	}()
	var all []*message.Response
	for i := range 5 {
		call := get()
		call.Path = "/" + strings.Repeat("a", i)
		r, err := c.Do(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		if content, err := whole(r); content != "/ok" || err != nil {
			t.Fatalf("%q, %v", content, err)
		}
		all = append(all, r)
		r.Body.Close() // twice is once
	}
	for i, r := range all {
		if got := r.Fields.Get("path"); got != "/"+strings.Repeat("a", i) {
			t.Errorf("answer %d has path %q", i, got)
		}
	}
	if c.ready.Load() != 5 {
		t.Errorf("ready %d times", c.ready.Load())
	}
}

func TestAnswerThatIsGivenUp(t *testing.T) {
	for _, text := range []string{"HTTP/1.1 200 OK\nContent-Length: 9\n\npart", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4\npart\n", "HTTP/1.1 200 OK\n\npart"} {
		c, f := connected(t)
		go func() { f.hear(); f.say(text) }()
		r, err := c.Do(t.Context(), get())
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.ReadFull(r.Body, make([]byte, 4)); n != 4 || err != nil {
			t.Fatal(n, err)
		}
		r.Body.Close()
		if _, err := f.in.ReadByte(); err == nil || c.ready.Load() != 0 {
			t.Errorf("%q: the connection lives on (%v)", text, err)
		}
		if _, err := r.Body.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("it can be read after it was closed: %v", err)
		}
	}
}

func TestTrailersThatAServerSends(t *testing.T) {
	r, content, again, err := answered(t, "GET", crlf("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\nGrpc-Status: 0\nGrpc-Message: fine\n\n"), false)
	if err != nil || content != "ok" || !again {
		t.Fatalf("%q, %v, %v", content, again, err)
	}
	if got := r.Body.Trailers(); len(got) != 2 || got.Get("grpc-status") != "0" || got[1].Value != "fine" {
		t.Errorf("%v", got)
	}
}

func TestClientThatLeaves(t *testing.T) {
	for _, text := range []string{"", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n"} {
		c, f := connected(t)
		ctx, leave := context.WithCancel(t.Context())
		heard := make(chan struct{})
		go func() { f.hear(); f.say(text); close(heard) }()
		left := make(chan error, 1)
		go func() {
			r, err := c.Do(ctx, get())
			if err == nil {
				_, err = io.ReadAll(r.Body)
			}
			left <- err
		}()
		<-heard
		leave()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
		if _, err := f.in.ReadByte(); err == nil || c.ready.Load() != 0 {
			t.Errorf("the connection lives on (%v)", err)
		}
	}
}

// watchedContext tells whether anybody asked for its end.
type watchedContext struct {
	context.Context
	asked atomic.Bool
}

func (c *watchedContext) Done() <-chan struct{} { c.asked.Store(true); return c.Context.Done() }

func TestContextIsNotWatchedAtOnce(t *testing.T) {
	c, f := connected(t)
	go func() { f.hear(); f.say("HTTP/1.1 200 OK\nContent-Length: 2\n\nok") }()
	ctx := &watchedContext{Context: t.Context()}
	r, err := c.Do(ctx, get())
	if err != nil {
		t.Fatal(err)
	}
	if content, err := whole(r); content != "ok" || err != nil || ctx.asked.Load() {
		t.Errorf("%q, %v; asked: %v", content, err, ctx.asked.Load())
	}
}

func TestClientAllocates(t *testing.T) {
	c, f := connected(t)
	answer := []byte(crlf("HTTP/1.1 200 OK\nContent-Type: application/json\nDate: Sun, 22 Nov 2026 03:00:00 GMT\nContent-Length: 2\n\nok"))
	go func() {
		buffer := make([]byte, 1<<10)
		for {
			if _, err := f.Conn.Read(buffer); err != nil {
				return
			}
			_, _ = f.Conn.Write(answer)
		}
	}()
	call := get()
	call.FirstByte, call.Idle = time.Minute, time.Minute
	call.Fields = message.Fields{{Name: "Accept", Value: "*/*"}, {Name: "Cookie", Value: "a=1"}}
	if n := testing.AllocsPerRun(100, func() {
		r, err := c.Do(t.Context(), call)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
	}); n > 4 { // the head's text, its fields, the answer and its body
		t.Errorf("%v allocations", n)
	}
}
