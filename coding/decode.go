package coding

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// Decode takes all codings off a body that is held. What it returns is new.
func Decode(content []byte, codings []Coding, l Limits) ([]byte, error) {
	if int64(len(content)) > l.Encoded {
		return nil, ErrTooLarge
	}
	most, over := l.Decoded, ErrTooLarge
	if by := grown(int64(len(content))); by < most {
		most, over = by, ErrBomb
	}
	for i := len(codings) - 1; i >= 0; i-- { // the last one applied comes off first
		var err error
		if content, err = decodeOne(codings[i], content, most); err != nil {
			if errors.Is(err, ErrTooLarge) {
				return nil, over
			}
			return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
		}
	}
	return content, nil
}

func decodeOne(c Coding, content []byte, most int64) ([]byte, error) {
	if len(content) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	if c == Zstd {
		return decodeZstd(content, most)
	}
	r, err := open(c, bytes.NewReader(content))
	if err != nil {
		return nil, atEnd(err)
	}
	out := bytes.NewBuffer(make([]byte, 0, min(most, 4*int64(len(content)))+bytes.MinRead))
	if _, err := out.ReadFrom(io.LimitReader(r, most+1)); err != nil {
		return nil, err
	}
	if int64(out.Len()) > most {
		return nil, ErrTooLarge
	}
	return out.Bytes(), nil
}

// decodeZstd decodes at once: what comes out is the window then, so that a body
// gets no memory by saying that it needs some. The library counts each frame for
// itself and takes no limit below the window; ours is held once it is done.
func decodeZstd(content []byte, most int64) ([]byte, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderMaxMemory(uint64(max(most, maxWindow))))
	if err != nil {
		return nil, err
	}
	defer d.Close()
	out, err := d.DecodeAll(content, nil)
	switch {
	case errors.Is(err, zstd.ErrDecoderSizeExceeded), err == nil && int64(len(out)) > most:
		return nil, ErrTooLarge
	case err != nil:
		return nil, err
	}
	return out, nil
}
