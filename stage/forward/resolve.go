package forward

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// resolve looks names up again and again, and when it is asked to.
func (p *Pool) resolve(ctx context.Context) {
	ticker := time.NewTicker(p.config.Resolve)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-p.again:
			// A target that takes no connection may have moved. However many
			// requests find that out, the resolver is asked once a second.
			if !pause(ctx, time.Second) {
				return
			}
		}
		p.resolveAll(ctx)
	}
}

// pause waits, and tells whether there is a reason to go on.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// moved asks for names to be resolved again.
func (g *group) moved() {
	select {
	case g.again <- struct{}{}:
	default:
	}
}

// resolveAll makes the targets anew where a name leads elsewhere. A name that
// cannot be resolved stays where it was: who answers for names may be down
// without the backend being so.
func (g *group) resolveAll(ctx context.Context) {
	old := g.now.Load()
	var targets []*Target
	changed := false
	for _, seed := range g.seeds {
		if !seed.resolvable() {
			targets = append(targets, seed)
			continue
		}
		before := g.of(old, seed)
		addresses, err := g.lookup(ctx, seed.name)
		if ctx.Err() != nil {
			return
		}
		if err != nil || len(addresses) == 0 {
			g.env.Log.Warn("resolving a backend's name", "api", g.config.API, "name", seed.name, "error", err)
			targets = append(targets, before...)
			continue
		}
		after := g.placeAt(seed, before, addresses)
		changed = changed || !sameTargets(before, after)
		targets = append(targets, after...)
	}
	if !changed {
		return
	}
	g.now.Store(newSet(targets))
	for _, t := range old.targets {
		if !slices.Contains(targets, t) {
			t.idle.close() // nobody asks there any more
		}
	}
}

// of are the targets that one that is configured has become.
func (g *group) of(s *set, seed *Target) []*Target {
	var list []*Target
	for _, t := range s.targets {
		if t == seed || t.url == seed.url {
			list = append(list, t)
		}
	}
	return list
}

// placeAt are the targets of a name at these addresses. A target that is where
// it was stays the same one, with its connections.
func (g *group) placeAt(seed *Target, before []*Target, addresses []netip.Addr) []*Target {
	addresses = distinct(addresses)
	if !g.config.Each {
		if len(before) == 1 && before[0].sameAs(addresses) {
			return before
		}
		t := g.placed(seed.at(addresses), seed.Address+seed.prefix)
		t.state, t.seed = seed.state, seed.seed
		return []*Target{t}
	}
	var after []*Target
	for _, a := range addresses {
		after = append(after, g.alone(seed, before, a))
	}
	return after
}

// distinct are addresses each once: IPv4 within IPv6 is the same place.
func distinct(addresses []netip.Addr) []netip.Addr {
	var once []netip.Addr
	for _, a := range addresses {
		if a = a.Unmap(); !slices.Contains(once, a) {
			once = append(once, a)
		}
	}
	return once
}

func (g *group) alone(seed *Target, before []*Target, a netip.Addr) *Target {
	for _, t := range before {
		if t.sameAs([]netip.Addr{a}) {
			return t
		}
	}
	t := seed.only(a)
	g.placed(t, t.Address+t.prefix+" of "+seed.name)
	g.forgive(t)
	return t
}

func sameTargets(a, b []*Target) bool {
	if len(a) != len(b) {
		return false
	}
	for _, t := range a {
		if !slices.Contains(b, t) {
			return false
		}
	}
	return true
}
