package http1

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/message"
)

// handler is a Handler of two functions. Refusals are answered and kept.
type handler struct {
	serve  func(c *Conn, r *message.Request) error
	mu     sync.Mutex
	served []string // method and target
	faults []*Fault
}

func (h *handler) Serve(c *Conn, r *message.Request) error {
	h.mu.Lock()
	h.served = append(h.served, strings.Clone(r.Method+" "+r.Target))
	h.mu.Unlock()
	if h.serve == nil {
		return answerWith(c, 200, message.BytesBody([]byte("ok")))
	}
	return h.serve(c, r)
}

func (h *handler) Refuse(c *Conn, r *message.Request, fault *Fault) error {
	h.mu.Lock()
	h.faults = append(h.faults, fault)
	h.mu.Unlock()
	return answerWith(c, fault.Status, message.BytesBody([]byte(fault.Says)))
}

func (h *handler) seen() (served []string, faults []*Fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.served, h.faults
}

func answerWith(c *Conn, status int, body *message.Body, fields ...message.Field) error {
	_, err := c.Send(&message.Response{Status: status, Fields: fields, Body: body})
	return err
}

// echo answers with the content of the request.
func echo(c *Conn, r *message.Request) error {
	content, err := r.Body.Hold(1<<20, nil)
	if err != nil {
		return answerWith(c, 400, message.BytesBody([]byte("unread")))
	}
	return answerWith(c, 200, message.BytesBody(content))
}

func patient() Patience {
	return Patience{Idle: time.Minute, Head: time.Minute, Progress: time.Minute, Rate: 240}
}

var roomy = Limits{Target: 8 << 10, Fields: 32 << 10, Count: 100}

// listening serves on loopback until the test ends.
func listening(t testing.TB, s *Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if s.Limits == (Limits{}) {
		s.Limits = roomy
	}
	if s.Patience == (Patience{}) {
		s.Patience = patient()
	}
	s.poison = true
	s.Failed = func(err error) {
		if p := (*Panic)(nil); errors.As(err, &p) {
			t.Error(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; err != ErrClosed {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

func dial(t testing.TB, address string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// say sends text, with CRLF for LF, and returns all that comes back.
func say(t *testing.T, address, text string) string {
	t.Helper()
	c := dial(t, address)
	io.WriteString(c, crlf(text))
	c.(*net.TCPConn).CloseWrite()
	got, _ := io.ReadAll(c)
	return string(got)
}

// answers reads what came back as answers to requests of these methods.
func answers(t *testing.T, text string, methods ...string) (all []*http.Response, contents []string) {
	t.Helper()
	in := bufio.NewReader(strings.NewReader(text))
	for _, method := range methods {
		r, err := http.ReadResponse(in, &http.Request{Method: method})
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		content, err := io.ReadAll(r.Body)
		if err != nil {
			t.Fatalf("%v in %q", err, text)
		}
		all, contents = append(all, r), append(contents, string(content))
	}
	if rest, _ := io.ReadAll(in); len(rest) > 0 {
		t.Fatalf("behind the answers: %q", rest)
	}
	return all, contents
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		var content []byte
		if r.Body != nil {
			content, _ = r.Body.Hold(100, nil)
		}
		return answerWith(c, 200, message.BytesBody([]byte(r.Method+" "+r.Target+" "+string(content))))
	}}
	address := listening(t, &Server{Handler: h})
	text := say(t, address, "GET /1 HTTP/1.1\nHost: a\n\nPOST /2 HTTP/1.1\nHost: a\nContent-Length: 5\n\nhello\nPOST /3 HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5;x=y\nworld\n0\nA: b\n\nGET /4 HTTP/1.1\nHost: a\nConnection: close\n\nGET /5 HTTP/1.1\nHost: a\n\n")
	all, contents := answers(t, text, "GET", "POST", "POST", "GET")
	for i, want := range []string{"GET /1 ", "POST /2 hello", "POST /3 world", "GET /4 "} {
		if contents[i] != want {
			t.Errorf("answer %d is %q, want %q", i, contents[i], want)
		}
		if all[i].Close != (i == 3) {
			t.Errorf("answer %d: close is %v", i, all[i].Close)
		}
	}
}

func TestRequestAsTheHandlerSeesIt(t *testing.T) {
	seen := make(chan *message.Request, 1)
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		copied := *r
		copied.Fields = r.Fields.Clone()
		seen <- &copied
		return answerWith(c, 204, nil)
	}}
	address := listening(t, &Server{Handler: h})
	c := dial(t, address)
	io.WriteString(c, crlf("GET /a?b HTTP/1.0\nHost: a.example\nB: 1\na: 2\nContent-Length: 0\n\n"))
	r := <-seen
	if r.Method != "GET" || r.Target != "/a?b" || r.Authority != "a.example" || r.Scheme != "http" || r.Proto != "HTTP/1.0" || r.Body != nil || r.TLS != nil {
		t.Errorf("%+v", r)
	}
	if r.Remote.String() != c.LocalAddr().String() || r.Local.String() != address {
		t.Errorf("from %v to %v", r.Remote, r.Local)
	}
	if fmt.Sprint(r.Fields) != "[{B 1} {a 2} {Content-Length 0}]" {
		t.Errorf("%v", r.Fields)
	}
}

func TestAnswerFraming(t *testing.T) {
	stream := func(content string, length int64) func() *message.Body {
		return func() *message.Body {
			return message.NewBody(io.NopCloser(strings.NewReader(content)), length)
		}
	}
	none := func() *message.Body { return nil }
	large := strings.Repeat("a", 100<<10)
	for _, c := range []struct {
		name, request       string
		status              int
		body                func() *message.Body
		want, without, rest string
	}{
		{"held", "GET / HTTP/1.1", 200, func() *message.Body { return message.BytesBody([]byte("ok")) }, "Content-Length: 2\n", "Transfer", "ok"},
		{"held and large", "GET / HTTP/1.1", 200, func() *message.Body { return message.BytesBody([]byte(large)) }, "Content-Length: 102400\n", "Transfer", large},
		{"held and empty", "GET / HTTP/1.1", 200, func() *message.Body { return message.BytesBody(nil) }, "Content-Length: 0\n", "Transfer", ""},
		{"none", "GET / HTTP/1.1", 404, none, "Content-Length: 0\n", "Transfer", ""},
		{"counted", "GET / HTTP/1.1", 200, stream("ok", 2), "Content-Length: 2\n", "Transfer", "ok"},
		{"counted and large", "GET / HTTP/1.1", 200, stream(large, int64(len(large))), "Content-Length: 102400\n", "Transfer", large},
		{"counted and empty", "GET / HTTP/1.1", 200, stream("", 0), "Content-Length: 0\n", "Transfer", ""},
		{"of unknown length", "GET / HTTP/1.1", 200, stream("ok", -1), "Transfer-Encoding: chunked\n", "Content-Length", "2\nok\n0\n\n"},
		{"of unknown length, empty", "GET / HTTP/1.1", 200, stream("", -1), "Transfer-Encoding: chunked\n", "Content-Length", "0\n\n"},
		{"of unknown length in HTTP/1.0", "GET / HTTP/1.0\nConnection: keep-alive", 200, stream("ok", -1), "Connection: close\n", "Transfer", "ok"},
		{"of a length in HTTP/1.0", "GET / HTTP/1.0\nConnection: keep-alive", 200, stream("ok", 2), "Connection: keep-alive\n", "Transfer", "ok"},
		{"HTTP/1.0 closes", "GET / HTTP/1.0", 200, stream("ok", 2), "Connection: close\n", "Transfer", "ok"},
		{"HEAD", "HEAD / HTTP/1.1", 200, stream("ok", 2), "Content-Length: 2\n", "Transfer", ""},
		{"HEAD of unknown length", "HEAD / HTTP/1.1", 200, stream("ok", -1), "200 OK", "Content-Length", ""},
		{"HEAD, held", "HEAD / HTTP/1.1", 200, func() *message.Body { return message.BytesBody([]byte("ok")) }, "Content-Length: 2\n", "Transfer", ""},
		{"204", "GET / HTTP/1.1", 204, none, "204 No Content\n", "Content-Length", ""},
		{"204 with a body", "GET / HTTP/1.1", 204, stream("ok", 2), "204 No Content\n", "Content-Length", ""},
		{"304", "GET / HTTP/1.1", 304, none, "304 Not Modified\n", "Content-Length", ""},
		{"a status that nobody knows", "GET / HTTP/1.1", 599, none, "HTTP/1.1 599 \n", "Transfer", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &handler{serve: func(conn *Conn, r *message.Request) error {
				return answerWith(conn, c.status, c.body(), message.Field{Name: "Content-length", Value: "77"}, message.Field{Name: "transfer-Encoding", Value: "x"}, message.Field{Name: "A", Value: "b"}, message.Field{Name: "connection", Value: "A"})
			}}
			text := say(t, listening(t, &Server{Handler: h}), c.request+"\nHost: a\n\n")
			text = strings.ReplaceAll(text, "\r\n", "\n")
			head, rest, _ := strings.Cut(text, "\n\n")
			head += "\n"
			if !strings.Contains(head, c.want) || strings.Contains(head, c.without) || !strings.Contains(head, "\nA: b\n") || strings.Count(head, "\nDate: ") != 1 {
				t.Errorf("%s", head)
			}
			if strings.Contains(head, "77") || strings.Contains(head, ": x") {
				t.Errorf("a step's framing was sent:\n%s", head)
			}
			if rest != c.rest {
				t.Errorf("%d bytes of content: %.100q", len(rest), rest)
			}
		})
	}
}

// failing yields its text and then an error.
type failing struct {
	text string
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	if f.text == "" {
		return 0, f.err
	}
	n := copy(p, f.text)
	f.text = f.text[n:]
	return n, nil
}

func (f *failing) Close() error { return nil }

// TestBrokenAnswerIsBrokenOff: whatever it was announced as, nobody can take
// the part for the whole.
func TestBrokenAnswerIsBrokenOff(t *testing.T) {
	broken := errors.New("broken")
	for name, body := range map[string]*message.Body{
		"counted":               message.NewBody(&failing{"part", broken}, 10),
		"counted and short":     message.NewBody(&failing{"part", io.EOF}, 10),
		"counted and long":      message.NewBody(&failing{"part", io.EOF}, 2),
		"counted, large, short": message.NewBody(&failing{strings.Repeat("a", 50<<10), io.EOF}, 60<<10),
		"counted, large, long":  message.NewBody(&failing{strings.Repeat("a", 60<<10), io.EOF}, 50<<10),
		"chunked":               message.NewBody(&failing{"part", broken}, -1),
	} {
		t.Run(name, func(t *testing.T) {
			failed := make(chan error, 1)
			h := &handler{serve: func(c *Conn, r *message.Request) error {
				err := answerWith(c, 200, body)
				failed <- err
				return err
			}}
			c := dial(t, listening(t, &Server{Handler: h}))
			io.WriteString(c, crlf("GET /1 HTTP/1.1\nHost: a\n\nGET /2 HTTP/1.1\nHost: a\n\n"))
			text, err := io.ReadAll(c)
			if err == nil {
				t.Errorf("closed in order behind %.100q", text)
			}
			if strings.HasSuffix(string(text), "0\r\n\r\n") || strings.Count(string(text), "HTTP/1.1") > 1 {
				t.Errorf("%.100q", text)
			}
			if <-failed == nil {
				t.Error("the handler was told that all is well")
			}
		})
	}
}

func TestFieldsCannotSplitAnAnswer(t *testing.T) {
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		return answerWith(c, 200, nil, message.Field{Name: "A", Value: "b\r\nSet-Cookie: c"})
	}}
	if text := say(t, listening(t, &Server{Handler: h}), "GET / HTTP/1.1\nHost: a\n\n"); text != "" {
		t.Errorf("%q", text)
	}
}

// tail is a stream with trailers.
type tail struct {
	io.Reader
	fields message.Fields
}

func (tail) Close() error               { return nil }
func (t tail) Trailers() message.Fields { return t.fields }

func TestTrailersOfAnAnswer(t *testing.T) {
	fields := message.Fields{{Name: "X-Sum", Value: "1"}, {Name: "Set-Cookie", Value: "a"}, {Name: "Content-Type", Value: "a/b"}, {Name: "Content-Digest", Value: "2"}, {Name: "Transfer-Encoding", Value: "chunked"}, {Name: "access-control-allow-origin", Value: "*"}}
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		return answerWith(c, 200, message.NewBody(tail{strings.NewReader("ok"), fields}, -1))
	}}
	address := listening(t, &Server{Handler: h})
	for te, want := range map[string]string{"": "2\n ok\n 0\n \n", "TE: gzip, Trailers\n": "2\n ok\n 0\n X-Sum: 1\n Content-Digest: 2\n \n"} {
		text := say(t, address, "GET / HTTP/1.1\nHost: a\n"+te+"\n")
		_, got, _ := strings.Cut(text, "\r\n\r\n")
		if got != strings.ReplaceAll(want, "\n ", "\r\n")[:len(strings.ReplaceAll(want, "\n ", "\r\n"))-1]+"\r\n" {
			t.Errorf("%q: %q", te, got)
		}
	}
	fields[0].Value = "1\r\n\r\nHTTP/1.1 200 OK"
	if text := say(t, address, "GET / HTTP/1.1\nHost: a\nTE: trailers\n\n"); strings.Count(text, "HTTP/1.1") != 1 || !strings.HasSuffix(text, "0\r\n\r\n") {
		t.Errorf("%q", text)
	}
}

// TestUnreadContent: what a handler does not read is never served as a request.
func TestUnreadContent(t *testing.T) {
	const inner = "GET /inner HTTP/1.1\r\nHost: a\r\n\r\n"
	for _, c := range []struct {
		name, request string
		again         bool
	}{
		{"complete", fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(inner), inner), true},
		{"chunked", fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(inner), inner), true},
		{"larger than the buffer", fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(inner)*1000, strings.Repeat(inner, 1000)), true},
		{"larger than is drained", fmt.Sprintf("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s", len(inner)*3000, strings.Repeat(inner, 3000)), false},
		{"chunked, larger than is drained", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + strings.Repeat(fmt.Sprintf("%x\r\n%s\r\n", len(inner), inner), 3000) + "0\r\n\r\n", false},
		{"held back", "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 33\r\n\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &handler{}
			conn := dial(t, listening(t, &Server{Handler: h}))
			io.WriteString(conn, c.request)
			in := bufio.NewReader(conn)
			r, err := http.ReadResponse(in, nil)
			if err != nil || r.StatusCode != 200 {
				t.Fatalf("%v, %v", r, err)
			}
			io.Copy(io.Discard, r.Body)
			io.WriteString(conn, "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
			rest, _ := io.ReadAll(in)
			if got := strings.Contains(string(rest), "200 OK"); got != c.again {
				t.Errorf("the connection is used again: %v", got)
			}
			served, faults := h.seen()
			if want := 1 + map[bool]int{true: 1}[c.again]; len(served) != want || len(faults) > 0 || len(served) > 1 && served[1] != "GET /next" {
				t.Errorf("served %q, refused %v", served, faults)
			}
		})
	}
}

func TestContinue(t *testing.T) {
	h := &handler{serve: func(c *Conn, r *message.Request) error {
		if r.Target == "/early" {
			return answerWith(c, 403, nil)
		}
		return echo(c, r)
	}}
	address := listening(t, &Server{Handler: h})
	const expect = " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n"
	c := dial(t, address)
	in := bufio.NewReader(c)
	io.WriteString(c, "POST /"+expect)
	if line, _ := in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
		t.Fatalf("%q", line)
	}
	in.ReadString('\n')
	io.WriteString(c, "hello")
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if content, _ := io.ReadAll(r.Body); string(content) != "hello" || r.Close {
		t.Errorf("%q, close %v", content, r.Close)
	}
	io.WriteString(c, "POST /"+expect+"world") // nobody waits
	if r, err := http.ReadResponse(in, nil); err != nil || r.StatusCode != 200 {
		t.Errorf("%v, %v", r, err)
	}
	c = dial(t, address)
	io.WriteString(c, "POST /early"+expect)
	if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 403 || !r.Close {
		t.Errorf("%v, %v", r, err)
	}
	if text := say(t, address, "POST / HTTP/1.0\nHost: a\nContent-Length: 5\nExpect: 100-continue\n\nhello"); strings.Contains(text, "100 ") {
		t.Errorf("HTTP/1.0 got %q", text)
	}
}

// TestRefusalsEndTheConnection: nothing behind what was refused is served.
func TestRefusalsEndTheConnection(t *testing.T) {
	h := &handler{}
	address := listening(t, &Server{Handler: h})
	const behind = "GET /behind HTTP/1.1\nHost: a\n\n"
	for text, status := range map[string]int{
		"GET / HTTP/1.1\n\n":                                        400,
		"GET / HTTP/1.1\nHost: a\nContent-Length: x\n\n":            400,
		"GET / HTTP/3.0\nHost: a\n\n":                               505,
		"GET / HTTP/1.1\nHost: a\nExpect: x\n\n":                    417,
		"GET /" + strings.Repeat("a", 9000) + " HTTP/1.1\n":         414,
		"GET / HTTP/1.1\nA: " + strings.Repeat("a", 40000) + "\n\n": 431,
	} {
		got := say(t, address, text+behind)
		all, contents := answers(t, got, "GET")
		if all[0].StatusCode != status || !all[0].Close || contents[0] == "" {
			t.Errorf("%.50q: %q", text, got)
		}
	}
	if served, faults := h.seen(); len(served) > 0 || len(faults) != 6 {
		t.Errorf("served %q, refused %d", served, len(faults))
	}
}

func TestHandlerThatSendsNothing(t *testing.T) {
	h := &handler{serve: func(*Conn, *message.Request) error { return nil }}
	if text := say(t, listening(t, &Server{Handler: h}), "GET / HTTP/1.1\nHost: a\n\n"); text != "" {
		t.Errorf("%q", text)
	}
}

func TestPanicEndsItsConnectionAlone(t *testing.T) {
	failed := make(chan error, 1)
	s := &Server{Handler: &handler{serve: func(c *Conn, r *message.Request) error {
		if r.Target == "/boom" {
			panic("boom")
		}
		return answerWith(c, 200, nil)
	}}}
	address := listening(t, s)
	s.Failed = func(err error) { failed <- err }
	if text := say(t, address, "GET /boom HTTP/1.1\nHost: a\n\n"); text != "" {
		t.Errorf("%q", text)
	}
	if err := <-failed; !strings.Contains(err.Error(), "boom") {
		t.Error(err)
	}
	if text := say(t, address, "GET / HTTP/1.1\nHost: a\n\n"); !strings.HasPrefix(text, "HTTP/1.1 200") {
		t.Errorf("%q", text)
	}
}

func TestConnectionsHaveANumber(t *testing.T) {
	for name, s := range map[string]*Server{"in all": {Most: 2}, "of one": {MostOfOne: 2}} {
		t.Run(name, func(t *testing.T) {
			refused := make(chan struct{}, 10)
			s.Handler, s.Refused = &handler{}, func() {
				select {
				case refused <- struct{}{}:
				default: // many more are refused until the place is free
				}
			}
			address := listening(t, s)
			var conns []net.Conn
			for range 2 {
				c := dial(t, address)
				io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 200 {
					t.Fatalf("%v, %v", r, err)
				}
				conns = append(conns, c)
			}
			c := dial(t, address)
			if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 503 || !r.Close {
				t.Fatalf("%v, %v", r, err)
			}
			<-refused
			conns[0].Close()
			for deadline := time.Now().Add(20 * time.Second); ; { // it takes a moment until its end is seen
				c := dial(t, address)
				io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
				if r, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && r.StatusCode == 200 {
					break
				}
				if time.Now().After(deadline) {
					t.Fatal("the place is not given back")
				}
			}
		})
	}
	t.Run("but for proxies", func(t *testing.T) {
		s := &Server{Handler: &handler{}, MostOfOne: 1, Exempt: func(a netip.Addr) bool { return a.String() == "127.0.0.1" }}
		address := listening(t, s)
		for range 3 {
			c := dial(t, address)
			io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
			if r, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil || r.StatusCode != 200 {
				t.Fatalf("%v, %v", r, err)
			}
		}
	})
}

func TestClientOfAnAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::", "fe80::1%lo": "fe80::",
	} {
		if got := clientOf(netip.MustParseAddr(address)); got.String() != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	if got := clientOf(netip.Addr{}); got.IsValid() {
		t.Errorf("no address: %s", got)
	}
}

// TestLateReaderReadsNothing: who keeps a body beyond its exchange gets nothing
// of the next one.
func TestLateReaderReadsNothing(t *testing.T) {
	kept := make(chan *message.Body, 1)
	s := &Server{Handler: &handler{serve: func(c *Conn, r *message.Request) error {
		if r.Target == "/keep" {
			kept <- r.Body
		}
		return answerWith(c, 200, nil)
	}}}
	c := dial(t, listening(t, s))
	in := bufio.NewReader(c)
	io.WriteString(c, crlf("POST /keep HTTP/1.1\nHost: a\nContent-Length: 5000\n\n")+strings.Repeat("a", 5000))
	if _, err := http.ReadResponse(in, nil); err != nil {
		t.Fatal(err)
	}
	body := <-kept
	io.WriteString(c, crlf("POST / HTTP/1.1\nHost: a\nContent-Length: 6\n\nsecret"))
	if _, err := http.ReadResponse(in, nil); err != nil {
		t.Fatal(err)
	}
	if n, err := body.Read(make([]byte, 10)); n != 0 || !errors.Is(err, errOver) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func BenchmarkRequest(b *testing.B) {
	address := listening(b, &Server{Handler: quiet{}})
	c := dial(b, address)
	c.SetDeadline(time.Time{})
	request := []byte(crlf("GET /accounts/42?a=b HTTP/1.1\nHost: api.example\nUser-Agent: probe/1\nAccept: */*\nAuthorization: Bearer abc\n\n"))
	buffer := make([]byte, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Write(request); err != nil {
			b.Fatal(err)
		}
		if n, err := c.Read(buffer); err != nil || n < 1000 {
			b.Fatal(n, err)
		}
	}
}

var (
	benchFields = message.Fields{{Name: "Content-Type", Value: "application/json"}, {Name: "X-Request-Id", Value: strconv.Itoa(1 << 40)}}
	benchBody   = []byte(strings.Repeat("a", 1024))
)

// quiet answers without noting anything.
type quiet struct{}

func (quiet) Serve(c *Conn, r *message.Request) error {
	_, err := c.Send(&message.Response{Status: 200, Fields: benchFields, Body: message.BytesBody(benchBody)})
	return err
}

func (quiet) Refuse(c *Conn, r *message.Request, f *Fault) error { return f }
