package http1

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sallyport/message"
)

// scripted is a connection whose other end says the same whatever it hears, and
// closes. Not a byte comes before something was asked.
type scripted struct {
	says  io.Reader
	asked bool
}

func (s *scripted) Read(p []byte) (int, error) {
	if !s.asked {
		return 0, os.ErrDeadlineExceeded
	}
	return s.says.Read(p)
}

func (s *scripted) Write(p []byte) (int, error)      { s.asked = true; return len(p), nil }
func (s *scripted) Close() error                     { return nil }
func (s *scripted) LocalAddr() net.Addr              { return nil }
func (s *scripted) RemoteAddr() net.Addr             { return nil }
func (s *scripted) SetDeadline(time.Time) error      { return nil }
func (s *scripted) SetReadDeadline(time.Time) error  { return nil }
func (s *scripted) SetWriteDeadline(time.Time) error { return nil }

// outcome is all that a call comes to.
type outcome struct {
	status   int
	fields   message.Fields
	trailers message.Fields
	content  []byte
	again    bool
	err      error
}

func call(t testing.TB, method string, says io.Reader) (o outcome) {
	c := NewClientConn(&scripted{says: says}, clientLimits, func(*ClientConn) { o.again = true })
	call := get()
	call.Method = method
	r, err := c.Do(t.Context(), call)
	if err != nil {
		o.err = err
		return o
	}
	o.status, o.fields = r.Status, r.Fields
	if r.Body != nil {
		o.content, o.err = io.ReadAll(r.Body)
		o.content = bytes.Clone(o.content)
		o.trailers = r.Body.Trailers()
		r.Body.Close()
	}
	return o
}

// FuzzAnswer: an answer that is taken is the same however it is cut, is never
// longer than what came, and is what net/http reads of the same bytes.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n0\n\n", "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2;a=\"b\"\nok\n0\nA: b\n\n",
		"HTTP/1.0 200\n\nok", "HTTP/1.1 103 Early\nLink: a\n\nHTTP/1.1 204 None\n\n", "HTTP/1.1 304 Not Modified\nContent-Length: 9\n\nHTTP/1.1 200 OK\n\n",
		"HTTP/1.1 200 OK\nContent-Length: 2\nConnection: close\n\nokmore", "HTTP/1.1 101 Switching Protocols\nUpgrade: a\n\n", "HTTP/1.1 200 OK\nA: b\n c\n\n",
		"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\r\x040\n\n",
	} {
		f.Add([]byte(crlf(seed)), false)
		f.Add([]byte(crlf(seed)), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, head bool) {
		method := "GET"
		if head {
			method = "HEAD"
		}
		whole := call(t, method, bytes.NewReader(text))
		pieces := call(t, method, iotest.OneByteReader(bytes.NewReader(text)))
		same(t, whole, pieces)
		if len(whole.content) > len(text) {
			t.Fatalf("%d bytes of %d", len(whole.content), len(text))
		}
		if whole.err == nil {
			agrees(t, method, text, whole)
		}
	})
}

// same: what is told of an error may differ where a malformed body is known
// before its beginning is passed on, but not that there is one.
func same(t *testing.T, a, b outcome) {
	t.Helper()
	if (a.err == nil) != (b.err == nil) {
		t.Fatalf("%v, and in pieces %v", a.err, b.err)
	}
	if a.err != nil {
		return
	}
	if a.status != b.status || !bytes.Equal(a.content, b.content) || !equalFields(a.fields, b.fields) || !equalFields(a.trailers, b.trailers) {
		t.Fatalf("%+v\nand in pieces\n%+v", a, b)
	}
	if a.again && !b.again {
		t.Fatal("in pieces the connection is not used again")
	}
}

func equalFields(a, b message.Fields) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// agrees holds an answer that was taken to what net/http makes of it.
func agrees(t *testing.T, method string, text []byte, o outcome) {
	t.Helper()
	in := bufio.NewReader(bytes.NewReader(text))
	var r *http.Response
	for r == nil || r.StatusCode < 200 {
		var err error
		if r, err = http.ReadResponse(in, &http.Request{Method: method}); err != nil {
			t.Fatalf("taken, while net/http says %v: %q", err, text)
		}
	}
	content, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatalf("taken, while net/http says %v: %q", err, text)
	}
	if r.StatusCode != o.status || !bytes.Equal(content, o.content) {
		t.Fatalf("%d with %q, and by net/http %d with %q", o.status, o.content, r.StatusCode, content)
	}
	for _, f := range o.fields {
		ends := strings.EqualFold(f.Name, "Trailer") || strings.EqualFold(f.Name, "Connection") // at the connection, and so for net/http
		if len(r.Header.Values(f.Name)) == 0 && !ends {
			t.Fatalf("net/http knows no field %q: %q", f.Name, text)
		}
	}
}

// TestResponsesOfLlhttp plays answers that another project collected. What its
// parser refuses must not be taken; what it takes is read as net/http reads it,
// or refused for a reason.
func TestResponsesOfLlhttp(t *testing.T) {
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	text, err := os.ReadFile(filepath.Join(root, "http1-parsing", "llhttp-cases.json"))
	if err != nil {
		t.Skip("the conformance data is missing")
	}
	var cases []struct {
		Name  string `json:"name"`
		Kind  string `json:"kind"`
		Bytes []byte `json:"raw_b64"`
		Error *struct {
			Code int `json:"code"`
		} `json:"strict_error"`
	}
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, c := range cases {
		if c.Kind != "response" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			for _, raw := range [][]byte{c.Bytes, append(bytes.Clone(c.Bytes), "\r\n"...)} { // the last line end was lost on the way
				o := call(t, "GET", bytes.NewReader(raw))
				same(t, o, call(t, "GET", iotest.OneByteReader(bytes.NewReader(raw))))
				switch {
				case o.err == nil && c.Error != nil && (o.again || !strings.Contains(c.Name, "keep-alive disabled")):
					// Bytes behind an answer are never looked at: the connection ends.
					t.Errorf("%q was taken: %+v", raw, o)
				case o.err == nil:
					taken++
					agrees(t, "GET", raw, o)
				case c.Error == nil && !refusal(o.err):
					t.Errorf("%q: %v", raw, o.err)
				}
			}
		})
	}
	if taken < 15 {
		t.Errorf("%d answers were taken", taken)
	}
}

// refusal: a fault that we name, or an end that came too soon.
func refusal(err error) bool {
	var fault *Fault
	return errors.As(err, &fault) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errSwitched)
}
