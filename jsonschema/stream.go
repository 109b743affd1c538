package jsonschema

import (
	"errors"
	"hash/maphash"
	"io"
)

// What can be wrong with a body for which it is not passed on to its end.
var (
	// ErrTooLarge is for a member or item that is longer than the limit and
	// cannot be taken apart any further, and for an object of too many members.
	ErrTooLarge = errors.New("a member or item is longer than is held of a body that streams")
	// ErrMalformed is for text that is not JSON.
	ErrMalformed = errors.New("the body is not JSON")
)

// MaxNames is how many names are remembered of the objects that a stream goes
// through, in order to notice one that stands twice: 8 bytes each, which are
// all that is held of what has passed.
const MaxNames = 1 << 18

// Streaming is how a body is judged that is too long to be held: its outermost
// object or array is taken apart, and each member or item is judged and passed
// on before the next is read. What does not fit into the limit is taken apart
// itself, as long as its schema permits it.
//
// What is said of the members and items of a container alone is judged as Clean
// does, by Clean. What is said of all of them together (required, minItems,
// maxItems, minProperties, maxProperties) is found at the end of the container,
// when it has passed. A container of another type than its schema takes is not
// gone into, nor is a member or item that may be hidden for what its value says:
// it is too large where it does not fit.
type Streaming struct {
	// Limit is how long a member, with its name, or an item may be, in bytes.
	Limit int
	// May is what is taken out.
	May Cleaning
	// Found is told what is wrong with a part of the body, before it is passed
	// on: as Faults of Cleaned, and Undecided. Its error ends the stream there.
	Found func(faults []Fault, undecided bool) error
	// Lenient is told why a body cannot be taken apart any further; the rest
	// passes as it comes then. Nil: that ends the stream with an error.
	Lenient func(error)
	// Room is asked before so many bytes more are held. It may be nil.
	Room func(more int) error
}

// Stream is a body on its way. It holds what has not been judged yet, and no
// more.
type Stream struct {
	Streaming
	// Cut and CutCount are what was taken out, as in Cleaned.
	Cut      []string
	CutCount int

	schema *Schema
	window
	ahead, near scanner
	skipping    *scanner // through a value that nobody judges
	aloud       bool     // and that is passed on
	record      nameRecord
	levels      []level
	ended       bool
	loose       bool // the rest passes as it comes
	patient     bool // waits for more, though there is something to give out
	parts       int  // that were judged
	scratch     []byte

	out  []byte
	rest []byte // of out
	err  error
}

// errWait ends a step that cannot go on with what was read, while there is
// something to give out first. It is taken again from its beginning.
var errWait = errors.New("there is no more yet")

// keptOutput is how much room stays for what has passed.
const keptOutput = 64 << 10

// Stream passes a body on as its schema permits. For a schema that does not
// permit it (see Streams) every body is too large.
func (s *Schema) Stream(body io.Reader, how Streaming) *Stream {
	st := &Stream{Streaming: how, schema: s}
	st.window = window{source: body, most: how.Limit, room: how.Room}
	st.record.seed = maphash.MakeSeed()
	return st
}

// Begin reads on until the first member or item was judged, or as much was read
// as may be held, so that what fails at once is known before anything has left.
func (s *Stream) Begin() error {
	s.patient = true
	for s.parts == 0 && s.err == nil && !s.loose && len(s.out) <= s.most {
		s.step()
	}
	s.patient = false
	s.settle()
	if s.err == io.EOF {
		return nil
	}
	return s.err
}

// Read gives what has passed. An error comes after all that was judged before.
func (s *Stream) Read(p []byte) (int, error) {
	for len(s.rest) == 0 && s.err == nil && len(p) > 0 {
		if s.loose {
			return s.readOn(p)
		}
		s.out = s.out[:0]
		for len(s.out) < len(p) && s.err == nil {
			s.step()
		}
		s.settle()
	}
	n := copy(p, s.rest)
	if s.rest = s.rest[n:]; n == 0 && len(p) > 0 {
		return 0, s.err
	}
	return n, nil
}

func (s *Stream) readOn(p []byte) (int, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	return s.source.Read(p)
}

// settle offers what has passed to the reader, and goes on without judging
// where that is wanted.
func (s *Stream) settle() {
	switch {
	case s.err == errWait:
		s.err, s.at = nil, s.passed
	case s.err != nil && s.err != s.failed && s.Lenient != nil:
		s.Lenient(s.err)
		s.err, s.loose = nil, true
		s.out = append(s.out, s.bytes(s.passed, s.end())...)
	}
	if s.rest = s.out; cap(s.out) > keptOutput {
		s.out = nil
	}
}

// step does what can be done next: it opens or closes a container, judges a
// part, or passes on what is not judged.
func (s *Stream) step() {
	switch {
	case s.skipping != nil:
		s.skip()
	case len(s.levels) > 0:
		if l := &s.levels[len(s.levels)-1]; l.place.kind == '[' {
			s.item(l)
		} else {
			s.member(l)
		}
	default:
		s.around()
	}
}

// around is what stands before and behind the body: white space, which may be
// without end.
func (s *Stream) around() {
	c := s.peek()
	s.pass(s.at)
	switch {
	case c == 0 && s.ended && s.failed == io.EOF:
		s.err = io.EOF
	case c == 0:
		s.breaksOff()
	case s.ended:
		s.err = ErrMalformed
	case c != '{' && c != '[':
		s.err = ErrTooLarge // it did not fit, and has no parts
	default:
		s.enter([]*schema{s.schema.root}, "", "")
	}
}

// pass gives out the body up to a place; leaveOut does not.
func (s *Stream) pass(to int64) {
	s.out = append(s.out, s.bytes(s.passed, to)...)
	s.leaveOut(to)
}

func (s *Stream) leaveOut(to int64) { s.passed, s.at = to, to }

// fill reads on. It is false where there is no more, or not yet; breaksOff says
// which.
func (s *Stream) fill() bool {
	if len(s.out) > 0 && !s.patient && s.failed == nil {
		s.err = errWait
		return false
	}
	ok, err := s.more()
	if s.err == nil {
		s.err = err
	}
	return ok
}

// breaksOff says why there is no next byte where there must be one.
func (s *Stream) breaksOff() {
	switch {
	case s.err != nil:
	case s.failed == io.EOF:
		s.err = ErrMalformed
	default:
		s.err = s.failed
	}
}

// peek is the next byte that is not white space, 0 where there is none. What is
// passed over is held, except around the body.
func (s *Stream) peek() byte {
	for {
		for ; s.at < s.end(); s.at++ {
			if c := s.buffer[s.index(s.at)]; !isSpace(c) {
				if c == 0 {
					s.err = ErrMalformed
				}
				return c
			}
		}
		if len(s.levels) == 0 {
			s.pass(s.at)
		}
		if !s.fill() {
			return 0
		}
	}
}
