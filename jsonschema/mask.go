package jsonschema

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// mask is a part of a body and where the text stands that takes its place.
type mask struct {
	span
	by  part
	put bool // text of the caller's, which hides nothing
}

// hide appends the body from a place up to the mask and what takes the place
// of the value, and gives the place behind it.
func (m mask) hide(left, body []byte, at int, texts []byte) ([]byte, int) {
	if int(m.from) < at {
		return left, at // it lies within another
	}
	left = append(left, body[at:m.from]...)
	return append(left, texts[m.by.from:m.by.to]...), int(m.to)
}

// maxLast is how many characters of a masked string stay at most.
const maxLast = 4

// maskPlaces masks the values at places.
func (k *check) maskPlaces(places []Mask) {
	for i := range places {
		first := len(k.sight.reached)
		k.reach(places[i].Place, 0)
		for _, v := range k.sight.reached[first:] {
			k.maskValue(v, min(max(places[i].Last, 0), maxLast))
		}
		k.sight.reached = k.sight.reached[:first]
	}
}

// sortMasks orders masks by where they stand, the outer one of two and the
// stricter of two equal ones first, and drops those that lie within others. It
// counts those that hide values, and those that were put in their place.
func (k *check) sortMasks() (hiding, put int) {
	masks := k.sight.masks
	slices.SortFunc(masks, func(a, b mask) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to), strictness(a)-strictness(b), cmp.Compare(a.by.to-a.by.from, b.by.to-b.by.from))
	})
	end := int32(-1)
	k.sight.masks = slices.DeleteFunc(masks, func(m mask) bool {
		within := m.to <= end
		end = max(end, m.to)
		return within
	})
	for _, m := range k.sight.masks {
		put += strictness(m)
	}
	return len(k.sight.masks) - put, put
}

func strictness(m mask) int {
	if m.put {
		return 1
	}
	return 0
}

// putPlaces puts texts in the place of values.
func (k *check) putPlaces(puts []Put) {
	for i := range puts {
		first := len(k.sight.reached)
		k.reach(puts[i].Place, 0)
		for _, v := range k.sight.reached[first:] {
			from := len(k.sight.texts)
			k.sight.texts = append(k.sight.texts, puts[i].Text...)
			k.sight.masks = append(k.sight.masks, mask{span{k.begin(v), k.values[v].to}, part{int32(from), int32(len(k.sight.texts))}, true})
		}
		k.sight.reached = k.sight.reached[:first]
	}
}

func (k *check) maskValue(v int32, last int) {
	val, from := &k.values[v], len(k.sight.texts)
	switch val.kind {
	case 'n':
		return
	case '"':
		k.sight.texts = appendMasked(k.sight.texts, k.textOf(v), last)
	default:
		k.sight.texts = append(k.sight.texts, "null"...)
	}
	k.sight.masks = append(k.sight.masks, mask{span{k.begin(v), val.to}, part{int32(from), int32(len(k.sight.texts))}, false})
}

// appendMasked writes a string of which the last characters stay.
func appendMasked(b, text []byte, last int) []byte {
	b = append(b, `"****`...)
	if utf8.RuneCount(text) < 2*last {
		last = 0
	}
	from := len(text)
	for range last {
		_, size := utf8.DecodeLastRune(text[:from])
		from -= size
	}
	for _, c := range text[from:] {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			const digits = "0123456789abcdef"
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
