package sample

import (
	"bytes"
	"fmt"
	"sort"
	"strings"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/source"
)

// defaultBoundary begins no line of any value made here.
const defaultBoundary = "sallyport-sample-boundary"

// writeParts writes the members of an object as multipart/form-data (RFC 7578
// §4), a list as a part for each of its items (§4.3).
func (g *Generator) writeParts(m *openapi.MediaType, boundary string, v any) []byte {
	object, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	var b bytes.Buffer
	for _, name := range sortedNames(object) {
		if e := m.Encoding[name]; e != nil && e.Style != "" {
			g.writeStyled(&b, boundary, name, object[name], e)
			continue
		}
		items, list := object[name].([]any)
		if !list {
			items = []any{object[name]}
		}
		for _, item := range items {
			g.writePart(&b, m, boundary, name, item)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	fmt.Fprintf(&b, "--%s--\r\n", boundary)
	return b.Bytes()
}

// writeStyled writes a member by the style of its encoding, each pair as a part
// (OpenAPI 3.1, Encoding Object: style; documents of 3.0 mean the same).
func (g *Generator) writeStyled(b *bytes.Buffer, boundary, name string, v any, e *openapi.Encoding) {
	w := styleWriter{style: e.Style, explode: e.Explode, name: name, encode: func(text string) string { return text }}
	for _, p := range w.pairs(v) {
		fmt.Fprintf(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n", boundary, partName(p.name))
		g.writePartFields(b, e)
		fmt.Fprintf(b, "\r\n%s\r\n", p.value)
	}
}

func (g *Generator) writePart(b *bytes.Buffer, m *openapi.MediaType, boundary, name string, v any) {
	schema := g.propertyOf(m.Schema, name, 0)
	binary := schema != nil && g.isBinary(schema)
	fmt.Fprintf(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, partName(name))
	if binary {
		b.WriteString("; filename=\"sample.bin\"")
	}
	b.WriteString("\r\n")
	mediaType := ""
	_, object := v.(map[string]any)
	e := m.Encoding[name]
	switch {
	case e != nil && e.ContentType != "":
		first, _, _ := strings.Cut(e.ContentType, ",")
		if types := concrete(strings.TrimSpace(first)); len(types) > 0 {
			mediaType = types[0]
		}
	case object:
		mediaType = "application/json"
	case binary:
		mediaType = "application/octet-stream"
	}
	if mediaType != "" {
		fmt.Fprintf(b, "Content-Type: %s\r\n", mediaType)
	}
	if e != nil {
		g.writePartFields(b, e)
	}
	text := scalar(v)
	if t, err := mediatype.Parse(mediaType); err == nil && t.IsJSON() && !binary {
		text = string(marshal(v))
	}
	fmt.Fprintf(b, "\r\n%s\r\n", text)
}

// partName is a name between quotes, as browsers write it (WHATWG HTML,
// multipart/form-data encoding algorithm).
func partName(name string) string {
	return strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22").Replace(name)
}

// writePartFields writes the header fields that an encoding requires of a part.
func (g *Generator) writePartFields(b *bytes.Buffer, e *openapi.Encoding) {
	names := make([]string, 0, len(e.Headers))
	for name, h := range e.Headers {
		if h.Required || g.options.All {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		v, err := g.value(e.Headers[name].Schema, jsonschema.Request, place{in: "header", flat: true})
		if err != nil {
			continue // the check of the part says so
		}
		w := styleWriter{style: "simple", explode: e.Headers[name].Explode, encode: func(text string) string { return text }}
		fmt.Fprintf(b, "%s: %s\r\n", name, w.joined(v, ","))
	}
}

// propertyOf finds the schema of a member where a form declares it.
func (g *Generator) propertyOf(schema *source.Node, name string, depth int) *source.Node {
	n := g.follow(schema)
	if n == nil || depth > 8 {
		return nil
	}
	if p := n.Get("properties").Get(name); p != nil {
		return p
	}
	for _, keyword := range [...]string{"allOf", "anyOf", "oneOf"} {
		if list := n.Get(keyword); list != nil {
			for _, branch := range list.Items {
				if p := g.propertyOf(branch, name, depth+1); p != nil {
					return p
				}
			}
		}
	}
	return nil
}
