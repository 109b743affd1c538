package sample

import (
	"encoding/json"
	"math/big"
	"strings"

	"sallyport/source"
)

// span is where numbers may lie.
type span struct {
	low, high         *big.Rat
	lowOpen, highOpen bool // the limit itself is excluded
	step              *big.Rat
	at                source.Position
}

func (s *span) above(v *big.Rat, open bool) {
	if s.low == nil || v.Cmp(s.low) > 0 || v.Cmp(s.low) == 0 && open {
		s.low, s.lowOpen = v, open
	}
}

func (s *span) below(v *big.Rat, open bool) {
	if s.high == nil || v.Cmp(s.high) < 0 || v.Cmp(s.high) == 0 && open {
		s.high, s.highOpen = v, open
	}
}

// holds tells whether a number lies within.
func (s *span) holds(v *big.Rat) bool {
	if s.low != nil && (v.Cmp(s.low) < 0 || s.lowOpen && v.Cmp(s.low) == 0) {
		return false
	}
	if s.high != nil && (v.Cmp(s.high) > 0 || s.highOpen && v.Cmp(s.high) == 0) {
		return false
	}
	return s.step == nil || new(big.Rat).Quo(v, s.step).IsInt()
}

// read narrows the span by one schema.
func (s *span) read(n *source.Node) {
	for _, keyword := range [...]string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"} {
		v := n.Get(keyword)
		if v == nil || v.Kind != source.Number {
			continue
		}
		limit, ok := rational(v.Text)
		if !ok {
			continue
		}
		switch keyword {
		case "minimum":
			s.above(limit, n.True("exclusiveMinimum"))
		case "exclusiveMinimum":
			s.above(limit, true)
		case "maximum":
			s.below(limit, n.True("exclusiveMaximum"))
		case "exclusiveMaximum":
			s.below(limit, true)
		case "multipleOf":
			s.step = common(s.step, limit)
		}
	}
	switch n.Str("format") {
	case "int32":
		s.above(big.NewRat(-1<<31, 1), false)
		s.below(big.NewRat(1<<31-1, 1), false)
		s.step = common(s.step, big.NewRat(1, 1))
	case "int64":
		s.step = common(s.step, big.NewRat(1, 1))
	}
}

// rational reads a number, but not one whose exponent would fill the memory.
func rational(text string) (*big.Rat, bool) {
	if i := strings.IndexAny(text, "eE"); len(text) > 400 || i >= 0 && len(text)-i > 5 {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// common is a step of which both are divisors.
func common(a, b *big.Rat) *big.Rat {
	if a == nil || b.Sign() <= 0 {
		return b
	}
	// a = p/q, b = r/s: lcm(p·s, r·q) / (q·s)
	ps, rq := new(big.Int).Mul(a.Num(), b.Denom()), new(big.Int).Mul(b.Num(), a.Denom())
	lcm := new(big.Int).Div(new(big.Int).Mul(ps, rq), new(big.Int).GCD(nil, nil, ps, rq))
	return new(big.Rat).SetFrac(lcm, new(big.Int).Mul(a.Denom(), b.Denom()))
}

// number makes a small number, the next where others are wanted.
func (m *maker) number(g *goal, whole bool) (any, error) {
	s := span{at: g.at()}
	if whole {
		s.step = big.NewRat(1, 1)
	}
	for _, n := range g.schemas {
		s.read(n)
	}
	for _, v := range s.candidates(int64(m.pick(maxTries))) {
		if s.holds(v) {
			return json.Number(decimal(v)), nil
		}
	}
	return nil, impossible(s.at, "no number is within its limits")
}

// candidates are numbers that may lie within: from the lower limit up, from the
// upper one down, and between the two.
func (s *span) candidates(vary int64) []*big.Rat {
	step := s.step
	if step == nil {
		step = big.NewRat(1, 1)
	}
	offset := new(big.Rat).Mul(step, big.NewRat(vary, 1))
	var list []*big.Rat
	for _, shift := range []*big.Rat{offset, new(big.Rat)} {
		start := new(big.Rat).Set(step)
		if s.low == nil || s.low.Cmp(start) < 0 {
			list = append(list, new(big.Rat).Add(start, shift))
		}
		if s.low != nil {
			up := new(big.Rat).Mul(ceiling(new(big.Rat).Quo(s.low, step)), step)
			list = append(list, new(big.Rat).Add(up, shift), new(big.Rat).Add(new(big.Rat).Add(up, step), shift))
		}
		if s.high != nil {
			down := new(big.Rat).Mul(floor(new(big.Rat).Quo(s.high, step)), step)
			list = append(list, new(big.Rat).Sub(down, shift), new(big.Rat).Sub(new(big.Rat).Sub(down, step), shift))
		}
	}
	if s.low != nil && s.high != nil {
		width := new(big.Rat).Sub(s.high, s.low)
		part := new(big.Rat).Mul(width, big.NewRat(vary%maxTries+1, maxTries+2))
		list = append(list, new(big.Rat).Add(s.low, part), new(big.Rat).Set(s.low), new(big.Rat).Set(s.high))
	}
	return append(list, new(big.Rat))
}

func floor(v *big.Rat) *big.Rat {
	// Euclidean division: the remainder is never negative.
	return new(big.Rat).SetInt(new(big.Int).Div(v.Num(), v.Denom()))
}

func ceiling(v *big.Rat) *big.Rat {
	return new(big.Rat).Neg(floor(new(big.Rat).Neg(v)))
}

// decimal is a number without exponent, as every style can write it.
func decimal(v *big.Rat) string {
	if v.IsInt() {
		return v.Num().String()
	}
	text := v.FloatString(24)
	return strings.TrimRight(text, "0")
}
