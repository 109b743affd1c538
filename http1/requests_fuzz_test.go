package http1

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"sallyport/message"
)

// script is a connection whose other end has said everything already. It says
// it in pieces of the given sizes, again and again.
type script struct {
	text   []byte
	sizes  []byte
	turn   int
	sent   bytes.Buffer
	closed bool
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		return 0, io.EOF
	}
	n := min(len(p), len(s.text))
	if len(s.sizes) > 0 {
		n = min(n, 1+int(s.sizes[s.turn%len(s.sizes)]))
		s.turn++
	}
	n = copy(p, s.text[:n])
	s.text = s.text[n:]
	return n, nil
}

func (s *script) Write(p []byte) (int, error)      { return s.sent.Write(p) }
func (s *script) Close() error                     { s.closed = true; return nil }
func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// understood is a request as somebody understood it.
type understood struct {
	Method, Target, Host, Content string
	Header                        http.Header
}

// recorder is a Handler that notes what it understands.
type recorder struct {
	seen   []understood
	faults []string
}

func (r *recorder) Serve(c *Conn, m *message.Request) error {
	u := understood{Method: m.Method, Target: m.Target, Host: m.Authority, Header: http.Header{}}
	for _, f := range m.Fields {
		u.Header.Add(f.Name, f.Value)
	}
	if m.Body != nil {
		content, err := m.Body.Hold(1<<20, nil)
		if err != nil {
			r.faults = append(r.faults, err.Error())
			return answerWith(c, 400, nil)
		}
		u.Content = string(content)
	}
	r.seen = append(r.seen, u)
	return answerWith(c, 200, message.BytesBody([]byte("ok")))
}

func (r *recorder) Refuse(c *Conn, m *message.Request, fault *Fault) error {
	r.faults = append(r.faults, fault.Error())
	return answerWith(c, fault.Status, nil)
}

// ours reads what a connection says with this package.
func ours(text, sizes []byte) (*recorder, *script) {
	r, s := &recorder{}, &script{text: text, sizes: sizes}
	server := &Server{Handler: r, Limits: roomy, poison: true}
	serveAlone(server.conn(s, nil))
	return r, s
}

// theirs reads it with net/http, to the first request that it refuses.
func theirs(text []byte) (seen []understood, err error) {
	in := bufio.NewReaderSize(bytes.NewReader(text), 1<<16)
	for {
		if peeked, _ := in.Peek(2); string(peeked) == "\r\n" {
			in.Discard(2) // RFC 9112 §2.2: net/http tolerates no empty line, we do
		}
		r, err := http.ReadRequest(in)
		if err != nil {
			return seen, err
		}
		content, err := io.ReadAll(r.Body)
		if err != nil {
			return seen, err
		}
		if r.Header.Get("Pragma") == "no-cache" && r.Header.Get("Cache-Control") == "no-cache" {
			r.Header.Del("Cache-Control") // which it may have added itself
		}
		seen = append(seen, understood{r.Method, r.RequestURI, r.Host, string(content), r.Header})
		if r.Close {
			return seen, nil
		}
	}
}

var requestSeeds = []string{
	"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"\r\nPOST /a?b=c HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
	"GET http://a/b HTTP/1.1\r\nHost: a\r\nA: b\r\na: c\r\nPragma: no-cache\r\n\r\n",
	"OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
	"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n",
	"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n\r\nGET",
	"GET / HTTP/1.1\r\nHost: a\r\nTrailer: B\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
}

// FuzzRequestsAgainstNetHTTP: where both take a request they understand the
// same, and both find the same one behind it.
func FuzzRequestsAgainstNetHTTP(f *testing.F) {
	for _, seed := range requestSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, _ := ours(bytes.Clone(text), nil)
		other, err := theirs(text)
		for i, u := range r.seen {
			if i >= len(other) {
				if !theirsAlone(u, err) {
					t.Fatalf("net/http refuses request %d: %v\nwe take %+v", i, err, u)
				}
				return
			}
			o := other[i]
			if strings.Contains(u.Target, "://") && strings.Contains(u.Host, "%") {
				o.Host = u.Host // net/http decodes the host of an absolute target
			}
			u.Header.Del("Trailer") // net/http keeps it elsewhere
			o.Header.Del("Trailer")
			if u.Header.Get("Pragma") == "no-cache" && u.Header.Get("Cache-Control") == "no-cache" {
				u.Header.Del("Cache-Control")
			}
			if !reflect.DeepEqual(u, o) {
				t.Fatalf("request %d\n%+v\nnet/http\n%+v", i, u, o)
			}
		}
		if len(r.faults) == 0 && len(other) > len(r.seen) {
			t.Fatalf("we take %d requests and refuse nothing, net/http takes %d", len(r.seen), len(other))
		}
	})
}

// theirsAlone are the reasons for which net/http refuses what we take.
func theirsAlone(u understood, err error) bool {
	if _, bad := url.ParseRequestURI(u.Target); bad != nil {
		return true // escapes are judged by stage/admit, which has a kind of problem for them
	}
	if err == nil {
		return false
	}
	for _, says := range []string{
		"too many trailers",                      // it bounds what stands behind a chunked body by the size of its reader
		"invalid Trailer key", "bad trailer key", // of a field that we do not look at
	} {
		if strings.Contains(err.Error(), says) {
			return true
		}
	}
	return false
}

// FuzzRequestsInPieces: however the bytes come, they are the same requests, and
// get the same answers.
func FuzzRequestsInPieces(f *testing.F) {
	for _, seed := range requestSeeds {
		f.Add([]byte(seed), []byte{0})
		f.Add([]byte(seed), []byte{1, 7, 30})
	}
	f.Fuzz(func(t *testing.T, text, sizes []byte) {
		one, first := ours(bytes.Clone(text), nil)
		other, second := ours(bytes.Clone(text), sizes)
		if !reflect.DeepEqual(one, other) {
			t.Fatalf("%+v\nin pieces\n%+v", one, other)
		}
		if a, b := undated(first.sent.String()), undated(second.sent.String()); a != b {
			t.Fatalf("%q\nin pieces\n%q", a, b)
		}
		if !first.closed || !second.closed {
			t.Fatal("the connection was left open")
		}
	})
}

// undated takes out what need not be the same: the seconds, and whether the
// client had to be asked for content that had come already.
func undated(answers string) string {
	answers = strings.ReplaceAll(answers, "HTTP/1.1 100 Continue\r\n\r\n", "")
	var b strings.Builder
	for line := range strings.Lines(answers) {
		if !strings.HasPrefix(line, "Date: ") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// TestRequestAllocates: the text of the head and the request; the answer nothing.
func TestRequestAllocates(t *testing.T) {
	text := []byte(crlf("GET /accounts/42?a=b HTTP/1.1\nHost: api.example\nUser-Agent: probe/1\nAccept: */*\nAuthorization: Bearer abc\n\n"))
	s := &script{}
	response := &message.Response{Status: 200, Fields: benchFields, Body: message.BytesBody(benchBody)}
	server := &Server{Handler: served(func(c *Conn, r *message.Request) error { _, err := c.Send(response); return err }), Limits: roomy, Patience: patient()}
	c := server.conn(s, nil)
	c.in = newInput(c.stream, c.limits)
	if n := testing.AllocsPerRun(500, func() {
		s.text = text
		s.sent.Reset()
		if !c.next() {
			t.Fatal(s.sent.String())
		}
	}); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

// served is a Handler that refuses nothing.
type served func(c *Conn, r *message.Request) error

func (s served) Serve(c *Conn, r *message.Request) error            { return s(c, r) }
func (s served) Refuse(_ *Conn, _ *message.Request, f *Fault) error { return f }

// TestWhatIsKeptIsOverwritten: content that lies in the buffer is gone with its
// exchange, and the test servers make sure that nobody misses it.
func TestWhatIsKeptIsOverwritten(t *testing.T) {
	var kept []byte
	server := &Server{Handler: served(func(c *Conn, r *message.Request) error {
		if kept == nil {
			kept, _ = r.Body.Held()
		}
		return answerWith(c, 200, nil)
	}), Limits: roomy, poison: true}
	serveAlone(server.conn(&script{text: []byte(crlf("POST / HTTP/1.1\nHost: a\nContent-Length: 6\n\nsecret"))}, nil))
	if len(kept) != 6 || bytes.Contains(kept, []byte("s")) {
		t.Errorf("%q", kept)
	}
}

func BenchmarkServe(b *testing.B) {
	text := []byte(crlf("GET /accounts/42?a=b HTTP/1.1\nHost: api.example\nUser-Agent: probe/1\nAccept: */*\nAuthorization: Bearer abc\n\n"))
	s := &script{}
	response := &message.Response{Status: 200, Fields: benchFields, Body: message.BytesBody(benchBody)}
	server := &Server{Handler: served(func(c *Conn, r *message.Request) error { _, err := c.Send(response); return err }), Limits: roomy, Patience: patient()}
	c := server.conn(s, nil)
	c.in = newInput(c.stream, c.limits)
	b.ReportAllocs()
	for b.Loop() {
		s.text = text
		s.sent.Reset()
		if !c.next() {
			b.Fatal(s.sent.String())
		}
	}
}

// serveAlone serves one connection that no listener has taken.
func serveAlone(c *Conn) {
	c.openInput()
	c.run()
}
