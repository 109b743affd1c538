package forward

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/http1"
	"sallyport/message"
	"sallyport/problem"
)

// overHTTP1 is an upstream that is carried by our own engine, whatever runs.
func overHTTP1(t testing.TB, targets ...string) *Upstream {
	u := upstream(t, targets...)
	u.Pool.carrier = newHTTP1(u.Pool.config, time.Now)
	return u
}

// TestRepeatedOnAKeptConnection: who closes a kept connection may do so while a
// request is on its way. It is sent once more where that harms nobody.
func TestRepeatedOnAKeptConnection(t *testing.T) {
	for _, c := range []struct {
		name, method string
		body         *message.Body
		repeated     bool
	}{
		{"GET", "GET", nil, true},
		{"HEAD", "HEAD", nil, true},
		{"OPTIONS", "OPTIONS", nil, true},
		{"GET with a body", "GET", message.BytesBody([]byte("held")), false},
		{"DELETE", "DELETE", nil, false},
		{"PUT with a held body", "PUT", message.BytesBody([]byte("held")), false},
		{"PUT with a stream", "PUT", message.NewBody(io.NopCloser(strings.NewReader("stream")), 6), false},
		{"POST", "POST", nil, false},
		{"PATCH", "PATCH", message.BytesBody([]byte("held")), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var times atomic.Int32
			b := newBackend(t, func(conv *conversation) bool {
				n := times.Add(1)
				if n == 2 {
					return false
				}
				conv.say(ok)
				return n == 1
			})
			u := overHTTP1(t, b.url())
			x := exchange(t, "GET", "/", "")
			if err := run(t, u, x); err != nil {
				t.Fatal(err)
			}
			content(t, x)
			x = exchange(t, c.method, "/", "")
			x.Request.Body = c.body
			err := run(t, u, x)
			if !c.repeated {
				wantKind(t, err, problem.UpstreamBroken)
			} else if err != nil || x.Response.Status != 200 {
				t.Error(err)
			} else if got := attempts(x); !strings.HasSuffix(got, ":answered200") || strings.Count(got, ":reset") != 1 {
				t.Errorf("attempts %q", got)
			}
			if want := map[bool]int{true: 3, false: 2}[c.repeated]; len(b.heard) != want {
				t.Errorf("the backend heard %d requests, want %d", len(b.heard), want)
			}
		})
	}
}

// TestRepeatedOnce: a backend that takes every connection and answers nothing
// is not asked for ever.
func TestRepeatedOnce(t *testing.T) {
	var times atomic.Int32
	b := newBackend(t, func(c *conversation) bool {
		if times.Add(1) > 1 {
			return false
		}
		c.say(ok)
		return true
	})
	u := overHTTP1(t, b.url())
	x := exchange(t, "GET", "/", "")
	if err := run(t, u, x); err != nil {
		t.Fatal(err)
	}
	content(t, x)
	wantKind(t, run(t, u, exchange(t, "GET", "/", "")), problem.UpstreamBroken)
	if len(b.heard) != 3 || b.count() != 2 {
		t.Errorf("the backend heard %d requests on %d connections", len(b.heard), b.count())
	}
}

// TestKeptConnectionThatWasClosed: nothing of the request was written, so that
// even one that may be done once only goes to a new connection.
func TestKeptConnectionThatWasClosed(t *testing.T) {
	u := overHTTP1(t, answering(t, ok).url())
	near, far := net.Pipe()
	far.Close()
	target := u.Pool.now.Load().targets[0]
	target.idle.put(http1.NewClientConn(near, answerLimits, target.idle.put))
	x := exchange(t, "POST", "/", "")
	x.Request.Body = message.NewBody(io.NopCloser(strings.NewReader("stream")), 6)
	if err := run(t, u, x); err != nil || content(t, x) != "ok" {
		t.Error(err)
	}
}

func TestSocketInTheFileSystem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Skip("no such sockets here")
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Host+r.URL.Path) })}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	u := overHTTP1(t, "unix:"+path+":/v1")
	for range 2 {
		x := exchange(t, "GET", "/a", "")
		if err := run(t, u, x); err != nil {
			t.Fatal(err)
		}
		if got := content(t, x); got != "localhost/v1/a" {
			t.Errorf("%q", got)
		}
	}
}

func TestBackendOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(w, r.Proto+" "+string(content))
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	u := overHTTP1(t, server.URL)
	wantKind(t, run(t, u, exchange(t, "GET", "/", "")), problem.UpstreamUntrusted)
	for _, target := range u.Pool.now.Load().targets {
		target.how = &connecting{tls: &tls.Config{RootCAs: server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, ServerName: "example.com"}}
	}
	large := strings.Repeat("a", 200_000)
	for _, body := range []*message.Body{message.BytesBody([]byte("held")), message.NewBody(io.NopCloser(strings.NewReader(large)), -1), message.BytesBody([]byte(large))} {
		x := exchange(t, "POST", "/", "")
		x.Request.Body = body
		if err := run(t, u, x); err != nil {
			t.Fatal(err)
		}
		if got := content(t, x); got != "HTTP/1.1 held" && got != "HTTP/1.1 "+large {
			t.Errorf("%.100q", got)
		}
	}
}

func kept(i *idle) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return len(i.conns)
}

func newIdle(t *testing.T, i *idle) *http1.ClientConn {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	return http1.NewClientConn(near, answerLimits, i.put)
}

func TestIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &idle{most: 2}
		one, two, three := newIdle(t, i), newIdle(t, i), newIdle(t, i)
		i.put(one)
		i.put(two)
		i.put(three)
		if i.take() != two {
			t.Error("the one that was used last is not the first")
		}
		if kept(i) != 1 {
			t.Errorf("%d are kept", kept(i))
		}
		time.Sleep(idleRound - time.Second)
		i.put(two)
		time.Sleep(2 * time.Second) // the first sweep has begun a round
		if kept(i) != 2 {
			t.Fatalf("%d are left after %v", kept(i), idleRound)
		}
		i.take()
		i.put(two)
		time.Sleep(idleRound)
		if kept(i) != 1 || i.take() != two {
			t.Errorf("%d are left after %v, want the one that was used since", kept(i), 2*idleRound)
		}
		i.put(two)
		time.Sleep(3 * idleRound)
		if i.take() != nil {
			t.Error("one that nobody used is kept")
		}
		i.put(newIdle(t, i))
		i.close()
		i.put(newIdle(t, i))
		if i.take() != nil {
			t.Error("a pool that was closed keeps connections")
		}
	})
}
