package forward

import (
	"math"
	"math/rand/v2"
)

// The ways to choose a target.
const (
	RoundRobin    = "round_robin"    // in turn, by weight
	LeastRequests = "least_requests" // of two drawn by weight the one with fewer requests under way
	Hash          = "hash"           // the same one for the same key
)

// set is the targets of a pool at one time. It never changes.
type set struct {
	targets []*Target
	// turns are the targets in the order of a round: each as often as its
	// weight says, as evenly as can be.
	turns []uint16
	// alike says that all weights are one.
	alike bool
}

func newSet(targets []*Target) *set {
	s := &set{targets: targets, alike: true}
	divisor := targets[0].weight
	for _, t := range targets {
		divisor = gcd(divisor, t.weight)
		s.alike = s.alike && t.weight == targets[0].weight
	}
	weights, total := make([]int, len(targets)), 0
	for i, t := range targets {
		weights[i] = t.weight / divisor
		total += weights[i]
	}
	s.turns = make([]uint16, total)
	standing := make([]int, len(targets))
	for turn := range s.turns {
		best := 0
		for i, w := range weights {
			if standing[i] += w; standing[i] > standing[best] {
				best = i
			}
		}
		standing[best] -= total
		s.turns[turn] = uint16(best)
	}
	return s
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// choice is what a target is chosen by.
type choice struct {
	now   int64 // Unix nanoseconds
	key   uint64
	keyed bool
	tried []*Target
	// anyway takes targets of which something bad is known: where all are
	// bad, all are tried.
	anyway bool
}

// takes tells whether a target may be asked at all.
func (c *choice) takes(t *Target) bool {
	return (c.anyway || t.healthy(c.now)) && t.circuit.permits(c.now) && t.room() && !c.hasTried(t)
}

func (c *choice) hasTried(t *Target) bool {
	for _, one := range c.tried {
		if one == t {
			return true
		}
	}
	return false
}

// samples is how often the next of the order is looked at before the targets
// are looked at one by one. A turn that nobody takes is gone: the others keep
// their shares.
const samples = 4

// choose is the target for a request, nil if none takes it.
func (g *group) choose(s *set, c *choice) *Target {
	if len(s.targets) == 1 {
		if t := s.targets[0]; c.takes(t) {
			return t
		}
		return nil
	}
	switch {
	case g.config.Balance == LeastRequests:
		if t := g.lessBusy(s, c); t != nil {
			return t
		}
	case g.config.Balance == Hash && c.keyed:
		return g.byKey(s, c)
	case len(c.tried) == 0: // another try takes nobody's turn, or targets would keep step with failures
		for range samples {
			t := s.targets[s.turns[g.turn.Add(1)%uint32(len(s.turns))]]
			if c.takes(t) && g.warm(t, c, rand.Float64) {
				return t
			}
		}
	}
	return g.draw(s, c)
}

// lessBusy: of two targets the one with fewer requests for its weight. It
// balances nearly as well as looking at all, and does not send everything to
// the one that has just come.
func (g *group) lessBusy(s *set, c *choice) *Target {
	var one *Target
	for range 2 * samples {
		t := s.targets[s.turns[rand.Uint32N(uint32(len(s.turns)))]]
		switch {
		case t == one || !c.takes(t) || !g.warm(t, c, rand.Float64):
		case one == nil:
			one = t
		case t.flying.Load()*int64(one.weight) < one.flying.Load()*int64(t.weight):
			return t
		default:
			return one
		}
	}
	return one
}

// byKey is rendezvous hashing: each target has a score for the key, and the
// highest takes it. When a target leaves, only its own keys go elsewhere.
func (g *group) byKey(s *set, c *choice) *Target {
	var best, cold *Target
	var highest, highestCold float64
	for _, t := range s.targets {
		if !c.takes(t) {
			continue
		}
		score := s.score(t, c.key)
		if best == nil || score > highest {
			// A target that came back gets its keys again one after the other.
			share := func() float64 { return unit(mix(c.key + t.seed)) }
			if !g.warm(t, c, share) {
				if cold == nil || score > highestCold {
					cold, highestCold = t, score
				}
				continue
			}
			best, highest = t, score
		}
	}
	if best == nil {
		return cold
	}
	return best
}

// score is uniform where all weights are one; else -weight/ln(uniform), with
// which each target is the highest as often as its weight says.
func (s *set) score(t *Target, key uint64) float64 {
	u := unit(mix(key ^ t.seed))
	if s.alike {
		return u
	}
	return -float64(t.weight) / math.Log(u)
}

// draw looks at all targets and takes one by chance and weight.
func (g *group) draw(s *set, c *choice) *Target {
	total := 0.0
	for _, t := range s.targets {
		if c.takes(t) {
			total += float64(t.weight) * g.share(t, c)
		}
	}
	var last *Target
	at := rand.Float64() * total
	for _, t := range s.targets {
		if c.takes(t) {
			if last, at = t, at-float64(t.weight)*g.share(t, c); at <= 0 {
				break
			}
		}
	}
	return last
}

// warm tells whether a target may have this request though it came back only
// lately.
func (g *group) warm(t *Target, c *choice, random func() float64) bool {
	share := g.share(t, c)
	return share == 1 || random() < share
}

// coldest is the share of a target at the moment when it comes back.
const coldest = 0.1

// share grows from coldest to 1 while a target that came back starts slowly.
func (g *group) share(t *Target, c *choice) float64 {
	slow := int64(g.config.SlowStart)
	if slow == 0 || c.anyway {
		return 1
	}
	since := t.since()
	if since == 0 || c.now-since >= slow {
		return 1
	}
	return max(coldest, float64(c.now-since)/float64(slow))
}
