package pathmatch

import "slices"

// tier holds the siblings of one rank. A segment cut at the tier's two lengths gives the literals that it
// must have at its ends, so that a thousand siblings such as "{id}:cancel" and "{id}:delete" cost one
// look-up for each length of verb instead of a thousand comparisons.
type tier struct {
	rank     rank
	siblings map[ends][]sibling
}

// ends are the literals before the first and after the last parameter.
type ends struct{ prefix, suffix string }

// sibling is one of the segments that share a rank and their ends.
type sibling struct {
	inner []string // the literals between two parameters each
	child *node
}

// tier returns the node's tier of the rank and makes it if there is none.
func (n *node) tier(r rank) *tier {
	i, found := slices.BinarySearchFunc(n.tiers, r, func(t tier, r rank) int { return t.rank.compare(r) })
	if !found {
		n.tiers = slices.Insert(n.tiers, i, tier{rank: r, siblings: make(map[ends][]sibling)})
	}
	return &n.tiers[i]
}

// child returns the node behind the segment and makes it if there is none.
func (t *tier) child(s segment) *node {
	at := ends{s.prefix(), s.suffix()}
	list := t.siblings[at]
	i, found := slices.BinarySearchFunc(list, s.inner(), func(b sibling, inner []string) int {
		return slices.Compare(b.inner, inner)
	})
	if !found {
		list = slices.Insert(list, i, sibling{inner: s.inner(), child: &node{}})
		t.siblings[at] = list
	}
	return list[i].child
}

func (t *tier) find(segment, rest string, more bool, into *Values, taken int) int {
	if len(segment) < t.rank.least() {
		return 0
	}
	end := len(segment) - t.rank.suffix
	if cutsTriple(segment, end) {
		return 0
	}
	middle := segment[t.rank.prefix:end]
	for _, b := range t.siblings[ends{segment[:t.rank.prefix], segment[end:]}] {
		if !b.cut(middle, into, taken) {
			continue
		}
		leaf := b.child.next(rest, more, into, taken+t.rank.parameters)
		if leaf == 0 {
			continue
		}
		if b.cutsElsewhere(middle, into, taken) {
			into.ambiguous = true
		}
		return leaf
	}
	return 0
}

// cut gives each parameter but the last as little as it can take. As a parameter takes any characters, the
// earliest occurrence of a literal leaves the most for what follows: there is no need to go back.
func (b *sibling) cut(middle string, into *Values, taken int) bool {
	for i, literal := range b.inner {
		at := indexWhole(middle, literal, 1)
		if at < 0 {
			return false
		}
		into.set(taken+i, middle[:at])
		middle = middle[at+len(literal):]
	}
	into.set(taken+len(b.inner), middle)
	return middle != ""
}

// cutsElsewhere reports whether the middle, cut from the right with each parameter but the first as short as
// it can be, is cut at any other place. The leftmost and the rightmost cut are one if there is only one.
func (b *sibling) cutsElsewhere(middle string, into *Values, taken int) bool {
	for i := len(b.inner) - 1; i >= 0; i-- {
		literal := b.inner[i]
		left := len(middle) - len(into.get(taken+i+1)) - len(literal)
		if lastIndexWhole(middle[:len(middle)-1], literal) != left {
			return true
		}
		middle = middle[:left]
	}
	return false
}
