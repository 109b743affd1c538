package forward

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// played stands for a carrier: it says what each target answers.
type played func(ctx context.Context, to *Target, out *outgoing) (*message.Response, error)

func (p played) carry(ctx context.Context, to *Target, out *outgoing) (*message.Response, error) {
	return p(ctx, to, out)
}
func (p played) waiting(time.Duration) carrier { return p }
func (p played) closeIdle()                    {}

// status answers with nothing but a status.
func status(code int) (*message.Response, error) { return &message.Response{Status: code}, nil }

var (
	errRefused = &connectError{&net.OpError{Op: "dial", Err: errors.New("connection refused")}}
	errReset   = errors.New("connection reset by peer")
)

// playing is an upstream over a played carrier, with the targets a, b, …
func playing(t testing.TB, c PoolConfig, n int, p played) *Upstream {
	t.Helper()
	for i := range n {
		c.Targets = append(c.Targets, TargetConfig{URL: "http://" + string(rune('a'+i))})
	}
	pool := newPool(t, c)
	pool.carrier = p
	return &Upstream{Pool: pool, Prefix: "X-Caller-"}
}

func failures(t testing.TB, names ...string) Causes {
	t.Helper()
	c, err := NewCauses(names...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// request runs one and ends it, as the gateway does.
func request(u *Upstream, x *sallyport.Exchange) error {
	err := u.Run(x)
	for _, t := range u.Pool.now.Load().targets {
		t.flying.Store(0)
	}
	return err
}

// attempts is how the attempts of an exchange ended, as its event tells.
func attempts(x *sallyport.Exchange) string {
	var list []string
	for _, note := range x.Notes() {
		past, _ := note.Value.Any().([]attempt)
		for _, a := range past {
			one := strings.TrimPrefix(a.Upstream, "http://") + ":" + a.Outcome
			if a.Status != 0 {
				one += fmt.Sprint(a.Status)
			}
			list = append(list, one)
		}
	}
	return strings.Join(list, " ")
}

func TestWhatIsSentAgain(t *testing.T) {
	all := []string{"connect", "reset", "timeout", "503"}
	held := func() *message.Body { return message.BytesBody([]byte("{}")) }
	stream := func() *message.Body { return message.NewBody(io.NopCloser(strings.NewReader("{}")), 2) }
	for _, c := range []struct {
		name, method string
		body         func() *message.Body
		on           []string
		first        func() (*message.Response, error)
		want         string
	}{
		{"a status", "GET", nil, all, func() (*message.Response, error) { return status(503) }, "a:answered503 b:answered200"},
		{"a status that is not listed", "GET", nil, all, func() (*message.Response, error) { return status(500) }, ""},
		{"a reset", "GET", nil, all, func() (*message.Response, error) { return nil, errReset }, "a:reset b:answered200"},
		{"a reset that is not listed", "GET", nil, []string{"503"}, func() (*message.Response, error) { return nil, errReset }, ""},
		{"a time-out", "HEAD", nil, all, func() (*message.Response, error) { return nil, errIdle }, "a:timeout b:answered200"},
		{"PUT with a held body", "PUT", held, all, func() (*message.Response, error) { return status(503) }, "a:answered503 b:answered200"},
		{"PUT with a streamed body", "PUT", stream, all, func() (*message.Response, error) { return status(503) }, ""},
		{"DELETE", "DELETE", nil, all, func() (*message.Response, error) { return nil, errReset }, "a:reset b:answered200"},
		{"POST may have done its work", "POST", held, all, func() (*message.Response, error) { return nil, errReset }, ""},
		{"PATCH may have done its work", "PATCH", nil, all, func() (*message.Response, error) { return status(503) }, ""},
		{"a method that nobody knows", "BREW", nil, all, func() (*message.Response, error) { return nil, errReset }, ""},
		{"POST of which nothing was sent", "POST", held, nil, func() (*message.Response, error) { return nil, errRefused }, "a:connect b:answered200"},
		{"a stream of which nothing was sent", "POST", stream, nil, func() (*message.Response, error) { return nil, errRefused }, "a:connect b:answered200"},
		{"the client's own fault", "PUT", held, all, func() (*message.Response, error) { return nil, &clientError{io.ErrUnexpectedEOF} }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				config := PoolConfig{Retries: Retries{Attempts: 2, On: failures(t, c.on...), Budget: 20, BackOff: time.Millisecond}}
				if c.on == nil {
					config.Retries = Retries{}
				}
				u := playing(t, config, 2, func(_ context.Context, _ *Target, out *outgoing) (*message.Response, error) {
					if out.Body != nil && calls > 0 {
						if b, err := io.ReadAll(message.BytesBody(heldOf(out.Body))); err == nil && string(b) != "{}" && c.name != "a stream of which nothing was sent" {
							t.Errorf("the second target is sent %q", b)
						}
					}
					if calls++; calls == 1 {
						return c.first()
					}
					return status(200)
				})
				u.Pool.turn.Store(uint32(1)) // the next turn is a's
				x := exchange(t, c.method, "/", "")
				if c.body != nil {
					x.Request.Body = c.body()
				}
				err := request(u, x)
				if got := attempts(x); got != c.want {
					t.Errorf("attempts %q, want %q", got, c.want)
				}
				if again := c.want != ""; again != (calls == 2) || again != (err == nil && x.Upstream.Status == 200) {
					t.Errorf("%d calls, status %d, %v", calls, x.Upstream.Status, err)
				}
			})
		})
	}
}

func heldOf(b *message.Body) []byte { content, _ := b.Held(); return content }

// TestAttempts: so many and no more, the same target if there is no other, and
// the last answer is the client's.
func TestAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		retries := Retries{Attempts: 3, On: failures(t, "503"), Budget: 100, BackOff: 10 * time.Millisecond}
		u := playing(t, PoolConfig{Retries: retries}, 1, func(context.Context, *Target, *outgoing) (*message.Response, error) { return status(503) })
		x := exchange(t, "GET", "/", "")
		if err := request(u, x); err != nil || x.Response.Status != 503 {
			t.Errorf("%v", err)
		}
		if got := attempts(x); got != "a:answered503 a:answered503 a:answered503 a:answered503" {
			t.Error(got)
		}
		if x.Upstream.Duration <= 0 || x.Upstream.Duration > 70*time.Millisecond {
			t.Errorf("the waits took %s", x.Upstream.Duration)
		}
		if n := u.Pool.retried.Load(); n != 3 {
			t.Errorf("%d retries are counted", n)
		}
	})
}

// TestBudget: however many requests fail, retries are a part of them.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		retries := Retries{Attempts: 3, On: failures(t, "503"), Budget: 20}
		u := playing(t, PoolConfig{Retries: retries}, 3, func(context.Context, *Target, *outgoing) (*message.Response, error) { calls++; return status(503) })
		for range 1000 {
			if err := request(u, exchange(t, "GET", "/", "")); err != nil {
				t.Fatal(err)
			}
		}
		if again := calls - 1000; again < 200 || again > 212 {
			t.Errorf("%d of 1000 requests were sent again, want a fifth and ten", again)
		}
	})
}

// TestWholeBoundsAllAttempts: further tries and waits live within the time for
// everything.
func TestWholeBoundsAllAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left []time.Duration
		retries := Retries{Attempts: 9, On: failures(t, "reset"), Budget: 100}
		u := playing(t, PoolConfig{Retries: retries}, 1, func(_ context.Context, _ *Target, out *outgoing) (*message.Response, error) {
			left = append(left, out.whole)
			time.Sleep(40 * time.Millisecond)
			return nil, errReset
		})
		u.Whole = 100 * time.Millisecond
		wantKind(t, request(u, exchange(t, "GET", "/", "")), problem.UpstreamBroken)
		if fmt.Sprint(left) != "[100ms 60ms 20ms]" {
			t.Errorf("the attempts had %v", left)
		}
	})
}

func TestClientThatLeavesBetweenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		calls := 0
		retries := Retries{Attempts: 2, On: failures(t, "reset"), Budget: 100, BackOff: time.Second}
		u := playing(t, PoolConfig{Retries: retries, Outliers: Outliers{On: failures(t, "reset"), Failures: 1, Window: time.Second, Out: time.Second}}, 2,
			func(context.Context, *Target, *outgoing) (*message.Response, error) {
				calls++
				time.AfterFunc(0, leave)
				return nil, errReset
			})
		x := exchange(t, "GET", "/", "")
		x.Context = ctx
		wantKind(t, request(u, x), problem.ClientLeft)
		if calls != 1 {
			t.Errorf("%d calls", calls)
		}
	})
}

// TestAllTargetsAreTriedOnce where no connection stands, and the event tells of
// each.
func TestAllTargetsAreTriedOnce(t *testing.T) {
	u := playing(t, PoolConfig{}, 3, func(context.Context, *Target, *outgoing) (*message.Response, error) { return nil, errRefused })
	x := exchange(t, "POST", "/", "")
	wantKind(t, request(u, x), problem.UpstreamUnreachable)
	seen := strings.Fields(attempts(x))
	if len(seen) != 3 || seen[0] == seen[1] || seen[1] == seen[2] || seen[0] == seen[2] {
		t.Errorf("%v", seen)
	}
}

// TestBrokenAnswerSpeaksAgainstItsTarget though its header fields came well.
func TestBrokenAnswerSpeaksAgainstItsTarget(t *testing.T) {
	answers := []struct {
		name string
		body io.Reader
		out  bool
	}{
		{"whole", strings.NewReader("whole"), false},
		{"broken off", iotest.ErrReader(io.ErrUnexpectedEOF), true},
		{"paused for too long", iotest.ErrReader(errIdle), true},
		{"refused by a later step", iotest.ErrReader(problem.Refuse(problem.AnswerInvalid, "")), false},
	}
	for _, c := range answers {
		u := playing(t, PoolConfig{Outliers: Outliers{On: failures(t, "reset", "timeout"), Failures: 1, Window: time.Minute, Out: time.Minute, MaxOut: time.Minute}}, 2,
			func(context.Context, *Target, *outgoing) (*message.Response, error) {
				return &message.Response{Status: 200, Body: message.NewBody(io.NopCloser(c.body), -1)}, nil
			})
		address, ended := gateway(t, u)
		_, in := dial(t, address, "GET / HTTP/1.1\nHost: a\nConnection: close\n\n")
		_, _ = io.ReadAll(in)
		<-ended
		out := 0
		for _, target := range u.Pool.now.Load().targets {
			if n := target.flying.Load(); n != 0 {
				t.Errorf("%s: %d requests are under way for ever", c.name, n)
			}
			if !target.healthy(time.Now().UnixNano()) {
				out++
			}
		}
		if (out == 1) != c.out {
			t.Errorf("%s: %d targets are out", c.name, out)
		}
	}
}

// TestMaxRequests: beyond the bound the answer is there at once.
func TestMaxRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		u := playing(t, PoolConfig{MaxRequests: 2}, 2, func(context.Context, *Target, *outgoing) (*message.Response, error) {
			<-release
			return status(200)
		})
		ended := make(chan error, 4)
		for range 4 {
			go func() { ended <- u.Run(exchange(t, "GET", "/", "")) }()
		}
		synctest.Wait()
		r := wantKind(t, u.Run(exchange(t, "GET", "/", "")), problem.UpstreamOverloaded)
		if r.Kind.Status() != 503 || r.Fields.Get("Retry-After") != "1" || !strings.Contains(r.Error(), "http://a: 2 requests are under way") {
			t.Errorf("%v %v", r, r.Fields)
		}
		close(release)
		for range 4 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// TestSlowClientSpeaksAgainstNobody: a client that sends its body so slowly that
// the backend gives up must not have the target taken out.
func TestSlowClientSpeaksAgainstNobody(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		read bool // the body was read to its end
		out  bool
	}{{"a time-out meanwhile", errDeadline, false, false}, {"a reset meanwhile", errReset, false, false}, {"a time-out afterwards", errDeadline, true, true}, {"a reset afterwards", errReset, true, true}, {"no connection", errRefused, false, true}} {
		t.Run(c.name, func(t *testing.T) {
			outliers := Outliers{On: failures(t, "connect", "reset", "timeout"), Failures: 1, Window: time.Minute, Out: time.Minute}
			u := playing(t, PoolConfig{Outliers: outliers}, 1, func(_ context.Context, _ *Target, out *outgoing) (*message.Response, error) {
				if c.read {
					_, _ = io.ReadAll(out.Body)
				}
				return nil, c.err
			})
			for _, length := range []int64{7, -1} {
				x := exchange(t, "POST", "/", "")
				x.Request.Body = message.NewBody(io.NopCloser(strings.NewReader("content")), length)
				if err := request(u, x); err == nil {
					t.Fatal("no error")
				}
				target := u.Pool.now.Load().targets[0]
				if out := target.outlier.until.Swap(0) != 0; out != c.out {
					t.Errorf("length %d: the target is out: %v", length, out)
				}
			}
		})
	}
}
