package forward

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/http1"
	"sallyport/message"
	"sallyport/problem"
)

// TestAWorkingBackendHearsOnce: a kept connection that ends after the target
// had time to work on the request was not dead before.
func TestAWorkingBackendHearsOnce(t *testing.T) {
	for _, method := range []string{"GET", "DELETE", "PUT"} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			u := playing(t, PoolConfig{}, 1, nil)
			c := newHTTP1(u.Pool.config, time.Now)
			target := u.Pool.now.Load().targets[0]
			target.idle.put(http1.NewClientConn(near, answerLimits, target.idle.put))
			heard := 0
			u.Pool.carrier = played(func(ctx context.Context, to *Target, out *outgoing) (*message.Response, error) {
				heard++
				if out.fresh {
					return status(200)
				}
				return c.carry(ctx, to, out)
			})
			go func() {
				b := make([]byte, 4<<10)
				n := 0
				for !bytes.Contains(b[:n], []byte("\r\n\r\n")) {
					m, err := far.Read(b[n:])
					if err != nil {
						return
					}
					n += m
				}
				time.Sleep(time.Second)
				far.Close()
			}()
			wantKind(t, request(u, exchange(t, method, "/", "")), problem.UpstreamBroken)
			if heard != 1 {
				t.Errorf("%s was sent %d times", method, heard)
			}
			target.idle.close()
		})
	}
}

// TestWhatDeadConnectionsCost: each sending counts, against the attempts and
// the budget of retries too, and no dead connection speaks against its target.
func TestWhatDeadConnectionsCost(t *testing.T) {
	dead := keptError{io.EOF}
	for _, c := range []struct {
		name    string
		retries Retries
		spent   bool
		ends    []error
		sent    int
		want    string
	}{
		{"without retries", Retries{}, false, []error{dead, nil}, 2, "a:reset a:answered200"},
		{"without retries, and broken then", Retries{}, false, []error{dead, errReset}, 2, "a:reset a:reset"},
		{"of three sendings", Retries{Attempts: 2}, false, []error{dead, errReset, errReset, nil}, 3, "a:reset a:reset b:reset"},
		{"the last", Retries{Attempts: 1}, false, []error{dead, errReset, nil}, 2, "a:reset a:reset"},
		{"at the second target", Retries{Attempts: 2}, false, []error{errReset, dead, errReset, nil}, 3, "a:reset b:reset b:reset"},
		{"beyond the budget", Retries{Attempts: 2}, true, []error{dead, nil}, 1, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Int32
				c.retries.On = failures(t, "reset")
				u := playing(t, PoolConfig{Retries: c.retries}, 2, func(context.Context, *Target, *outgoing) (*message.Response, error) {
					if err := c.ends[sent.Add(1)-1]; err != nil {
						return nil, err
					}
					return status(200)
				})
				u.Pool.turn.Store(1) // the next turn is a's
				if c.spent {
					u.Pool.budget.thousandths.Store(0)
				}
				x := exchange(t, "GET", "/", "")
				_ = request(u, x)
				if got := attempts(x); got != c.want || int(sent.Load()) != c.sent {
					t.Errorf("sent %d times, attempts %q; want %d and %q", sent.Load(), got, c.sent, c.want)
				}
			})
		})
	}
}

func TestADeadConnectionDoesNotJudgeItsTarget(t *testing.T) {
	c := PoolConfig{Outliers: Outliers{Failures: 1, Window: time.Minute, Out: time.Minute, MaxOut: time.Minute, On: failures(t, "reset")}}
	u := playing(t, c, 1, func(_ context.Context, _ *Target, out *outgoing) (*message.Response, error) {
		if !out.fresh {
			return nil, keptError{io.EOF}
		}
		return status(200)
	})
	if err := request(u, exchange(t, "GET", "/", "")); err != nil {
		t.Fatal(err)
	}
	if target := u.Pool.now.Load().targets[0]; !target.healthy(time.Now().UnixNano()) {
		t.Error("the target was taken out")
	}
}
