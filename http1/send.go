package http1

import (
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"

	"sallyport/message"
)

const (
	// smallContent is held content that is copied behind the head, which costs
	// less than a second buffer for the system to gather.
	smallContent = 8 << 10
	// piece is how much of a stream is passed on at a time.
	piece = 32 << 10
)

// how content goes out.
type sending uint8

const (
	sendNothing sending = iota
	sendHeld
	sendCounted
	sendChunks
	sendToEnd
)

// Send writes the answer to the request, its body to the end, and tells how
// many bytes of the body were sent. On an error the connection is of no use any
// more, and is broken off when Serve or Refuse has returned. It is called once
// for each of them. An answer with a tunnel takes the connection: Send returns
// when the tunnel has ended, and the bytes are those that it brought the client.
func (c *Conn) Send(r *message.Response) (int64, error) {
	if r.Tunnel != nil {
		return c.toldOf(c.switchTo(r))
	}
	c.keep = c.keep && c.mayPersist()
	c.beginAnswer()
	room := rooms.Get().(*[]byte)
	c.out = (*room)[:0]
	sent, err := c.send(r)
	if *room, c.out = c.out[:0], nil; cap(*room) <= keptBuffer {
		rooms.Put(room)
	}
	return c.toldOf(sent, err)
}

// toldOf draws the conclusions from how an answer was sent.
func (c *Conn) toldOf(sent int64, err error) (int64, error) {
	if err != nil {
		c.keep = false
		if errors.As(err, new(*lost)) {
			c.presence.leave()
		}
	}
	return sent, err
}

// rooms are for heads, and the content that leaves with them: a connection that
// waits for a request has none.
var rooms = sync.Pool{New: func() any { b := make([]byte, 0, firstBuffer); return &b }}

// lost is why the client could not be written to.
type lost struct{ error }

func (l *lost) Unwrap() error { return l.error }

func (c *Conn) send(r *message.Response) (int64, error) {
	how := c.sending(r)
	if err := c.writeHead(r, how); err != nil {
		return 0, err
	}
	switch how {
	case sendHeld:
		held, _ := r.Body.Held()
		return c.sendHeld(held)
	case sendCounted:
		return c.sendCounted(r.Body)
	case sendChunks:
		return c.sendChunks(r.Body)
	case sendToEnd:
		return c.sendToEnd(r.Body)
	}
	return 0, c.flush()
}

// sending chooses by RFC 9112 §6: the length where it is known, else chunks,
// which HTTP/1.0 does not know.
func (c *Conn) sending(r *message.Response) sending {
	if r.Body == nil || message.Bodiless(c.head.method, r.Status) {
		return sendNothing
	}
	_, held := r.Body.Held()
	switch {
	case held:
		return sendHeld
	case r.Body.Length >= 0:
		return sendCounted
	case c.head.minor == '1':
		return sendChunks
	}
	c.keep = false
	return sendToEnd
}

// writeHead makes the head, which leaves with the first bytes of content.
func (c *Conn) writeHead(r *message.Response, how sending) error {
	b := append(c.out[:0], "HTTP/1.1 "...)
	b = strconv.AppendInt(b, int64(r.Status), 10)
	b = append(b, ' ')
	b = append(b, reason(r.Status)...)
	b = append(b, "\r\n"...)
	lines, dated, upgrade := 2, false, false
	for i := range r.Fields {
		f := &r.Fields[i]
		if isFraming(f.Name) {
			continue // it follows from the body, whatever a step or a backend said
		}
		dated = dated || message.EqualName(f.Name, "Date")
		upgrade = upgrade || message.EqualName(f.Name, "Upgrade")
		b = appendField(b, f.Name, f.Value)
		lines++
	}
	if !dated {
		b = append(b, c.server.dates.line()...)
		lines++
	}
	if how == sendChunks {
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
		lines++
	} else if length := announced(r, c.head.method); length >= 0 {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, length, 10)
		b = append(b, "\r\n"...)
		lines++
	}
	switch {
	case upgrade && (c.keep || r.Tunnel != nil): // it ends at this connection (RFC 9110 §7.8)
		b = append(b, "Connection: Upgrade\r\n"...)
		lines++
	case upgrade:
		b = append(b, "Connection: close, Upgrade\r\n"...)
		lines++
	case !c.keep:
		b = append(b, "Connection: close\r\n"...)
		lines++
	case c.head.minor == '0':
		b = append(b, "Connection: keep-alive\r\n"...)
		lines++
	}
	c.out = append(b, "\r\n"...)
	return checkLines(c.out, lines)
}

// announced is the Content-Length of an answer, -1 for none: that of HEAD is
// GET's, and 204 has none (RFC 9110 §8.6).
func announced(r *message.Response, method string) int64 {
	switch {
	case r.Status == 204 || r.Status < 200:
		return -1
	case r.Body != nil:
		return r.Body.Length
	case message.Bodiless(method, r.Status):
		return -1
	}
	return 0
}

// isFraming: fields that belong to one connection and its messages (RFC 9110
// §7.6.1, RFC 9112 §6).
func isFraming(name string) bool {
	switch len(name) {
	case len("Connection"): // and Keep-Alive
		return message.EqualName(name, "Connection") || message.EqualName(name, "Keep-Alive")
	case len("Content-Length"):
		return message.EqualName(name, "Content-Length")
	case len("Transfer-Encoding"):
		return message.EqualName(name, "Transfer-Encoding")
	}
	return false
}

// flush writes what is made.
func (c *Conn) flush() error {
	_, err := c.write(c.out)
	c.out = c.out[:0]
	return err
}

func (c *Conn) write(p []byte) (int, error) {
	n, err := c.stream.Write(p)
	if err != nil {
		err = &lost{err}
	}
	return n, err
}

func (c *Conn) sendHeld(held []byte) (int64, error) {
	head := len(c.out)
	if len(held) <= smallContent || c.tls != nil {
		small := held[:min(len(held), smallContent)]
		c.out = append(c.out, small...)
		n, err := c.write(c.out)
		c.out = c.out[:0]
		sent := int64(max(0, n-head))
		if err != nil || len(small) == len(held) {
			return sent, err
		}
		n, err = c.write(held[len(small):])
		return sent + int64(n), err
	}
	buffers := net.Buffers{c.out, held}
	n, err := c.wire.writeBuffers(&buffers)
	if c.out = c.out[:0]; err != nil {
		err = &lost{err}
	}
	return max(0, n-int64(head)), err
}

// pieces hold no more than bytes on their way.
var pieces = sync.Pool{New: func() any { b := make([]byte, piece); return &b }}

var errAnnounced = errors.New("the body is longer or shorter than it was announced")

// sendCounted sends a stream of a known length. What comes first of it leaves
// with the head; where nothing comes at all, nothing leaves.
func (c *Conn) sendCounted(body *message.Body) (int64, error) {
	length := body.Length
	if length == 0 {
		return 0, c.flush()
	}
	head := len(c.out)
	b := slices.Grow(c.out, 1<<10)
	n, errRead := body.Read(b[head:cap(b)])
	done, errRead := ended(errRead)
	switch {
	case done && errRead != nil && n == 0:
		return 0, errRead
	case int64(n) > length, done && errRead == nil && int64(n) < length:
		return 0, errAnnounced
	}
	m, err := c.write(b[:head+n])
	sent := int64(max(0, m-head))
	if c.out = b[:0]; err != nil || done {
		return sent, errors.Join(err, errRead)
	}
	rest, err := c.copy(body, length-sent)
	return sent + rest, err
}

// copy passes a stream on as it comes: as much as is left, or to its end if
// that is negative.
func (c *Conn) copy(body *message.Body, left int64) (sent int64, err error) {
	buffer := pieces.Get().(*[]byte)
	defer pieces.Put(buffer)
	for left < 0 || sent < left {
		n, errRead := body.Read(*buffer)
		if left >= 0 && int64(n) > left-sent {
			return sent, errAnnounced
		}
		if n > 0 {
			m, err := c.write((*buffer)[:n])
			if sent += int64(m); err != nil {
				return sent, err
			}
		}
		if done, err := ended(errRead); done {
			if err == nil && sent < left {
				err = errAnnounced
			}
			return sent, err
		}
	}
	return sent, nil
}

// ended tells whether a reading is over, and whether by a mistake.
func ended(err error) (bool, error) {
	if errors.Is(err, io.EOF) {
		return true, nil
	}
	return err != nil, err
}

// What stands around a chunk within a piece.
const (
	beforeChunk = len("ffffffff\r\n")
	afterChunk  = len("\r\n" + lastChunk + "\r\n")
)

// sendChunks passes a stream on as it comes: an event must not wait for the
// next one, nor the head for an event.
func (c *Conn) sendChunks(body *message.Body) (sent int64, err error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	buffer := pieces.Get().(*[]byte)
	defer pieces.Put(buffer)
	b := *buffer
	for {
		n, errRead := body.Read(b[beforeChunk : len(b)-afterChunk])
		done, errRead := ended(errRead)
		chunk := asChunk(b, n)
		if done && errRead == nil {
			c.out = c.appendEnd(c.out[:0], body)
			chunk = append(chunk, c.out...) // there is room for an end without trailers
		}
		if len(chunk) > 0 {
			if _, err := c.write(chunk); err != nil {
				return sent, err
			}
		}
		if sent += int64(n); done {
			return sent, errRead
		}
	}
}

// asChunk puts the size before n bytes of content and the end behind them.
func asChunk(b []byte, n int) []byte {
	if n == 0 {
		return b[:0] // a chunk without content would be the last one
	}
	var size [beforeChunk]byte
	line := appendChunkSize(size[:0], n)
	from := beforeChunk - len(line)
	copy(b[from:], line)
	end := beforeChunk + n + copy(b[beforeChunk+n:], "\r\n")
	return b[from:end]
}

// appendEnd writes the last chunk, and the trailers if the client takes them
// (RFC 9110 §6.5.1).
func (c *Conn) appendEnd(b []byte, body *message.Body) []byte {
	b = append(b, lastChunk...)
	if trailers := body.Trailers(); c.head.trailers && len(trailers) > 0 {
		before, lines := len(b), 0
		for _, f := range trailers {
			if message.MayTrail(f.Name) {
				b = appendField(b, f.Name, f.Value)
				lines++
			}
		}
		if checkLines(b[before:], lines) != nil {
			b = b[:before]
		}
	}
	return append(b, "\r\n"...)
}

// sendToEnd ends with the connection, for HTTP/1.0.
func (c *Conn) sendToEnd(body *message.Body) (int64, error) {
	if err := c.flush(); err != nil {
		return 0, err
	}
	return c.copy(body, -1)
}
