//go:build unix

package http1

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http/httptest"
	"testing"
)

// secured is a connection over TLS, as a client and its server have it.
func secured(t testing.TB, version uint16) (*near, *far) {
	t.Helper()
	certified := httptest.NewUnstartedServer(nil)
	certified.StartTLS()
	certified.Close()
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	client, f := dialled(t)
	server := tls.Server(f.Conn, &tls.Config{Certificates: certified.TLS.Certificates, MaxVersion: version})
	go func() { _ = server.HandshakeContext(t.Context()) }()
	conn := tls.Client(NewSocket(client), &tls.Config{RootCAs: roots, ServerName: "example.com", MinVersion: tls.VersionTLS12})
	if err := conn.HandshakeContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	return using(t, conn), &far{server, bufio.NewReader(server), t}
}

func TestCallsOverTLS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			c, f := secured(t, version)
			go func() {
				for f.hear() != "" {
					f.say("HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
				}
			}()
			for range 3 {
				r, err := c.Do(t.Context(), get())
				if err != nil {
					t.Fatal(err)
				}
				if content, err := whole(r); content != "ok" || err != nil {
					t.Fatalf("%q, %v", content, err)
				}
			}
			if c.ready.Load() != 3 {
				t.Errorf("ready %d times", c.ready.Load())
			}
		})
	}
}

// TestBytesBehindAnAnswerOverTLS: one record may hold more than the answer, and
// another may come later.
func TestBytesBehindAnAnswerOverTLS(t *testing.T) {
	const first, second = "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "HTTP/1.1 200 OK\nContent-Length: 6\n\nstolen"
	c, f := secured(t, tls.VersionTLS13)
	go func() { f.hear(); f.say(first + second) }()
	r, err := c.Do(t.Context(), get())
	if err != nil {
		t.Fatal(err)
	}
	if content, err := whole(r); content != "ok" || err != nil || c.ready.Load() != 0 {
		t.Errorf("%q, %v; ready %d times", content, err, c.ready.Load())
	}

	c, f = secured(t, tls.VersionTLS13)
	go func() { f.hear(); f.say(first) }()
	if r, err = c.Do(t.Context(), get()); err != nil {
		t.Fatal(err)
	}
	if content, err := whole(r); content != "ok" || err != nil || c.ready.Load() != 1 {
		t.Fatalf("%q, %v; ready %d times", content, err, c.ready.Load())
	}
	f.say(second)
	waitReadable(t, c)
	_, err = c.Do(t.Context(), get())
	if unanswered := (*Unanswered)(nil); !errors.As(err, &unanswered) || unanswered.Written || !errors.Is(err, errUnasked) {
		t.Errorf("%v", err)
	}
}

func TestConnectionOverTLSThatWasClosed(t *testing.T) {
	c, f := secured(t, tls.VersionTLS13)
	go func() { f.hear(); f.say("HTTP/1.1 200 OK\nContent-Length: 2\n\nok"); f.Conn.Close() }()
	r, err := c.Do(t.Context(), get())
	if err != nil {
		t.Fatal(err)
	}
	if content, err := whole(r); content != "ok" || err != nil {
		t.Fatalf("%q, %v", content, err)
	}
	waitReadable(t, c)
	_, err = c.Do(t.Context(), get())
	if unanswered := (*Unanswered)(nil); !errors.As(err, &unanswered) || unanswered.Written {
		t.Errorf("%v", err)
	}
}
