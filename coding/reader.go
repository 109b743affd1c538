package coding

import (
	"bufio"

	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// Reader decodes a body as it comes. It reads no more than it needs for what it
// returns, so that an event which was flushed is there at once.
type Reader struct {
	limits Limits
	source source
	layers []layer
	err    error
}

// NewReader decodes what r gives. Nothing is read before the first Read.
func NewReader(r io.Reader, codings []Coding, l Limits) *Reader {
	d := &Reader{limits: l, source: source{Reader: r, most: l.Encoded}, layers: make([]layer, len(codings))}
	below := giver(&d.source)
	for i := range d.layers {
		d.layers[i] = layer{coding: codings[len(codings)-1-i], below: below, source: &d.source}
		below = &d.layers[i]
	}
	return d
}

// Read gives decoded bytes. Once it has failed it fails for good.
func (d *Reader) Read(p []byte) (int, error) {
	if d.err != nil {
		return 0, d.err
	}
	var n int
	if len(d.layers) == 0 {
		n, d.err = d.source.Read(p)
	} else {
		n, d.err = d.layers[len(d.layers)-1].Read(p)
	}
	switch {
	case d.source.err != nil:
		d.err = d.source.err
	case d.out() > d.limits.Decoded:
		n, d.err = 0, ErrTooLarge
	}
	return n, d.err
}

func (d *Reader) out() int64 {
	if len(d.layers) == 0 {
		return d.source.read
	}
	return d.layers[len(d.layers)-1].out
}

// source counts what goes in, and remembers why it ended before its end: that
// is not the format's fault. The limit stands here, since a decoder goes on
// reading while nothing comes out.
type source struct {
	io.Reader
	most, read int64
	err        error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if s.read += int64(n); s.read > s.most {
		n, err = 0, ErrTooLarge
	}
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// layer takes one coding off. The ratio counts from what came over the wire, so
// that a bomb within a bomb is no better than one.
type layer struct {
	coding Coding
	below  giver
	source *source
	opened io.Reader
	out    int64
}

// giver is what a layer reads from: the source, or another layer.
type giver interface {
	io.Reader
	given() int64
}

func (s *source) given() int64 { return s.read }

func (l *layer) given() int64 { return l.out }

func (l *layer) Read(p []byte) (int, error) {
	if l.opened == nil {
		var err error
		if l.opened, err = open(l.coding, l.below); err != nil {
			return 0, l.fault(atEnd(err))
		}
	}
	n, err := l.opened.Read(p)
	l.out += int64(n)
	switch {
	case l.out > grown(l.source.read):
		return 0, ErrBomb
	case err == io.EOF && l.below.given() == 0:
		return 0, l.fault(io.ErrUnexpectedEOF)
	case err != nil && err != io.EOF:
		return n, l.fault(err)
	}
	return n, err
}

// fault tells our own verdicts, of this layer or the one below, from a format
// that is not kept.
func (l *layer) fault(err error) error {
	if errors.Is(err, ErrBomb) || errors.Is(err, ErrMalformed) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrMalformed, err)
}

func open(c Coding, r io.Reader) (io.Reader, error) {
	switch c {
	case Gzip:
		// It goes on to the end of what it reads: another member, or a mistake.
		return gzip.NewReader(bufio.NewReader(r))
	case Deflate:
		return openZlib(r)
	case Brotli:
		return brotli.NewReader(r), nil
	}
	// One block at a time and nothing running beside: there is nothing to close.
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return d, nil
}

// atEnd is the end of a body that had to go on.
func atEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ended is zlib, after whose end nothing may come.
type ended struct {
	io.Reader
	source *bufio.Reader
}

func openZlib(r io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(r)
	z, err := zlib.NewReader(buffered)
	if err != nil {
		return nil, err
	}
	return &ended{z, buffered}, nil
}

var errAfterEnd = errors.New("bytes after the end")

func (e *ended) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if err == io.EOF {
		if _, more := e.source.Peek(1); more == nil {
			return n, errAfterEnd
		} else if more != io.EOF {
			return n, more
		}
	}
	return n, err
}
