package sample

import (
	"encoding/json"
	"strings"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/openapi"
	"sallyport/source"
)

// Media types that are written by rules of their own.
const (
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
)

// body is content, and what it was made of.
type body struct {
	declared  *openapi.MediaType
	mediaType string
	content   []byte
	value     any
	// write makes content of a value; nil where there is none behind it.
	write func(any) []byte
	json  bool
}

// Body makes content for the first of the media types for which that is
// possible, and tells its Content-Type.
func (g *Generator) Body(content []*openapi.MediaType, direction jsonschema.Direction) (mediaType string, text []byte, err error) {
	b, err := g.body(&openapi.RequestBody{Content: content}, direction)
	if err != nil {
		return "", nil, err
	}
	return b.mediaType, b.content, nil
}

func (g *Generator) body(declared *openapi.RequestBody, direction jsonschema.Direction) (*body, error) {
	var first error
	for _, m := range declared.Content {
		for _, mediaType := range concrete(m.Range) {
			b, err := g.content(m, mediaType, direction)
			if err == nil {
				return b, nil
			}
			if first == nil {
				first = err
			}
		}
	}
	if first == nil {
		first = impossible(declared.At, "the body has no media type of which content could be made")
	}
	return nil, first
}

// concrete are media types that a range includes, JSON first.
func concrete(text string) []string {
	r, err := mediatype.ParseRange(text)
	if err != nil {
		return nil
	}
	if _, one := r.Type(); one {
		return []string{text}
	}
	var types []string
	for _, name := range [...]string{
		"application/json", formType, multipartType, "text/plain", "application/octet-stream",
		"application/vnd.sample+json", "application/vnd.sample+xml", "image/png", "audio/mpeg", "video/mp4", "font/woff2",
	} {
		if t, err := mediatype.Parse(name); err == nil && r.Includes(t) {
			types = append(types, name)
		}
	}
	return types
}

// content makes content of one media type.
func (g *Generator) content(m *openapi.MediaType, mediaType string, direction jsonschema.Direction) (*body, error) {
	t, err := mediatype.Parse(mediaType)
	if err != nil {
		return nil, impossible(m.At, "%q is no media type", mediaType)
	}
	b := &body{declared: m, mediaType: mediaType}
	var at place
	switch {
	case t.IsJSON():
		b.write, b.json = marshal, true
	case t.Name == formType:
		at, b.write = place{in: "form"}, func(v any) []byte { return []byte(writeForm(m, v)) }
	case t.Name == multipartType:
		boundary, given := t.Parameter("boundary")
		if !given {
			boundary = defaultBoundary
			b.mediaType += "; boundary=" + boundary
		}
		at, b.write = place{in: "form"}, func(v any) []byte { return g.writeParts(m, boundary, v) }
	case t.IsXML():
		b.write = func(v any) []byte { return g.writeXML(m.Schema, v) }
	case strings.HasSuffix(t.Name, "jsonl") || strings.HasSuffix(t.Name, "ndjson"):
		return g.lines(m, b, direction)
	default:
		return g.plainContent(m, b, t, direction)
	}
	if b.value, err = g.value(m.Schema, direction, at); err != nil {
		return nil, err
	}
	if b.content = b.write(b.value); len(b.content) == 0 {
		return nil, impossible(m.At, "a body of %s without a field is empty", m.Range)
	}
	return b, nil
}

// lines is one JSON text on each line (OpenAPI 3.2: itemSchema).
func (g *Generator) lines(m *openapi.MediaType, b *body, direction jsonschema.Direction) (*body, error) {
	v, err := g.value(m.ItemSchema, direction, place{})
	if err != nil {
		return nil, err
	}
	line := append(marshal(v), '\n')
	b.content = append(line, line...)
	return b, nil
}

// plainContent is text, or bytes of which the schema says no more than that
// they are some.
func (g *Generator) plainContent(m *openapi.MediaType, b *body, t mediatype.Type, direction jsonschema.Direction) (*body, error) {
	if m.Schema == nil || g.isBinary(m.Schema) {
		b.content = []byte("sample\n")
		return b, nil
	}
	v, err := g.value(m.Schema, direction, place{in: "text"})
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case string, json.Number, bool:
	default:
		return nil, impossible(m.At, "nothing says how %s writes a value with parts", t.Name)
	}
	b.value = v
	b.write = func(v any) []byte { return []byte(scalar(v)) }
	if b.content = b.write(v); len(b.content) == 0 {
		return nil, impossible(m.At, "the text of the body is empty")
	}
	return b, nil
}

// isBinary tells whether a schema stands for bytes: format: binary (3.0), a
// contentMediaType without contentEncoding, or no constraint at all (3.1); of a
// list, its items.
func (g *Generator) isBinary(schema *source.Node) bool {
	n := g.follow(schema)
	switch {
	case n == nil || n.Kind != source.Map:
		return n != nil && n.Text == "true"
	case n.Str("format") == "binary" || len(n.Members) == 0:
		return true
	case n.Str("type") == "array":
		return n.Has("items") && len(g.follow(n.Get("items")).Members) > 0 && g.isBinary(n.Get("items"))
	}
	t, err := mediatype.Parse(n.Str("contentMediaType"))
	return err == nil && !n.Has("contentEncoding") && !t.IsJSON() && t.Main() != "text"
}
