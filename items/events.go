package items

import (
	"bytes"
	"strings"
)

// events are blocks of lines, each ended by an empty one. A line ends with CR
// LF, LF or CR (WHATWG HTML §9.2.5, "Parsing an event stream").
type events struct {
	begun bool
	// cutLF tells that the last piece ended with a CR and nothing after it was
	// there: a LF that comes belongs to it.
	cutLF bool
	line  int // where the current line begins
	seen  int // what was looked at
	event event
}

const byteOrderMark = "\uFEFF"

func (e *events) cut(b []byte, end bool) (Item, bool, error) {
	if n, wait := e.leading(b, end); n > 0 || wait {
		return Item{Raw: b[:n]}, n > 0, nil
	}
	for {
		i := bytes.IndexAny(b[e.seen:], "\r\n")
		if i < 0 {
			if e.seen = len(b); !end {
				return Item{}, false, nil
			}
			e.add(b[e.line:])
			return e.piece(b)
		}
		line, next := b[e.line:e.seen+i], e.seen+i+1
		if b[next-1] == '\r' {
			switch {
			case next < len(b) && b[next] == '\n':
				next++
			case next < len(b), end:
			case len(line) > 0:
				e.seen = next - 1
				return Item{}, false, nil
			default:
				e.cutLF = true // the block has ended and must not wait
			}
		}
		if len(line) == 0 || !e.event.any && line[0] == ':' {
			e.add(line)
			return e.piece(b[:next])
		}
		e.add(line)
		e.line, e.seen = next, next
	}
}

// leading is what stands before a block and is no part of it.
func (e *events) leading(b []byte, end bool) (n int, wait bool) {
	if e.cutLF {
		e.cutLF = false
		if b[0] == '\n' {
			return 1, false
		}
	}
	if !e.begun {
		switch {
		case strings.HasPrefix(string(b[:min(len(b), 3)]), byteOrderMark):
			e.begun = true
			return len(byteOrderMark), false
		case len(b) < 3 && !end && strings.HasPrefix(byteOrderMark, string(b)):
			return 0, true
		}
		e.begun = true
	}
	return 0, false
}

// add takes a line into the event: name, colon, one space that counts for
// nothing, value.
func (e *events) add(line []byte) {
	if len(line) == 0 || line[0] == ':' {
		e.event.odd = e.event.odd || len(line) > 1
		return
	}
	name, value, _ := bytes.Cut(line, []byte(":"))
	e.event.set(string(name), bytes.TrimPrefix(value, []byte(" ")))
}

func (e *events) piece(raw []byte) (Item, bool, error) {
	item := Item{Raw: raw, JSON: e.event.json()}
	switch {
	case item.JSON == nil && e.event.any:
		item.Bare = e.event.bare()
	case item.JSON == nil && e.event.odd:
		item.Bare = []byte(":\n") // a sign of life, no more
	case e.event.odd:
		item.Bare, _ = Append(nil, Events, item.JSON)
	}
	e.event = event{}
	e.line, e.seen = 0, 0
	return item, true, nil
}
