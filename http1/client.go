package http1

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"sallyport/message"
)

// Call is one request to a server and how long its answer may take.
type Call struct {
	Method string
	// Prefix, Path and Query are written one behind the other as the request
	// target, with a question mark before a query that is not empty.
	Prefix, Path, Query string
	// Host is the value of the Host field.
	Host string
	// Fields are written as they stand, behind Host. They hold no framing:
	// that follows from the body.
	Fields message.Fields
	// Body is nil where the request has no content.
	Body *message.Body
	// Upgrade is a protocol that the server may change to (RFC 9110 §7.8); "" is
	// none. An answer of 101 to such a call is followed by Switched, or by Close.
	// The connection is not used again, whatever is answered: a server that is
	// of two minds about the change must not get another request.
	Upgrade string

	// FirstByte bounds the time from the end of the request to the end of the
	// answer's head, Idle a pause within the answer's body, Whole everything.
	// 0 is for ever.
	FirstByte, Idle, Whole time.Duration
}

// ClientConn is the client's end of one connection: it takes one call at a time.
type ClientConn struct {
	socket  *Socket
	conn    net.Conn // the socket, or TLS over it
	limits  Limits
	release func(*ClientConn)

	in      *input
	head    head
	content content
	waits   waits
	request outbound
	// began: a byte of the answer came.
	began bool
	// upgrade is the call's.
	upgrade string
}

// roomyBuffer holds most answers with their heads, so that they can be passed
// on in one piece.
const roomyBuffer = keptBuffer

// NewClientConn is a connection on which nothing was sent yet. Release is
// called with it when it is ready for another call, and is the last that a
// call does with it: nobody else may use it before. A connection of which it
// is not called is closed.
func NewClientConn(conn net.Conn, limits Limits, release func(*ClientConn)) *ClientConn {
	c := &ClientConn{limits: limits, release: release}
	c.socket, c.conn = socketUnder(conn)
	c.in = newInput(c, limits)
	c.in.buffer = make([]byte, roomyBuffer)
	c.in.most = max(c.in.most, roomyBuffer)
	c.waits.conn = c
	c.request.conn = c
	c.socket.ask = c.request.start
	return c
}

// Close ends the connection, whatever is under way on it.
func (c *ClientConn) Close() error { return c.conn.Close() }

// Unanswered is the error of a call to which not a byte of an answer came: the
// connection was closed, or spoken on before it was asked. A kept connection
// ends like this when the server gives it up at the same moment.
type Unanswered struct {
	// Written tells whether a byte of the request was written.
	Written bool
	cause   error
}

func (e *Unanswered) Error() string { return "no answer came: " + e.cause.Error() }

func (e *Unanswered) Unwrap() error { return e.cause }

// BodyError is the error of a call whose body could not be read.
type BodyError struct{ cause error }

func (e *BodyError) Error() string { return e.cause.Error() }

func (e *BodyError) Unwrap() error { return e.cause }

// The ways in which an answer is broken that a request cannot be.
var (
	errUnasked  = errors.New("the server spoke before it was asked")
	errSwitched = errors.New("the server changed the protocol, and not as it was asked to")
	errInterim  = errors.New("an interim answer has content")
	errInterims = errors.New("too many interim answers")
)

// mostInterims bounds the answers of 1xx before the final one.
const mostInterims = 8

// Do sends a request and waits for the head of its answer. The answer's fields
// are in the order of arrival, without Content-Length and Transfer-Encoding;
// its body must be closed. An answer may come before the request's body was
// read to its end; reading it goes on then until the answer ends.
//
// What comes from the server is a *Fault or another error of which none quotes
// it; an error with a Timeout method that says true is a bound of the call that
// has passed. When ctx ends, so does the call; it is not watched at once.
func (c *ClientConn) Do(ctx context.Context, call *Call) (*message.Response, error) {
	c.in.begin()
	c.began, c.upgrade = false, call.Upgrade
	c.waits.begin(ctx, call)
	if err := c.request.prepare(call); err != nil {
		c.end(false)
		return nil, err
	}
	f, err := c.await(call.Method)
	if err != nil {
		err = c.judge(err)
		c.end(false)
		return nil, err
	}
	if c.head.status == 101 {
		return &message.Response{Status: 101, Fields: c.head.fields}, nil
	}
	answer, err := c.answer(call.Method, f)
	if err != nil {
		c.end(false)
	}
	return answer, err
}

// judge says what an error of waiting for an answer means.
func (c *ClientConn) judge(err error) error {
	var fault *Fault
	var body *BodyError
	switch {
	case errors.As(err, &fault), errors.As(err, &body), c.waits.unwatch != nil && c.waits.ctx.Err() != nil:
		return err
	case isTimeout(err):
		if c.request.progress() == unwritable {
			return errStuck
		}
		return err
	case !c.began:
		return &Unanswered{Written: c.request.written, cause: err}
	}
	return err
}

// await reads heads until one is final, and how its content is framed.
func (c *ClientConn) await(method string) (framing, error) {
	for range mostInterims {
		if err := c.in.await(false); err != nil {
			return framing{}, unexpected(err)
		}
		// The fields of an answer outlive the connection's next call.
		c.head.fields = make(message.Fields, 0, len(c.head.fields)+4)
		if err := c.head.readAnswer(c.in, c.limits); err != nil {
			return framing{}, err
		}
		f, err := c.head.frame(method)
		switch h := &c.head; {
		case err != nil:
			return f, err
		case h.status >= 200:
			return f, nil
		case h.lengths+h.codings > 0:
			return f, errInterim // RFC 9112 §6: what somebody takes for content another takes for the answer
		case h.status == 101 && !c.asked(): // RFC 9110 §7.8: only what was asked for
			return f, errSwitched
		case h.status == 101:
			return f, nil
		}
	}
	return framing{}, errInterims
}

// asked tells whether a change of protocol is the one that was asked for, and
// is said as it has to be.
func (c *ClientConn) asked() bool {
	fields := c.head.fields
	if c.upgrade == "" || !strings.EqualFold(fields.Joined("Upgrade"), c.upgrade) {
		return false
	}
	for option := range strings.SplitSeq(fields.Joined("Connection"), ",") {
		if message.EqualName(strings.Trim(option, " \t"), "Upgrade") {
			return true
		}
	}
	return false
}

// answer is what was read so far, with a body for the rest.
func (c *ClientConn) answer(method string, f framing) (*message.Response, error) {
	c.content.begin(c.in, f, c.limits)
	c.waits.content()
	a := &incoming{conn: c, Response: message.Response{Status: c.head.status, Fields: c.head.fields}}
	if c.content.err == io.EOF {
		if method == "HEAD" {
			a.Body = message.NewBody(a, c.declared())
		}
		a.err = io.EOF
		a.finish()
		return &a.Response, nil
	}
	length := int64(-1)
	if f.kind == byLength {
		length = f.length
	}
	if held, err := c.hold(f); held != nil || err != nil {
		a.Body = message.HeldBody(held, a)
		a.Body.Unannounced = length < 0
		return &a.Response, err
	}
	a.Body = message.NewBody(a, length)
	return &a.Response, nil
}

// hold is content that has come whole with its head, where it lies. It leaves
// in one piece then, and what is wrong with it is known before anything does.
func (c *ClientConn) hold(f framing) ([]byte, error) {
	have, size := c.in.unread(), int64(-1)
	switch f.kind {
	case byLength:
		size = f.length
	case byChunks:
		size = chunksIn(have)
	}
	if size < 0 || size > int64(len(have)) {
		return nil, nil
	}
	// Content is shorter than its chunks: it is moved to where they began.
	n := 0
	for c.content.err == nil && n < int(size) {
		m, _ := c.content.Read(have[n:size])
		n += m
	}
	if c.content.err == nil {
		// An end that is not the usual one is read with what would follow.
		_, _ = c.content.Read(make([]byte, 1))
	}
	if c.content.err != io.EOF {
		return nil, c.content.err
	}
	return have[:n:n], nil
}

// chunksIn is the size of the content that lies there in chunks, -1 if its end
// does not, or trailers are behind it.
func chunksIn(b []byte) int64 {
	total := int64(0)
	for {
		end := bytes.IndexByte(b, '\n')
		if end < 1 {
			return -1
		}
		size, _ := chunkSize(b[:end-1])
		b = b[end+1:]
		switch {
		case size == 0 && bytes.HasPrefix(b, []byte("\r\n")):
			return total
		case size <= 0 || size+2 > int64(len(b)):
			return -1
		}
		total += size
		b = b[size+2:]
	}
}

func (c *ClientConn) declared() int64 {
	if c.head.lengths == 0 {
		return -1
	}
	return c.head.declared()
}

// incoming is one answer; it lets go of its connection when it ends.
type incoming struct {
	message.Response
	conn     *ClientConn // nil when it has ended
	err      error       // how it ended
	trailers message.Fields
}

// Trailers implements message.Trailing.
func (a *incoming) Trailers() message.Fields { return a.trailers }

func (a *incoming) Read(p []byte) (int, error) {
	if a.conn == nil {
		if a.err == nil {
			return 0, net.ErrClosed
		}
		return 0, a.err
	}
	n, err := a.conn.content.Read(p)
	if err != nil {
		a.err = err
		if !errors.Is(err, io.EOF) {
			a.err = fmt.Errorf("within the answer: %w", err)
		}
		a.finish()
		err = a.err
	}
	return n, err
}

// Close gives the answer up; nothing of its body may be used any more.
func (a *incoming) Close() error {
	a.finish()
	return nil
}

// finish lets go of the connection: it is used again if this answer is over on
// it and nothing else came.
func (a *incoming) finish() {
	c := a.conn
	if c == nil {
		return
	}
	a.conn = nil
	if c.content.err == io.EOF {
		a.trailers = append(a.trailers, c.content.trailers()...) // of the connection's next answer it may be used again
	}
	// Bytes behind the answer would be taken for the next one (response splitting).
	c.end(c.content.complete() && c.head.persistent() && len(c.in.unread()) == 0)
}

// end is the end of a call.
func (c *ClientConn) end(again bool) {
	again = c.waits.end() && again && c.upgrade == "" && c.request.sent()
	if !again {
		c.conn.Close()
	}
	c.request.end()
	if again {
		c.release(c)
	}
}

// Read implements io.Reader for the connection's own parser: it sends the
// request first where that has not happened, and waits no longer than the call
// allows.
func (c *ClientConn) Read(p []byte) (int, error) {
	for {
		if err := c.waits.arm(); err != nil {
			return 0, err
		}
		n, err := c.read(p)
		switch {
		case n > 0:
			c.began = true
			c.waits.got()
			return n, nil
		case err == nil || !isTimeout(err):
			return 0, c.request.instead(err)
		}
		c.waits.passed()
	}
}

func (c *ClientConn) read(p []byte) (int, error) {
	if !c.request.pending {
		return c.conn.Read(p)
	}
	n, err := c.socket.turn(c.conn, p)
	if !c.request.pending {
		return n, err
	}
	if n > 0 || err == nil {
		err = errUnasked
	}
	return 0, err
}

// wake makes the call look at what has changed.
func (c *ClientConn) wake() { c.socket.Conn.SetReadDeadline(past) }
