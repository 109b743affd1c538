package items

import "io"

// Sizes of the buffer: what it begins with, and what is kept of it from one
// item to the next.
const (
	firstBuffer = 4 << 10
	keptBuffer  = 64 << 10
)

// Splitter takes a stream apart.
type Splitter struct {
	// Room is asked before the buffer grows by so many bytes, and told by a
	// negative number what was given up. It may be nil.
	Room func(delta int) error

	source io.Reader
	most   int
	format format
	// What was read and not yet given out is buffer[from:to].
	buffer   []byte
	from, to int
	err      error
	own      bool // err is not the source's
}

// format finds where a piece ends.
type format interface {
	// cut looks for a piece at the beginning of b. Where there is none yet it is
	// asked again with more of the same; end tells that no more will come.
	cut(b []byte, end bool) (i Item, found bool, err error)
}

// NewSplitter reads a sequence whose items are at most so many bytes long.
func NewSplitter(r io.Reader, k Kind, most int) *Splitter {
	s := &Splitter{source: r, most: most}
	switch k {
	case Lines:
		s.format = &lines{}
	case Sequence:
		s.format = &texts{}
	default:
		s.format = &events{}
	}
	return s
}

// Next is the next piece, or io.EOF.
func (s *Splitter) Next() (Item, error) {
	for {
		if item, found := s.ready(); found {
			return item, nil
		}
		if s.err != nil {
			return Item{}, s.err
		}
		s.read()
	}
}

// ready is the next piece if all of it was read already.
func (s *Splitter) ready() (Item, bool) {
	pending := s.buffer[s.from:s.to]
	if len(pending) == 0 || s.err != nil && s.err != io.EOF {
		return Item{}, false
	}
	item, found, err := s.format.cut(pending, s.err == io.EOF)
	if err == nil && (len(item.Raw) > s.most || !found && len(pending) > s.most) {
		err = ErrTooLarge
	}
	if err != nil {
		s.err, s.own = err, true
		return Item{}, false
	}
	s.from += len(item.Raw)
	return item, found
}

func (s *Splitter) read() {
	if err := s.makeRoom(); err != nil {
		s.err, s.own = err, true
		return
	}
	n, err := s.source.Read(s.buffer[s.to:])
	s.to += n
	s.err = err
}

// makeRoom moves what is pending to the front, and takes another buffer where
// that is not enough, or where a long item has passed.
func (s *Splitter) makeRoom() error {
	pending, size := s.to-s.from, len(s.buffer)
	switch {
	case size == 0, pending == 0 && size > keptBuffer:
		size = firstBuffer
	case pending > size/2:
		size *= 2
	case s.from == 0 && s.to < size:
		return nil
	}
	to := s.buffer
	if size != len(s.buffer) {
		if s.Room != nil {
			if err := s.Room(size - len(s.buffer)); err != nil {
				return err
			}
		}
		to = make([]byte, size)
	}
	copy(to, s.buffer[s.from:s.to])
	s.buffer, s.from, s.to = to, 0, pending
	return nil
}
