package xmlbody

import (
	"bytes"
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

// attributes finds the attributes of a start tag, each with the white space
// before it (XML 1.0 §3.1). The decoder has read the tag before: where this finds
// another number of them, it is not to be trusted.
func attributes(tag []byte, base int) []span {
	var spans []span
	i := bytes.IndexAny(tag, " \t\r\n/>")
	for i >= 0 && i < len(tag) {
		from := i
		for i < len(tag) && isSpace(tag[i]) {
			i++
		}
		equals := bytes.IndexByte(tag[i:], '=')
		if i == len(tag) || tag[i] == '>' || tag[i] == '/' || equals < 0 {
			return spans
		}
		for i += equals + 1; i < len(tag) && isSpace(tag[i]); i++ {
		}
		if i == len(tag) || tag[i] != '"' && tag[i] != '\'' {
			return nil
		}
		end := bytes.IndexByte(tag[i+1:], tag[i])
		if end < 0 {
			return nil
		}
		i += end + 2
		spans = append(spans, span{base + from, base + i})
	}
	return spans
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

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
