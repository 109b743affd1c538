package http1

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/message"
)

// parserCase is a message that was made for another parser, and what that one
// makes of it.
type parserCase struct {
	File, Name  string
	Kind        string
	Log         string
	RawB64      string `json:"raw_b64"`
	StrictError *struct {
		Code   int
		Reason string
	} `json:"strict_error"`
}

func parserCases(t *testing.T, kind string) []parserCase {
	root := os.Getenv("SALLYPORT_CONFORMANCE")
	if root == "" {
		root = filepath.Join("..", "..", "shared", "conformance")
	}
	text, err := os.ReadFile(filepath.Join(root, "http1-parsing", "llhttp-cases.json"))
	if err != nil {
		t.Skipf("the conformance data is missing: %v", err)
	}
	var all, wanted []parserCase
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if strings.HasPrefix(c.Kind, kind) {
			wanted = append(wanted, c)
		}
	}
	if len(wanted) == 0 {
		t.Fatalf("no case of kind %s", kind)
	}
	return wanted
}

// bytes are those of the case; the ends of its last lines got lost where they
// ended the case.
func (c *parserCase) bytes(t *testing.T) []byte {
	raw, err := base64.StdEncoding.DecodeString(c.RawB64)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case bytes.HasSuffix(raw, []byte("\r\n")):
		return append(raw, "\r\n"...)
	case bytes.Contains(raw, []byte("\r\n\r\n")):
		return raw
	}
	return append(raw, "\r\n\r\n"...)
}

// withHost puts a Host field into each head that has none, so that it is not
// this that is judged.
func withHost(raw []byte) []byte {
	if bytes.Contains(bytes.ToLower(raw), []byte("\nhost:")) {
		return raw
	}
	for _, end := range []string{" HTTP/1.0\r\n", " HTTP/1.1\r\n"} {
		raw = bytes.ReplaceAll(raw, []byte(end), []byte(end+"Host: a.example\r\n"))
	}
	return raw
}

// strict are legal messages by that parser that we refuse, and why.
var strict = []struct{ reason, holds string }{
	{"the version is not HTTP's", " ICE/1.0"},
	{"the version is not HTTP's", " RTSP/1.0"},
	{"a transfer coding beside chunked", "Transfer-Encoding: deflate"},
	{"an absolute target beside another host", " http://hypnotoad.org"},
}

// lax are messages that the other parser refuses and we pass on, and why.
var lax = []struct{ reason, holds string }{
	{"whether a method is known is for the API's document to say", "ANNOUNCE "},
}

// TestRequestsForAnotherParser sends each on a connection of its own: what that
// parser refuses is answered so and ends the connection, and nothing of it is
// passed on. What it takes is passed on, but for what the list above says.
func TestRequestsForAnotherParser(t *testing.T) {
	for _, c := range parserCases(t, "request") {
		t.Run(c.Name, func(t *testing.T) {
			raw := c.bytes(t)
			for _, text := range [][]byte{raw, withHost(raw)} {
				passed, last := pass(t, text)
				complete := strings.Count(c.Log, "message complete")
				refused := c.StrictError != nil && c.StrictError.Code != pausedForUpgrade && !holds(lax, text)
				if refused && (passed > complete || last < 400 || last == 500) {
					t.Errorf("%s: %d were passed on, the other parser saw %d; the last answer is %d\n%q", c.StrictError.Reason, passed, complete, last, text)
				}
				legal := c.StrictError == nil && c.Kind == "request" && !holds(strict, text) && bytes.Contains(bytes.ToLower(text), []byte("\nhost:"))
				if legal && passed < complete {
					t.Errorf("%d were passed on, the other parser saw %d; the last answer is %d\n%q", passed, complete, last, text)
				}
			}
		})
	}
}

func holds(list []struct{ reason, holds string }, text []byte) bool {
	for _, l := range list {
		if bytes.Contains(text, []byte(l.holds)) {
			return true
		}
	}
	return false
}

// pausedForUpgrade is that parser's way to say that the connection is no
// longer its own.
const pausedForUpgrade = 22

// pass sends bytes to a server, and tells how many requests were read to their
// end and what the last answer was.
func pass(t *testing.T, text []byte) (passed, last int) {
	h := &handler{}
	h.serve = func(c *Conn, r *message.Request) error {
		if r.Body != nil {
			if _, err := r.Body.Hold(1<<20, nil); err != nil {
				return answerWith(c, 400, nil)
			}
		}
		h.mu.Lock()
		passed++
		h.mu.Unlock()
		return answerWith(c, 200, nil)
	}
	c := dial(t, listening(t, &Server{Handler: h}))
	go func() {
		c.Write(text)
		c.(interface{ CloseWrite() error }).CloseWrite()
	}()
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			break
		}
		io.Copy(io.Discard, r.Body)
		last = r.StatusCode
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return passed, last
}
