package config

import "time"

// minWindow and maxWindow bound how old a proof may be.
const (
	minWindow = Duration(5 * time.Second)
	maxWindow = Duration(5 * time.Minute)
)

// DPoP says whether clients must prove with each request that they hold the
// key that their token is bound to (RFC 9449): a stolen token is then of no use.
type DPoP struct {
	Place `json:"-"`

	// off takes Bearer tokens alone; one that is bound to a key (cnf) is refused.
	// optional takes both Bearer tokens that are bound to nothing, and bound
	// ones with their proof. required takes only bound ones. A bound token is
	// never taken as Bearer, and one that is bound to nothing never with a proof.
	Mode string `yaml:"mode" default:"off" choices:"off optional required"`
	// The signature algorithms of proofs.
	Algorithms []string `yaml:"algorithms" default:"ES256 ES384 ES512 EdDSA PS256 RS256" choices:"RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA"`
	// How old a proof may be, 5 minutes at most; its client's clock may be ahead
	// by half a minute, or by as much as the window where that is less. Each
	// proof is taken once, and remembered for so long.
	Window Duration `yaml:"window" default:"1m"`
	// Ask for proofs that hold a nonce which the gateway gave out in the field
	// DPoP-Nonce within the last minutes (RFC 9449 §9): nobody can then make
	// proofs in advance, and a gateway that starts anew takes none from before.
	Nonce bool `yaml:"nonce"`
}

func (*DPoP) shorthand() string { return "mode" }

func (p *DPoP) check(c *decoder) {
	if p.Window < minWindow || p.Window > maxWindow {
		c.wrong(p.PositionOf("window"), "write 1m, for one", "a window of %s for proofs is not between %s and %s", p.Window, minWindow, maxWindow)
	}
	distinctItems(c, p.Place, "algorithms", p.Algorithms)
	if p.Wrote("algorithms") && len(p.Algorithms) == 0 {
		c.wrong(p.PositionOf("algorithms"), "name those that clients use", "no algorithm is left for proofs")
	}
}
