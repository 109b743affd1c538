package build

import (
	"hash/fnv"
	"math/rand/v2"

	"sallyport"
	"sallyport/config"
	"sallyport/message"
)

// site is a host, or all hosts below one, with the APIs that answer there.
type site struct {
	host string
	// variants are asked in the order of the configuration; what fits none
	// belongs to the rest, nil where every API has a condition.
	variants []*variant
	rest     *table
}

// variant is an API that takes some of the requests of its site.
type variant struct {
	when   []config.Condition
	canary *config.Canary
	table  *table
}

func (s *site) tableFor(c *config.API) *table {
	if len(c.When) > 0 || c.Canary != nil {
		v := &variant{c.When, c.Canary, newTable()}
		s.variants = append(s.variants, v)
		return v.table
	}
	if s.rest == nil {
		s.rest = newTable()
	}
	return s.rest
}

func (s *site) finish() {
	for _, v := range s.variants {
		v.table.finish()
	}
	if s.rest != nil {
		s.rest.finish()
	}
}

// table is where the request's operation stands. Canaries lie beside each
// other on a scale of a hundred, so that each gets its share of the whole.
func (s *site) table(x *sallyport.Exchange) *table {
	drawn := [2]int{-1, -1} // for the client, for the request
	for _, v := range s.variants {
		if !v.fits(x.Request.Fields) {
			continue
		}
		if v.canary == nil {
			return v.table
		}
		by := 0
		if v.canary.By == "request" {
			by = 1
		}
		if drawn[by] < 0 {
			drawn[by] = draw(x, v.canary.By)
		}
		if drawn[by] < v.canary.Share {
			return v.table
		}
		drawn[by] -= v.canary.Share
	}
	return s.rest
}

// alone is a canary of which nobody takes the other requests, nil if there is
// none.
func (s *site) alone() *config.Canary {
	if s.rest != nil {
		return nil
	}
	var found *config.Canary
	for _, v := range s.variants {
		if v.canary == nil {
			return nil
		}
		found = v.canary
	}
	return found
}

func (v *variant) fits(fields message.Fields) bool {
	for i := range v.when {
		c := &v.when[i]
		// Of two lines a backend might believe either.
		if fields.Count(c.Name) != 1 || !c.Is.Match(fields.Get(c.Name)) {
			return false
		}
	}
	return true
}

// draw is a number from 0 to 99: of the client's address, the same on every
// node and after every start, or by lot.
func draw(x *sallyport.Exchange, by string) int {
	if by == "request" || !x.Client.IsValid() {
		return rand.IntN(100)
	}
	address := x.Client.As16()
	if x.Client.Is6() && !x.Client.Is4In6() {
		clear(address[8:]) // a subscriber has a whole /64, and changes within it
	}
	h := fnv.New64a()
	h.Write(address[:])
	// FNV leaves the high bits of near addresses alike: mix before dividing.
	n := h.Sum64()
	n = (n ^ n>>33) * 0xff51afd7ed558ccd
	return int((n ^ n>>33) % 100)
}
