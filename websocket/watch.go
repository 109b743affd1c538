package websocket

import (
	"encoding/binary"
	"unicode/utf8"
)

// Code is the status of a close frame (RFC 6455 §7.4).
type Code uint16

// The codes that the gateway gives itself.
const (
	GoingAway     Code = 1001
	ProtocolError Code = 1002
	TooBig        Code = 1009
)

// noCode says that a close frame has none; it is never sent (§7.4.1).
const noCode Code = 1005

// Violation is why frames are not passed on.
type Violation struct {
	// Code is that of the close frame which answers it.
	Code Code
	// Says what would be right, in a sentence, without anything that was received.
	Says string
}

func (v *Violation) Error() string { return v.Says }

// The violations. They are compared, never changed.
var (
	errReserved   = &Violation{ProtocolError, "No extension was agreed on: the reserved bits of a frame are zero."}
	errOpcode     = &Violation{ProtocolError, "The opcode of a frame is one that RFC 6455 knows."}
	errMask       = &Violation{ProtocolError, "The frames of a client are masked."}
	errNoMask     = &Violation{ProtocolError, "The frames of a server are not masked."}
	errLength     = &Violation{ProtocolError, "The length of a frame is written in as few bytes as it takes."}
	errControl    = &Violation{ProtocolError, "A control frame is whole and holds 125 bytes at most."}
	errContinues  = &Violation{ProtocolError, "A frame that continues a message follows one that began it."}
	errUnfinished = &Violation{ProtocolError, "A message ends before the next one begins."}
	errClose      = &Violation{ProtocolError, "A close frame is empty, or holds a code that may be sent and a reason in UTF-8."}
	errTooBig     = &Violation{TooBig, "The message is longer than it may be."}
)

// The opcodes (RFC 6455 §5.2).
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

const (
	// mostHead is the longest head of a frame: two bytes, eight of length, four
	// of mask.
	mostHead = 14
	// mostControl is the longest payload of a control frame (§5.5).
	mostControl = 125
)

// Watch follows the frames of one direction by their heads. It holds no
// payload but that of a close frame, and makes no room.
type Watch struct {
	// Masked tells the frames of a client, which are masked; those of a server
	// are not (RFC 6455 §5.1).
	Masked bool
	// Most is the longest message, in bytes over all its frames.
	Most int64

	// Frames and Messages are how many began, and how many ended.
	Frames, Messages int64
	// Closed tells that a close frame came, behind which nothing counts (§5.5.1);
	// Code is that of it, 1005 where it has none.
	Closed bool
	Code   Code

	left   int64 // payload of the last frame that is still to come
	size   int64 // of the message under way
	within bool  // a message was begun and has not ended
}

// Scan judges bytes, and tells how many of them may be passed on: all but a
// head, or a close frame, that is not whole yet, and is given again with what
// follows. Behind a violation, and behind a close frame, nothing is judged. The
// verdict does not depend on how the bytes come in pieces.
func (w *Watch) Scan(b []byte) (judged int, violation *Violation) {
	for !w.Closed && judged < len(b) {
		if w.left > 0 {
			n := min(int64(len(b)-judged), w.left)
			w.left -= n
			judged += int(n)
			continue
		}
		n, violation := w.begin(b[judged:])
		if n == 0 || violation != nil {
			return judged, violation
		}
		judged += n
	}
	return judged, nil
}

// Between tells whether what was judged ends with a frame.
func (w *Watch) Between() bool { return w.left == 0 }

// begin judges the head of a frame, and a close frame to its end. It returns 0
// where not all of it has come.
func (w *Watch) begin(b []byte) (int, *Violation) {
	if len(b) < 2 {
		return 0, nil
	}
	final, op, masked, short := b[0]&0x80 != 0, b[0]&0x0f, b[1]&0x80 != 0, b[1]&0x7f
	control := op >= opClose
	switch {
	case b[0]&0x70 != 0:
		return 0, errReserved
	case op > opBinary && op < opClose || op > opPong:
		return 0, errOpcode
	case w.Masked && !masked:
		return 0, errMask
	case !w.Masked && masked:
		return 0, errNoMask
	case control && (!final || short > mostControl):
		return 0, errControl
	case op == opContinuation && !w.within:
		return 0, errContinues
	case (op == opText || op == opBinary) && w.within:
		return 0, errUnfinished
	}
	length, size := int64(short), 2
	switch {
	case short == 126 && len(b) >= 4:
		length, size = int64(binary.BigEndian.Uint16(b[2:])), 4
		if length < 126 {
			return 0, errLength
		}
	case short == 127 && len(b) >= 10:
		length, size = int64(binary.BigEndian.Uint64(b[2:])), 10
		if length <= 0xffff { // negative: the highest bit is set
			return 0, errLength
		}
	case short > mostControl:
		return 0, nil
	}
	if !control && length > w.Most-w.size {
		return 0, errTooBig
	}
	key := b[size:]
	if masked {
		size += 4
	}
	if len(b) < size {
		return 0, nil
	}
	if op == opClose {
		return w.close(b, size, int(length), key)
	}
	w.Frames++
	w.left = length
	if !control {
		w.size += length
		if w.within = !final; final {
			w.size = 0
			w.Messages++
		}
	}
	return size, nil
}

// close judges a close frame (§5.5.1, §7.4).
func (w *Watch) close(b []byte, head, length int, key []byte) (int, *Violation) {
	if len(b) < head+length {
		return 0, nil
	}
	var room [mostControl]byte
	payload := room[:copy(room[:], b[head:head+length])]
	if w.Masked {
		for i := range payload {
			payload[i] ^= key[i%4]
		}
	}
	w.Code = noCode
	if length > 0 {
		if length < 2 || !utf8.Valid(payload[2:]) {
			return 0, errClose
		}
		if w.Code = Code(binary.BigEndian.Uint16(payload)); !w.Code.sendable() {
			return 0, errClose
		}
	}
	w.Frames++
	w.Closed = true
	return head + length, nil
}

// sendable tells codes that a close frame may hold: those of RFC 6455 §7.4.1
// and of its registry, of libraries and of applications.
func (c Code) sendable() bool {
	return 1000 <= c && c <= 1003 || 1007 <= c && c <= 1014 || 3000 <= c && c <= 4999
}
