package jsonschema

import (
	"strings"
	"unicode/utf8"
)

// scanner finds the end of a value as its bytes come, each of which it looks at
// once. It takes what reader does; that a name stands twice in its object only
// a scanner with a record of names notices.
type scanner struct {
	first  int64 // where the value begins
	pos    int64 // the next byte to be looked at
	from   int64 // where the name begins that is being read
	around int   // containers that the value stands in
	state  scanState
	open   []opened
	record *nameRecord
	lexer  reader
}

// opened is a container that has not ended yet.
type opened struct {
	kind byte
	from int64
	seen map[uint64]struct{}
}

type scanState uint8

const (
	atValue     scanState = iota
	atItem                // a value, or the end of an empty array
	atName                // the name of a member
	atMember              // that, or the end of an empty object
	atColon               // between the two
	inName                // within the quotes
	inText                // likewise
	behindValue           // a comma, or an end
)

// progress is what a scanner comes to.
type progress uint8

const (
	unfinished progress = iota // more bytes are needed
	going
	complete // a value has ended
	wrong
	crowded // with names
)

func (c *scanner) begin(at int64, around int) {
	c.first, c.pos, c.around, c.state, c.open = at, at, around, atValue, c.open[:0]
}

// depthOf is how many containers stand open around the value that begins at a
// place; -1 if the scanner is not within that value.
func (c *scanner) depthOf(from int64) int {
	if from == c.first {
		return 0
	}
	for i := range c.open {
		if c.open[i].from == from {
			return i
		}
	}
	return -1
}

// held is the first byte that the scanner still needs.
func (c *scanner) held() int64 {
	if c.state == inName {
		return c.from
	}
	return c.pos
}

// scan goes on through bytes that begin at a place, to the end of the value
// that stands so deep in the one that the scanner began with.
func (c *scanner) scan(b []byte, base int64, depth int) progress {
	if c.state == behindValue && len(c.open) == depth {
		return complete
	}
	i := int(c.pos - base)
	for i < len(b) {
		p := going
		switch {
		case c.state == inText || c.state == inName:
			i, p = c.text(b, i, base)
		case isSpace(b[i]):
			i++
		default:
			i, p = c.token(b, i, base)
		}
		c.pos = base + int64(i)
		if p != going && (p != complete || len(c.open) == depth) {
			return p
		}
	}
	return unfinished
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\r' || c == '\t' }

// token passes over what begins at i.
func (c *scanner) token(b []byte, i int, base int64) (int, progress) {
	switch {
	case c.state == atItem && b[i] == ']', c.state == atMember && b[i] == '}':
		return c.close(i)
	case c.state == atValue || c.state == atItem:
		return c.value(b, i, base)
	case c.state == atColon && b[i] == ':':
		c.state = atValue
		return i + 1, going
	case (c.state == atName || c.state == atMember) && b[i] == '"':
		c.state, c.from = inName, base+int64(i)
		return i + 1, going
	case c.state == behindValue:
		return c.behind(b, i)
	}
	return i, wrong
}

func (c *scanner) behind(b []byte, i int) (int, progress) {
	array := c.open[len(c.open)-1].kind == '['
	switch {
	case b[i] == ',' && array:
		c.state = atValue
		return i + 1, going
	case b[i] == ',':
		c.state = atName
		return i + 1, going
	case b[i] == ']' && array, b[i] == '}' && !array:
		return c.close(i)
	}
	return i, wrong
}

func (c *scanner) close(i int) (int, progress) {
	last := &c.open[len(c.open)-1]
	if last.seen != nil {
		c.record.forget(last.seen)
		last.seen = nil
	}
	c.open, c.state = c.open[:len(c.open)-1], behindValue
	return i + 1, complete
}

func (c *scanner) value(b []byte, i int, base int64) (int, progress) {
	if c.around+len(c.open) > MaxDepth {
		return i, wrong
	}
	switch b[i] {
	case '"':
		c.state = inText
		return i + 1, going
	case '[':
		c.state = atItem
	case '{':
		c.state = atMember
	case 't':
		return c.literal(b, i, "true")
	case 'f':
		return c.literal(b, i, "false")
	case 'n':
		return c.literal(b, i, "null")
	default:
		return c.number(b, i)
	}
	c.open = append(c.open, opened{kind: b[i], from: base + int64(i)})
	return i + 1, going
}

func (c *scanner) literal(b []byte, i int, word string) (int, progress) {
	have := b[i:min(len(b), i+len(word))]
	switch {
	case !strings.HasPrefix(word, string(have)):
		return i, wrong
	case len(have) < len(word):
		return i, unfinished
	}
	c.state = behindValue
	return i + len(word), complete
}

// number passes over a number; the byte behind it says that it has ended.
func (c *scanner) number(b []byte, i int) (int, progress) {
	c.lexer.body, c.lexer.at = b, i
	var v value
	switch ok := c.lexer.number(&v); {
	case c.lexer.at == len(b):
		return i, unfinished
	case !ok || !bounded(b[i:c.lexer.at]):
		return i, wrong
	}
	c.state = behindValue
	return c.lexer.at, complete
}

// text passes over what is there of a string. Where it stops for more, it stops
// before a character or an escape.
func (c *scanner) text(b []byte, i int, base int64) (int, progress) {
	for {
		i = plain(b, i)
		if i == len(b) {
			return i, unfinished
		}
		behind, ok := i, false
		switch {
		case b[i] == '"':
			return c.endText(b, i+1, base)
		case b[i] == '\\':
			c.lexer.body, c.lexer.decoded = b, c.lexer.decoded[:0]
			behind, ok = c.lexer.escape(i)
		case b[i] >= utf8.RuneSelf:
			behind, ok = foreign(b, i)
		}
		switch {
		case ok:
			i = behind
		case behind < len(b):
			return i, wrong
		default:
			return lastStart(b, i), unfinished
		}
	}
}

// lastStart is where the last character begins of those from i on.
func lastStart(b []byte, i int) int {
	at := len(b)
	for at--; at > i && !utf8.RuneStart(b[at]); at-- {
	}
	if b[i] == '\\' {
		return i
	}
	return max(at, i)
}

func (c *scanner) endText(b []byte, i int, base int64) (int, progress) {
	if c.state == inText {
		c.state = behindValue
		return i, complete
	}
	c.state = atColon
	if c.record == nil {
		return i, going
	}
	name := c.nameAt(b[c.from-base : i])
	return i, c.record.note(&c.open[len(c.open)-1].seen, name)
}

// nameAt decodes a name. It holds until the scanner goes on.
func (c *scanner) nameAt(quoted []byte) []byte {
	c.lexer.body, c.lexer.at, c.lexer.decoded = quoted, 0, c.lexer.decoded[:0]
	var member value
	member.name, member.nameFlag, _ = c.lexer.text()
	return c.lexer.nameIn(&member)
}
