package http1

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"sallyport/message"
)

// outbound is the request of a call on its way out: its head, and with it a
// body that is held and not large. Any other body is copied on a goroutine
// while the answer is awaited, for a server may answer without reading it.
type outbound struct {
	conn *ClientConn

	// head holds the head, and a small body behind it; rest a larger one.
	head []byte
	rest []byte
	// body is copied behind them; nil if there is none such.
	body io.Reader
	held bool // it reads bytes that must not be read once the call has ended
	left int64

	// pending: nothing was sent yet; written: some of it was.
	pending, written bool
	// state and why it is so. The failure is set first.
	state  atomic.Int32
	failed error
	// last: the last bytes are being written.
	last atomic.Bool
	// done is closed when the copying has ended, stop makes it.
	done chan struct{}
	stop atomic.Bool
	// within is the write deadline.
	within time.Time
}

// progress is how far a request has come.
type progress int32

const (
	sent     progress = iota // or about to be, in one piece
	underWay                 // its body is being copied
	unreadable
	unwritable
)

func (s *outbound) progress() progress { return progress(s.state.Load()) }

const (
	// copiedBody is the largest held body that is copied behind its head, to be
	// written in one piece; promptBody the largest that is written at once: the
	// system takes so much without waiting.
	copiedBody = 8 << 10
	promptBody = 64 << 10
	// lastWords is how long the answer of a server is waited for that takes no
	// more of the request: most often it lies there already.
	lastWords = time.Second
)

// prepare writes the request's head. Nothing is sent before the connection is
// first read.
func (s *outbound) prepare(call *Call) error {
	s.rest, s.body, s.held, s.failed, s.done = nil, nil, false, nil, nil
	s.pending, s.written = true, false
	s.state.Store(int32(sent))
	s.stop.Store(false)
	s.last.Store(false)
	if cap(s.head) > keptBuffer {
		s.head = nil
	}
	var err error
	if s.head, err = appendCall(s.head[:0], call); err != nil {
		return err
	}
	s.take(call.Body)
	return nil
}

func (s *outbound) take(body *message.Body) {
	length := size(body)
	if length == 0 {
		return
	}
	content, whole := body.Held()
	switch {
	case whole && len(content) <= copiedBody:
		s.head = append(s.head, content...)
	case whole && len(content) <= promptBody:
		s.rest = content
	case whole:
		s.body, s.held, s.left = bytes.NewReader(content), true, length
	default:
		s.body, s.left = body, length
	}
}

// size is how long a body will be, -1 if nobody knows.
func size(body *message.Body) int64 {
	if body == nil {
		return 0
	}
	if content, whole := body.Held(); whole {
		return int64(len(content))
	}
	return body.Length
}

// appendCall writes the head of a request, whose framing follows from its body.
// Any line break in it that is not ours would be a request of somebody else's
// choice.
func appendCall(b []byte, call *Call) ([]byte, error) {
	if call.Method == "" || strings.ContainsAny(call.Method, " \t") || !plainTarget(call.Prefix) || !plainTarget(call.Path) || !plainTarget(call.Query) {
		return b, errSplit
	}
	b = append(append(b, call.Method...), ' ')
	b = append(append(b, call.Prefix...), call.Path...)
	if call.Query != "" {
		b = append(append(b, '?'), call.Query...)
	}
	b = append(b, " HTTP/1.1\r\n"...)
	b = appendField(b, "Host", call.Host)
	b = appendFields(b, call.Fields)
	lines := 3 + len(call.Fields)
	if call.Upgrade != "" {
		b = appendField(b, "Connection", "Upgrade")
		b = appendField(b, "Upgrade", call.Upgrade)
		lines += 2
	}
	switch length := size(call.Body); {
	case length < 0:
		b, lines = append(b, "Transfer-Encoding: chunked\r\n"...), lines+1
	case length > 0 || asksForLength(call.Method):
		b = strconv.AppendInt(append(b, "Content-Length: "...), length, 10)
		b, lines = append(b, "\r\n"...), lines+1
	}
	b = append(b, "\r\n"...)
	return b, checkLines(b, lines)
}

// plainTarget: a space would end the target, and what follows be the version.
func plainTarget(s string) bool { return strings.IndexByte(s, ' ') < 0 }

// asksForLength tells the methods whose requests say that they have no content
// (RFC 9110 §8.6).
func asksForLength(method string) bool {
	return method == "POST" || method == "PUT" || method == "PATCH"
}

// start sends what is sent in one piece, and begins to copy the rest.
func (s *outbound) start() error {
	s.pending = false
	s.hasten()
	err := s.write(s.head)
	if err == nil && s.rest != nil {
		err = s.write(s.rest)
	}
	switch {
	case err != nil:
		// A server that takes no more may have said why.
		s.failed = err
		s.state.Store(int32(unwritable))
	case s.body != nil:
		s.done = make(chan struct{})
		s.state.Store(int32(underWay))
		go s.run(s.done)
	}
	return nil
}

func (s *outbound) write(b []byte) error {
	n, err := s.conn.conn.Write(b)
	if n > 0 && !s.written {
		s.written = true
	}
	return err
}

// hasten bounds a write of which nothing gets on: to the wait for the first
// byte at least, to twice that at most. So it is set anew only now and then.
func (s *outbound) hasten() {
	bound, now := s.conn.waits.firstByte, time.Now()
	want := now.Add(2 * bound)
	switch {
	case bound == 0 && s.within.IsZero(), bound > 0 && s.within.After(now.Add(bound)) && !s.within.After(want):
		return
	case bound == 0:
		want = time.Time{}
	}
	s.within = want
	s.conn.socket.SetWriteDeadline(want)
}

// run copies the body, and wakes the reader when that has ended.
func (s *outbound) run(done chan struct{}) {
	defer close(done)
	err := s.copy()
	state := sent
	if err != nil {
		s.failed, state = err, unwritable
		if body := (*BodyError)(nil); errors.As(err, &body) {
			state = unreadable
		}
	}
	s.state.Store(int32(state))
	s.conn.wake()
}

func (s *outbound) copy() error {
	buffer := pieces.Get().(*[]byte)
	defer pieces.Put(buffer)
	b := *buffer
	for s.left != 0 && !s.stop.Load() {
		room := b[beforeChunk : len(b)-afterChunk]
		if s.left > 0 {
			room = room[:min(int64(len(room)), s.left)] // what is too much would be another request
		}
		n, err := s.body.Read(room)
		if n > 0 {
			if err := s.pass(b, n); err != nil {
				return err
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF) && s.left < 0:
			s.last.Store(true)
			s.hasten()
			return s.write([]byte(lastChunk + "\r\n"))
		case s.left > 0: // before its declared length
			return &BodyError{unexpected(err)}
		case s.left < 0:
			return &BodyError{err}
		}
	}
	if s.left != 0 {
		return net.ErrClosed
	}
	return nil
}

// pass writes n bytes of content that lie in a buffer with room around them.
func (s *outbound) pass(b []byte, n int) error {
	content := b[beforeChunk : beforeChunk+n]
	if s.left < 0 {
		content = asChunk(b, n)
	} else {
		s.left -= int64(n)
		s.last.Store(s.left == 0)
	}
	s.hasten()
	return s.write(content)
}

// sent tells whether the request was sent to its end, and nobody copies any
// more. An answer may be here before the writing of the last bytes has returned.
func (s *outbound) sent() bool {
	if s.pending || s.done == nil {
		return !s.pending && s.progress() == sent
	}
	if s.progress() == underWay && s.last.Load() {
		select {
		case <-s.done:
		case <-time.After(lull):
		}
	}
	if s.progress() != sent {
		return false
	}
	<-s.done // it has nothing left to do but wake us
	return true
}

// lull is how long the last bytes of a request may take when its answer has ended.
const lull = 10 * time.Millisecond

// end gives up what is still under way, on a connection that is closed or done
// with. Bytes that are held must not be read any more; a reader that waits for
// its client cannot be waited for.
func (s *outbound) end() {
	s.stop.Store(true)
	if s.done != nil && s.held {
		<-s.done
	}
}

// instead is why nothing more is read: that nothing could be sent comes first.
func (s *outbound) instead(err error) error {
	if s.progress() == unwritable {
		return s.failed
	}
	return err
}
