package forward

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"sallyport/message"
	"sallyport/problem"
)

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name, method, answer string
		status               int
		fields               string // those that are left, in order
		content              string
		length               int64 // -2: no body
	}{
		{"a length", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Type: text/plain\n\nok", 200, "Content-Type: text/plain", "ok", 2},
		{"chunked", "GET", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\nA: b\n\n", 200, "", "ok", -1},
		{"to the end of the connection", "GET", "HTTP/1.0 200 OK\n\nok", 200, "", "ok", -1},
		{"no content", "DELETE", "HTTP/1.1 204 No Content\nEtag: \"1\"\n\n", 204, `Etag: "1"`, "", -2},
		{"an empty one", "GET", "HTTP/1.1 200 OK\nContent-Length: 0\n\n", 200, "", "", -2},
		{"not modified", "GET", "HTTP/1.1 304 Not Modified\nEtag: \"1\"\nContent-Length: 7\n\n", 304, `Etag: "1"`, "", -2},
		{"HEAD", "HEAD", "HTTP/1.1 200 OK\nContent-Length: 7\n\n", 200, "", "", 7},
		{"HEAD without a length", "HEAD", "HTTP/1.1 200 OK\n\n", 200, "", "", -1},
		{"a redirect is not followed", "GET", "HTTP/1.1 302 Found\nLocation: http://evil.example/\nContent-Length: 0\n\n", 302, "Location: http://evil.example/", "", -2},
		{"early hints before it", "GET", "HTTP/1.1 103 Early Hints\nLink: </a>\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "", "ok", 2},
		{"100 before it", "POST", "HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "", "ok", 2},
		{"fields of its connection", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\nConnection: X-Hop\nX-Hop: 1\nKeep-Alive: 1\nUpgrade: h2c\nTrailer: A\nProxy-Authenticate: Basic\nA: 1\nA: 0\nB: 2\n\nok", 200, "A: 1\nA: 0\nB: 2", "ok", 2},
		{"reset content that has some", "POST", "HTTP/1.1 205 Reset Content\nContent-Length: 2\n\nno", 205, "", "", -2},
		{"reset content in chunks", "POST", "HTTP/1.1 205 Reset Content\nTransfer-Encoding: chunked\n\n2\nno\n0\n\n", 205, "", "", -2},
		{"twins of fields of its connection", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\nTransfer_Encoding: chunked\nContent_Length: 9\nKeep_Alive: 1\nConnection: X-Hop\nX_Hop: 1\nX_mine: 1\n\nok", 200, "X_mine: 1", "ok", 2},
		{"an encoding is the client's", "GET", "HTTP/1.1 200 OK\nContent-Length: 2\nContent-Encoding: gzip\n\nok", 200, "Content-Encoding: gzip", "ok", 2},
		{"a failure", "GET", "HTTP/1.1 503 Overloaded\nContent-Length: 2\nRetry-After: 1\n\nno", 503, "Retry-After: 1", "no", 2},
		{"a status without a name", "GET", "HTTP/1.1 599 \nContent-Length: 2\n\nok", 599, "", "ok", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBackend(t, func(conv *conversation) bool {
				conv.say("%s", strings.ReplaceAll(c.answer, "\n", "\r\n"))
				return !strings.HasPrefix(c.answer, "HTTP/1.0")
			})
			x := exchange(t, c.method, "/", "")
			if err := run(t, upstream(t, b.url()), x); err != nil {
				t.Fatal(err)
			}
			var fields []string
			for _, f := range x.Response.Fields {
				fields = append(fields, f.Name+": "+f.Value)
			}
			if got := strings.Join(fields, "\n"); got != c.fields || x.Response.Status != c.status || x.Upstream.Status != c.status {
				t.Errorf("%d\n%s\nwant %d\n%s", x.Response.Status, got, c.status, c.fields)
			}
			if body := x.Response.Body; c.length == -2 != (body == nil) || body != nil && body.Length != c.length {
				t.Errorf("the body is %v, want length %d", body, c.length)
			}
			if got := content(t, x); got != c.content {
				t.Errorf("content %q, want %q", got, c.content)
			}
			if x.Upstream.Target != b.url() || x.Upstream.Duration <= 0 {
				t.Errorf("%+v", x.Upstream)
			}
		})
	}
}

func TestStatusesThatAreNoAnswer(t *testing.T) {
	for _, line := range []string{"101 Switching Protocols", "600 Beyond", "999 Beyond"} {
		b := newBackend(t, func(c *conversation) bool {
			c.say("HTTP/1.1 %s\nConnection: Upgrade\nUpgrade: websocket\nContent-Length: 0\n\n", line)
			return true
		})
		wantKind(t, run(t, upstream(t, b.url()), exchange(t, "GET", "/", "")), problem.UpstreamBroken)
	}
}

// TestStreamArrivesBeforeItsEnd: the client reads the first event while the
// backend still holds the second one back.
func TestStreamArrivesBeforeItsEnd(t *testing.T) {
	more := make(chan struct{})
	b := newBackend(t, func(c *conversation) bool {
		c.say("HTTP/1.1 200 OK\nContent-Type: text/event-stream\nTransfer-Encoding: chunked\n\n8\nevent-1;\n")
		<-more
		c.say("8\nevent-2;\n0\n\n")
		return true
	})
	address, _ := gateway(t, upstream(t, b.url()))
	response, err := http.Get("http://" + address + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, 8)
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "event-1;" {
		t.Fatalf("%q, %v", first, err)
	}
	close(more)
	if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != "event-2;" {
		t.Errorf("%q, %v", rest, err)
	}
}

// TestTruncatedAnswerBreaksTheConnection: a client must not take the part for
// the whole, whichever framing it gets.
func TestTruncatedAnswerBreaksTheConnection(t *testing.T) {
	part := strings.Repeat("a", 8<<10) // more than net/http keeps back
	for _, c := range []struct{ name, answer string }{
		{"of a length", "HTTP/1.1 200 OK\nContent-Length: 9000\n\n" + part},
		{"chunked", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2000\n" + part + "\n"},
		{"within a chunk", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n4000\n" + part},
		{"with a chunk that is none", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2000\n" + part + "\nzz\n"},
		{"with a trailer that echoes", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2000\n" + part + "\n0\nsecret-line\n\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBackend(t, func(conv *conversation) bool {
				conv.say("%s", strings.ReplaceAll(c.answer, "\n", "\r\n"))
				return false
			})
			address, ended := gateway(t, upstream(t, b.url()))
			_, in := dial(t, address, "GET / HTTP/1.1\nHost: a\n\n")
			got, _ := io.ReadAll(in) // to the end of the connection
			head, body, _ := strings.Cut(string(got), "\r\n\r\n")
			if !strings.HasPrefix(head, "HTTP/1.1 200") || !strings.Contains(body, "aaaa") {
				t.Fatalf("%.200q", got)
			}
			if strings.Contains(body, "\r\n0\r\n") {
				t.Error("the message was ended as if it were whole")
			}
			x := <-ended
			if x.Aborted == nil || strings.Contains(x.Aborted.Error(), "secret") {
				t.Errorf("recorded: %v", x.Aborted)
			}
		})
	}
}

func TestClientThatLeavesEndsTheRequestToTheBackend(t *testing.T) {
	left := make(chan error, 1)
	b := newBackend(t, func(c *conversation) bool {
		_, err := c.in.ReadByte() // returns when the gateway closes the connection
		left <- err
		return false
	})
	address, ended := gateway(t, upstream(t, b.url()))
	client, _ := dial(t, address, "GET / HTTP/1.1\nHost: a\n\n")
	<-b.heard
	client.Close()
	if err := <-left; err == nil {
		t.Error("the backend was sent something else")
	}
	if x := <-ended; x.Refusal == nil || x.Refusal.Kind != problem.ClientLeft {
		t.Errorf("recorded: %v", x.Refusal)
	}
}

func TestClientThatLeavesEndsTheStream(t *testing.T) {
	left := make(chan error, 1)
	b := newBackend(t, func(c *conversation) bool {
		c.say("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n")
		_, err := c.in.ReadByte()
		left <- err
		return false
	})
	address, ended := gateway(t, upstream(t, b.url()))
	client, in := dial(t, address, "GET / HTTP/1.1\nHost: a\n\n")
	if _, err := in.ReadString('k'); err != nil {
		t.Fatal(err)
	}
	client.Close()
	if err := <-left; err == nil {
		t.Error("the backend was sent something else")
	}
	if x := <-ended; x.Aborted == nil || !x.ClientLeft() {
		t.Errorf("recorded: %v", x.Aborted)
	}
}

func TestConnectionIsUsedAgain(t *testing.T) {
	b := answering(t, ok)
	u := upstream(t, b.url())
	for range 3 {
		x := exchange(t, "GET", "/", "")
		if err := run(t, u, x); err != nil {
			t.Fatal(err)
		}
		content(t, x)
		x.Response.Body.Close()
	}
	if b.count() != 1 {
		t.Errorf("%d connections for three requests in turn", b.count())
	}
}

// TestAnswerBeforeTheRequestsEnd: the record reads what was passed while the
// connection to the backend may still read the client.
func TestAnswerBeforeTheRequestsEnd(t *testing.T) {
	b := newBackend(t, func(c *conversation) bool {
		c.say("HTTP/1.1 413 Too Large\nContent-Length: 2\n\nno")
		return false
	})
	x := exchange(t, "POST", "/", "")
	client, in := io.Pipe()
	x.Request.Body = message.NewBody(client, -1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			if _, err := in.Write([]byte("more")); err != nil {
				return
			}
		}
	}()
	err := run(t, upstream(t, b.url()), x)
	_ = x.Request.Body.Passed()
	client.Close()
	<-done
	if err != nil && problem.As(err).Kind != problem.UpstreamBroken { // the write may fail before the answer is read
		t.Error(err)
	}
}
