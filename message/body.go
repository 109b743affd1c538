package message

import (
	"bytes"
	"errors"
	"io"
	"sync/atomic"
)

// ErrTooLarge is what reading a body returns when it is longer than allowed.
var ErrTooLarge = errors.New("the body is longer than its limit")

// Body is the content of a message. It is read once: either held whole, after
// which it can be looked at and passed on, or streamed.
type Body struct {
	// Length is the declared length in bytes, or -1 where there is none.
	Length int64
	// Unannounced says that the sender declared no length, though the body has
	// one because it lies here whole: nothing may depend on that chance.
	Unannounced bool

	stream io.ReadCloser
	// release is what a held body is given back to.
	release io.Closer
	// unclaimed is what is held and was claimed from nobody.
	unclaimed int64
	// trailing knows the trailers of a stream that nobody has changed.
	trailing Trailing
	// ahead was read from the stream before anybody took it.
	ahead []byte
	held  []byte
	whole bool
	// taken is how much of held was read.
	taken int
	// passed counts what came from the stream. A client that is answered early
	// may still be read by the connection to the backend, hence atomic.
	passed atomic.Int64
	limit  int64
	broken error
	// ended says that the stream's end was read. Atomic for the same reason.
	ended atomic.Bool
}

// Trailing is a stream of content behind which fields may stand.
type Trailing interface {
	// Trailers are the fields behind the content, once it was read to its end.
	Trailers() Fields
}

// NewBody wraps a stream of a declared length (-1: unknown). A stream that is
// Trailing brings its trailers.
func NewBody(stream io.ReadCloser, length int64) *Body {
	trailing, _ := stream.(Trailing)
	return &Body{Length: length, stream: stream, trailing: trailing, limit: -1}
}

// BytesBody is a body that is held from the start.
func BytesBody(content []byte) *Body {
	return &Body{Length: int64(len(content)), held: content, whole: true, limit: -1}
}

// HeldBody is a body that lies in a buffer of somebody else, who wants to know
// when it is closed; release may be nil. The content stands until then, and
// until the exchange ends at the latest: what is to live longer is copied.
func HeldBody(content []byte, release io.Closer) *Body {
	return &Body{Length: int64(len(content)), held: content, whole: true, release: release, unclaimed: int64(len(content)), limit: -1}
}

// Trailers are the fields behind the content (RFC 9110 §6.5), once it was read
// to its end. A body that was changed has none: what they said was about other
// bytes.
func (b *Body) Trailers() Fields {
	if b == nil || b.trailing == nil {
		return nil
	}
	return b.trailing.Trailers()
}

// Hold reads the body to its end and keeps it. More than limit bytes is
// ErrTooLarge, and a length that is declared larger is refused before reading;
// such a body can still be streamed. Holding twice returns the same bytes.
//
// Room is made as bytes come, not as they are announced: claim is asked before
// each step for that many bytes more, and its error ends the reading. It may be
// nil.
func (b *Body) Hold(limit int64, claim func(n int64) error) ([]byte, error) {
	if b.whole {
		if int64(len(b.held)) > limit {
			return nil, ErrTooLarge
		}
		return b.held, nil
	}
	if b.Length > limit {
		return nil, ErrTooLarge
	}
	most := limit + 1 // room for the byte that is too much
	if b.Length >= 0 {
		most = b.Length + 1 // and for the read that finds the end
	}
	for {
		if len(b.ahead) == cap(b.ahead) {
			if err := b.grow(most, claim); err != nil {
				return nil, err
			}
		}
		n, err := b.stream.Read(b.ahead[len(b.ahead):cap(b.ahead)])
		b.ahead = b.ahead[:len(b.ahead)+n]
		b.passed.Add(int64(n))
		switch {
		case int64(len(b.ahead)) > limit:
			return nil, ErrTooLarge
		case errors.Is(err, io.EOF):
			b.keep(b.ahead)
			return b.held, nil
		case err != nil:
			b.broken = err
			return nil, err
		}
	}
}

// firstRoom is what is made room for before a byte has come; four times as much
// where a length is declared. Small bodies are held without a second step, and
// announcing a large one costs nobody anything.
const firstRoom = 4 << 10

// grow doubles the room for what is held, up to the most that may come.
func (b *Body) grow(most int64, claim func(n int64) error) error {
	have := int64(cap(b.ahead))
	first := int64(firstRoom)
	if b.Length >= 0 {
		first *= 4
	}
	room := max(min(max(2*have, first), most), have+1)
	if claim != nil {
		// The byte beyond what may come is never kept.
		if err := claim(min(room, most-1) - min(have, most-1)); err != nil {
			return err
		}
	}
	b.ahead = append(make([]byte, 0, room), b.ahead...)
	return nil
}

// Empty tells whether the body has no content. Where no length is declared it
// reads the first byte, which is passed on with the rest.
func (b *Body) Empty() bool {
	switch {
	case b == nil:
		return true
	case b.whole:
		return len(b.held) == 0
	case b.Length >= 0:
		return b.Length == 0
	case len(b.ahead) > 0:
		return false
	}
	first := make([]byte, 1)
	n, err := io.ReadFull(b.stream, first)
	b.passed.Add(int64(n))
	b.ahead = first[:n]
	return errors.Is(err, io.EOF)
}

// Unclaimed is how many bytes are held for which no room was claimed. It is
// told once: who asks has to claim them.
func (b *Body) Unclaimed() int64 {
	n := b.unclaimed
	b.unclaimed = 0
	return n
}

// Held is the content if the body is held.
func (b *Body) Held() ([]byte, bool) { return b.held, b.whole }

// Replace makes the body these bytes, held.
func (b *Body) Replace(content []byte) {
	b.keep(content)
	b.trailing = nil
}

func (b *Body) keep(content []byte) {
	b.held, b.whole, b.Length, b.taken, b.ahead = content, true, int64(len(content)), 0, nil
}

// Limit makes reading a streamed body fail with ErrTooLarge after n bytes.
func (b *Body) Limit(n int64) { b.limit = n }

// Wrap puts a reader before the content, for what looks at or changes it as it
// passes: the body streams from then on. The length becomes unknown unless it
// is set again.
func (b *Body) Wrap(wrap func(io.Reader) io.Reader) {
	if b.whole {
		b.stream = &spent{Body{stream: b.stream, release: b.release}}
		b.ahead, b.held, b.whole, b.release = b.held[b.taken:], nil, false, nil
	}
	stream := io.Reader(b.stream)
	if len(b.ahead) > 0 {
		stream = io.MultiReader(bytes.NewReader(b.ahead), b.stream)
	}
	b.stream = wrapped{wrap(stream), b.stream}
	b.Length, b.ahead, b.trailing = -1, nil, nil
}

// spent is the stream of a body that was held: nothing is left to be read, and
// what it was must still be closed.
type spent struct{ was Body }

func (s *spent) Read([]byte) (int, error) { return 0, io.EOF }

func (s *spent) Close() error { return s.was.Close() }

type wrapped struct {
	io.Reader
	io.Closer
}

// Read passes the content on, once.
func (b *Body) Read(p []byte) (int, error) {
	if b.whole {
		n := copy(p, b.held[b.taken:])
		b.taken += n
		if n == 0 && len(p) > 0 {
			return 0, io.EOF
		}
		return n, nil
	}
	if len(b.ahead) > 0 {
		n := copy(p, b.ahead)
		b.ahead = b.ahead[n:]
		return n, nil
	}
	n, err := b.stream.Read(p)
	if passed := b.passed.Add(int64(n)); b.limit >= 0 && passed > b.limit {
		return 0, ErrTooLarge
	}
	switch {
	case err == nil:
	case errors.Is(err, io.EOF):
		b.ended.Store(true)
	default:
		b.broken = err
	}
	return n, err
}

// Complete tells whether everything has come: the body is held or none, or its
// stream was read to its end.
func (b *Body) Complete() bool {
	return b == nil || b.whole || b.ended.Load() || b.Length >= 0 && b.passed.Load() == b.Length
}

// Broken is why the stream could not be read to its end, nil if nothing is
// known to be wrong with it. It is for who read the body, and who comes after.
func (b *Body) Broken() error {
	if b == nil {
		return nil
	}
	return b.broken
}

// Passed is the number of bytes that were read so far; all if the body is held.
func (b *Body) Passed() int64 {
	switch {
	case b == nil:
		return 0
	case b.whole:
		return int64(len(b.held))
	}
	return b.passed.Load()
}

// Close gives the body up. What a held one lay in may be used again then.
func (b *Body) Close() error {
	switch {
	case b == nil:
		return nil
	case b.stream != nil:
		return b.stream.Close()
	case b.release != nil:
		release := b.release
		b.release = nil // what is given back twice may be somebody else's by then
		return release.Close()
	}
	return nil
}
