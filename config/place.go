package config

import (
	"strings"

	"sallyport/source"
)

// Place is where a struct stands in its file, for mistakes that are found only
// when the documents are known.
type Place struct {
	// At is where the struct begins, or the flag that it comes from.
	At source.Position

	keys map[string]source.Position
}

// PositionOf is where the value of a key stands, such as "upstream", or an item
// of its list, "public/2"; where the file does not write it, At.
func (p Place) PositionOf(key string) source.Position {
	if at, ok := p.keys[key]; ok {
		return at
	}
	if list, _, one := strings.Cut(key, "/"); one {
		return p.PositionOf(list) // a list of one needs no brackets
	}
	return p.At
}

// Wrote tells whether the file writes this key; if not, its value is the
// default.
func (p Place) Wrote(key string) bool {
	_, ok := p.keys[key]
	return ok
}

// settle takes the struct's own place, unless it has one by its name, and those
// of its keys.
func (p *Place) settle(n *source.Node, fields []field) {
	if p.At == (source.Position{}) {
		p.At = n.Position()
	}
	for _, f := range fields {
		written := n.Get(f.key)
		if written == nil {
			continue
		}
		p.note(f.key, written.Position())
		for i, one := range written.Items {
			p.note(item(f.key, i), one.Position())
		}
	}
}

func (p *Place) note(key string, at source.Position) {
	if p.keys == nil {
		p.keys = make(map[string]source.Position)
	}
	p.keys[key] = at
}

// with is the place of a struct over which another one was laid: keys of the
// other stand where it wrote them.
func (p Place) with(over Place, keys map[string]bool) Place {
	merged := Place{At: p.At}
	for key, at := range p.keys {
		merged.note(key, at)
	}
	for key, at := range over.keys {
		if name, _, _ := strings.Cut(key, "/"); keys[name] {
			merged.note(key, at)
		}
	}
	return merged
}
