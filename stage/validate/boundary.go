package validate

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"sallyport/message"
)

// maxBoundary is the longest boundary (RFC 2046 §5.1.1).
const maxBoundary = 70

// window is how much of a streamed body is looked at in one go. The header of a
// part fits into it with room for a boundary.
const window = 32 << 10

const crlf = "\r\n"

// splitter takes a multipart body apart at its boundaries, by the grammar of RFC
// 2046 §5.1.1 alone: lines end with CRLF, nothing stands before the first part
// or after the last, no line begins like a boundary without being one. Parsers
// differ on all of that, and so on where a part begins. The body is held, or is
// read as it comes; both give the same parts.
type splitter struct {
	// from is nil where rest is all there is.
	from io.Reader
	// rest is what was read and not yet told; it lies in room where it is read.
	rest, room []byte
	// delimiter is CRLF, two hyphens and the boundary.
	delimiter []byte
	begun     bool
	// end is what stood behind the last boundary: nothing, or CRLF.
	end []byte
}

// newSplitter reads a body that is held, or behind held a stream.
func newSplitter(held []byte, from io.Reader, boundary string) (*splitter, error) {
	if !isBoundary(boundary) {
		return nil, errBoundary
	}
	s := &splitter{from: from, rest: held, delimiter: []byte("\r\n--" + boundary)}
	if from != nil {
		s.room = make([]byte, window)
	}
	return s, nil
}

// isBoundary tells whether text is a boundary (RFC 2046 §5.1.1).
func isBoundary(text string) bool {
	for i := range len(text) {
		c := text[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
			continue
		}
		if strings.IndexByte("'()+_,-./:=? ", c) < 0 {
			return false
		}
	}
	return text != "" && len(text) <= maxBoundary && text[len(text)-1] != ' '
}

// next reads to the header of the next part. There is none where last is set.
// The header has no empty line at its end, and is nil where there is none.
func (s *splitter) next() (head []byte, last bool, err error) {
	if !s.begun {
		s.begun = true
		if err := s.expect(s.delimiter[2:]); err != nil {
			return nil, false, err
		}
	}
	if err := s.want(2); err != nil {
		return nil, false, err
	}
	if s.rest[0] == '-' && s.rest[1] == '-' {
		s.rest = s.rest[2:]
		return nil, true, s.finish()
	}
	if err := s.expect([]byte(crlf)); err != nil {
		return nil, false, err
	}
	head, err = s.header()
	return head, false, err
}

// header reads to the empty line before the content.
func (s *splitter) header() ([]byte, error) {
	head, err := s.lines()
	if err != nil {
		return nil, err
	}
	// A boundary in the place of a header or right behind it is one for some
	// parsers.
	open := s.delimiter[2:]
	if bytes.HasPrefix(head, open) || bytes.Contains(head, s.delimiter[1:]) {
		return nil, errFraming
	}
	if err := s.want(len(open)); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(s.rest, open) {
		return nil, errFraming
	}
	return head, nil
}

func (s *splitter) lines() ([]byte, error) {
	if err := s.want(2); err != nil {
		return nil, err
	}
	if bytes.HasPrefix(s.rest, []byte(crlf)) {
		s.rest = s.rest[2:]
		return nil, nil
	}
	for {
		if head, rest, ok := bytes.Cut(s.rest, []byte("\r\n\r\n")); ok {
			if len(head) > maxPartHeader {
				return nil, errPartHeader
			}
			if s.from != nil {
				head = bytes.Clone(head) // the window moves on
			}
			s.rest = rest
			return head, nil
		}
		if len(s.rest) > maxPartHeader+3 {
			return nil, errPartHeader
		}
		if err := s.read(); err != nil {
			return nil, err
		}
	}
}

// content is a piece of the content of the part whose header was read, valid
// until more is read; with the last piece comes the boundary behind it.
func (s *splitter) content() (piece []byte, last bool, err error) {
	for {
		if i := bytes.Index(s.rest, s.delimiter[1:]); i >= 0 {
			if i == 0 || s.rest[i-1] != '\r' {
				return nil, false, errFraming // after a lone LF it is a boundary for some parsers
			}
			piece = s.rest[:i-1]
			s.rest = s.rest[i-1+len(s.delimiter):]
			return piece, true, nil
		}
		// What may be the beginning of a boundary stays.
		if n := len(s.rest) - (len(s.delimiter) - 1); n > 0 && s.from != nil {
			piece, s.rest = s.rest[:n], s.rest[n:]
			return piece, false, nil
		}
		if err := s.read(); err != nil {
			return nil, false, err
		}
	}
}

// finish finds the end of the body behind the last boundary.
func (s *splitter) finish() error {
	for {
		if len(s.rest) > 2 {
			return errFraming
		}
		more, err := s.more()
		if err != nil {
			return err
		}
		if !more {
			break
		}
	}
	if len(s.rest) > 0 && string(s.rest) != crlf {
		return errFraming
	}
	s.end = s.rest
	return nil
}

func (s *splitter) expect(text []byte) error {
	if err := s.want(len(text)); err != nil {
		return err
	}
	rest, ok := bytes.CutPrefix(s.rest, text)
	if !ok {
		return errFraming
	}
	s.rest = rest
	return nil
}

// want reads until there are n bytes.
func (s *splitter) want(n int) error {
	for len(s.rest) < n {
		if err := s.read(); err != nil {
			return err
		}
	}
	return nil
}

// read reads on where the body cannot end.
func (s *splitter) read() error {
	more, err := s.more()
	if err == nil && !more {
		return errFraming
	}
	return err
}

// more reads on behind rest. It is false at the end of the body.
func (s *splitter) more() (bool, error) {
	if s.from == nil {
		return false, nil
	}
	have := copy(s.room, s.rest)
	n, err := io.ReadAtLeast(s.from, s.room[have:], 1)
	s.rest = s.room[:have+n]
	switch {
	case n > 0:
		return true, nil // what else there is to say comes again
	case errors.Is(err, io.EOF):
		return false, nil
	case errors.Is(err, io.ErrShortBuffer): // no caller keeps a full window
		return false, message.ErrTooLarge
	}
	return false, err
}
