package clientcert

import (
	"bytes"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// attribute is one attribute of a distinguished name. A value that is no text,
// or of a type in which text has several readings, is kept as its DER.
type attribute struct {
	oid, value string
	text       bool
}

// distinguished is a distinguished name: sets of attributes, the last of the
// certificate first (RFC 4514 §2.1).
type distinguished [][]attribute

// Distinguished is the one way to write a distinguished name (RFC 4514): two
// names are the same if and only if this is. Attribute types are their short
// names or else object identifiers, sets are sorted, escapes are the fewest.
// Values are compared to the letter, whatever kind of string holds them: of two
// names that differ in case or in spaces an authority may have meant two.
func Distinguished(text string) (string, error) {
	if len(text) > maxName {
		return "", errors.New("a name is too long")
	}
	p := nameParser{rest: text}
	name, err := p.name()
	if err != nil {
		return "", fmt.Errorf("it is no distinguished name (RFC 4514): %w", err)
	}
	return name.String(), nil
}

// keywords are the short names of attribute types: those of RFC 4514 §3, and
// those by which tools show the rest of what certificates hold.
func keywords() map[string]string {
	return map[string]string{
		"CN": "2.5.4.3", "L": "2.5.4.7", "ST": "2.5.4.8", "O": "2.5.4.10", "OU": "2.5.4.11", "C": "2.5.4.6", "STREET": "2.5.4.9",
		"DC": "0.9.2342.19200300.100.1.25", "UID": "0.9.2342.19200300.100.1.1",
		"SN": "2.5.4.4", "SERIALNUMBER": "2.5.4.5", "TITLE": "2.5.4.12", "GN": "2.5.4.42", "DNQUALIFIER": "2.5.4.46",
		"EMAILADDRESS": "1.2.840.113549.1.9.1", "ORGANIZATIONIDENTIFIER": "2.5.4.97",
	}
}

// String writes it by RFC 4514 §2.
func (n distinguished) String() string {
	short := make(map[string]string)
	for keyword, oid := range keywords() {
		short[oid] = keyword
	}
	var b strings.Builder
	for i, set := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		parts := make([]string, len(set))
		for j, a := range set {
			parts[j] = a.write(short)
		}
		slices.Sort(parts)
		b.WriteString(strings.Join(parts, "+"))
	}
	return b.String()
}

func (a attribute) write(short map[string]string) string {
	if !a.text {
		return a.oid + "=#" + hex.EncodeToString([]byte(a.value)) // §2.4: the type in dotted form goes with it
	}
	kind := a.oid
	if keyword, ok := short[a.oid]; ok {
		kind = keyword
	}
	var b strings.Builder
	b.WriteString(kind + "=")
	for i := range len(a.value) {
		switch c := a.value[i]; {
		case c == 0:
			b.WriteString(`\00`)
			continue
		case strings.IndexByte(`"+,;<>\`, c) >= 0,
			i == 0 && (c == ' ' || c == '#'),
			i == len(a.value)-1 && c == ' ':
			b.WriteByte('\\')
		}
		b.WriteByte(a.value[i])
	}
	return b.String()
}

// readName reads a Name (RFC 5280 §4.1.2.4).
func readName(der []byte) (distinguished, error) {
	in, sets := cryptobyte.String(der), cryptobyte.String(nil)
	if !in.ReadASN1(&sets, tag.SEQUENCE) || !in.Empty() {
		return nil, errNames
	}
	var name distinguished
	for !sets.Empty() {
		var set cryptobyte.String
		if !sets.ReadASN1(&set, tag.SET) || set.Empty() {
			return nil, errNames
		}
		var attributes []attribute
		for !set.Empty() {
			a, ok := readAttribute(&set)
			if !ok {
				return nil, errNames
			}
			attributes = append(attributes, a)
		}
		name = append(name, attributes)
	}
	slices.Reverse(name)
	return name, nil
}

func readAttribute(set *cryptobyte.String) (a attribute, ok bool) {
	var pair, value cryptobyte.String
	var oid asn1.ObjectIdentifier
	var kind tag.Tag
	if !set.ReadASN1(&pair, tag.SEQUENCE) || !pair.ReadASN1ObjectIdentifier(&oid) || !pair.ReadAnyASN1Element(&value, &kind) || !pair.Empty() {
		return a, false
	}
	a.oid = oid.String()
	a.value, a.text = textOf(value, kind)
	return a, true
}

// textOf reads the kinds of string that have one reading; of any other value,
// such as a TeletexString, it returns the DER.
func textOf(element cryptobyte.String, kind tag.Tag) (value string, text bool) {
	rest, content := element, cryptobyte.String(nil)
	if !rest.ReadASN1(&content, kind) {
		return string(element), false
	}
	switch kind {
	case tag.UTF8String:
		text = utf8.Valid(content)
	case tag.PrintableString, tag.IA5String, 18: // 18 is NumericString
		text = !bytes.ContainsFunc(content, func(r rune) bool { return r >= utf8.RuneSelf })
	case 30: // BMPString
		return bmp(element, content)
	}
	if !text || len(content) == 0 {
		return string(element), false
	}
	return string(content), true
}

func bmp(element, content cryptobyte.String) (string, bool) {
	if len(content)%2 != 0 || len(content) == 0 {
		return string(element), false
	}
	runes := make([]rune, 0, len(content)/2)
	for i := 0; i < len(content); i += 2 {
		r := rune(content[i])<<8 | rune(content[i+1])
		if utf16.IsSurrogate(r) { // it holds the basic plane alone
			return string(element), false
		}
		runes = append(runes, r)
	}
	return string(runes), true
}
