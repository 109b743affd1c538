package store

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// ID names a thing in the store for ever: a UUID of version 7 (RFC 9562 §5.7),
// written in small letters.
type ID string

// NewID makes an ID of that moment; IDs of later milliseconds sort behind it.
func NewID(now time.Time) ID {
	var b [16]byte
	rand.Read(b[6:])
	binary.BigEndian.PutUint16(b[:], uint16(now.UnixMilli()>>32))
	binary.BigEndian.PutUint32(b[2:], uint32(now.UnixMilli()))
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	var text [36]byte
	at := 0
	for i, part := range [...][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text[at] = '-'
			at++
		}
		at += hex.Encode(text[at:], part)
	}
	return ID(text[:])
}

// Valid tells whether it has the form of a UUID in small letters. What has not
// names nothing.
func (id ID) Valid() bool {
	if len(id) != 36 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c < '0' || c > 'f' || c > '9' && c < 'a':
			return false
		}
	}
	return true
}
