package http1

import (
	"bytes"
	"errors"
	"io"
)

// await waits for the first byte of a message; io.EOF says that none came. A
// tolerant one skips one empty line before it (RFC 9112 §2.2).
func (in *input) await(tolerant bool) error {
	for {
		switch unread := in.unread(); {
		case len(unread) == 0, tolerant && len(unread) == 1 && unread[0] == '\r':
			if err := in.more(); err != nil {
				return err
			}
		case tolerant && unread[0] == '\r' && unread[1] == '\n':
			in.discard(2)
			tolerant = false
		default:
			return nil
		}
	}
}

// readHead reads a head: a first line, field lines and the empty line. Its
// beginning has been awaited.
func (in *input) readHead(limits Limits) (string, error) {
	if octets[in.buffer[in.from]]&inToken == 0 {
		return "", errEmptyLine // no first line begins like this: a handshake of TLS, an empty line
	}
	return in.scan(scan{limits: limits})
}

// readTrailers reads what stands behind the last chunk: field lines and the
// empty line (RFC 9112 §7.1.2).
func (in *input) readTrailers(limits Limits) (string, error) {
	return in.scan(scan{limits: limits, lines: 1})
}

func (in *input) scan(s scan) (string, error) {
	for {
		end, err := s.look(in.unread())
		if err != nil {
			return "", err
		}
		if end > 0 {
			text := string(in.unread()[:end])
			in.discard(end)
			return text, nil
		}
		switch err := in.more(); {
		case errors.Is(err, errFull):
			return "", errFieldsLong
		case errors.Is(err, io.EOF):
			return "", io.ErrUnexpectedEOF
		case err != nil:
			return "", err
		}
	}
}

// scan finds the end of a head line by line as it comes, so that what is too
// long or malformed is refused without waiting for the rest.
type scan struct {
	limits Limits
	// lines are complete; fields is where the first one ended, line where the
	// last one did, at how far the bytes behind were looked at.
	lines, fields, line, at int
}

// look is where the head ends, or 0 if more has to come.
func (s *scan) look(unread []byte) (int, error) {
	for {
		i := bytes.IndexByte(unread[s.at:], '\n')
		if i < 0 {
			s.at = len(unread)
			return 0, s.check(len(unread))
		}
		end := s.at + i + 1
		if err := s.check(end); err != nil {
			return 0, err
		}
		if end-s.line < 2 || unread[end-2] != '\r' {
			return 0, errLine // RFC 9112 §2.2: a server behind us might take a bare LF for more, or for less
		}
		if end-s.line == 2 {
			return end, nil
		}
		if s.lines++; s.lines == 1 {
			s.fields = end
		}
		s.line, s.at = end, end
	}
}

// check holds the limits, with a line that ends there or goes on.
func (s *scan) check(end int) error {
	switch {
	case s.lines == 0:
		if end > s.limits.startLine() {
			return errTargetLong
		}
	case end-s.fields > s.limits.section():
		return errFieldsLong
	case s.lines-1 > s.limits.Count, s.lines-1 == s.limits.Count && end-s.line > 2:
		return errFieldsMany
	}
	return nil
}
