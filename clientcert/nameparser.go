package clientcert

import (
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// nameParser reads the string form of a distinguished name (RFC 4514 §3). White
// space around an equals sign, a comma or a plus, which older tools write, does
// not count; a semicolon is no comma (RFC 2253 §4 has gone).
type nameParser struct{ rest string }

func (p *nameParser) name() (distinguished, error) {
	var name distinguished
	if strings.TrimLeft(p.rest, " ") == "" {
		return nil, errors.New("it is empty")
	}
	for {
		var set []attribute
		for {
			a, err := p.attribute()
			if err != nil {
				return nil, err
			}
			set = append(set, a)
			if !p.skip('+') {
				break
			}
		}
		name = append(name, set)
		if !p.skip(',') {
			break
		}
	}
	if p.rest != "" {
		return nil, errors.New("a character stands where a comma was expected; a backslash makes it part of the value")
	}
	return name, nil
}

func (p *nameParser) skip(c byte) bool {
	if p.rest != "" && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

func (p *nameParser) attribute() (a attribute, err error) {
	kind, rest, ok := strings.Cut(p.rest, "=")
	if !ok {
		return a, errors.New("an attribute has no equals sign")
	}
	if a.oid, err = attributeType(strings.Trim(kind, " ")); err != nil {
		return a, err
	}
	p.rest = strings.TrimLeft(rest, " ")
	if p.skip('#') {
		return a, p.hexValue(&a)
	}
	return a, p.textValue(&a)
}

func attributeType(kind string) (oid string, err error) {
	if oid, ok := keywords()[strings.ToUpper(kind)]; ok {
		return oid, nil
	}
	var parsed asn1.ObjectIdentifier
	for part := range strings.SplitSeq(kind, ".") {
		n, err := strconv.ParseUint(part, 10, 31)
		if err != nil || len(part) > 1 && part[0] == '0' {
			return "", errors.New("an attribute type is neither CN, O, OU or one of their kind nor an object identifier")
		}
		parsed = append(parsed, int(n))
	}
	var b cryptobyte.Builder
	if b.AddASN1ObjectIdentifier(parsed); len(parsed) < 2 {
		return "", errOID
	}
	if _, err := b.Bytes(); err != nil {
		return "", errOID
	}
	return parsed.String(), nil
}

var errOID = errors.New("an attribute type is no object identifier")

// hexValue is DER (§2.4), one value and nothing behind it.
func (p *nameParser) hexValue(a *attribute) error {
	end := strings.IndexAny(p.rest, ",+ ")
	if end < 0 {
		end = len(p.rest)
	}
	der, err := hex.DecodeString(p.rest[:end])
	p.rest = strings.TrimLeft(p.rest[end:], " ")
	in, element := cryptobyte.String(der), cryptobyte.String(nil)
	var kind tag.Tag
	if err != nil || !in.ReadAnyASN1Element(&element, &kind) || !in.Empty() {
		return errors.New("a value behind # is not DER in hexadecimal")
	}
	a.value, a.text = textOf(element, kind)
	return nil
}

// textValue reads a value up to the next separator. Spaces at its ends count
// only where they are escaped.
func (p *nameParser) textValue(a *attribute) error {
	var value []byte
	kept := 0 // how much of it does not end in spaces that were not escaped
	for p.rest != "" {
		c := p.rest[0]
		if c == ',' || c == '+' {
			break
		}
		p.rest = p.rest[1:]
		switch {
		case c == '\\':
			b, err := p.escaped()
			if err != nil {
				return err
			}
			value = append(value, b)
			kept = len(value)
		case strings.IndexByte("\"<>;\x00", c) >= 0:
			return errors.New("a character of a value must have a backslash before it")
		default:
			if value = append(value, c); c != ' ' {
				kept = len(value)
			}
		}
	}
	value = value[:kept]
	if len(value) == 0 || !utf8.Valid(value) {
		return errors.New("a value is empty or not UTF-8")
	}
	a.value, a.text = string(value), true
	return nil
}

func (p *nameParser) escaped() (byte, error) {
	if p.rest == "" {
		return 0, errors.New("a backslash ends it")
	}
	if c := p.rest[0]; strings.IndexByte(` "#+,;<=>\`, c) >= 0 {
		p.rest = p.rest[1:]
		return c, nil
	}
	if len(p.rest) >= 2 {
		if b, err := hex.DecodeString(p.rest[:2]); err == nil {
			p.rest = p.rest[2:]
			return b[0], nil
		}
	}
	return 0, errors.New("behind a backslash stands neither a special character nor two hexadecimal digits")
}
