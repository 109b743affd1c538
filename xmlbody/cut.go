package xmlbody

import (
	"cmp"
	"slices"
)

// span is a part of the bytes.
type span struct{ from, to int }

// cut is a part of the XML that is taken out, and its place.
type cut struct {
	span
	place string
}

// within finds the XML of the members that lie in parts of the JSON text. Both
// are in order, and the parts stand apart.
func within(marks []mark, gone [][2]int) []span {
	var spans []span
	for _, m := range marks {
		i, _ := slices.BinarySearchFunc(gone, m.json.from, func(g [2]int, from int) int { return cmp.Compare(g[1], from+1) })
		if i < len(gone) && gone[i][0] <= m.json.from && m.json.to <= gone[i][1] && m.xml.from < m.xml.to {
			spans = append(spans, m.xml)
		}
	}
	return spans
}

// without is the text without these parts, which may overlap; they are left in
// order and apart.
func without(content []byte, spans []span) ([]byte, [][2]int) {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	left, at := make([]byte, 0, len(content)), 0
	var gone [][2]int
	for _, s := range spans {
		if s.from > at || gone == nil {
			left = append(left, content[at:s.from]...)
			gone = append(gone, [2]int{s.from, s.to})
		}
		last := &gone[len(gone)-1]
		last[1] = max(last[1], s.to)
		at = last[1]
	}
	return append(left, content[at:]...), gone
}
