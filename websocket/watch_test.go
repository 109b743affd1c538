package websocket

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// head writes the beginning of a frame by hand: first byte, the masked bit, the
// seven bits of length, and what follows.
func head(first byte, masked bool, short byte, rest ...byte) []byte {
	if masked {
		short |= 0x80
	}
	return append([]byte{first, short}, rest...)
}

var key = [4]byte{0x37, 0xfa, 0x21, 0x3d}

func sent(op byte, final bool, payload string, masked bool) []byte {
	f := Frame{Opcode: op, Final: final, Payload: []byte(payload)}
	if masked {
		return f.Append(nil, &key)
	}
	return f.Append(nil, nil)
}

// TestFramesOfTheRFC: the examples of RFC 6455 §5.7, byte for byte.
func TestFramesOfTheRFC(t *testing.T) {
	for _, c := range []struct {
		name   string
		masked bool
		wire   string
		frame  Frame
	}{
		{"text", false, "\x81\x05\x48\x65\x6c\x6c\x6f", Frame{opText, true, []byte("Hello")}},
		{"masked text", true, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", Frame{opText, true, []byte("Hello")}},
		{"a first fragment", false, "\x01\x03\x48\x65\x6c", Frame{opText, false, []byte("Hel")}},
		{"a ping", false, "\x89\x05\x48\x65\x6c\x6c\x6f", Frame{opPing, true, []byte("Hello")}},
		{"a masked pong", true, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", Frame{opPong, true, []byte("Hello")}},
		{"256 bytes", false, "\x82\x7e\x01\x00" + strings.Repeat("a", 256), Frame{opBinary, true, bytes.Repeat([]byte("a"), 256)}},
		{"64 KiB", false, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00" + strings.Repeat("a", 65536), Frame{opBinary, true, bytes.Repeat([]byte("a"), 65536)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mask *[4]byte
			if c.masked {
				mask = &key
			}
			if got := c.frame.Append(nil, mask); string(got) != c.wire {
				t.Errorf("written as %x", got[:min(20, len(got))])
			}
			read, err := ReadFrame(strings.NewReader(c.wire), 1<<20)
			if err != nil || read.Opcode != c.frame.Opcode || read.Final != c.frame.Final || !bytes.Equal(read.Payload, c.frame.Payload) {
				t.Errorf("read as %+v, %v", read, err)
			}
			w := Watch{Masked: c.masked, Most: 1 << 20}
			if n, violation := w.Scan([]byte(c.wire)); n != len(c.wire) || violation != nil || !w.Between() || w.Frames != 1 {
				t.Errorf("judged %d bytes: %v, %+v", n, violation, w)
			}
		})
	}
}

func TestViolations(t *testing.T) {
	long := strings.Repeat("a", 126)
	for _, c := range []struct {
		name   string
		server bool
		bytes  []byte
		good   int // bytes before the violation
		want   *Violation
	}{
		{"RSV1, as of permessage-deflate", false, head(0xc1, true, 0, key[:]...), 0, errReserved},
		{"RSV2", false, head(0xa1, true, 0, key[:]...), 0, errReserved},
		{"RSV3", true, head(0x91, false, 0), 0, errReserved},
		{"a data opcode that nobody knows", false, head(0x83, true, 0, key[:]...), 0, errOpcode},
		{"a control opcode that nobody knows", false, head(0x8b, true, 0, key[:]...), 0, errOpcode},
		{"a client without a mask", false, sent(opText, true, "hi", false), 0, errMask},
		{"a server with one", true, sent(opText, true, "hi", true), 0, errNoMask},
		{"a ping in fragments", false, sent(opPing, false, "", true), 0, errControl},
		{"a ping of 126 bytes", true, sent(opPing, true, long, false), 0, errControl},
		{"a close frame of 126 bytes", true, sent(opClose, true, "\x03\xe8"+long[2:], false), 0, errControl},
		{"a continuation of nothing", false, sent(opContinuation, true, "hi", true), 0, errContinues},
		{"a continuation of what has ended", true, append(sent(opText, true, "hi", false), sent(opContinuation, true, "", false)...), 4, errContinues},
		{"a message within a message", true, append(sent(opText, false, "hi", false), sent(opBinary, true, "", false)...), 4, errUnfinished},
		{"125 in two bytes", true, head(0x82, false, 126, 0, 125), 0, errLength},
		{"65535 in eight bytes", true, head(0x82, false, 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff), 0, errLength},
		{"the highest bit of a length", true, head(0x82, false, 127, 0x80, 0, 0, 0, 0, 1, 0, 0), 0, errLength},
		{"one byte too many", true, head(0x82, false, 126, 0x03, 0xe9), 0, errTooBig},
		{"one byte too many over fragments", true, slices.Concat(sent(opText, false, strings.Repeat("a", 100), false), sent(opContinuation, false, strings.Repeat("a", 900), false), sent(opContinuation, true, "a", false)), 1006, errTooBig},
		{"a length that would wrap around", true, slices.Concat(sent(opText, false, "a", false), head(0x80, false, 127, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)), 3, errTooBig},
		{"a close frame of one byte", true, sent(opClose, true, "\x03", false), 0, errClose},
		{"a code that is never sent", true, sent(opClose, true, "\x03\xed", false), 0, errClose},
		{"a code of nobody", false, sent(opClose, true, "\x07\xd0", true), 0, errClose},
		{"a code below all", false, sent(opClose, true, "\x00\x01", true), 0, errClose},
		{"a reason that is not UTF-8", false, sent(opClose, true, "\x03\xe8\xff", true), 0, errClose},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := Watch{Masked: !c.server, Most: 1000}
			n, violation := w.Scan(c.bytes)
			if n != c.good || violation != c.want {
				t.Errorf("judged %d bytes: %v; want %d, %v", n, violation, c.good, c.want)
			}
		})
	}
}

func TestWhatIsPermitted(t *testing.T) {
	for _, c := range []struct {
		name                   string
		bytes                  []byte
		frames, messages       int64
		closed                 bool
		code                   Code
		passed                 int
		stillOpen, stillWithin bool
	}{
		{"control frames within a message", slices.Concat(sent(opText, false, "a", false), sent(opPing, true, "p", false), sent(opPong, true, "", false), sent(opContinuation, true, "b", false)), 4, 1, false, 0, 11, false, false},
		{"a message as long as may be", sent(opBinary, true, strings.Repeat("a", 1000), false), 1, 1, false, 0, 1004, false, false},
		{"the next one is counted anew", bytes.Repeat(sent(opBinary, true, strings.Repeat("a", 1000), false), 3), 3, 3, false, 0, 3012, false, false},
		{"an empty message in fragments", slices.Concat(sent(opText, false, "", false), sent(opContinuation, true, "", false)), 2, 1, false, 0, 4, false, false},
		{"a close frame without a code", sent(opClose, true, "", false), 1, 0, true, 1005, 2, false, false},
		{"a close frame within a message, and what follows", slices.Concat(sent(opText, false, "a", false), sent(opClose, true, "\x0f\xa0bye", false), []byte("anything")), 2, 0, true, 4000, 10, false, true},
		{"half a frame", sent(opBinary, true, "abcdef", false)[:5], 1, 1, false, 0, 5, true, false},
		{"half a head", head(0x82, false, 127, 0, 0, 0), 0, 0, false, 0, 0, false, false},
		{"half a close frame", sent(opClose, true, "\x03\xe8bye", false)[:4], 0, 0, false, 0, 0, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := Watch{Most: 1000}
			n, violation := w.Scan(c.bytes)
			if n != c.passed || violation != nil || w.Frames != c.frames || w.Messages != c.messages || w.Closed != c.closed || w.Code != c.code || w.Between() == c.stillOpen || w.within != c.stillWithin {
				t.Errorf("judged %d bytes: %v, %+v", n, violation, w)
			}
		})
	}
}

func TestScanDoesNotAllocate(t *testing.T) {
	frames := slices.Concat(sent(opText, true, strings.Repeat("a", 300), true), sent(opPing, true, "p", true))
	w := Watch{Masked: true, Most: 1000}
	if n := testing.AllocsPerRun(100, func() {
		if judged, violation := w.Scan(frames); judged != len(frames) || violation != nil {
			t.Fatal(judged, violation)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// plainly judges frames by another way than Watch: it takes them apart whole,
// one after the other. It returns how many bytes stand in frames that may pass
// (a frame that is cut off within its payload as far as it goes).
func plainly(b []byte, masked bool, most uint64) (good int, code Code, closed bool) {
	var size uint64
	within := false
	for {
		rest := b[good:]
		if len(rest) < 2 {
			return good, 0, false
		}
		op, final, length, at := rest[0]&15, rest[0] >= 128, uint64(rest[1]&127), 2
		control := slices.Contains([]byte{8, 9, 10}, op)
		known := control || op <= 2
		wrong := rest[0]&0x70 > 0 || !known || masked != (rest[1] >= 128) || control && (!final || length > 125) ||
			!control && (op == 0) != within
		if wrong {
			return good, 1002, false
		}
		if n := map[uint64]int{126: 2, 127: 8}[length]; n > 0 {
			if len(rest) < 2+n {
				return good, 0, false
			}
			eight := make([]byte, 8)
			copy(eight[8-n:], rest[2:2+n])
			short := length
			length, at = binary.BigEndian.Uint64(eight), 2+n
			if length < 126 || short == 127 && length < 1<<16 || length >= 1<<63 {
				return good, 1002, false
			}
		}
		if !control {
			if size += length; size > most {
				return good, 1009, false
			}
		}
		mask := []byte{0, 0, 0, 0}
		if masked {
			if len(rest) < at+4 {
				return good, 0, false
			}
			mask, at = rest[at:at+4], at+4
		}
		whole := uint64(len(rest)-at) >= length
		if op == 8 {
			if !whole {
				return good, 0, false
			}
			var text []byte
			for i, c := range rest[at : at+int(length)] {
				text = append(text, c^mask[i%4])
			}
			ok := len(text) == 0
			if len(text) >= 2 {
				c := int(text[0])<<8 | int(text[1])
				ok = c >= 1000 && c <= 4999 && !(c >= 1015 && c < 3000) && c != 1004 && c != 1005 && c != 1006 && utf8.Valid(text[2:])
			}
			if !ok {
				return good, 1002, false
			}
			return good + at + int(length), 0, true
		}
		if !whole {
			return len(b), 0, false
		}
		good += at + int(length)
		if !control {
			if within = !final; final {
				size = 0
			}
		}
	}
}

// inPieces feeds a Watch as a tunnel does: what is not judged comes again.
func inPieces(b []byte, masked bool, most int64, cut func(left int) int) (good int, code Code, closed bool) {
	w := Watch{Masked: masked, Most: most}
	for end := 0; end < len(b); {
		end += cut(len(b) - end)
		n, violation := w.Scan(b[good:end])
		if good += n; violation != nil {
			return good, violation.Code, false
		}
		if w.Closed {
			break
		}
	}
	return good, 0, w.Closed
}

// FuzzWatch: the verdict is that of a second judge, and the same wherever the
// bytes are cut.
func FuzzWatch(f *testing.F) {
	f.Add(sent(opText, true, "hello", true), true, uint8(1))
	f.Add(slices.Concat(sent(opText, false, "a", false), sent(opPing, true, "p", false), sent(opContinuation, true, "b", false), sent(opClose, true, "\x03\xe8bye", false)), false, uint8(3))
	f.Add(slices.Concat(sent(opBinary, true, strings.Repeat("a", 200), false), head(0x80, false, 127, 0x7f, 255, 255, 255, 255, 255, 255, 255)), false, uint8(7))
	f.Add(sent(opClose, true, "\x03\xed", true), true, uint8(2))
	f.Fuzz(func(t *testing.T, b []byte, masked bool, step uint8) {
		const most = 300
		good, code, closed := plainly(b, masked, most)
		for name, cut := range map[string]func(int) int{
			"whole":        func(left int) int { return left },
			"byte by byte": func(int) int { return 1 },
			"in steps":     func(left int) int { return min(left, 1+int(step)) },
		} {
			if g, c, cl := inPieces(b, masked, most, cut); g != good || c != code || cl != closed {
				t.Errorf("%s: %s; another judge: %s", name, verdict(g, c, cl), verdict(good, code, closed))
			}
		}
	})
}

func verdict(good int, code Code, closed bool) string {
	return fmt.Sprintf("%d bytes, code %d, closed %v", good, code, closed)
}

func TestReadFrameHoldsToItsLimit(t *testing.T) {
	if _, err := ReadFrame(bytes.NewReader(sent(opText, true, "hello", false)), 4); !errors.Is(err, errTooBig) {
		t.Error(err)
	}
}

// BenchmarkScan judges a piece of small frames, as chats have them.
func BenchmarkScan(b *testing.B) {
	piece := bytes.Repeat(sent(opText, true, strings.Repeat("a", 58), true), 128) // 8 KiB
	w := Watch{Masked: true, Most: 1 << 20}
	b.SetBytes(int64(len(piece)))
	for b.Loop() {
		if n, violation := w.Scan(piece); n != len(piece) || violation != nil {
			b.Fatal(n, violation)
		}
	}
}

// FuzzReadFrame: what is read is what was there, in the spelling of Append.
func FuzzReadFrame(f *testing.F) {
	f.Add(sent(opText, true, "hello", true))
	f.Add(sent(opBinary, false, strings.Repeat("a", 300), false))
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, err := ReadFrame(bytes.NewReader(b), 1000)
		if err != nil {
			return
		}
		again, err := ReadFrame(bytes.NewReader(frame.Append(nil, &key)), 1000)
		if err != nil || again.Opcode != frame.Opcode || again.Final != frame.Final || !bytes.Equal(again.Payload, frame.Payload) {
			t.Errorf("%+v, then %+v, %v", frame, again, err)
		}
	})
}
