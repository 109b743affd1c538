package validate

// mark says from which pair or part a piece of a decoded text was written.
type mark struct {
	from, to int
	index    int
	// verbatim pieces are the bytes of the pair or part themselves.
	verbatim bool
}

// mark notes that what was written since from comes of a pair or a part.
func (d *decoder) mark(from, index int, verbatim bool) {
	if d.marking {
		d.marks = append(d.marks, mark{from, len(d.out), index, verbatim})
	}
}

// markAll notes that what was written since from comes of all these pairs.
func (d *decoder) markAll(from int, v values) {
	if !d.marking || v.count() == 0 {
		return
	}
	for i := v.chain.first; i >= 0; i = v.pairs.list[i].next {
		d.mark(from, int(i), false)
	}
}

// lost are the pairs or parts of which a mark lies in what was taken out.
func (d *decoder) lost(gone [][2]int) map[int]bool {
	lost := map[int]bool{}
	for _, m := range d.marks {
		for _, g := range gone {
			if g[0] <= m.from && m.to <= g[1] {
				lost[m.index] = true
			}
		}
	}
	return lost
}

// left is the content of a part without what was taken out of it, where its
// bytes are those that were judged.
func (d *decoder) left(content []byte, index int, gone [][2]int) []byte {
	for _, m := range d.marks {
		if m.index != index || !m.verbatim {
			continue
		}
		var left []byte
		at, cut := 0, false
		for _, g := range gone {
			if from, to := g[0]-m.from, g[1]-m.from; from >= 0 && to <= len(content) && from >= at {
				left, at, cut = append(left, content[at:from]...), to, true
			}
		}
		if cut {
			return append(left, content[at:]...)
		}
	}
	return content
}

// withoutPairs is a form without some of its pairs, counted as scanPairs finds
// them. One ampersand goes with each.
func withoutPairs(text string, lost map[int]bool) string {
	left := make([]byte, 0, len(text))
	kept := false
	for i, more := 0, text != ""; more; {
		var one string
		one, text, more = ampersand.cut(text)
		if one != "" {
			if i++; lost[i-1] {
				continue
			}
		}
		if kept {
			left = append(left, '&')
		}
		left, kept = append(left, one...), true
	}
	return string(left)
}
