package jsonschema

import "io"

// Sizes of a window: what it begins with, and how much is read beyond what has
// to be held.
const (
	firstWindow = 32 << 10
	readAhead   = 4 << 10
)

// window is the part of a stream that is held. Places in it count from the
// beginning of the stream.
type window struct {
	source io.Reader
	room   func(more int) error
	most   int // that may be held of a part

	buffer []byte // what was read and is held
	base   int64  // the place of its first byte
	passed int64  // what stands before was passed on or left out
	at     int64  // the next byte to be looked at
	failed error  // of the source
}

func (w *window) index(at int64) int { return int(at - w.base) }

func (w *window) end() int64 { return w.base + int64(len(w.buffer)) }

func (w *window) bytes(from, to int64) []byte { return w.buffer[w.index(from):w.index(to)] }

// more reads on; everything that was not passed is kept. It is false at the end
// and where no more may be held, which is an error.
func (w *window) more() (bool, error) {
	if w.failed != nil {
		return false, nil
	}
	held := w.index(w.end()) - w.index(w.passed)
	if held > w.most+readAhead {
		return false, ErrTooLarge
	}
	if len(w.buffer) == cap(w.buffer) {
		if err := w.makeRoom(held); err != nil {
			return false, err
		}
	}
	n, err := w.source.Read(w.buffer[len(w.buffer):cap(w.buffer)])
	w.buffer = w.buffer[:len(w.buffer)+n]
	w.failed = err
	return n > 0 || err == nil, nil
}

// makeRoom moves what is held to the front, into a larger buffer where it takes
// more than half of this one.
func (w *window) makeRoom(held int) error {
	to, size := w.buffer, cap(w.buffer)
	if held > size/2 || size == 0 {
		larger := min(max(firstWindow, 2*size), w.most+2*readAhead)
		if larger = max(larger, held+readAhead); larger > size {
			if w.room != nil {
				if err := w.room(larger - size); err != nil {
					return err
				}
			}
			to = make([]byte, 0, larger)
		}
	}
	held = copy(to[:held], w.buffer[w.index(w.passed):])
	w.buffer, w.base = to[:held], w.passed
	return nil
}
