package forward

import (
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sallyport"
	"sallyport/message"
)

// unread is a door that takes an answer, in part or to its end.
type unread struct{ part bool }

func (d unread) Send(r *message.Response) (int64, error) {
	if d.part || r.Body == nil {
		return 0, nil
	}
	return io.Copy(io.Discard, r.Body)
}

// TestCrowd: many requests at one time, to targets that fail in every way while
// names lead elsewhere. Afterwards nothing is under way, and no target ever had
// more than it may.
func TestCrowd(t *testing.T) {
	const most = 5
	for _, balance := range []string{RoundRobin, LeastRequests, Hash} {
		t.Run(balance, func(t *testing.T) {
			all := failures(t, "connect", "reset", "timeout", "503")
			var flying [8]atomic.Int32
			u := playing(t, PoolConfig{
				Balance: balance, Key: Key{From: "header", Name: "X-Session"}, Each: true, MaxRequests: most, SlowStart: time.Millisecond,
				Targets:  []TargetConfig{{URL: "http://names.example", Weight: 2}},
				Outliers: Outliers{On: all, Failures: 3, Window: time.Second, Out: time.Millisecond, MaxOut: 5 * time.Millisecond},
				Breaker:  Breaker{Ratio: 0.5, Requests: 5, Window: time.Second, Open: time.Millisecond, On: all},
				Retries:  Retries{Attempts: 2, On: all, Budget: 50, BackOff: time.Microsecond},
			}, 3, func(_ context.Context, to *Target, _ *outgoing) (*message.Response, error) {
				n := &flying[to.seed%8]
				if n.Add(1) > 8*most {
					t.Error("far more requests than there may be")
				}
				defer n.Add(-1)
				switch rand.IntN(10) {
				case 0:
					return nil, errRefused
				case 1:
					return nil, errReset
				case 2:
					return status(503)
				case 3:
					panic("a carrier that fails")
				case 4:
					return &message.Response{Status: 200, Body: message.NewBody(io.NopCloser(io.MultiReader(strings.NewReader("part"), broken{})), -1)}, nil
				}
				return &message.Response{Status: 200, Body: message.NewBody(io.NopCloser(strings.NewReader("whole")), 5)}, nil
			})
			u.Pool.lookup = func(context.Context, string) ([]netip.Addr, error) {
				return []netip.Addr{netip.AddrFrom4([4]byte{192, 0, 2, byte(rand.IntN(3))}), netip.AddrFrom4([4]byte{192, 0, 2, 9})}, nil
			}
			op := &sallyport.Operation{ID: "op", MaxBody: 1 << 20, MaxAnswer: 1 << 20}
			op.Place(sallyport.Placed{Stage: sallyport.Forward, Name: "upstream", Step: u})
			g := sallyport.NewGateway(newEnv(), &sallyport.Plan{Match: func(*sallyport.Exchange) *sallyport.Operation { return op }})

			var seen sync.Map
			var crowd sync.WaitGroup
			for i := range 16 {
				crowd.Go(func() {
					for j := range 200 {
						x := exchange(t, "GET", "/", "", "X-Session", string(rune('a'+j%20)))
						_ = g.Serve(x, unread{part: j%7 == 0})
						for _, one := range u.Pool.now.Load().targets {
							seen.Store(one, nil)
							if n := one.flying.Load(); n > most+16 { // those that are being turned away are counted for a moment
								t.Errorf("%d requests are under way", n)
							}
						}
						if i == 0 && j%10 == 0 {
							u.Pool.resolveAll(t.Context())
						}
					}
				})
			}
			crowd.Wait()
			seen.Range(func(one, _ any) bool {
				target := one.(*Target)
				if n := target.flying.Load(); n != 0 || target.circuit.probe.Load() != 0 {
					t.Errorf("%s: %d requests are under way, a probe since %d", target.Address, n, target.circuit.probe.Load())
				}
				return true
			})
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
