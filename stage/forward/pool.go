package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
	"time"
)

// PoolConfig is what a pool of upstream connections depends on: two plans with
// equal ones share their connections.
type PoolConfig struct {
	// Targets are URLs, http or https, perhaps with a path that is put before
	// every request's, or sockets: unix:/path/of/socket, with such a path
	// behind another colon.
	Targets []string
	// Connect bounds the time until a connection stands, TLS included.
	Connect time.Duration
	// FirstByte bounds the time from the end of the request to the answer's
	// header fields.
	FirstByte time.Duration
	// Connections bounds idle connections per target.
	Connections int
}

// Pool is a set of targets with their connections. It outlives plans.
type Pool struct {
	targets []*Target
	carrier carrier
	turn    atomic.Uint64
}

// NewPool makes a pool; nothing is connected yet.
func NewPool(c PoolConfig, now func() time.Time) (*Pool, error) {
	p := &Pool{carrier: newNetHTTP(c)}
	how := &connecting{within: c.Connect, tls: &tls.Config{MinVersion: tls.VersionTLS12}}
	for i, text := range c.Targets {
		t, err := newTarget(text, how)
		if err != nil {
			return nil, err
		}
		t.key, t.clock = "target-"+strconv.Itoa(i), now
		p.targets = append(p.targets, t)
	}
	if len(p.targets) == 0 {
		return nil, errors.New("an upstream needs a target")
	}
	return p, nil
}

// rest is how long a target that took no connection is tried last.
const rest = 2 * time.Second

// next takes the targets in turn, those that rest last.
func (p *Pool) next() *Target {
	n := uint64(len(p.targets))
	if n == 1 {
		return p.targets[0]
	}
	start := p.turn.Add(1)
	for i := range n {
		if t := p.targets[(start+i)%n]; t.avoid.Load() <= t.clock().UnixNano() {
			return t
		}
	}
	return p.targets[start%n]
}

func (t *Target) failed(now time.Time) { t.avoid.Store(now.Add(rest).UnixNano()) }

func (t *Target) succeeded() {
	if t.avoid.Load() != 0 {
		t.avoid.Store(0)
	}
}

// Waiting is the same pool with another bound on the first byte; connections
// of the two are apart.
func (p *Pool) Waiting(firstByte time.Duration) *Pool {
	return &Pool{targets: p.targets, carrier: p.carrier.waiting(firstByte)}
}

// Reachable tries to connect to the targets until one takes a connection.
func (p *Pool) Reachable(ctx context.Context) error {
	var err error
	for _, t := range p.targets {
		var c net.Conn
		if c, err = t.connect(ctx); err == nil {
			return c.Close()
		}
	}
	return err
}

// Close gives idle connections up.
func (p *Pool) Close() { p.carrier.closeIdle() }
