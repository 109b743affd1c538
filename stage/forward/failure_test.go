package forward

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sallyport/message"
	"sallyport/problem"
)

func TestFailures(t *testing.T) {
	long := strings.Repeat("a", 70<<10)
	for _, c := range []struct {
		name   string
		answer func(*conversation) bool
		want   problem.Kind
	}{
		{"closed before the answer", func(*conversation) bool { return false }, problem.UpstreamBroken},
		{"reset before the answer", func(c *conversation) bool {
			c.Conn.(*net.TCPConn).SetLinger(0)
			return false
		}, problem.UpstreamBroken},
		{"closed within the status line", func(c *conversation) bool { c.say("HTTP/1.1 2"); return false }, problem.UpstreamBroken},
		{"closed within the fields", func(c *conversation) bool { c.say("HTTP/1.1 200 OK\nA: b\n"); return false }, problem.UpstreamBroken},
		{"no HTTP", func(c *conversation) bool { c.say("220 mail.example ESMTP\n"); return false }, problem.UpstreamBroken},
		{"a status that is no number", func(c *conversation) bool { c.say("HTTP/1.1 abc OK\n\n"); return false }, problem.UpstreamBroken},
		{"a field without a colon", func(c *conversation) bool { c.say("HTTP/1.1 200 OK\nnonsense\n\n"); return false }, problem.UpstreamBroken},
		{"two lengths", func(c *conversation) bool {
			c.say("HTTP/1.1 200 OK\nContent-Length: 2\nContent-Length: 3\n\nok")
			return false
		}, problem.UpstreamBroken},
		{"fields too long", func(c *conversation) bool { c.say("HTTP/1.1 200 OK\nA: %s\n\n", long); return false }, problem.UpstreamBroken},
		{"an encoding that nobody knows", func(c *conversation) bool { c.say("HTTP/1.1 200 OK\nTransfer-Encoding: gzip\n\n"); return false }, problem.UpstreamBroken},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBackend(t, c.answer)
			x := exchange(t, "POST", "/", "")
			x.Request.Body = message.BytesBody([]byte("{}"))
			r := wantKind(t, run(t, upstream(t, b.url()), x), c.want)
			if r.Detail != "" {
				t.Errorf("the caller is told %q", r.Detail)
			}
			if !strings.Contains(r.Error(), b.url()) {
				t.Errorf("the log is not told which backend: %v", r)
			}
			if len(b.heard) != 1 {
				t.Errorf("the backend heard %d requests", len(b.heard))
			}
		})
	}
}

// TestEchoNeverReachesTheLog: net/http quotes what it cannot read, and what a
// broken backend sends may be what the client sent.
func TestEchoNeverReachesTheLog(t *testing.T) {
	for _, answer := range []string{
		"%s\n\n", "HTTP/1.1 %s\n\n", "HTTP/1.1 200 OK\n%s\n\n", "HTTP/1.1 200 OK\n %s\n\n", "HTTP/1.1 200 OK\nA\"%s: b\n\n",
		"HTTP/1.1 200 OK\nContent-Length: %s\n\n", "HTTP/1.1 200 OK\nTransfer-Encoding: %s\n\n", "HTTP/%s 200 OK\n\n", "HTTP/1.1 200 OK\nA: \x01%s\n\n",
	} {
		b := newBackend(t, func(c *conversation) bool { c.say(answer, "secret"); return false })
		err := run(t, upstream(t, b.url()), exchange(t, "GET", "/", ""))
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	for _, target := range []string{refusing(t), "http://127.0.0.1:0", "https://" + strings.TrimPrefix(refusing(t), "http://")} {
		r := wantKind(t, run(t, upstream(t, target), exchange(t, "GET", "/", "")), problem.UpstreamUnreachable)
		if r.Kind.Status() != 502 {
			t.Errorf("%d", r.Kind.Status())
		}
	}
}

func TestFirstByteTimeout(t *testing.T) {
	b := newBackend(t, func(c *conversation) bool { _, _ = c.in.ReadByte(); return false })
	u := upstream(t, b.url())
	u.Pool = u.Pool.Waiting(20 * time.Millisecond)
	t.Cleanup(u.Pool.Close)
	wantKind(t, run(t, u, exchange(t, "GET", "/", "")), problem.UpstreamTimeout)
}

func TestWholeTimeout(t *testing.T) {
	b := newBackend(t, func(c *conversation) bool { _, _ = c.in.ReadByte(); return false })
	u := upstream(t, b.url())
	u.Whole = 20 * time.Millisecond
	wantKind(t, run(t, u, exchange(t, "GET", "/", "")), problem.UpstreamTimeout)
}

func TestTimeoutsWithinTheAnswer(t *testing.T) {
	b := newBackend(t, func(c *conversation) bool {
		c.say("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nok\n")
		_, _ = c.in.ReadByte()
		return false
	})
	for name, set := range map[string]func(*Upstream){
		"a pause":                  func(u *Upstream) { u.Idle = 20 * time.Millisecond },
		"the whole takes too long": func(u *Upstream) { u.Whole = 100 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			u, x := upstream(t, b.url()), exchange(t, "GET", "/", "")
			set(u)
			if err := run(t, u, x); err != nil {
				t.Fatal(err)
			}
			_, err := io.ReadAll(x.Response.Body)
			if !isTimeout(err) {
				t.Errorf("reading the answer: %v", err)
			}
			x = exchange(t, "GET", "/", "")
			if err := run(t, u, x); err != nil {
				t.Fatal(err)
			}
			_, err = x.HoldResponse()
			wantKind(t, err, problem.UpstreamTimeout)
		})
	}
}

func TestBrokenAnswerThatIsHeld(t *testing.T) {
	b := newBackend(t, func(c *conversation) bool { c.say("HTTP/1.1 200 OK\nContent-Length: 9\n\npart"); return false })
	x := exchange(t, "GET", "/", "")
	if err := run(t, upstream(t, b.url()), x); err != nil {
		t.Fatal(err)
	}
	_, err := x.HoldResponse()
	wantKind(t, err, problem.UpstreamBroken)
	if taken := x.Env.Bodies.Taken(); taken != 9 {
		t.Errorf("%d bytes are claimed for a body of 9", taken)
	}
}

func TestClientsFaultIsNotTheBackends(t *testing.T) {
	b := newBackend(t, func(c *conversation) bool { _, _ = c.in.ReadByte(); _, _ = io.Copy(io.Discard, c.in); return false })
	u := upstream(t, b.url())
	for _, c := range []struct {
		name string
		body io.Reader
		want problem.Kind
	}{
		{"broken off", io.MultiReader(strings.NewReader("part"), iotest.ErrReader(io.ErrUnexpectedEOF)), problem.RequestMalformed},
		{"too slow", io.MultiReader(strings.NewReader("part"), iotest.ErrReader(os.ErrDeadlineExceeded)), problem.RequestTimeout},
		{"too long", strings.NewReader("longer than ten"), problem.BodyTooLarge},
		{"refused on the way", io.MultiReader(strings.NewReader("part"), iotest.ErrReader(problem.Refuse(problem.BodyInvalid, `an "item" does not fit`))), problem.BodyInvalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := exchange(t, "POST", "/", "")
			x.Op.MaxBody = 10
			x.Request.Body = message.NewBody(io.NopCloser(c.body), -1)
			x.Request.Body.Limit(10)
			wantKind(t, run(t, u, x), c.want)
		})
	}
}

func TestClientThatHasLeft(t *testing.T) {
	b := answering(t, ok)
	x := exchange(t, "GET", "/", "")
	x.Context = canceled(t)
	wantKind(t, run(t, upstream(t, b.url()), x), problem.ClientLeft)
}

func TestTargets(t *testing.T) {
	dead := refusing(t)
	b := answering(t, ok)
	u := upstream(t, dead, b.url(), dead+"/v2")
	for i := range 9 {
		x := exchange(t, "POST", "/", "")
		x.Request.Body = message.NewBody(io.NopCloser(strings.NewReader("")), 0)
		if err := run(t, u, x); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
		if x.Upstream.Target != b.url() {
			t.Errorf("request %d was answered by %s", i, x.Upstream.Target)
		}
		content(t, x)
		x.Response.Body.Close()
	}
	wantKind(t, run(t, upstream(t, dead, dead+"/v2"), exchange(t, "GET", "/", "")), problem.UpstreamUnreachable)
}

func TestTargetsTakeTurns(t *testing.T) {
	one, two := answering(t, ok), answering(t, ok)
	u := upstream(t, one.url(), two.url())
	for range 10 {
		x := exchange(t, "GET", "/", "")
		if err := run(t, u, x); err != nil {
			t.Fatal(err)
		}
		content(t, x)
	}
	if len(one.heard) != 5 || len(two.heard) != 5 {
		t.Errorf("%d and %d of ten requests", len(one.heard), len(two.heard))
	}
}

// TestNothingIsTriedTwice: once a connection stood, the backend may have acted.
func TestNothingIsTriedTwice(t *testing.T) {
	for _, c := range []struct{ name, method string }{{"on a new connection", "GET"}, {"POST on a new connection", "POST"}} {
		t.Run(c.name, func(t *testing.T) {
			one := newBackend(t, func(*conversation) bool { return false })
			two := newBackend(t, func(*conversation) bool { return false })
			wantKind(t, run(t, upstream(t, one.url(), two.url()), exchange(t, c.method, "/", "")), problem.UpstreamBroken)
			if n := len(one.heard) + len(two.heard); n != 1 {
				t.Errorf("the backends heard %d requests", n)
			}
		})
	}
	t.Run("POST on a connection that was used before", func(t *testing.T) {
		times := 0
		b := newBackend(t, func(c *conversation) bool {
			if times++; times > 1 {
				return false
			}
			c.say(ok)
			return true
		})
		u := upstream(t, b.url())
		x := exchange(t, "GET", "/", "")
		if err := run(t, u, x); err != nil {
			t.Fatal(err)
		}
		content(t, x)
		x = exchange(t, "POST", "/", "")
		x.Request.Body = message.BytesBody([]byte("{}"))
		wantKind(t, run(t, u, x), problem.UpstreamBroken)
		if len(b.heard) != 2 || b.count() != 1 {
			t.Errorf("the backend heard %d requests on %d connections", len(b.heard), b.count())
		}
	})
}

func TestPoolConfig(t *testing.T) {
	for _, targets := range [][]string{nil, {"127.0.0.1:80"}, {"ftp://a"}, {"http://"}, {"http://a", "://"}, {"http://a b"}, {"unix:"}, {"unix:run/app.sock"}, {"unix:/a:b"}} {
		if _, err := NewPool(PoolConfig{Targets: Targets(targets...)}, newEnv(), nil); err == nil {
			t.Errorf("%q was accepted", targets)
		}
	}
	b := answering(t, ok)
	if err := newPool(t, PoolConfig{Targets: Targets(refusing(t), b.url())}).Reachable(t.Context()); err != nil {
		t.Error(err)
	}
	if err := newPool(t, PoolConfig{Targets: Targets(refusing(t))}).Reachable(t.Context()); err == nil {
		t.Error("nobody listens, and it is reachable")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newPool(t, PoolConfig{Targets: Targets("https://127.0.0.1")}).Reachable(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a default port: %v", err)
	}
}

// TestSocket: a target may be a socket in the file system, with a path that is
// put before every request's.
func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	b := backendAt(t, l, func(c *conversation) bool { c.say(ok); return true })
	for _, c := range []struct{ target, line string }{{"unix:" + path, "GET /a HTTP/1.1"}, {"unix:" + path + ":/v1/", "GET /v1/a HTTP/1.1"}} {
		x := exchange(t, "GET", "/a", "")
		if err := run(t, upstream(t, c.target), x); err != nil {
			t.Fatal(err)
		}
		head := <-b.heard
		if line, _, _ := strings.Cut(head, "\n"); line != c.line || !strings.Contains(head, "\nHost: localhost\n") || x.Upstream.Target != "unix:"+path {
			t.Errorf("%s: the target %s heard\n%s", c.target, x.Upstream.Target, head)
		}
	}
	wantKind(t, run(t, upstream(t, "unix:"+path+".other"), exchange(t, "GET", "/", "")), problem.UpstreamUnreachable)
}
