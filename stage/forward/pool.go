package forward

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"sallyport"
)

// PoolConfig is what a pool of upstream connections depends on: two plans with
// equal ones share their pool. Printed with %+v it is the same text for the
// same settings.
type PoolConfig struct {
	// API is whose backend it is, for logs and metrics.
	API string
	// Targets are where the backend listens.
	Targets []TargetConfig
	// Balance is RoundRobin, LeastRequests or Hash; "" is the first.
	Balance string
	// Key is what Hash goes by.
	Key Key
	// Each makes every address of a name a target of its own.
	Each bool
	// Resolve is how often names are resolved again; 0 leaves it to each new
	// connection.
	Resolve time.Duration
	// Connect bounds the time until a connection stands, TLS included.
	Connect time.Duration
	// FirstByte bounds the time from the end of the request to the answer's
	// header fields.
	FirstByte time.Duration
	// Connections bounds idle connections per target, MaxRequests the requests
	// under way; 0 requests is no bound.
	Connections, MaxRequests int
	// Protocol is what the targets are spoken to in.
	Protocol Protocol
	// TLS is for https targets; nil is the default.
	TLS *TLS

	Checks   Checks
	Outliers Outliers
	// SlowStart is how long the share of a target grows that came back; 0
	// gives it all at once.
	SlowStart time.Duration
	Breaker   Breaker
	Retries   Retries
}

// TargetConfig is one place at which the backend listens.
type TargetConfig struct {
	// URL is http or https, perhaps with a path that is put before every
	// request's, or a socket: unix:/path/of/socket, with such a path behind
	// another colon.
	URL string
	// Weight is its share of the requests, compared with the others'; 0 is 1.
	Weight int
}

// Targets are targets of weight one.
func Targets(urls ...string) []TargetConfig {
	list := make([]TargetConfig, len(urls))
	for i, u := range urls {
		list[i].URL = u
	}
	return list
}

// Pool is a set of targets with their connections. It outlives plans.
type Pool struct {
	*group
	carrier carrier
	// apart says that another pool watches the targets.
	apart bool
}

// group is the targets, and who watches them.
type group struct {
	config PoolConfig
	env    *sallyport.Env
	states *States
	seeds  []*Target // as configured
	turn   atomic.Uint32
	budget budget
	// retried counts requests that were sent again.
	retried atomic.Uint64
	now     atomic.Pointer[set]
	lookup  func(ctx context.Context, name string) ([]netip.Addr, error)
	again   chan struct{} // asks for names to be resolved
	made    int           // targets so far; for the resolver alone
	cancel  context.CancelFunc
	ended   sync.WaitGroup
}

// maxWeight keeps the order of a round short.
const maxWeight = 1000

// NewPool makes a pool; nothing is connected or watched yet. What is known of
// targets is taken from states; nil knows nothing.
func NewPool(c PoolConfig, env *sallyport.Env, states *States) (*Pool, error) {
	if states == nil {
		states = new(States)
	}
	g := &group{config: c, env: env, states: states, lookup: lookup, again: make(chan struct{}, 1)}
	g.budget.fill()
	how := &connecting{within: c.Connect, protocol: c.Protocol, tls: c.TLS.config()}
	how.tls.NextProtos = c.Protocol.offered()
	for _, one := range c.Targets {
		t, err := newTarget(one.URL, how)
		if err != nil {
			return nil, err
		}
		if t.weight = cmp.Or(one.Weight, 1); t.weight < 0 || t.weight > maxWeight {
			return nil, fmt.Errorf("the weight %d is not from 1 to %d", one.Weight, maxWeight)
		}
		t.most = int64(c.MaxRequests)
		g.seeds = append(g.seeds, g.placed(t, one.URL))
	}
	if len(g.seeds) == 0 {
		return nil, errors.New("an upstream needs a target")
	}
	g.now.Store(newSet(slices.Clone(g.seeds)))
	return &Pool{group: g, carrier: c.carrier(env.Now)}, nil
}

func lookup(ctx context.Context, name string) ([]netip.Addr, error) {
	return net.DefaultResolver.LookupNetIP(ctx, "ip", name)
}

// placed gives a target what it is known by: the place counts, not the pool.
func (g *group) placed(t *Target, place string) *Target {
	t.state, t.seed = g.states.of(place), hashOf(place)
	g.made++
	t.key = "target-" + strconv.Itoa(g.made)
	t.idle = &idle{most: max(g.config.Connections, 2)}
	return t
}

// Open begins to watch the targets: checks, and names that lead elsewhere.
func (p *Pool) Open() {
	if p.apart || p.cancel != nil {
		return
	}
	var ctx context.Context
	ctx, p.cancel = context.WithCancel(context.Background())
	for _, t := range p.seeds {
		p.forgive(t)
	}
	names := p.config.Resolve > 0 && slices.ContainsFunc(p.seeds, (*Target).resolvable)
	p.ended.Go(func() {
		if names {
			p.resolveAll(ctx) // before the first check: it is of the addresses
			p.ended.Go(func() { p.resolve(ctx) })
		}
		if p.config.Checks.Path != "" {
			p.check(ctx)
		}
	})
}

// forgive forgets that checks found a target down where there are none any
// more: nobody would find it up again.
func (g *group) forgive(t *Target) {
	if g.config.Checks.Path == "" {
		t.down.Store(false)
	}
}

// Waiting is the same pool with another bound on the first byte.
func (p *Pool) Waiting(firstByte time.Duration) *Pool {
	return &Pool{group: p.group, carrier: p.carrier.waiting(firstByte), apart: true}
}

// Close gives idle connections up and watches the targets no longer.
func (p *Pool) Close() {
	if !p.apart && p.cancel != nil {
		p.cancel()
		p.ended.Wait()
	}
	if !p.apart {
		for _, t := range p.now.Load().targets {
			t.idle.close()
		}
	}
	p.carrier.closeIdle()
}

// lately is how fresh an answer must be to show that a target can be reached.
const lately = 10 * time.Second

// Reachable tells whether some target can be reached: by what active checks
// found, or because one answered lately, or takes a connection now.
func (p *Pool) Reachable(ctx context.Context) error {
	targets := p.now.Load().targets
	since := p.env.Now().Add(-lately).UnixNano()
	for _, t := range targets {
		if !t.down.Load() && (p.config.Checks.Path != "" && t.checked.Load() || t.answered.Load() > since) {
			return nil
		}
	}
	var last error
	for _, t := range targets {
		if t.down.Load() {
			last = errors.Join(last, fmt.Errorf("%s: its checks fail", t.Address))
			continue
		}
		c, err := t.connect(ctx)
		if err == nil {
			return c.Close()
		}
		last = errors.Join(last, fmt.Errorf("%s: %w", t.Address, err))
	}
	return last
}
