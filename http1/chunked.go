package http1

import "io"

// place is where in the chunked coding (RFC 9112 §7.1) the next byte stands.
type place uint8

const (
	beforeSize place = iota
	inChunk
	behindChunk
)

const (
	// longestChunkLine bounds the size and the extensions of one chunk.
	longestChunkLine = 512
	// mostExtensions bounds the extensions of a whole message: nobody sends
	// any, and each byte of content could come with hundreds.
	mostExtensions = 4 << 10
)

// readChunks reads of one chunk at most, and never waits while it has something
// to hand on: an event must not wait for the next one.
func (c *content) readChunks(p []byte) (int, error) {
	for {
		switch c.at {
		case beforeSize:
			if err := c.beginChunk(); err != nil {
				return 0, err
			}
		case inChunk:
			n, err := c.readSome(p)
			if c.left > 0 || err != nil {
				return n, err
			}
			c.at = behindChunk
			return n, c.endsHere()
		case behindChunk:
			if err := c.endChunk(); err != nil {
				return 0, err
			}
		}
	}
}

// usualEnd is what follows the last byte of content where there are no trailers.
const usualEnd = "\r\n0\r\n\r\n"

// endsHere takes the usual end if it has come with the content, so that the end
// of a message that lies there whole is known without another read.
func (c *content) endsHere() error {
	rest := c.in.unread()
	if len(rest) < len(usualEnd) || string(rest[:len(usualEnd)]) != usualEnd {
		return nil
	}
	c.in.discard(len(usualEnd))
	return io.EOF
}

// beginChunk reads the line before a chunk, or all that follows the last one.
func (c *content) beginChunk() error {
	line, err := c.in.line(longestChunkLine, errChunkSize)
	if err != nil {
		return err
	}
	c.framed += int64(len(line) + len("\r\n"))
	size, extension := chunkSize(line)
	if size < 0 {
		return errChunkSize
	}
	if c.extensions += len(extension); c.extensions > mostExtensions {
		return errExtensions
	}
	if err := checkExtension(extension); err != nil {
		return err
	}
	if size == 0 {
		return c.end()
	}
	c.left, c.at = size, inChunk
	return nil
}

// endChunk: where the size said, and nowhere else, the chunk must end.
func (c *content) endChunk() error {
	line, err := c.in.line(0, errChunkEnd)
	if err == errLine || len(line) > 0 {
		return errChunkEnd
	}
	c.framed += int64(len("\r\n"))
	c.at = beforeSize
	return err
}

// end reads the trailers, and drops what the RFC forbids to merge by refusing it.
func (c *content) end() error {
	text, err := c.in.readTrailers(c.limits)
	if err != nil {
		return err
	}
	if err := c.trailer.parse(text, c.limits, true); err != nil {
		return err
	}
	if c.trailer.forbidden {
		return errTrailer
	}
	return io.EOF
}

// chunkSize is the number at the beginning of the line, and what is behind it;
// -1 where there is none, or it has more than 15 digits. It begins with a digit
// and ends where the digits do: no sign, no 0x, no space.
func chunkSize(line []byte) (int64, []byte) {
	size, i := int64(0), 0
	for ; i < len(line) && octets[line[i]]&isHex != 0; i++ {
		if i == 15 {
			return -1, nil
		}
		size = size<<4 | int64(hex(line[i]))
	}
	if i == 0 || i < len(line) && line[i] != ';' {
		return -1, nil
	}
	return size, line[i:]
}

func hex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return (c | 0x20) - 'a' + 10
}

// checkExtension takes *( ";" token [ "=" ( token / quoted-string ) ] ), by
// RFC 9112 §7.1.1 without its bad white space. It is dropped.
func checkExtension(b []byte) error {
	for len(b) > 0 {
		if b[0] != ';' {
			return errExtension
		}
		name := tokenLength(b[1:])
		if b = b[1+name:]; name == 0 {
			return errExtension
		}
		if len(b) == 0 || b[0] != '=' {
			continue
		}
		b = b[1:]
		value := tokenLength(b)
		if len(b) > 0 && b[0] == '"' {
			value = quotedLength(b)
		}
		if b = b[value:]; value == 0 {
			return errExtension
		}
	}
	return nil
}

func tokenLength(b []byte) int {
	for i, c := range b {
		if octets[c]&inToken == 0 {
			return i
		}
	}
	return len(b)
}

// quotedLength is the length of a quoted-string (RFC 9110 §5.6.4) at the
// beginning, 0 if there is none.
func quotedLength(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch {
		case octets[b[i]]&inValue == 0:
			return 0
		case b[i] == '"':
			return i + 1
		case b[i] == '\\':
			i++
			if i < len(b) && (octets[b[i]]&inValue == 0) {
				return 0
			}
		}
	}
	return 0
}
