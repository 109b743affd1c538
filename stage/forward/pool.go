package forward

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// PoolConfig is what a pool of upstream connections depends on: two plans with
// equal ones share their connections.
type PoolConfig struct {
	// Targets are URLs, http or https, perhaps with a path that is put before
	// every request's.
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

// Target is one backend.
type Target struct {
	// Address is scheme, host and port, for logs.
	Address string

	url    *url.URL
	prefix string
	// avoid is the time in Unix nanoseconds until which others are tried first.
	avoid atomic.Int64
	clock func() time.Time
}

// NewPool makes a pool; nothing is connected yet.
func NewPool(c PoolConfig, now func() time.Time) (*Pool, error) {
	p := &Pool{carrier: newNetHTTP(c)}
	for _, text := range c.Targets {
		u, err := url.Parse(text)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("upstream %q is not an http or https URL", text)
		}
		p.targets = append(p.targets, &Target{
			Address: u.Scheme + "://" + u.Host,
			url:     u,
			prefix:  strings.TrimSuffix(u.EscapedPath(), "/"),
			clock:   now,
		})
	}
	if len(p.targets) == 0 {
		return nil, fmt.Errorf("an upstream needs a target")
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
		address := t.url.Host
		if t.url.Port() == "" {
			address = net.JoinHostPort(t.url.Hostname(), map[string]string{"http": "80", "https": "443"}[t.url.Scheme])
		}
		var c net.Conn
		if c, err = (&net.Dialer{}).DialContext(ctx, "tcp", address); err == nil {
			return c.Close()
		}
	}
	return err
}

// Close gives idle connections up.
func (p *Pool) Close() { p.carrier.closeIdle() }
