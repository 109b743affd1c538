package xmlbody

import (
	"bytes"
	"strings"
)

// tokenKind tells the parts of a document apart (XML 1.0 §2.1, §3.1).
type tokenKind uint8

const (
	textToken tokenKind = iota
	startTag
	endTag
	comment
	instruction
	endOfText
)

// token is one part of a document. The end of an empty-element tag is a token of
// its own, without bytes.
type token struct {
	kind tokenKind
	name name
	// attributes are those of a start tag but the declarations of namespaces.
	// They hold until the next token.
	attributes []attribute
	text       []byte
	at         span
}

// attribute is one of a start tag. Its place begins with the white space before
// it.
type attribute struct {
	name
	value []byte
	at    span
}

// scanner reads XML 1.0 with namespaces, token by token, and takes no more than
// the grammar does. It reads no document type, and so no entities but the five
// (XML 1.0 §4.6). Characters were looked at before (see Check).
type scanner struct {
	content []byte
	source  string // the same; names are parts of it
	at      int
	open    []element
	scopes  scopes
	rooted  bool // the root has begun
	closing bool // the end of an empty-element tag comes next
	raw     []rawAttribute
	found   []attribute
}

// element is one that is open.
type element struct {
	raw      string // its name as it is written
	name     name
	declares int // that many prefixes end with it
}

// newScanner takes the text behind its byte order mark, which says no more than
// that it is UTF-8 (XML 1.0 §4.3.3).
func newScanner(content []byte) *scanner {
	content = withoutMark(content)
	return &scanner{content: content, source: string(content)}
}

func withoutMark(content []byte) []byte { return bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")) }

// next is the next token; endOfText behind the root and all that follows it.
func (s *scanner) next() (token, error) {
	if s.closing {
		s.closing = false
		return s.leave(s.at), nil
	}
	if s.at == 0 && !s.declaration() {
		return token{}, ErrMalformed
	}
	rest := s.source[s.at:]
	switch {
	case rest == "":
		if !s.rooted || len(s.open) > 0 {
			return token{}, ErrMalformed
		}
		return token{kind: endOfText, at: span{s.at, s.at}}, nil
	case rest[0] != '<':
		return s.characters()
	case strings.HasPrefix(rest, "</"):
		return s.end()
	case strings.HasPrefix(rest, "<?"):
		return s.instruction()
	case strings.HasPrefix(rest, "<!--"):
		return s.comment()
	case strings.HasPrefix(rest, "<![CDATA["):
		return s.section()
	}
	return s.start() // of <!DOCTYPE too, whose ! begins no name
}

// skip reads to the end of the element that has begun.
func (s *scanner) skip() error {
	for depth := len(s.open); len(s.open) >= depth; {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// characters are those between two tags (XML 1.0 §2.4). Around the root only
// white space may stand, and no reference even to that (§2.8: Misc).
func (s *scanner) characters() (token, error) {
	from := s.at
	length := strings.IndexByte(s.source[from:], '<')
	if length < 0 {
		length = len(s.source) - from
	}
	s.at += length
	raw := s.content[from:s.at]
	if len(s.open) == 0 {
		if len(trim(raw)) > 0 {
			return token{}, ErrMalformed
		}
		return token{text: raw, at: span{from, s.at}}, nil
	}
	text, ok := decode(raw, false)
	if !ok || bytes.Contains(raw, []byte("]]>")) {
		return token{}, ErrMalformed
	}
	return token{text: text, at: span{from, s.at}}, nil
}

// section is text in which nothing is markup (XML 1.0 §2.7).
func (s *scanner) section() (token, error) {
	from := s.at
	raw, ok := s.upTo(len("<![CDATA["), "]]>")
	if !ok || len(s.open) == 0 {
		return token{}, ErrMalformed
	}
	return token{text: lines(raw), at: span{from, s.at}}, nil
}

// comment ends with the first two hyphens (XML 1.0 §2.5).
func (s *scanner) comment() (token, error) {
	from := s.at
	if _, ok := s.upTo(len("<!--"), "--"); !ok || !s.eat(">") {
		return token{}, ErrMalformed
	}
	return token{kind: comment, at: span{from, s.at}}, nil
}

// instruction reads one for some program (XML 1.0 §2.6), which may not be called
// xml in any case of its letters, nor hold a colon (Namespaces in XML 1.0 §7).
func (s *scanner) instruction() (token, error) {
	from := s.at
	s.at += len("<?")
	prefix, target, ok := s.name()
	if !ok || prefix != "" || strings.EqualFold(target, "xml") {
		return token{}, ErrMalformed
	}
	if !s.eat("?>") {
		if !s.space() {
			return token{}, ErrMalformed
		}
		if _, ok := s.upTo(0, "?>"); !ok {
			return token{}, ErrMalformed
		}
	}
	return token{kind: instruction, at: span{from, s.at}}, nil
}

// upTo is what stands between the bytes to pass by and the mark, and goes behind
// that.
func (s *scanner) upTo(pass int, mark string) ([]byte, bool) {
	from := s.at + pass
	length := strings.Index(s.source[from:], mark)
	if length < 0 {
		return nil, false
	}
	s.at = from + length + len(mark)
	return s.content[from : from+length], true
}

// eat goes behind a text if it stands here.
func (s *scanner) eat(text string) bool {
	ok := strings.HasPrefix(s.source[s.at:], text)
	if ok {
		s.at += len(text)
	}
	return ok
}

// space goes behind white space, and tells whether there was any (XML 1.0 §2.3: S).
func (s *scanner) space() bool {
	from := s.at
	for s.at < len(s.source) && isSpace(s.source[s.at]) {
		s.at++
	}
	return s.at > from
}

// name reads a name of at most two parts (Namespaces in XML 1.0 §4: QName).
func (s *scanner) name() (prefix, local string, ok bool) {
	from := s.at
	for s.at < len(s.source) && isNameByte(s.source[s.at]) {
		s.at++
	}
	prefix, local, two := strings.Cut(s.source[from:s.at], ":")
	if !two {
		return "", prefix, isName(prefix)
	}
	return prefix, local, isName(prefix) && isName(local)
}

// quoted reads what stands between two quotes of one kind.
func (s *scanner) quoted() ([]byte, bool) {
	if s.at == len(s.source) || s.source[s.at] != '"' && s.source[s.at] != '\'' {
		return nil, false
	}
	return s.upTo(1, s.source[s.at:s.at+1])
}

// equals reads what stands between a name and its value (XML 1.0 §2.8: Eq).
func (s *scanner) equals() bool {
	s.space()
	ok := s.eat("=")
	s.space()
	return ok
}
