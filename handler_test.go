package sallyport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// speak sends bytes to a server and returns the connection's reader.
func speak(t testing.TB, server *httptest.Server, text string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

// once is what a server answers, as bytes to the end of the connection.
func once(t testing.TB, p *sallyport.Plan, request string) string {
	t.Helper()
	env, _ := newEnv()
	server, _ := listening(t, env, p)
	_, in := speak(t, server, request)
	text, _ := io.ReadAll(in)
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

const get = "GET / HTTP/1.1\nHost: api.example\nConnection: close\n\n"

func TestDoorReadsTheRequest(t *testing.T) {
	var r *message.Request
	var content string
	p := plan(at(sallyport.Admit, "see", func(x *sallyport.Exchange) error {
		r = x.Request
		if r.Body != nil {
			b, err := io.ReadAll(r.Body)
			content = string(b)
			return err
		}
		return nil
	}), answering(204, ""))
	for _, c := range []struct {
		name, request, content string
		length                 int64 // -2: no body
		want                   message.Request
		fields                 string
	}{
		{"GET", "GET /a%2fb?c=%64 HTTP/1.1\nHost: API.example:80\nb: 2\nA: 1\na: 0\nConnection: close\n\n", "", -2,
			message.Request{Method: "GET", Target: "/a%2fb?c=%64", Authority: "API.example:80", Proto: "HTTP/1.1"}, "A=1 A=0 B=2 Connection=close"},
		{"a length", "POST / HTTP/1.1\nHost: a\nContent-Length: 2\nConnection: close\n\nok", "ok", 2,
			message.Request{Method: "POST", Target: "/", Authority: "a", Proto: "HTTP/1.1"}, "Connection=close Content-Length=2"},
		{"chunked", "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nConnection: close\n\n2\nok\n0\n\n", "ok", -1,
			message.Request{Method: "POST", Target: "/", Authority: "a", Proto: "HTTP/1.1"}, "Connection=close"},
		{"an empty body is none", "POST / HTTP/1.1\nHost: a\nContent-Length: 0\nConnection: close\n\n", "", -2,
			message.Request{Method: "POST", Target: "/", Authority: "a", Proto: "HTTP/1.1"}, "Connection=close Content-Length=0"},
		{"absolute form", "GET http://api.example/a HTTP/1.1\nHost: api.example\nConnection: close\n\n", "", -2,
			message.Request{Method: "GET", Target: "http://api.example/a", Authority: "api.example", Proto: "HTTP/1.1"}, "Connection=close"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, content = nil, ""
			if text := once(t, p, c.request); !strings.HasPrefix(text, "HTTP/1.1 204") {
				t.Fatal(text)
			}
			var fields []string
			for _, f := range r.Fields {
				fields = append(fields, f.Name+"="+f.Value)
			}
			if r.Method != c.want.Method || r.Target != c.want.Target || r.Authority != c.want.Authority || r.Proto != c.want.Proto || r.Scheme != "http" || r.TLS != nil || strings.Join(fields, " ") != c.fields {
				t.Errorf("%+v", r)
			}
			if c.length == -2 != (r.Body == nil) || r.Body != nil && r.Body.Length != c.length || content != c.content {
				t.Errorf("body %v, %q", r.Body, content)
			}
			if !r.Remote.IsValid() || !r.Local.IsValid() {
				t.Errorf("from %v to %v", r.Remote, r.Local)
			}
		})
	}
}

func TestDoorOverTLSAndHTTP2(t *testing.T) {
	var r *message.Request
	env, _ := newEnv()
	env.BodyTimeout, env.WriteTimeout = time.Minute, time.Minute
	server := httptest.NewUnstartedServer(sallyport.NewGateway(env, plan(at(sallyport.Admit, "see", func(x *sallyport.Exchange) error { r = x.Request; return nil }), streaming(strings.NewReader("ok"), -1))))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	response, err := server.Client().Post(server.URL+"/a", "text/plain", strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); string(text) != "ok" || err != nil || response.ProtoMajor != 2 {
		t.Errorf("%s %q, %v", response.Proto, text, err)
	}
	if r.Scheme != "https" || r.TLS == nil || r.Target != "/a" || "https://"+r.Authority != server.URL || r.Body.Length != 7 {
		t.Errorf("%+v", r)
	}
}

func TestDoorWritesTheAnswer(t *testing.T) {
	for _, c := range []struct {
		name, request string
		backend       sallyport.Placed
		want, without string
		content       string
	}{
		{"held", get, answering(200, "ok", "A", "1", "a", "2"), "A: 1\nA: 2\nContent-Length: 2", "Transfer-Encoding", "ok"},
		{"no Content-Type is guessed", get, answering(200, "<html>"), "Content-Length: 6", "Content-Type", "<html>"},
		{"nor of a stream", get, streaming(strings.NewReader("<html>"), 6), "Content-Length: 6", "Content-Type", "<html>"},
		{"empty", get, answering(200, ""), "Content-Length: 0", "Content-Type", ""},
		{"HEAD", strings.Replace(get, "GET", "HEAD", 1), answering(200, "ok"), "Content-Length: 2", "Transfer-Encoding", ""},
		{"HEAD of a stream", strings.Replace(get, "GET", "HEAD", 1), streaming(failing{errors.New("read")}, 7), "Content-Length: 7", "Transfer-Encoding", ""},
		{"HEAD of no length", strings.Replace(get, "GET", "HEAD", 1), streaming(failing{errors.New("read")}, -1), "HTTP/1.1 200", "Transfer-Encoding", ""},
		{"204", get, at(sallyport.Forward, "backend", func(x *sallyport.Exchange) error { x.Response = &message.Response{Status: 204}; return nil }), "HTTP/1.1 204", "Content-Length", ""},
		{"304", get, at(sallyport.Forward, "backend", func(x *sallyport.Exchange) error {
			x.Response = &message.Response{Status: 304, Fields: message.Fields{{Name: "Etag", Value: `"1"`}}}
			return nil
		}), `Etag: "1"`, "Content-Length", ""},
		{"of a length, streamed", get, streaming(strings.NewReader("ok"), 2), "Content-Length: 2", "Transfer-Encoding", "ok"},
		{"of no length, streamed", get, streaming(strings.NewReader("ok"), -1), "Transfer-Encoding: chunked", "Content-Length", "2\nok\n0\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			head, content, _ := strings.Cut(once(t, plan(c.backend), c.request), "\n\n")
			contains(t, head, c.want)
			if strings.Contains(head, c.without) || content != c.content {
				t.Errorf("%s\n\n%q, want %q without %s", head, content, c.content, c.without)
			}
		})
	}
}

// TestEventArrivesBeforeTheEnd: the header before the first event, the first
// event while the second one is still to come.
func TestEventArrivesBeforeTheEnd(t *testing.T) {
	out, in := io.Pipe()
	env, _ := newEnv()
	env.WriteTimeout = time.Minute
	server, _ := listening(t, env, plan(streaming(out, -1)))
	response, err := http.Get(server.URL) // returns with the header
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	for _, event := range []string{"first", "second"} {
		io.WriteString(in, event)
		got := make([]byte, len(event))
		if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != event {
			t.Fatalf("%q, %v", got, err)
		}
	}
	in.Close()
	if rest, err := io.ReadAll(response.Body); len(rest) != 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestBrokenBodyBreaksTheConnection(t *testing.T) {
	part := strings.Repeat("a", 10_000)
	for _, length := range []int64{-1, 20_000} {
		env, _ := newEnv()
		server, ended := listening(t, env, plan(streaming(io.MultiReader(strings.NewReader(part), failing{io.ErrUnexpectedEOF}), length)))
		_, in := speak(t, server, "GET / HTTP/1.1\nHost: a\n\n")
		text, _ := io.ReadAll(in) // returns when the connection is closed
		contains(t, string(text), "HTTP/1.1 200", "aaaa")
		if strings.HasSuffix(string(text), "0\r\n\r\n") {
			t.Error("the message was ended as if it were whole")
		}
		if x := <-ended; !errors.Is(x.Aborted, io.ErrUnexpectedEOF) || x.Sent != 10_000 {
			t.Errorf("recorded: %v after %d bytes", x.Aborted, x.Sent)
		}
	}
}

func TestPanicDoesNotHarmOtherExchanges(t *testing.T) {
	env, _ := newEnv()
	meet := make(chan struct{})
	server, _ := listening(t, env, plan(at(sallyport.Admit, "boom", func(x *sallyport.Exchange) error {
		if x.Request.Target == "/boom" {
			<-meet
			panic("boom")
		}
		meet <- struct{}{} // both are under way
		return nil
	}), answering(200, "ok")))
	_, boom := speak(t, server, "GET /boom HTTP/1.1\nHost: a\n\nGET /again HTTP/1.1\nHost: a\nConnection: close\n\n")
	_, other := speak(t, server, get)
	text, _ := io.ReadAll(other)
	contains(t, string(text), "HTTP/1.1 200 OK", "ok")
	response, err := http.ReadResponse(boom, nil)
	if err != nil {
		t.Fatal(err)
	}
	problemText, _ := io.ReadAll(response.Body)
	if response.StatusCode != 500 || response.Header.Get("Content-Type") != problem.MediaType {
		t.Errorf("%d %s", response.StatusCode, problemText)
	}
	contains(t, string(problemText), `"type":"urn:p:internal"`, `"instance":"`)
	<-meet // the same connection goes on
	again, err := http.ReadResponse(boom, nil)
	if err != nil || again.StatusCode != 200 {
		t.Errorf("the next request of the connection: %v, %v", again, err)
	}
}

// TestSlowReaderIsCutOff: a client that takes nothing for the write timeout.
func TestSlowReaderIsCutOff(t *testing.T) {
	env, _ := newEnv()
	env.WriteTimeout = 50 * time.Millisecond
	server, ended := listening(t, env, plan(streaming(endless{}, -1)))
	speak(t, server, "GET / HTTP/1.1\nHost: a\n\n") // and reads nothing
	x := <-ended
	var timeout net.Error
	if !errors.As(x.Aborted, &timeout) || !timeout.Timeout() {
		t.Errorf("recorded: %v", x.Aborted)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestPauseOfTheBackendIsNotTheClients: longer than the client may take for a
// piece, in both versions of the protocol.
func TestPauseOfTheBackendIsNotTheClients(t *testing.T) {
	for _, h2 := range []bool{false, true} {
		out, in := io.Pipe()
		env, _ := newEnv()
		env.WriteTimeout = 30 * time.Millisecond
		server := httptest.NewUnstartedServer(sallyport.NewGateway(env, plan(streaming(out, -1))))
		server.EnableHTTP2 = h2
		server.StartTLS()
		response, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		paused := time.NewTimer(100 * time.Millisecond)
		io.WriteString(in, "first")
		<-paused.C
		io.WriteString(in, "second")
		in.Close()
		if text, err := io.ReadAll(response.Body); string(text) != "firstsecond" || err != nil {
			t.Errorf("%s: %q, %v", response.Proto, text, err)
		}
		response.Body.Close()
		server.Close()
	}
}

func TestSlowBodyIsTimedOut(t *testing.T) {
	env, _ := newEnv()
	env.BodyTimeout = 30 * time.Millisecond
	hold := at(sallyport.Validate, "hold", func(x *sallyport.Exchange) error { _, err := x.HoldRequest(); return err })
	server, ended := listening(t, env, plan(hold, answering(200, "ok")))
	_, in := speak(t, server, "POST / HTTP/1.1\nHost: a\nContent-Length: 10\n\npart")
	response, err := http.ReadResponse(in, nil)
	if err != nil || response.StatusCode != 408 {
		t.Fatalf("%v, %v", response, err)
	}
	if x := <-ended; x.Refusal.Kind != problem.RequestTimeout {
		t.Errorf("recorded: %v", x.Refusal)
	}
}

// TestTimeForABodyEndsWithIt: net/http watches the connection after the body's
// end, and must not take our deadline for the client's leaving.
func TestTimeForABodyEndsWithIt(t *testing.T) {
	for name, request := range map[string]string{
		"a length": "POST / HTTP/1.1\nHost: a\nContent-Length: 4\nConnection: close\n\nbody", "chunked": "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\nConnection: close\n\n4\nbody\n0\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			env, _ := newEnv()
			env.BodyTimeout = 30 * time.Millisecond
			hold := at(sallyport.Validate, "hold", func(x *sallyport.Exchange) error { _, err := x.HoldRequest(); return err })
			slow := at(sallyport.Inspect, "slow", func(x *sallyport.Exchange) error {
				select {
				case <-time.After(100 * time.Millisecond):
					return nil
				case <-x.Context.Done():
					return context.Cause(x.Context)
				}
			})
			server, _ := listening(t, env, plan(hold, slow, answering(200, "ok")))
			_, in := speak(t, server, request)
			if response, err := http.ReadResponse(in, nil); err != nil || response.StatusCode != 200 {
				t.Errorf("%v, %v", response, err)
			}
		})
	}
}

// TestContinueAfterAPause: the time for writing one answer does not stop the
// 100 (Continue) of a later request on the same connection.
func TestContinueAfterAPause(t *testing.T) {
	env, _ := newEnv()
	env.WriteTimeout = 30 * time.Millisecond
	hold := at(sallyport.Validate, "hold", func(x *sallyport.Exchange) error { _, err := x.HoldRequest(); return err })
	server, _ := listening(t, env, plan(hold, answering(200, "ok")))
	conn, in := speak(t, server, "GET / HTTP/1.1\nHost: a\n\n")
	first, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, first.Body)
	<-time.After(60 * time.Millisecond)
	io.WriteString(conn, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
	if line, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("%q, %v", line, err)
	}
	in.ReadString('\n')
	io.WriteString(conn, "body")
	if second, err := http.ReadResponse(in, nil); err != nil || second.StatusCode != 200 {
		t.Errorf("%v, %v", second, err)
	}
}

func TestClientThatLeavesIsKnown(t *testing.T) {
	env, _ := newEnv()
	arrived := make(chan struct{})
	server, ended := listening(t, env, plan(at(sallyport.Limit, "rate", func(*sallyport.Exchange) error {
		close(arrived)
		return &sallyport.Wait{For: time.Hour}
	}), answering(200, "ok")))
	conn, _ := speak(t, server, "GET / HTTP/1.1\nHost: a\n\n")
	<-arrived
	conn.Close()
	if x := <-ended; x.Refusal == nil || x.Refusal.Kind != problem.ClientLeft || !x.ClientLeft() {
		t.Errorf("recorded: %v", x.Refusal)
	}
}
