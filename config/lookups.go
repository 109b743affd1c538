package config

import "time"

// Lookups is how callers are found who are looking for the ids of objects: who
// asks, in the path, for many that are not there or not theirs (404, 403, 410 and their like).
// To ask for the same one again counts nothing, nor does what is found, so that
// nobody is caught who reads a long list item by item. The guide is
// looking-for-ids.md.
type Lookups struct {
	Place `json:"-"`

	// What happens to who is looking for ids: observe only tells it in the log and
	// in metrics, delay holds each of its requests for an object back, refuse turns
	// them away (429).
	Over string `yaml:"over" default:"observe" choices:"observe delay refuse"`
	// How long ids are remembered: half of it at least and all of it at most.
	Window Duration `yaml:"window" default:"1h"`
	// From which share of ids missed on, of all different ones asked for.
	Misses Percent `yaml:"misses" default:"50%"`
	// How many different ids must be missed for that, 2 to 50. A caller that was
	// identified is looking for ids with ten times as many at any share; a network
	// is with five times as many at that share, if five callers or more missed them.
	// Ids under way count as missed: twice as many, or 40 if that is more, may be
	// asked for at one time by who found none yet.
	Least int `yaml:"least" default:"20"`
	// How many different ids are too many even if all of them are found, up to
	// 1000. Without it there is no such number: an honest client may read a long
	// list.
	IDs int `yaml:"ids"`
	// Who is counted alone: each caller, or each client address whoever calls.
	// Callers who proved nothing are told apart by address.
	By string `yaml:"by" default:"caller" choices:"caller client"`
	// How long each request is held back, with over: delay.
	Delay Duration `yaml:"delay" default:"2s"`
}

func (*Lookups) shorthand() string { return "over" }

func (l *Lookups) check(c *decoder) {
	if l.Window < Duration(time.Minute) || l.Window > Duration(30*24*time.Hour) {
		c.wrong(l.PositionOf("window"), "take a minute to 30d", "ids cannot be remembered for %s", l.Window)
	}
	for _, key := range []struct {
		name        string
		n           int
		least, most int
	}{{"misses", int(l.Misses), 1, 100}, {"least", l.Least, 2, 50}, {"ids", l.IDs, 2, 1000}} {
		if (key.name != "ids" || l.Wrote("ids")) && (key.n < key.least || key.n > key.most) {
			c.wrong(l.PositionOf(key.name), "", "%s is a number from %d to %d", key.name, key.least, key.most)
		}
	}
	switch {
	case l.Wrote("delay") && l.Over != "delay":
		c.wrong(l.PositionOf("delay"), "add over: delay", "delay has a meaning where requests are delayed only")
	case l.Over == "delay" && (l.Delay <= 0 || l.Delay > Duration(time.Minute)):
		c.wrong(l.PositionOf("delay"), "take a minute at most", "a request cannot be held back for %s", l.Delay)
	}
}
