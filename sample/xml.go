package sample

import (
	"bytes"
	"encoding/xml"
	"strings"

	"sallyport/source"
)

// writeXML writes a value as well-formed XML 1.0: the root is called as the
// schema's xml.name says, members are elements of their own names, items are
// repeated. No other word of the XML Object is followed.
func (g *Generator) writeXML(schema *source.Node, v any) []byte {
	name := "root"
	if n := g.follow(schema); n != nil && n.Get("xml").Str("name") != "" {
		name = n.Get("xml").Str("name")
	}
	var b bytes.Buffer
	writeElement(&b, name, v)
	return b.Bytes()
}

func writeElement(b *bytes.Buffer, name string, v any) {
	if items, list := v.([]any); list && b.Len() > 0 {
		for _, item := range items {
			writeElement(b, name, item)
		}
		return
	}
	name = elementName(name)
	b.WriteString("<" + name + ">")
	switch v := v.(type) {
	case map[string]any:
		for _, member := range sortedNames(v) {
			writeElement(b, member, v[member])
		}
	case []any:
		for _, item := range v {
			writeElement(b, "item", item)
		}
	default:
		// EscapeText fails only where its writer does.
		_ = xml.EscapeText(b, []byte(scalar(v)))
	}
	b.WriteString("</" + name + ">")
}

// elementName makes a name of the letters, digits and hyphens of one (XML 1.0
// §2.3).
func elementName(name string) string {
	name = strings.Map(func(r rune) rune {
		if isUnreserved(byte(r)) && r < 0x80 && r != '~' {
			return r
		}
		return '_'
	}, name)
	if name == "" || strings.IndexByte("0123456789-.", name[0]) >= 0 {
		name = "_" + name
	}
	return name
}
