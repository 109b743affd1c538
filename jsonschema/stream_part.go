package jsonschema

import "slices"

// judge cleans a part of a container: some of its members or items, in brackets
// of their own.
func (s *Stream) judge(by *Schema, open byte, from, end int64, shut byte) Cleaned {
	s.parts++
	s.scratch = append(append(append(s.scratch[:0], open), s.bytes(from, end)...), shut)
	return by.Clean(s.scratch, s.May)
}

// put gives out what is left of a part that ends at a place.
func (s *Stream) put(c Cleaned, end int64) {
	if c.CutCount == 0 {
		s.pass(end)
		return
	}
	s.out = append(s.out, c.Body[1:len(c.Body)-1]...)
	s.leaveOut(end)
}

func (s *Stream) tell(faults []Fault, undecided bool) {
	if len(faults) > 0 && s.Found != nil && s.err == nil {
		s.err = s.Found(faults, undecided)
	}
}

func (s *Stream) listCuts(l *level, c Cleaned) {
	s.CutCount += c.CutCount
	for _, place := range c.Cut {
		if place = l.cut + place; len(s.Cut) < maxCut && !slices.Contains(s.Cut, place) {
			s.Cut = append(s.Cut, place)
		}
	}
}

// valueEnd finds the end of a value. fits tells whether it comes within the
// limit, counted from where its part begins.
func (s *Stream) valueEnd(value, part int64) (end int64, fits bool) {
	c, depth := &s.ahead, 0
	switch {
	case c.pos <= value && c.first != value:
		c.begin(value, len(s.levels))
	case c.depthOf(value) >= 0:
		depth = c.depthOf(value) // it was come by before: that it does not fit its container
	default:
		c = &s.near
		c.begin(value, len(s.levels))
	}
	end, fits = s.endOf(c, part, depth)
	if c == &s.near && c.pos > s.ahead.pos {
		s.ahead, s.near = s.near, s.ahead
	}
	return end, fits
}

// endOf reads on until a scanner has found the end.
func (s *Stream) endOf(c *scanner, part int64, depth int) (end int64, fits bool) {
	limit := part + int64(s.most)
	for {
		b := s.buffer
		if most := s.index(max(limit, c.pos)); most < len(b) {
			b = b[:most]
		}
		switch c.scan(b, s.base, depth) {
		case complete:
			return c.pos, c.pos <= limit
		case wrong, crowded:
			s.err = ErrMalformed
			return 0, false
		}
		if s.end() >= limit {
			return 0, false
		}
		if !s.fill() {
			s.breaksOff()
			return 0, false
		}
	}
}

// skipFrom begins to pass over a value that nobody judges: strictly, and without
// holding it.
func (s *Stream) skipFrom(value int64, aloud bool) {
	s.skipping, s.aloud = &scanner{record: &s.record}, aloud
	s.skipping.begin(value, len(s.levels))
}

func (s *Stream) skip() {
	c := s.skipping
	p := c.scan(s.buffer, s.base, 0)
	if s.aloud {
		s.pass(c.held())
	} else {
		s.leaveOut(c.held())
	}
	switch p {
	case complete:
		s.skipping = nil
	case wrong:
		s.err = ErrMalformed
	case crowded:
		s.err = ErrTooLarge
	default:
		if !s.fill() {
			s.breaksOff()
		}
	}
}
