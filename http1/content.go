package http1

import (
	"io"

	"sallyport/message"
)

// content reads what a message carries, to its end and not a byte beyond. It
// never closes the connection.
type content struct {
	in      *input
	limits  Limits
	framing framing
	// left is what is still to come, of the content or of the chunk.
	left int64
	// at is where in chunked coding the next byte stands.
	at place
	// extensions are the bytes of chunk extensions so far.
	extensions int
	// framed are the bytes of lines around chunks so far.
	framed int64
	// trailer are the fields behind the last chunk.
	trailer section
	// err is how it ended: io.EOF, or why it cannot be read on.
	err error
}

// begin makes ready for the content of a message. Where none follows, it is at
// its end.
func (c *content) begin(in *input, f framing, limits Limits) {
	*c = content{in: in, limits: limits, framing: f, left: f.length, trailer: section{fields: c.trailer.fields[:0]}}
	if f.kind == byLength && f.length == 0 {
		c.err = io.EOF
	}
}

// complete tells whether the content was read to its end, so that the next
// message begins where the input stands.
func (c *content) complete() bool { return c.err == io.EOF && c.framing.kind != byClose }

// trailers are the fields behind the content, once it was read to its end.
func (c *content) trailers() message.Fields { return c.trailer.fields }

// Read implements io.Reader. The end may come with the last bytes.
func (c *content) Read(p []byte) (int, error) {
	if c.err != nil || len(p) == 0 {
		return 0, c.err
	}
	var n int
	switch c.framing.kind {
	case byLength:
		n, c.err = c.readSome(p)
		if c.left == 0 && c.err == nil {
			c.err = io.EOF
		}
	case byChunks:
		n, c.err = c.readChunks(p)
	case byClose:
		n, c.err = c.in.Read(p)
	}
	if n > 0 && c.err != io.EOF {
		return n, nil // what was read counts before what went wrong behind it
	}
	return n, c.err
}

// readSome reads of what is left, and no more.
func (c *content) readSome(p []byte) (int, error) {
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if err != nil && c.left > 0 {
		return n, unexpected(err)
	}
	return n, nil
}
