package forward

import (
	"strconv"
	"time"
)

// take chooses a target and counts a request under way there. Where nothing
// good is known of any target, all are tried: a gateway that trusts no target
// is down for certain. Circuits and the bound on requests hold all the same.
func (g *group) take(c *choice) (t *Target, probe bool, err error) {
	s := g.now.Load()
	for range 2*len(s.targets) + 2 {
		t := g.choose(s, c)
		if t == nil && !c.anyway && !s.anyHealthy(c) {
			c.anyway = true
			t = g.choose(s, c)
		}
		if t == nil {
			break
		}
		// Between choosing and entering another request may have been faster.
		if probe, ok := t.enter(c.now); ok {
			return t, probe, nil
		}
	}
	return nil, false, s.busy(c)
}

// anyHealthy tells whether a target is left of which nothing bad is known.
func (s *set) anyHealthy(c *choice) bool {
	for _, t := range s.targets {
		if t.healthy(c.now) && !c.hasTried(t) {
			return true
		}
	}
	return false
}

// judge draws the conclusions from how an attempt ended.
func (g *group) judge(t *Target, now time.Time, what cause, status int, probe bool) {
	if what == abandoned {
		if probe {
			t.circuit.leave()
		}
		return
	}
	nanos := now.UnixNano()
	if what == fine {
		t.answered.Store(nanos)
	}
	if what == connect {
		g.moved()
	}
	if out := t.outlier.judge(&g.config.Outliers, nanos, what, status); out > 0 {
		g.env.Log.Warn("target out", "api", g.config.API, "target", t.Address, "for", out.String(), "because", because(what, status))
	}
	if b := &g.config.Breaker; b.Requests > 0 {
		switch t.circuit.judge(b, nanos, b.On.have(what, status), probe) {
		case opened, stillOpen:
			g.env.Log.Warn("circuit open", "api", g.config.API, "target", t.Address, "for", b.Open.String(), "because", because(what, status))
		case closed:
			g.env.Log.Info("circuit closed", "api", g.config.API, "target", t.Address)
		case unchanged:
		}
	}
}

// because says how the attempt ended that was one too many.
func because(what cause, status int) string {
	if what == fine {
		return "status " + strconv.Itoa(status)
	}
	return what.String()
}
