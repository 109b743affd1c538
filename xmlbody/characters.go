package xmlbody

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"
	"unicode/utf8"
)

// areCharacters tells whether a text is UTF-8 and holds nothing that cannot be
// written in XML (XML 1.0 §2.2: Char).
func areCharacters(content []byte) bool {
	for _, c := range content {
		if c < ' ' && !isSpace(c) {
			return false
		}
	}
	return utf8.Valid(content) && !bytes.Contains(content, []byte("\ufffe")) && !bytes.Contains(content, []byte("\uffff"))
}

func isCharacter(r rune) bool {
	return r >= ' ' && r < 0xfffe || r > 0xffff || r == '\t' || r == '\n' || r == '\r'
}

// isSpace tells the bytes of white space (XML 1.0 §2.3: S), which is less than
// Unicode has.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func trim(text []byte) []byte { return bytes.Trim(text, " \t\r\n") }

// isNameByte tells the bytes that a name can have. Beyond ASCII that is a
// question to isName.
func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("_-.:", c) >= 0 || c >= utf8.RuneSelf
}

// isName tells whether a part of a name, of such bytes, is a name without a
// colon (Namespaces in XML 1.0 §3: NCName). The names are those of XML 1.0 before
// its fifth edition, all of which that one takes too, so that old readers and
// new ones agree. Beyond ASCII encoding/xml knows them.
func isName(part string) bool {
	if part == "" || strings.IndexByte("0123456789-.", part[0]) >= 0 || strings.IndexByte(part, ':') >= 0 {
		return false
	}
	for i := range len(part) {
		if part[i] >= utf8.RuneSelf {
			t, err := xml.NewDecoder(strings.NewReader("<" + part + ">")).RawToken()
			start, ok := t.(xml.StartElement)
			return err == nil && ok && start.Name.Local == part
		}
	}
	return true
}

// lines ends all lines as XML does (XML 1.0 §2.11).
func lines(raw []byte) []byte {
	if bytes.IndexByte(raw, '\r') < 0 {
		return raw
	}
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
}

// decode puts what references stand for in their place. In the value of an
// attribute white space becomes spaces, unless a reference wrote it (XML 1.0
// §3.3.3). False is for a reference that XML does not have.
func decode(raw []byte, inAttribute bool) ([]byte, bool) {
	raw = lines(raw)
	special := "&"
	if inAttribute {
		special = "&\t\n"
	}
	var text []byte
	for {
		i := bytes.IndexAny(raw, special)
		if i < 0 {
			break
		}
		text = append(text, raw[:i]...)
		if raw[i] != '&' {
			text, raw = append(text, ' '), raw[i+1:]
			continue
		}
		end := bytes.IndexByte(raw[i:], ';')
		if end < 0 {
			return nil, false
		}
		r, ok := reference(string(raw[i+1 : i+end]))
		if !ok {
			return nil, false
		}
		text, raw = utf8.AppendRune(text, r), raw[i+end+1:]
	}
	if text == nil {
		return raw, true
	}
	return append(text, raw...), true
}

// reference is the character that a reference stands for (XML 1.0 §4.1, §4.6).
func reference(name string) (rune, bool) {
	switch name {
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "amp":
		return '&', true
	case "apos":
		return '\'', true
	case "quot":
		return '"', true
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21) // takes digits alone, and no sign
	return rune(n), err == nil && n <= utf8.MaxRune && utf8.ValidRune(rune(n)) && isCharacter(rune(n))
}
