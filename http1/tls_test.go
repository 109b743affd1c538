package http1

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/message"
)

// overTLS is a TLS configuration for a server, and one that trusts it.
func overTLS(t *testing.T) (server, client *tls.Config) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	t.Cleanup(s.Close)
	pool := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	return &tls.Config{Certificates: s.TLS.Certificates, NextProtos: []string{"h2", "http/1.1"}}, &tls.Config{RootCAs: pool}
}

func TestTLS(t *testing.T) {
	config, trusting := overTLS(t)
	large := strings.Repeat("a", 100<<10)
	s := &Server{TLS: config, Handler: &handler{serve: func(c *Conn, r *message.Request) error {
		if r.TLS == nil || r.TLS.Version < tls.VersionTLS12 || r.Scheme != "https" {
			t.Errorf("%+v", r)
		}
		_ = c.Context().Done() // watched, and used again all the same
		return answerWith(c, 200, message.BytesBody([]byte(large)))
	}}}
	address := listening(t, s)
	c, err := tls.Dial("tcp", address, trusting)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewReader(c)
	for range 3 {
		io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		r, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(r.Body); string(content) != large || err != nil {
			t.Errorf("%d bytes, %v", len(content), err)
		}
	}
	if text := say(t, address, "GET / HTTP/1.1\nHost: a\n\n"); !strings.HasPrefix(text, "HTTP/1.1 400 ") || !strings.HasSuffix(text, "\r\n\r\nHTTPS is spoken here only\n") {
		t.Errorf("in the clear: %q", text)
	}
}

// TestOtherProtocolsAreHandedOn: with their place in the number of connections,
// which they give back when they are closed.
func TestOtherProtocolsAreHandedOn(t *testing.T) {
	config, trusting := overTLS(t)
	trusting.NextProtos = []string{"h2"}
	handed := make(chan *tls.Conn, 1)
	s := &Server{TLS: config, Most: 1, Handler: &handler{}, Other: func(protocol string, c *tls.Conn) {
		if protocol != "h2" {
			t.Errorf("%q", protocol)
		}
		handed <- c
	}}
	address := listening(t, s)
	c, err := tls.Dial("tcp", address, trusting)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	theirs := <-handed
	if other, err := tls.Dial("tcp", address, trusting); err == nil {
		other.Close()
		t.Error("its place was free")
	}
	go io.WriteString(c, "hello")
	if got, err := io.ReadAll(io.LimitReader(theirs, 5)); string(got) != "hello" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	theirs.Close()
	again, err := tls.Dial("tcp", address, trusting)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	(<-handed).Close()
}
