package validate

import (
	"slices"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/source"
)

// impliedTypes are the media types of a part of which no encoding speaks, by its
// schema (OpenAPI, Encoding Object: contentType): text/plain for what is one
// text, application/json for an object, of a list those of its items; besides,
// what the schema itself calls its contentMediaType. None are all: of a name that
// nobody declares nothing is known, and the default of a file,
// application/octet-stream, is that of bytes of any kind (RFC 2046 §4.5.1), where
// every browser says of which (HTML, "Multipart form data").
func (d Document) impliedTypes(node *source.Node, shape *jsonschema.Shape, file *fileRules) []mediatype.Range {
	says, encoded := d.contentOf(node)
	if file != nil {
		if says == "" || says == "application/octet-stream" {
			return nil
		}
		return rangesOf("application/octet-stream", says)
	}
	if list := typesOf(shape)&^jsonschema.Null == jsonschema.Array; list && shape.Items != nil {
		shape = shape.Items
	}
	if shape == nil {
		return nil
	}
	var names []string
	types := typesOf(shape)
	if mayBeScalar(types) {
		names = append(names, "text/plain")
	}
	if mayBe(types, jsonschema.Object|jsonschema.Array) {
		names = append(names, "application/json") // a list within a list has no other form
	}
	if types == jsonschema.AnyType || encoded {
		names = append(names, "application/octet-stream")
	}
	if says != "" {
		names = append(names, says)
	}
	return rangesOf(names...)
}

// contentOf is what the schema of a part, or of its items, says of its content:
// a media type, and whether it is written in an encoding such as base64.
func (d Document) contentOf(node *source.Node) (mediaType string, encoded bool) {
	n := d.deref(node)
	if n.Has("items") {
		n = d.deref(n.Get("items"))
	}
	return n.Str("contentMediaType"), n.Has("contentEncoding") || n.Str("format") == "byte"
}

// rangesOf leaves out what is no media type, and what is there already.
func rangesOf(names ...string) []mediatype.Range {
	var ranges []mediatype.Range
	for _, name := range names {
		r, err := mediatype.ParseRange(name)
		if err == nil && !slices.ContainsFunc(ranges, func(known mediatype.Range) bool { return known.Text == name }) {
			ranges = append(ranges, r)
		}
	}
	return ranges
}
