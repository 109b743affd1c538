package items

import (
	"bytes"
	"strings"
)

// separator begins each text of a sequence (RFC 7464 §2.2).
const separator = 0x1E

// texts are JSON texts each of which begins with a separator and ends with a
// line feed. A text may hold line feeds itself, so it is followed into its
// strings and brackets: the one outside of all of them is the last, and the text
// need not wait for the separator of the next.
type texts struct {
	seen    int // what was looked at
	marked  bool
	inside  bool // of a text, from begin on
	begin   int
	depth   int
	quoted  bool
	escaped bool
}

func (t *texts) cut(b []byte, end bool) (Item, bool, error) {
	if !t.inside {
		if err := t.enter(b); err != nil {
			return Item{}, false, err
		}
	}
	if t.inside {
		for ; t.seen < len(b); t.seen++ {
			switch c := b[t.seen]; {
			case c == separator: // no text holds one (RFC 8259 §7)
				return t.item(b, t.seen)
			case t.ends(c):
				return t.item(b, t.seen+1)
			}
		}
	}
	switch {
	case end && t.inside:
		return t.item(b, len(b))
	case end:
		return Item{Raw: b}, true, nil
	}
	return Item{}, false, nil
}

// enter goes on to the first byte of a text. Several separators in a row count
// as one (RFC 7464 §2.1).
func (t *texts) enter(b []byte) error {
	for ; t.seen < len(b); t.seen++ {
		switch c := b[t.seen]; {
		case c == separator:
			t.marked = true
		case strings.IndexByte(space, c) >= 0:
		case t.marked:
			t.inside, t.begin = true, t.seen
			return nil
		default:
			return ErrMalformed
		}
	}
	return nil
}

// ends follows a text and tells whether a byte is the line feed after it.
func (t *texts) ends(c byte) bool {
	switch {
	case t.escaped:
		t.escaped = false
	case t.quoted:
		t.quoted = c != '"'
		t.escaped = c == '\\'
	case c == '"':
		t.quoted = true
	case c == '{' || c == '[':
		t.depth++
	case c == '}' || c == ']':
		t.depth--
	case c == '\n':
		return t.depth <= 0
	}
	return false
}

// item is the text up to a place. A number, true, false and null must have
// white space after them, or they may be the beginning of something else (RFC
// 7464 §2.4).
func (t *texts) item(b []byte, to int) (Item, bool, error) {
	text := b[t.begin:to]
	*t = texts{}
	if strings.IndexByte(space+`}]"`, text[len(text)-1]) < 0 {
		return Item{}, false, ErrTruncated
	}
	return Item{Raw: b[:to], JSON: bytes.Trim(text, space)}, true, nil
}
