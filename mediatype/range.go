package mediatype

import "strings"

// Range is one key of a content map: a media type, type/*, */*, or */*+suffix
// in the place of a subtype, as application/*+json.
type Range struct {
	// Text is the range as it was declared.
	Text string

	kind       kind
	key        string // what is compared: the name, "type/", "", or "type/" with a suffix
	suffix     string
	parameters []pair
}

type pair struct{ name, value string }

// kind is ordered: what is more specific is greater.
type kind uint8

const (
	everything kind = iota
	oneMain
	oneSuffix
	oneName
)

// ParseRange reads a key of a content map. charset=utf-8 in it is dropped: no
// other charset is read anyway, and clients that leave it out mean the same.
func ParseRange(text string) (Range, error) {
	t, err := Parse(text)
	if err != nil {
		return Range{}, err
	}
	r := Range{Text: text, kind: oneName, key: t.Name}
	main, sub := t.Main(), t.Sub()
	switch {
	case main == "*" && sub == "*":
		r.kind, r.key = everything, ""
	case strings.Contains(main, "*"):
		return Range{}, ErrMalformed
	case sub == "*":
		r.kind, r.key = oneMain, main+"/"
	case strings.HasPrefix(sub, "*+") && !strings.Contains(sub[1:], "*"):
		// Not in RFC 9110, but written in many descriptions.
		r.kind, r.key, r.suffix = oneSuffix, main+"/", sub[1:]
	case strings.Contains(sub, "*"):
		return Range{}, ErrMalformed
	}
	for rest := t.parameters; rest != ""; {
		name, value, next, _ := parameter(rest)
		if rest = next; name == "" {
			continue
		}
		p := pair{strings.ToLower(name), unquote(value)}
		if p.name == "charset" && strings.EqualFold(p.value, "utf-8") {
			continue
		}
		r.parameters = append(r.parameters, p)
	}
	return r, nil
}

// Type is the media type that the range names, if it names one and no more.
func (r Range) Type() (Type, bool) {
	if r.kind != oneName {
		return Type{}, false
	}
	t, err := Parse(r.Text)
	return t, err == nil
}

// Includes tells whether a type is in the range, with every parameter that the
// range names.
func (r *Range) Includes(t Type) bool {
	switch r.kind {
	case oneName:
		if t.Name != r.key {
			return false
		}
	case oneSuffix:
		if !strings.HasPrefix(t.Name, r.key) || !strings.HasSuffix(t.Name, r.suffix) || len(t.Name) <= len(r.key)+len(r.suffix) {
			return false
		}
	case oneMain:
		if !strings.HasPrefix(t.Name, r.key) {
			return false
		}
	}
	for _, p := range r.parameters {
		value, ok := t.Parameter(p.name)
		if !ok || value != p.value && !(p.name == "charset" && strings.EqualFold(value, p.value)) {
			return false
		}
	}
	return true
}

// moreSpecific orders ranges as RFC 9110 §12.5.1 orders those of Accept.
func (r *Range) moreSpecific(than *Range) bool {
	if r.kind != than.kind {
		return r.kind > than.kind
	}
	return len(r.parameters) > len(than.parameters)
}

// Match is the index of the most specific range that includes a type, the first
// of equals, or -1.
func Match(ranges []Range, t Type) int {
	best := -1
	if t.Name == "" {
		return best
	}
	for i := range ranges {
		if ranges[i].Includes(t) && (best < 0 || ranges[i].moreSpecific(&ranges[best])) {
			best = i
		}
	}
	return best
}
