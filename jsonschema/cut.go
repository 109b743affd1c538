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
	k.cutOut(i, n)
}

// cutOut takes a member or an item out of the bytes.
func (k *check) cutOut(i int32, n neighbours) {
	k.cutCount++
	k.listCut(i)
	s := span{k.outset(i), k.values[i].to}
	switch { // one comma goes with it
	case n.kept:
		s.from = k.values[n.before].to
	case n.followed:
		s.to = k.outset(n.next)
	}
	k.spans = append(k.spans, s)
}

// outset is where a member or an item begins in the bytes.
func (k *check) outset(v int32) int32 {
	if from := k.values[v].from; from >= 0 {
		return from
	}
	return k.begin(v)
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

// gone are the spans that were taken out, in order and apart.
func (k *check) gone() [][2]int {
	if len(k.spans) == 0 {
		return nil
	}
	slices.SortFunc(k.spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var gone [][2]int
	for _, s := range k.spans {
		from, to := int(s.from), int(s.to)
		if last := len(gone) - 1; last >= 0 && from <= gone[last][1] {
			gone[last][1] = max(to, gone[last][1])
		} else {
			gone = append(gone, [2]int{from, to})
		}
	}
	return gone
}

// assemble is the body without what is gone, and with masks in the place of
// what they mask.
func (k *check) assemble(body []byte, gone [][2]int) []byte {
	var masks []mask
	var texts []byte
	if k.sight != nil {
		masks, texts = k.sight.masks, k.sight.texts
	}
	if len(gone)+len(masks) == 0 {
		return body
	}
	size := len(body) + len(texts)
	for _, g := range gone {
		size -= g[1] - g[0]
	}
	return splice(make([]byte, 0, size), body, 0, gone, masks, texts)
}

// splice appends the body from a place on without what is gone, and with masks
// whose texts stand in a row. Of what lies within another the outer counts.
func splice(left, body []byte, at int, gone [][2]int, masks []mask, texts []byte) []byte {
	for _, g := range gone {
		for len(masks) > 0 && int(masks[0].from) < g[0] {
			left, at = masks[0].hide(left, body, at, texts)
			masks = masks[1:]
		}
		if g[0] > at {
			left = append(left, body[at:g[0]]...)
		}
		at = max(at, g[1])
	}
	for _, m := range masks {
		left, at = m.hide(left, body, at, texts)
	}
	return append(left, body[at:]...)
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
