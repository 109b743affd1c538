package config

import "time"

// Flow is an order and a pace of operations that each caller is held to: some only
// after another one, not too soon after it, and not too often. What succeeds
// counts: an answer of 2xx. Callers who proved nothing are told apart by address,
// those of IPv6 by its /64. The guide is flows.md.
type Flow struct {
	Place `json:"-"`

	// Name is what logs and metrics call it: flow:NAME.
	Name string `yaml:"-"`
	// The operations, by id, that are held to it.
	On []Glob `yaml:"on" required:""`
	// The operations, by id, of which one must have succeeded before, for the same
	// caller; else 409.
	After []Glob `yaml:"after"`
	// How long before at most, a second to 30d.
	Within Duration `yaml:"within" default:"1h"`
	// How long since the last time that it succeeded at least; what comes sooner is
	// refused (429).
	NotBefore Duration `yaml:"not_before"`
	// How many of these operations together may succeed in which time, such as
	// 10/1d: up to 65535 in a second to 366d. There are never more in a time of that
	// length, wherever it begins; what is one too many is refused (429).
	AtMost Rate `yaml:"at_most"`
}

const (
	mostPassed    = 65535
	longestWithin = Duration(30 * 24 * time.Hour)
	longestAtMost = 366 * 24 * time.Hour
)

func (f *Flow) check(c *decoder) {
	if !plainName(f.Name) {
		c.wrong(f.At, "use letters, digits, - _ and .", "%q is no name for a flow", f.Name)
	}
	distinctItems(c, f.Place, "on", f.On)
	distinctItems(c, f.Place, "after", f.After)
	switch {
	case !f.Wrote("after") && !f.Wrote("at_most"):
		c.wrong(f.At, "write after or at_most", "the flow %q holds to nothing", f.Name)
	case f.Wrote("after") && len(f.After) == 0:
		c.wrong(f.PositionOf("after"), "name an operation, or remove the key", "the flow %q comes after nothing", f.Name)
	}
	f.checkTimes(c)
	f.checkNumber(c)
}

func (f *Flow) checkTimes(c *decoder) {
	if !f.Wrote("after") {
		for _, key := range []string{"within", "not_before"} {
			if f.Wrote(key) {
				c.wrong(f.PositionOf(key), "add after, or remove it", "%s has a meaning after an operation only", key)
			}
		}
		return
	}
	switch {
	case f.Within == 0: // a mistake already
	case f.Within < Duration(time.Second) || f.Within > longestWithin:
		c.wrong(f.PositionOf("within"), "take a second to 30d", "what has succeeded cannot be good for %s", f.Within)
	case f.NotBefore >= f.Within:
		c.wrong(f.PositionOf("not_before"), "take less than within, "+f.Within.String(), "nobody can come after %s and within %s", f.NotBefore, f.Within)
	}
}

func (f *Flow) checkNumber(c *decoder) {
	switch r := f.AtMost; {
	case r.Count == 0: // not written, or a mistake already
	case r.Count > mostPassed:
		c.wrong(f.PositionOf("at_most"), "take a limit for larger numbers", "a flow counts to %d", mostPassed)
	case r.Per < time.Second || r.Per > longestAtMost:
		c.wrong(f.PositionOf("at_most"), "take a second to 366d", "a flow cannot be counted over %s", Duration(r.Per))
	}
}
