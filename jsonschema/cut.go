package jsonschema

import (
	"cmp"
	"slices"
)

// maxCut is how many places of what was taken out are listed.
const maxCut = 100

// span is a part of the bytes of a body.
type span struct{ from, to int32 }

// neighbours of a member: those before and behind it in its object.
type neighbours struct {
	before, next int32
	kept         bool // a member before it stays
	followed     bool
}

// takeOut takes a member out of the tree: out of the bytes too if that is asked
// for, otherwise it is a fault.
func (k *check) takeOut(i int32, word string, by *schema, n neighbours) {
	if k.taken = true; k.asking {
		return
	}
	m := &k.values[i]
	m.out = true
	k.values[m.parent].count--
	hidden := word == "readOnly" || word == "writeOnly"
	if hidden && !k.may.Hidden || !hidden && !k.may.Undeclared {
		k.report = true
		message := ""
		if word == "false" {
			message = "is not allowed here"
		}
		k.refuse(i, word, message, by)
		k.report = false
		return
	}
	k.cutCount++
	k.listCut(i)
	s := span{m.from, m.to}
	switch { // one comma goes with it
	case n.kept:
		s.from = k.values[n.before].to
	case n.followed:
		s.to = k.values[n.next].from
	}
	k.spans = append(k.spans, s)
}

// listCut notes the place of a member, once for all items of an array.
func (k *check) listCut(i int32) {
	if len(k.cut) == maxCut {
		return
	}
	k.where = k.appendPlace(k.where[:0], i)
	if _, known := k.listed[string(k.where)]; known {
		return
	}
	if k.listed == nil {
		k.listed = map[string]struct{}{}
	}
	place := string(k.where)
	k.listed[place] = struct{}{}
	k.cut = append(k.cut, place)
}

// appendPlace writes the pointer of a value with * for the index of an item.
func (t *tree) appendPlace(b []byte, v int32) []byte {
	if v == 0 {
		return b
	}
	parent := t.values[v].parent
	b = append(t.appendPlace(b, parent), '/')
	if t.values[parent].kind == '[' {
		return append(b, '*')
	}
	return append(b, escape(string(t.nameOf(v)))...)
}

// assemble is the body without the spans that were taken out, and where they
// were.
func (k *check) assemble(body []byte) (left []byte, gone [][2]int) {
	if len(k.spans) == 0 {
		return body, nil
	}
	slices.SortFunc(k.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	size := len(body)
	for _, s := range k.spans {
		from, to := int(s.from), int(s.to)
		if last := len(gone) - 1; last >= 0 && from <= gone[last][1] {
			from = gone[last][1]
			to = max(to, from)
			gone[last][1] = to
		} else {
			gone = append(gone, [2]int{from, to})
		}
		size -= to - from
	}
	left, at := make([]byte, 0, size), 0
	for _, g := range gone {
		left = append(left, body[at:g[0]]...)
		at = g[1]
	}
	return append(left, body[at:]...), gone
}

// pack closes the gaps that the members leave which were taken out.
func (t *tree) pack() {
	n := t.packValue(0, -1, 0)
	t.values = t.values[:n]
}

// packValue moves a value and what it holds to its new place, which is never
// behind the old one, and returns the next.
func (t *tree) packValue(from, parent, to int32) int32 {
	v := t.values[from]
	next := to + 1
	for i := from + 1; i < v.end; {
		end := t.values[i].end
		if !t.values[i].out {
			next = t.packValue(i, to, next)
		}
		i = end
	}
	v.parent, v.end = parent, next
	t.values[to] = v
	return next
}
