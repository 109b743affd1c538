package config

import "time"

// Guessing makes finding credentials by trying hopeless: failures are counted,
// tries are held back for longer and longer, and then refused (429) before
// anything is checked. A credential that was right from the same network not long
// ago is let by whatever others did, and what nobody finds by trying, tokens with
// a signature and keys of the store, is checked first. The guide is
// breaking-in.md. Write off to count nothing.
type Guessing struct {
	Place `json:"-"`

	// Whether failures are counted. They are wherever an operation checks
	// credentials.
	Mode string `yaml:"mode" default:"on" choices:"on off"`
	// How many failures of one client, an IPv4 address or an IPv6 /64, are let by,
	// and in which time as many are forgotten. An invalid token counts a tenth, one
	// that its issuer was asked about and does not take for active a whole, an
	// expired one nothing.
	Client Rate `yaml:"client" default:"100/1h"`
	// The same for one account of one scheme, wherever the tries come from: the
	// username of Basic. A key counts for its client alone: it names nobody before
	// its tag fits, and its tag cannot be guessed.
	Account Rate `yaml:"account" default:"10/1h"`
	// How long the first try waits that is held back: the one after a quarter of
	// the failures that are let by. Each further failure doubles it.
	Delay Duration `yaml:"delay" default:"250ms" off:""`
	// The longest time that a try is held back.
	MaxDelay Duration `yaml:"max_delay" default:"4s"`
	// How many tries are held back at one time; more are refused. As many wait for
	// their turn to be checked.
	Waiting int `yaml:"waiting" default:"1024"`
	// From which share of failures on, in percent of the passwords that are
	// presented to a scheme anew, the scheme is under attack. Keys and tokens are
	// not found by trying: no scheme of theirs ever is.
	Ratio int `yaml:"ratio" default:"50"`
	// How many failures in about five minutes there must be for that. Ten times as
	// many are an attack at any share.
	Failures int `yaml:"failures" default:"100"`
	// How many passwords that are not known from where they come are tried while
	// the scheme is under attack. Each waits a quarter of max_delay.
	Unknown Rate `yaml:"unknown" default:"60/1m"`
	// How long a credential that was right is known from that client.
	Remember Duration `yaml:"remember" default:"7d"`
}

func (*Guessing) shorthand() string { return "mode" }

// On tells whether failures are counted.
func (g *Guessing) On() bool { return g.Mode != "off" }

func (g *Guessing) check(c *decoder) {
	for _, key := range []struct {
		name    string
		n, most int
	}{{"waiting", g.Waiting, 1 << 20}, {"ratio", g.Ratio, 100}, {"failures", g.Failures, 1 << 20}} {
		if key.n < 1 || key.n > key.most {
			c.wrong(g.PositionOf(key.name), "", "%s is a number from 1 to %d", key.name, key.most)
		}
	}
	for _, key := range []struct {
		name string
		rate Rate
	}{{"client", g.Client}, {"account", g.Account}} {
		if key.rate.Per < time.Minute || key.rate.Per > 30*24*time.Hour {
			c.wrong(g.PositionOf(key.name), "count over a minute to 30d, such as 10/1h", "%s forgets its failures in %s", key.name, Duration(key.rate.Per))
		}
	}
	if g.Delay > g.MaxDelay {
		c.wrong(g.PositionOf("max_delay"), "take at least delay", "tries would be held back for longer than max_delay")
	}
	if g.MaxDelay > Duration(time.Minute) {
		c.wrong(g.PositionOf("max_delay"), "take a minute at most", "a try that is held back keeps its connection")
	}
	if g.Remember < Duration(time.Minute) || g.Remember > Duration(365*24*time.Hour) {
		c.wrong(g.PositionOf("remember"), "take a minute to 365d", "a credential cannot be known for %s", g.Remember)
	}
	if g.Mode == "off" && len(g.keys) > 1 {
		c.wrong(g.PositionOf("mode"), "remove the other settings", "off leaves nothing to the others")
	}
}
