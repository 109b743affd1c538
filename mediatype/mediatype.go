// Package mediatype reads media types as a client sends them, and the ranges of
// media types under which an OpenAPI document lists what it takes and answers.
//
// It follows RFC 9110 §8.3 (Content-Type) and §5.6.6 (parameters) to the letter
// and refuses what has two readings: white space around "=", a parameter that
// stands there twice or is extended or continued (RFC 2231), a backslash before
// what needs none, bytes beyond ASCII, text after the end. It does not decode any
// content, and it does not negotiate: q-values of Accept mean nothing to it.
package mediatype

import (
	"errors"
	"strings"
)

// MaxLength is the longest value that is read, in bytes. The longest types that
// are registered, with a boundary of the 70 bytes that RFC 2046 §5.1.1 allows,
// stay far below it.
const MaxLength = 512

// maxParameters keeps the search for repeated names cheap.
const maxParameters = 16

// ErrMalformed is what Parse returns for everything that is no media type.
var ErrMalformed = errors.New("not a media type")

// Type is one media type with its parameters. The zero value is no type.
type Type struct {
	// Name is type/subtype in lower case, without parameters.
	Name string

	slash      int
	parameters string // from the first ";" on, well-formed
}

// Parse reads the value of a Content-Type field. It allocates only where the
// name holds capitals.
func Parse(value string) (Type, error) {
	value = strings.Trim(value, " \t")
	if len(value) > MaxLength {
		return Type{}, ErrMalformed
	}
	slash := token(value)
	if slash == 0 || slash == len(value) || value[slash] != '/' {
		return Type{}, ErrMalformed
	}
	end := slash + 1 + token(value[slash+1:])
	if end == slash+1 {
		return Type{}, ErrMalformed
	}
	t := Type{Name: strings.ToLower(value[:end]), slash: slash, parameters: value[end:]}
	return t, t.check()
}

// check goes through the parameters once. A second charset or boundary would
// be read by one side and not by the other. So would an extended boundary and
// boundary*0=x: in MIME they are a boundary (RFC 2231 §3, §4) and stand before
// one without an asterisk, in HTTP they are parameters of other names.
func (t Type) check() error {
	rest := t.parameters
	for n := 0; ; n++ {
		name, _, next, err := parameter(rest)
		if err != nil {
			return err
		}
		if n > maxParameters || strings.IndexByte(name, '*') >= 0 || name != "" && t.count(name) > 1 {
			return ErrMalformed
		}
		if next == "" {
			return nil
		}
		rest = next
	}
}

func (t Type) count(name string) int {
	n := 0
	for rest := t.parameters; rest != ""; {
		found, _, next, err := parameter(rest)
		if err != nil {
			return n
		}
		if strings.EqualFold(found, name) {
			n++
		}
		rest = next
	}
	return n
}

// Main is the part before the slash.
func (t Type) Main() string { return t.Name[:t.slash] }

// Sub is the part after the slash.
func (t Type) Sub() string {
	if t.Name == "" {
		return ""
	}
	return t.Name[t.slash+1:]
}

// Parameter is the value of a parameter, without quotes; names compare without
// regard to case.
func (t Type) Parameter(name string) (string, bool) {
	for rest := t.parameters; rest != ""; {
		found, value, next, err := parameter(rest)
		if err != nil {
			return "", false
		}
		if found != "" && strings.EqualFold(found, name) {
			return unquote(value), true
		}
		rest = next
	}
	return "", false
}

// IsJSON tells whether the content is JSON text: application/json, any type with
// the suffix +json (RFC 6839 §3.1), and text/json, which was never registered
// and is sent all the same.
func (t Type) IsJSON() bool {
	return !t.IsGRPC() && (t.Name == "application/json" || t.Name == "text/json" || strings.HasSuffix(t.Name, "+json"))
}

// IsXML tells whether the content is XML text (RFC 7303 §9, RFC 6839 §4.1).
func (t Type) IsXML() bool {
	return !t.IsGRPC() && (t.Name == "application/xml" || t.Name == "text/xml" || strings.HasSuffix(t.Name, "+xml"))
}

// IsGRPC tells whether the content is messages of gRPC or gRPC-Web, each behind
// its length: application/grpc+json is as little JSON text as the others.
func (t Type) IsGRPC() bool {
	rest, ok := strings.CutPrefix(t.Name, "application/grpc")
	if web, is := strings.CutPrefix(rest, "-web"); ok && is {
		rest = strings.TrimPrefix(web, "-text")
	}
	return ok && (rest == "" || rest[0] == '+')
}

// IsJSONLines tells whether the content is JSON texts each on its line. None of
// the names was registered, so all that are in use are taken.
func (t Type) IsJSONLines() bool {
	switch t.Name {
	case "application/jsonl", "application/x-jsonl", "application/jsonlines", "application/x-jsonlines", "application/json-lines",
		"application/ndjson", "application/x-ndjson":
		return true
	}
	return false
}

// IsJSONSequence tells whether the content is a JSON text sequence (RFC 7464
// §4), or of a type with the suffix of one (RFC 8091 §3).
func (t Type) IsJSONSequence() bool {
	return t.Name == "application/json-seq" || strings.HasSuffix(t.Name, "+json-seq")
}

// IsEventStream tells whether the content is server-sent events (WHATWG HTML
// §9.2).
func (t Type) IsEventStream() bool { return t.Name == "text/event-stream" }

// IsUTF8 tells whether the type leaves its charset open or says UTF-8; US-ASCII
// is a part of it (RFC 3629 §1), where the content holds to that: see IsASCII.
func (t Type) IsUTF8() bool {
	charset, given := t.Parameter("charset")
	return !given || strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "utf8") || strings.EqualFold(charset, ascii)
}

// IsASCII tells whether the type says US-ASCII. Content with other bytes is read
// as windows-1252 by some (WHATWG Encoding §4.2), and as UTF-8 by others.
func (t Type) IsASCII() bool {
	charset, _ := t.Parameter("charset")
	return strings.EqualFold(charset, ascii)
}

const ascii = "us-ascii"

// HoldsASCII tells whether content is US-ASCII.
func HoldsASCII(content []byte) bool {
	for _, c := range content {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// parameter reads *( OWS ";" OWS [ parameter ] ) one element at a time. An
// element may be empty (RFC 9110 §5.6.6).
func parameter(s string) (name, value, rest string, err error) {
	s = strings.TrimLeft(s, " \t")
	if s == "" {
		return "", "", "", nil
	}
	if s[0] != ';' {
		return "", "", "", ErrMalformed
	}
	s = strings.TrimLeft(s[1:], " \t")
	if s == "" || s[0] == ';' {
		return "", "", s, nil
	}
	n := token(s)
	if n == 0 || n == len(s) || s[n] != '=' {
		return "", "", "", ErrMalformed
	}
	name, s = s[:n], s[n+1:]
	end := token(s)
	if end == 0 {
		end = quoted(s)
	}
	if end == 0 {
		return "", "", "", ErrMalformed
	}
	return name, s[:end], s[end:], nil
}

// token is the length of the token that s begins with (RFC 9110 §5.6.2).
func token(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' {
			continue
		}
		if strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return i
		}
	}
	return len(s)
}

// Boundary is the boundary of a multipart type. It is not given where another
// parameter speaks of one too: some readers look for the word and not for the
// name, and take xboundary=x or note="boundary=x".
func (t Type) Boundary() (string, bool) {
	boundary, given := "", false
	for rest := t.parameters; rest != ""; {
		name, value, next, err := parameter(rest)
		switch rest = next; {
		case err != nil:
			return "", false
		case strings.EqualFold(name, "boundary"):
			boundary, given = unquote(value), true
		case strings.Contains(strings.ToLower(name), "boundary"), strings.Contains(strings.ToLower(value), "boundary"):
			return "", false
		}
	}
	return boundary, given
}

// quoted is the length of the quoted-string that s begins with (RFC 9110
// §5.6.4), or 0. A backslash must stand before a quote or another one: before
// anything else nobody writes it (§5.6.4: SHOULD NOT), and some readers keep it.
// Bytes beyond ASCII are opaque (§5.5): no two readers need decode them alike.
func quoted(s string) int {
	if s == "" || s[0] != '"' {
		return 0
	}
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return i + 1
		case c == '\\':
			i++
			if i == len(s) || s[i] != '"' && s[i] != '\\' {
				return 0
			}
		case c < 0x20 && c != '\t' || c >= 0x7f:
			return 0
		}
	}
	return 0
}

func unquote(s string) string {
	if s == "" || s[0] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' {
			i++
		}
		b = append(b, s[i])
	}
	return string(b)
}
