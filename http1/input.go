package http1

import (
	"bytes"
	"errors"
	"io"
)

// input is the reading half of a connection: a buffer that begins small and
// grows to what a head may need. What it returns of itself stands until the
// next read.
type input struct {
	source   io.Reader
	buffer   []byte
	from, to int // what is not read yet
	most     int // bytes that the buffer may grow to
	// poison overwrites what was read, so that a test finds what outlives it.
	poison bool
}

const (
	firstBuffer = 4 << 10
	// keptBuffer is the largest that is kept between two messages.
	keptBuffer = 16 << 10
)

func newInput(source io.Reader, limits Limits) *input {
	// A body's lines need room even where next to nothing is allowed.
	most := max(limits.head(), firstBuffer)
	return &input{source: source, buffer: make([]byte, firstBuffer), most: most}
}

func (in *input) unread() []byte { return in.buffer[in.from:in.to] }

func (in *input) discard(n int) { in.from += n }

var errFull = errors.New("the buffer is full")

// more reads at least one byte, or returns why there is none.
func (in *input) more() error {
	if in.from == in.to {
		in.from, in.to = 0, 0
	}
	if in.to == len(in.buffer) {
		if err := in.makeRoom(); err != nil {
			return err
		}
	}
	for range 100 {
		n, err := in.source.Read(in.buffer[in.to:])
		if in.to += n; n > 0 {
			return nil // an error comes again with the next read
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// putBack adds bytes that were read past the buffer.
func (in *input) putBack(b []byte) {
	if len(b) > len(in.buffer)-in.to {
		in.buffer = append(in.buffer, make([]byte, firstBuffer)...)
	}
	in.to += copy(in.buffer[in.to:], b)
}

func (in *input) makeRoom() error {
	held := in.unread()
	switch {
	case in.from > 0:
		copy(in.buffer, held)
	case len(in.buffer) >= in.most:
		return errFull
	default:
		in.buffer = append(make([]byte, 0, min(2*len(in.buffer), in.most)), held...)
		in.buffer = in.buffer[:cap(in.buffer)]
	}
	in.from, in.to = 0, len(held)
	return nil
}

// begin is called between two messages: nothing of the last one is used any
// more, and a buffer that grew for it is given up.
func (in *input) begin() {
	if in.poison {
		for i := range in.buffer[:in.from] {
			in.buffer[i] = 0xdb
		}
	}
	if len(in.buffer) > keptBuffer && in.to-in.from <= firstBuffer {
		small := make([]byte, firstBuffer)
		in.from, in.to = 0, copy(small, in.unread())
		in.buffer = small
	}
}

// Read reads content. What is asked for at length is read past the buffer, so
// that no byte behind the message is touched.
func (in *input) Read(p []byte) (int, error) {
	if in.from == in.to {
		if len(p) >= firstBuffer/4 {
			return in.source.Read(p)
		}
		if err := in.more(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.unread())
	in.from += n
	return n, nil
}

// line reads one line of at most that many bytes, and returns it without its end.
func (in *input) line(most int, tooLong error) ([]byte, error) {
	at := 0
	for {
		unread := in.unread()
		end := bytes.IndexByte(unread[at:], '\n')
		switch at += end; {
		case end < 0 && len(unread) > most+1 || end >= 0 && at-1 > most: // the CR may have come
			return nil, tooLong
		case end >= 0 && (at == 0 || unread[at-1] != '\r'):
			return nil, errLine
		case end >= 0:
			in.from += at + 1
			return unread[:at-1], nil
		}
		at = len(unread)
		if err := in.more(); err != nil {
			return nil, unexpected(err)
		}
	}
}

// unexpected is the error of a reading that had to go on.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
