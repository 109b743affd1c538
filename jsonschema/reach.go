package jsonschema

// sight is what is found in a body beside its faults: scratch space of a check.
type sight struct {
	found    *Found
	gone     [][2]int // what was taken out of the body
	reached  []int32  // the values at a place
	trail    []int    // for each of them the indices that * stands for
	path     []int    // the indices on the way
	stray    int32    // a value on the way that is of another kind than the place takes; -1: none
	masks    []mask
	texts    []byte // what stands in the place of masked values
	raw      []byte // values that do not stand in the body as they are left
	ways     []*schema
	bindings int // schemas that were looked at for what they bind
}

// see makes sure that there is room for what is found.
func (k *check) see() {
	if k.sight == nil {
		k.sight = &sight{}
	}
}

// empty makes room for another body, and leaves nothing of this one.
func (s *sight) empty() {
	clear(s.texts[:cap(s.texts)])
	clear(s.raw[:cap(s.raw)])
	clear(s.ways[:cap(s.ways)])
	if cap(s.texts)+cap(s.raw) > maxKept {
		s.texts, s.raw = nil, nil
	}
	if cap(s.reached)+cap(s.trail)+cap(s.masks)+cap(s.ways) > maxKept {
		s.reached, s.trail, s.masks, s.ways = nil, nil, nil, nil
	}
	*s = sight{reached: s.reached[:0], trail: s.trail[:0], path: s.path[:0], masks: s.masks[:0], texts: s.texts[:0], raw: s.raw[:0], ways: s.ways[:0]}
}

// reach finds the values at a place, seen from a value: they are appended to
// reached, and the indices of each to trail.
func (k *check) reach(p *Place, v int32) {
	k.sight.path = k.sight.path[:0]
	k.follows(p.steps, v)
}

func (k *check) follows(steps []step, v int32) {
	if len(steps) == 0 {
		k.sight.reached = append(k.sight.reached, v)
		k.sight.trail = append(k.sight.trail, k.sight.path...)
		return
	}
	to, val := &steps[0], &k.values[v]
	switch {
	case val.kind == 'n':
	case val.kind != '{' && val.kind != '[', val.kind == '[' && !to.any && to.index < 0:
		k.sight.stray = v
	case to.any:
		depth := len(k.sight.path)
		k.sight.path = append(k.sight.path, 0)
		for i := v + 1; i < val.end; i = k.values[i].end {
			k.follows(steps[1:], i)
			k.sight.path[depth]++
		}
		k.sight.path = k.sight.path[:depth]
	case val.kind == '{':
		if i := k.member(v, to.name); i >= 0 {
			k.follows(steps[1:], i)
		}
	case to.index < int(val.count):
		i := v + 1
		for range to.index {
			i = k.values[i].end
		}
		k.follows(steps[1:], i)
	}
}

// begin is where the text of a value begins in the bytes, that of its name
// left out.
func (t *tree) begin(v int32) int32 {
	val := &t.values[v]
	switch {
	case val.kind == 'n' || val.kind == 't':
		return val.to - 4
	case val.kind == 'f':
		return val.to - 5
	case val.kind != '"':
		return val.text.from
	case val.textFlag&escaped == 0:
		return val.text.from - 1
	}
	// Within a string an odd number of backslashes stands before each quote.
	for i := val.to - 2; ; i-- {
		if t.body[i] != '"' {
			continue
		}
		slashes := int32(0)
		for slashes < i && t.body[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes&1 == 0 {
			return i
		}
		i -= slashes
	}
}

// nameEnd is where the name of a member ends in the bytes, behind its quote.
func (t *tree) nameEnd(v int32) int32 {
	val := &t.values[v]
	if val.nameFlag&escaped == 0 {
		return val.name.to + 1
	}
	i := val.from + 1
	for t.body[i] != '"' {
		if t.body[i] == '\\' {
			i++
		}
		i++
	}
	return i + 1
}
