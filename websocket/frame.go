package websocket

import (
	"encoding/binary"
	"io"
)

// Frame is one frame, for ends of a WebSocket that are programs of ours.
type Frame struct {
	// Opcode is 0 for a continuation, 1 for text, 2 for binary, 8 for close, 9
	// for ping, 10 for pong.
	Opcode  byte
	Final   bool
	Payload []byte
}

// Append writes a frame behind b, masked where mask is not nil (§5.3).
func (f *Frame) Append(b []byte, mask *[4]byte) []byte {
	first, bit := f.Opcode, byte(0)
	if f.Final {
		first |= 0x80
	}
	if mask != nil {
		bit = 0x80
	}
	switch n := len(f.Payload); {
	case n <= 125:
		b = append(b, first, bit|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, first, bit|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, first, bit|127), uint64(n))
	}
	if mask == nil {
		return append(b, f.Payload...)
	}
	b = append(b, mask[:]...)
	for i, c := range f.Payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

// ReadFrame reads one frame, unmasked. A payload of more than most bytes is a
// *Violation; nothing else of the frame is judged.
func ReadFrame(r io.Reader, most int64) (*Frame, error) {
	var head [mostHead]byte
	if _, err := io.ReadFull(r, head[:2]); err != nil {
		return nil, err
	}
	f := &Frame{Opcode: head[0] & 0x0f, Final: head[0]&0x80 != 0}
	masked, length := head[1]&0x80 != 0, int64(head[1]&0x7f)
	extended := map[int64]int{126: 2, 127: 8}[length]
	rest := extended
	if masked {
		rest += 4
	}
	if _, err := io.ReadFull(r, head[2:2+rest]); err != nil {
		return nil, err
	}
	switch extended {
	case 2:
		length = int64(binary.BigEndian.Uint16(head[2:]))
	case 8:
		length = int64(binary.BigEndian.Uint64(head[2:]))
	}
	if length < 0 || length > most {
		return nil, errTooBig
	}
	f.Payload = make([]byte, length)
	if _, err := io.ReadFull(r, f.Payload); err != nil {
		return nil, err
	}
	if masked {
		for i := range f.Payload {
			f.Payload[i] ^= head[2+extended+i%4]
		}
	}
	return f, nil
}

// CloseFrame is a close frame with a code and no reason.
func CloseFrame(c Code) *Frame {
	return &Frame{Opcode: opClose, Final: true, Payload: binary.BigEndian.AppendUint16(nil, uint16(c))}
}
