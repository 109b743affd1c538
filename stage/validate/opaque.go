package validate

import (
	"fmt"
	"io"

	"sallyport"
	"sallyport/mediatype"
)

// opaqueBody is content that is not looked at: it streams, within its limit. Of
// bytes a schema bounds the number alone.
type opaqueBody struct {
	bounds *fileRules // or nil
	watch  bool
}

func (r opaqueBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	body := x.Request.Body
	if body.Length > x.Op.MaxBody {
		return tooLarge(x.Op.MaxBody)
	}
	body.Limit(x.Op.MaxBody)
	if r.bounds == nil {
		return nil
	}
	if length := body.Length; length >= 0 {
		count := fileCount{rules: r.bounds, size: length}
		if err := count.add(nil, ""); err != nil {
			return err
		}
		return count.end("")
	}
	if r.watch {
		return nil // what is found later could only break the request off
	}
	body.Wrap(func(stream io.Reader) io.Reader {
		return &counted{stream, fileCount{rules: r.bounds}}
	})
	return nil
}

// counted ends a stream with a refusal where it is longer or shorter than its
// schema lets it be.
type counted struct {
	from  io.Reader
	count fileCount
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	if wrong := c.count.add(p[:n], ""); wrong != nil {
		return 0, wrong
	}
	if err == io.EOF {
		if wrong := c.count.end(""); wrong != nil {
			return n, wrong
		}
	}
	return n, err
}

// bounded are the bounds that a schema has for a body of bytes; nil for none.
func bounded(m *fileRules) *fileRules {
	if m == nil || m.least == 0 && m.most == noBound {
		return nil
	}
	return &fileRules{least: m.least, most: m.most}
}

// says is the bounds in a few words.
func (r *fileRules) says() string {
	switch {
	case r == nil:
		return ""
	case r.most == noBound:
		return fmt.Sprintf(", at least %d of them", r.least)
	case r.least == 0:
		return fmt.Sprintf(", at most %d of them", r.most)
	}
	return fmt.Sprintf(", %d to %d of them", r.least, r.most)
}
