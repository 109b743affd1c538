package jsonschema

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// Eight bytes at a time: a word has the highest bit of each byte set that is
// what is looked for; of those set, the lowest is right.
const (
	low  = 0x0101010101010101
	high = 0x8080808080808080
)

// stops marks the bytes at which a string cannot just go on: its end, an
// escape, a control character, and what is not ASCII.
func stops(word uint64) uint64 {
	quote, escape := word^low*'"', word^low*'\\'
	return ((quote-low)&^quote | (escape-low)&^escape | (word-low*' ')&^word | word) & high
}

// plain is the first byte from i on at which a string cannot just go on.
func plain(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		if s := stops(binary.LittleEndian.Uint64(b[i:])); s != 0 {
			return i + bits.TrailingZeros64(s)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= ' ' && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// text reads a string (RFC 8259 §7). Where it fails, the next byte is the one
// that cannot stand there.
func (r *reader) text() (part, flag, bool) {
	b, from := r.body, r.at+1
	i := from
	for i+8 <= len(b) {
		s := stops(binary.LittleEndian.Uint64(b[i:]))
		if s == 0 {
			i += 8
			continue
		}
		if i += bits.TrailingZeros64(s) / 8; b[i] == '"' {
			r.at = i + 1
			return part{int32(from), int32(i)}, 0, true
		}
		break
	}
	return r.longText(from, plain(b, i))
}

// longText reads on where a string has escapes, or is not ASCII.
func (r *reader) longText(from, i int) (part, flag, bool) {
	start, run := len(r.decoded), from // what is decoded, and not yet copied
	ok := true
	for ok && i < len(r.body) {
		switch c := r.body[i]; {
		case c == '"':
			r.at = i + 1
			if run == from {
				return part{int32(from), int32(i)}, 0, true
			}
			r.decoded = append(r.decoded, r.body[run:i]...)
			return part{int32(start), int32(len(r.decoded))}, escaped, true
		case c == '\\':
			r.decoded = append(r.decoded, r.body[run:i]...)
			i, ok = r.escape(i)
			run = i
		case c < ' ':
			ok = false
		default:
			i, ok = foreign(r.body, i)
		}
		if ok {
			i = plain(r.body, i)
		}
	}
	r.at = i
	return part{}, 0, false
}

// foreign passes over characters beyond ASCII, which must be UTF-8.
func foreign(b []byte, i int) (int, bool) {
	from := i
	for i < len(b) && b[i] >= utf8.RuneSelf {
		i++
	}
	if utf8.Valid(b[from:i]) {
		return i, true
	}
	for {
		c, size := utf8.DecodeRune(b[from:i])
		if c == utf8.RuneError && size <= 1 {
			if !utf8.FullRune(b[from:i]) && i == len(b) {
				return i, false // it ends within a character
			}
			return from, false
		}
		from += size
	}
}

// escape decodes what a backslash begins, and returns what is behind it.
func (r *reader) escape(i int) (int, bool) {
	if i++; i == len(r.body) {
		return i, false
	}
	c := r.body[i]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return r.escapedRune(i + 1)
	default:
		return i, false
	}
	r.decoded = append(r.decoded, c)
	return i + 1, true
}

// escapedRune decodes \uXXXX, and both halves of a surrogate pair.
func (r *reader) escapedRune(i int) (int, bool) {
	c, i, ok := hex4(r.body, i)
	if !ok {
		return i, false
	}
	if utf16.IsSurrogate(c) {
		for _, next := range [...]byte{'\\', 'u'} {
			if i == len(r.body) || r.body[i] != next {
				return i, false
			}
			i++
		}
		var half rune
		if half, i, ok = hex4(r.body, i); !ok {
			return i, false
		}
		if c = utf16.DecodeRune(c, half); c == utf8.RuneError {
			return i - 1, false // no pair
		}
	}
	r.decoded = utf8.AppendRune(r.decoded, c)
	return i, true
}

func hex4(b []byte, i int) (rune, int, bool) {
	c := rune(0)
	for end := i + 4; i < end; i++ {
		if i == len(b) || !isHex(b[i]) {
			return 0, i, false
		}
		digit := rune(b[i])
		if digit > '9' {
			digit += 9 // A and a have the low bits of 1
		}
		c = c<<4 | digit&15
	}
	return c, i, true
}

// number reads a number (RFC 8259 §6). Where it fails, the next byte is the one
// that cannot stand there.
func (r *reader) number(v *value) bool {
	b, i := r.body, r.at
	if i < len(b) && b[i] == '-' {
		i++
	}
	from := i
	if i < len(b) && b[i] == '0' {
		i++
	} else {
		i = behindDigits(b, i)
	}
	ok := i > from
	v.textFlag = whole
	if ok && i < len(b) && b[i] == '.' {
		v.textFlag = 0
		from = i + 1
		i = behindDigits(b, from)
		ok = i > from
	}
	if ok && i < len(b) && b[i]|0x20 == 'e' {
		v.textFlag = exponent
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		from = i
		i = behindDigits(b, from)
		ok = i > from
	}
	r.at = i
	return ok
}

func behindDigits(b []byte, i int) int {
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return i
}
