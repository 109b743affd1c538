// Package jsonline writes lines of JSON for logs: as a slog.Handler, and piece
// by piece for the line that every request leaves, where a handler would cost
// more than all the rest of recording. JSON is that of RFC 8259, one object in
// each line. It reads nothing.
package jsonline

import (
	"io"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"
)

// Line is room for one line.
type Line struct{ Bytes []byte }

var lines = sync.Pool{New: func() any { return &Line{make([]byte, 0, 1<<10)} }}

// Take gives an empty line.
func Take() *Line {
	l := lines.Get().(*Line)
	l.Bytes = l.Bytes[:0]
	return l
}

// Send writes the line in one call, and gives it back: it is not to be used
// any more.
func (l *Line) Send(out io.Writer) error {
	_, err := out.Write(l.Bytes)
	if cap(l.Bytes) <= 16<<10 {
		lines.Put(l)
	}
	return err
}

// Begin appends what every line begins with. A zero time is left out.
func Begin(b []byte, at time.Time, level slog.Level, message string) []byte {
	b = append(b, '{')
	if !at.IsZero() {
		b = append(b, `"ts":"`...)
		b = append(at.AppendFormat(b, time.RFC3339Nano), '"', ',')
	}
	b = append(b, `"level":`...)
	b = Text(b, level.String())
	b = append(b, `,"msg":`...)
	return Text(b, message)
}

// End appends what every line ends with.
func End(b []byte) []byte { return append(b, '}', '\n') }

// Key begins a member of an object.
func Key(b []byte, key string) []byte {
	if last := b[max(len(b)-1, 0):]; len(last) > 0 && last[0] != '{' || len(b) == 0 {
		b = append(b, ',')
	}
	return append(Text(b, key), ':')
}

const hexDigits = "0123456789abcdef"

// plain are the bytes that stand for themselves in a string.
var plain = func() (set [256]bool) {
	for c := byte(' '); c < utf8.RuneSelf; c++ {
		set[c] = c != '"' && c != '\\'
	}
	return set
}()

// Text appends a JSON string (RFC 8259 §7). What is not UTF-8 becomes the
// replacement character, so that every line can be read.
func Text(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case plain[c]:
			i++
			continue
		case c < utf8.RuneSelf:
			b = escape(append(b, s[from:i]...), c)
			i++
			from = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(append(b, s[from:i]...), `\ufffd`...)
			from = i + size
		case r == '\u2028' || r == '\u2029': // line ends to JavaScript
			b = append(append(b, s[from:i]...), `\u202`...)
			b = append(b, hexDigits[r&0xf])
			from = i + size
		}
		i += size
	}
	return append(append(b, s[from:]...), '"')
}

func escape(b []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\n':
		return append(b, '\\', 'n')
	case '\r':
		return append(b, '\\', 'r')
	case '\t':
		return append(b, '\\', 't')
	}
	return append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
}
