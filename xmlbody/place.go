package xmlbody

import (
	"strconv"

	"sallyport/source"
)

// place is where an element stands in what the body is read into. It becomes a
// pointer (RFC 6901) only where something is said of it.
type place struct {
	up    *place
	name  string
	index int // of an item, from 1; 0 for a member
}

func (p *place) member(name string) *place { return &place{up: p, name: name} }

func (p *place) item(n int) *place { return &place{up: p, index: n + 1} }

// pointer is the place; with stars the index of an item is *.
func (p *place) pointer(stars bool) string {
	switch {
	case p == nil:
		return ""
	case p.index == 0:
		return p.up.pointer(stars) + "/" + source.EscapePointer(p.name)
	case stars:
		return p.up.pointer(stars) + "/*"
	}
	return p.up.pointer(stars) + "/" + strconv.Itoa(p.index-1)
}
