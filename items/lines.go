package items

import "bytes"

// space is the white space of JSON (RFC 8259 §2).
const space = " \t\r\n"

// lines are JSON texts that end at a line feed; the last one need not. Lines
// that are blank hold none.
type lines struct{ seen int }

func (l *lines) cut(b []byte, end bool) (Item, bool, error) {
	i := bytes.IndexByte(b[l.seen:], '\n')
	if i < 0 && !end {
		l.seen = len(b)
		return Item{}, false, nil
	}
	raw := b
	if i >= 0 {
		raw = b[:l.seen+i+1]
	}
	l.seen = 0
	return Item{Raw: raw, JSON: trimmed(raw)}, true, nil
}

// trimmed is a text without the space around it, nil if it is nothing else.
func trimmed(b []byte) []byte {
	if b = bytes.Trim(b, space); len(b) == 0 {
		return nil
	}
	return b
}
