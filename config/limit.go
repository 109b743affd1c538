package config

import "time"

// Limit is how much callers may ask for: so many requests in a time, or so many
// at one time.
type Limit struct {
	Place `json:"-"`

	// Name is what clients see in RateLimit-Policy.
	Name string `yaml:"-"`
	// How many requests in which time, such as 100/1m, on the average.
	Rate Rate `yaml:"rate"`
	// How many requests may come at once after a pause. Without it, as many as
	// the rate's number.
	Burst int `yaml:"burst"`
	// How many requests may be under way at one time; in place of a rate.
	Concurrency int `yaml:"concurrency"`
	// Who is counted alone: each caller, each client address, or with both
	// each caller at each address.
	By []string `yaml:"by" default:"caller" choices:"caller client"`
	// The operations, by id, that share the limit. Without any, all.
	On []Glob `yaml:"on"`
	// What happens to a request over the limit: refuse (429), or delay until
	// it is within.
	Over string `yaml:"over" default:"refuse" choices:"refuse delay"`
	// The longest time that a request is delayed; what would have to wait
	// longer is refused at once.
	Wait Duration `yaml:"wait" default:"2s"`
}

func (l *Limit) check(c *decoder) {
	if !printable(l.Name, 64) {
		c.wrong(l.At, "use 1 to 64 printable ASCII characters", "%q is no name for a limit", l.Name)
	}
	switch {
	case l.Wrote("rate") == l.Wrote("concurrency"):
		c.wrong(l.At, "write one of rate and concurrency", "the limit %q needs exactly one measure", l.Name)
	case l.Wrote("concurrency"):
		for _, key := range []string{"burst", "over", "wait"} {
			if l.Wrote(key) {
				c.wrong(l.PositionOf(key), "remove it", "%s has no meaning for a limit of concurrency", key)
			}
		}
	default:
		l.checkRate(c)
	}
	if len(l.By) == 0 {
		c.wrong(l.PositionOf("by"), "write caller, client or both", "a limit counts somebody")
	}
	distinctItems(c, l.Place, "by", l.By)
	distinctItems(c, l.Place, "on", l.On)
}

func (l *Limit) checkRate(c *decoder) {
	if !l.Wrote("burst") {
		l.Burst = l.Rate.Count
	}
	if l.Wrote("wait") && l.Over != "delay" {
		c.wrong(l.PositionOf("wait"), "add over: delay", "wait has a meaning for a limit that delays only")
	}
	const tenYears = 10 * 365 * 24 * time.Hour
	if l.Rate.Count > 0 && l.Burst > 0 && float64(l.Burst)*float64(l.Rate.Per)/float64(l.Rate.Count) > float64(tenYears) {
		c.wrong(l.PositionOf("burst"), "take a smaller burst", "this burst takes more than ten years to come back")
	}
}
