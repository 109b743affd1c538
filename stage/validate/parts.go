package validate

import (
	"bytes"
	"strings"

	"sallyport/mediatype"
	"sallyport/message"
)

// Bounds of a form of many parts, besides the length of its body.
const (
	maxParts       = 1000
	maxPartHeader  = 4 << 10
	maxPartFields  = 16
	maxPartName    = 256
	maxBoundary    = 70 // RFC 2046 §5.1.1
	dispositionFor = "form-data"
)

// part is one part of multipart/form-data.
type part struct {
	name    string
	file    bool // it has a file name
	fields  message.Fields
	media   mediatype.Type
	typed   bool // it says its media type
	content []byte
}

// parsePart errors say what is wrong with the form as a whole.
type partError string

func (e partError) Error() string { return string(e) }

const (
	errFraming     = partError("The parts of the body are not separated as RFC 2046 says.")
	errPartHeader  = partError("A part of the body has a header that is not well-formed.")
	errDisposition = partError("Each part of the body needs one Content-Disposition: form-data with a name.")
	errEncoding    = partError("A part of the body has a Content-Transfer-Encoding; forms have none.")
	errPartType    = partError("A part of the body has a Content-Type that is not well-formed.")
	errManyParts   = partError("The body has too many parts.")
)

// parseParts reads a form by RFC 7578 and the grammar of RFC 2046 §5.1.1 alone:
// lines end with CRLF, nothing stands before the first part or after the last,
// no line begins like a boundary without being one. Parsers differ on all of
// that, and so on where a part begins.
func parseParts(body []byte, boundary string) ([]part, error) {
	if boundary == "" || len(boundary) > maxBoundary {
		return nil, errFraming
	}
	delimiter := []byte("\r\n--" + boundary)
	rest, ok := bytes.CutPrefix(body, delimiter[2:])
	if !ok {
		return nil, errFraming
	}
	var parts []part
	for {
		if end, last := bytes.CutPrefix(rest, []byte("--")); last {
			if len(end) > 0 && string(end) != "\r\n" {
				return nil, errFraming
			}
			return parts, nil
		}
		if rest, ok = bytes.CutPrefix(rest, []byte("\r\n")); !ok {
			return nil, errFraming
		}
		if len(parts) == maxParts {
			return nil, errManyParts
		}
		var one []byte
		// A boundary in the place of a header, or after a lone LF, is one for
		// some parsers.
		if one, rest, ok = bytes.Cut(rest, delimiter); !ok || bytes.HasPrefix(one, delimiter[2:]) || bytes.Contains(one, delimiter[1:]) {
			return nil, errFraming
		}
		p, err := parsePart(one)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
	}
}

// parsePart reads the header and takes the rest as content.
func parsePart(text []byte) (part, error) {
	var p part
	head, content, ok := bytes.Cut(text, []byte("\r\n\r\n"))
	if !ok || len(head) > maxPartHeader {
		return p, errPartHeader
	}
	p.content = content
	for more := true; more; {
		var line []byte
		line, head, more = bytes.Cut(head, []byte("\r\n"))
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok || !fieldName(name) || !fieldValue(value) || len(p.fields) == maxPartFields {
			return p, errPartHeader
		}
		p.fields.Add(string(name), string(bytes.Trim(value, " \t")))
	}
	return p, p.understand()
}

// understand reads the three fields that RFC 7578 §4.8 leaves a part.
func (p *part) understand() error {
	if p.fields.Count("Content-Disposition") != 1 || !p.disposition(p.fields.Get("Content-Disposition")) {
		return errDisposition
	}
	// RFC 7578 §4.7 deprecates it; who decodes sees other bytes than who does not.
	if coding := p.fields.Get("Content-Transfer-Encoding"); p.fields.Count("Content-Transfer-Encoding") > 1 ||
		coding != "" && !strings.EqualFold(coding, "binary") && !strings.EqualFold(coding, "8bit") && !strings.EqualFold(coding, "7bit") {
		return errEncoding
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

// disposition reads form-data; name="…"; filename="…" (RFC 7578 §4.2). Names
// with an asterisk (RFC 5987, which §4.2 forbids), names twice, and a backslash
// before a quote are where parsers see different names.
func (p *part) disposition(value string) bool {
	kind, rest, more := strings.Cut(value, ";")
	if !strings.EqualFold(strings.Trim(kind, " \t"), dispositionFor) {
		return false
	}
	named := false
	for more {
		var name, text string
		var ok bool
		name, text, rest, more, ok = dispositionParameter(rest)
		switch {
		case !ok:
			return false
		case strings.EqualFold(name, "name") && !named:
			p.name, named = text, true
		case strings.EqualFold(name, "filename") && !p.file:
			p.file = true
		default:
			return false
		}
	}
	return named && len(p.name) <= maxPartName
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
