package validate

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"sallyport/mediatype"
	"sallyport/message"
)

// Bounds of one part, besides its content.
const (
	maxPartHeader = 4 << 10
	maxPartFields = 16
	maxPartName   = 256
)

// defaultParts is how many parts a body may have where no setting says.
const defaultParts = 1000

// part is one part of a multipart body.
type part struct {
	// index counts the parts from 0; it stands for a name where they have none.
	index  int
	name   string
	file   bool // it has a file name
	head   []byte
	fields message.Fields
	media  mediatype.Type
	typed  bool // it says its media type
	// length is what it says of its length, or -1.
	length int64
	// content is empty for a file that streams.
	content []byte
	// parts are those of a part that has some itself.
	parts []part
}

// partError says what is wrong with the body as a whole.
type partError string

func (e partError) Error() string { return string(e) }

const (
	errBoundary    = partError("The Content-Type needs one boundary, as RFC 2046 says.")
	errFraming     = partError("The parts of the body are not separated as RFC 2046 says.")
	errPartHeader  = partError("A part of the body has a header that is not well-formed.")
	errDisposition = partError("Each part of the body needs one Content-Disposition: form-data with a name.")
	errEncoding    = partError("A part of the body has a Content-Transfer-Encoding that changes its content.")
	errPartLength  = partError("A part of the body has a Content-Length that is not that of its content.")
	errPartType    = partError("A part of the body has a Content-Type that is not well-formed.")
	errManyParts   = partError("The body has too many parts.")
)

// parts reads a body that is held. Named parts are those of a form (RFC 7578);
// the others have their places.
func (s *splitter) parts(named bool, most int) ([]part, error) {
	var parts []part
	for {
		head, last, err := s.next()
		if err != nil || last {
			return parts, err
		}
		if len(parts) == most {
			return nil, errManyParts
		}
		p, err := newPart(head, len(parts), named)
		if err != nil {
			return nil, err
		}
		if p.content, _, err = s.content(); err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
}

// newPart reads the header of a part.
func newPart(head []byte, index int, named bool) (part, error) {
	p := part{index: index, head: head, length: -1}
	for more := len(head) > 0; more; {
		var line []byte
		line, head, more = bytes.Cut(head, []byte(crlf))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !fieldName(name) || !fieldValue(value) || len(p.fields) == maxPartFields {
			return p, errPartHeader
		}
		p.fields.Add(string(name), string(bytes.Trim(value, " \t")))
	}
	return p, p.understand(named)
}

// understand reads the three fields that RFC 7578 §4.8 leaves a part.
func (p *part) understand(named bool) error {
	if n := p.fields.Count("Content-Disposition"); n > 1 || named && n == 0 || n == 1 && !p.disposition(p.fields.Get("Content-Disposition"), named) {
		return errDisposition
	}
	// RFC 7578 §4.7 deprecates it; who decodes sees other bytes than who does not.
	if coding := p.fields.Get("Content-Transfer-Encoding"); p.fields.Count("Content-Transfer-Encoding") > 1 ||
		coding != "" && !strings.EqualFold(coding, "binary") && !strings.EqualFold(coding, "8bit") && !strings.EqualFold(coding, "7bit") {
		return errEncoding
	}
	if err := p.announced(); err != nil {
		return err
	}
	switch p.fields.Count("Content-Type") {
	case 0:
		return nil
	case 1:
		var err error
		if p.media, err = mediatype.Parse(p.fields.Get("Content-Type")); err != nil {
			return errPartType
		}
		p.typed = true
		return nil
	}
	return errPartType
}

// announced reads a Content-Length. No specification gives a part one, but
// clients in use send it; a wrong one would be believed by some parsers.
func (p *part) announced() error {
	switch p.fields.Count("Content-Length") {
	case 0:
		return nil
	case 1:
		n, err := strconv.ParseUint(p.fields.Get("Content-Length"), 10, 63)
		if p.length = int64(n); err == nil {
			return nil
		}
	}
	return errPartLength
}

// shorten gives a part other content, and takes away what it says of its length.
func (p *part) shorten(content []byte) {
	if len(content) == len(p.content) {
		return
	}
	p.content = content
	var head []byte
	for line := range bytes.SplitSeq(p.head, []byte(crlf)) {
		if name, _, _ := strings.Cut(string(line), ":"); message.EqualName(name, "Content-Length") {
			continue
		}
		if len(head) > 0 {
			head = append(head, crlf...)
		}
		head = append(head, line...)
	}
	p.head = head
}

// disposition reads form-data; name="…"; filename="…" (RFC 7578 §4.2), outside
// of forms with any word in front and perhaps no name (RFC 2183 §2). Names with
// an asterisk (RFC 5987, which §4.2 forbids), names twice, and a backslash in a
// name are where parsers see different names.
func (p *part) disposition(value string, named bool) bool {
	kind, rest, more := strings.Cut(value, ";")
	kind = strings.Trim(kind, " \t")
	if named && !strings.EqualFold(kind, "form-data") || !fieldName([]byte(kind)) {
		return false
	}
	found := false
	for more {
		var name, text string
		var ok bool
		name, text, rest, more, ok = dispositionParameter(rest)
		switch {
		case !ok:
			return false
		case strings.EqualFold(name, "name") && !found && strings.IndexByte(text, '\\') < 0:
			p.name, found = text, true
		case strings.EqualFold(name, "filename") && !p.file:
			p.file = true
		default:
			return false
		}
	}
	return (found || !named) && len(p.name) <= maxPartName && utf8.ValidString(p.name)
}

// dispositionParameter reads one name=value up to the next semicolon.
func dispositionParameter(s string) (name, value, rest string, more, ok bool) {
	name, s, ok = strings.Cut(strings.TrimLeft(s, " \t"), "=")
	if !ok || !fieldName([]byte(name)) || strings.IndexByte(name, '*') >= 0 {
		return "", "", "", false, false
	}
	if quoted, isQuoted := strings.CutPrefix(s, `"`); isQuoted {
		value, s, ok = strings.Cut(quoted, `"`)
		if !ok || strings.HasSuffix(value, `\`) {
			return "", "", "", false, false
		}
	} else {
		end := strings.IndexAny(s, "; \t")
		if end < 0 {
			end = len(s)
		}
		if value, s = s[:end], s[end:]; !fieldName([]byte(value)) {
			return "", "", "", false, false
		}
	}
	s = strings.TrimLeft(s, " \t")
	if s == "" {
		return name, value, "", false, true
	}
	rest, ok = strings.CutPrefix(s, ";")
	return name, value, rest, true, ok
}

// fieldName tells whether text is a token (RFC 9110 §5.6.2).
func fieldName(text []byte) bool {
	for _, c := range text {
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
			continue
		}
		if strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return len(text) > 0
}

// fieldValue tells whether text holds no control character: a lone LF or CR
// begins a new field for some parsers.
func fieldValue(text []byte) bool {
	for _, c := range text {
		if c < 0x20 && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
