package items

import (
	"bytes"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/source"
)

// Schema judges the items of one kind of sequence.
type Schema struct {
	item     *jsonschema.Schema
	contents []content
	notes    []jsonschema.Note
}

// content is what the data of an event must hold where it is JSON itself
// (contentMediaType and contentSchema); when tells which events are meant, nil
// means all.
type content struct{ when, holds *jsonschema.Schema }

// Compile makes the schema of an item ready. Follow leads from a schema that is
// no more than a reference to what says something, nil where there is nothing.
// The error is that of jsonschema.Compiler.
func Compile(c *jsonschema.Compiler, k Kind, item *source.Node, use jsonschema.Use, follow func(*source.Node) *source.Node) (*Schema, error) {
	s := &Schema{}
	var err error
	if s.item, err = c.Compile(item, use); err != nil {
		return nil, err
	}
	s.notes = s.item.Notes()
	if k == Events {
		b := contentBuilder{s, c, use, follow}
		err = b.build(item, nil, 0)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Notes lists what the schema says and nobody holds.
func (s *Schema) Notes() []jsonschema.Note { return s.notes }

// Item is the schema of an item.
func (s *Schema) Item() *jsonschema.Schema { return s.item }

// Contents are the schemas of JSON within the data of events.
func (s *Schema) Contents() []*jsonschema.Schema {
	var all []*jsonschema.Schema
	for _, c := range s.contents {
		all = append(all, c.holds)
	}
	return all
}

// Hides tells whether the schema has members that the direction of a body hides.
func (s *Schema) Hides() bool {
	return s.item.Hides() || slices.ContainsFunc(s.contents, func(c content) bool { return c.holds.Hides() })
}

// maxContentDepth bounds the search for schemas of data through allOf, oneOf
// and anyOf.
const maxContentDepth = 4

// contentBuilder looks for contentSchema of data at the places that OpenAPI 3.2
// shows: under properties, and there in the branches of oneOf, one for each
// name of an event.
type contentBuilder struct {
	*Schema
	compiler *jsonschema.Compiler
	use      jsonschema.Use
	follow   func(*source.Node) *source.Node
}

func (b *contentBuilder) build(n, when *source.Node, depth int) error {
	if n = b.follow(n); n == nil || n.Kind != source.Map || depth > maxContentDepth {
		return nil
	}
	if data := b.follow(n.Get("properties").Get("data")); data.Has("contentSchema") && holdsJSON(data) {
		if err := b.add(data, when); err != nil {
			return err
		}
	}
	for _, union := range []string{"allOf", "oneOf", "anyOf"} {
		list := n.Get(union)
		if list == nil || list.Kind != source.List {
			continue
		}
		for _, branch := range list.Items {
			under := when
			if union != "allOf" {
				under = branch
			}
			if err := b.build(branch, under, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *contentBuilder) add(data, when *source.Node) error {
	var c content
	var err error
	if c.holds, err = b.compiler.Compile(data.Get("contentSchema"), b.use); err != nil {
		return err
	}
	if when != nil {
		if c.when, err = b.compiler.Compile(when, jsonschema.Use{}); err != nil {
			return err
		}
	}
	b.contents = append(b.contents, c)
	b.notes = slices.DeleteFunc(slices.Clone(b.notes), func(note jsonschema.Note) bool {
		return note.At == data.NamePosition(note.Keyword) && (note.Keyword == "contentSchema" || note.Keyword == "contentMediaType")
	})
	b.notes = append(b.notes, c.holds.Notes()...)
	return nil
}

func holdsJSON(data *source.Node) bool {
	if !data.Has("contentMediaType") {
		return true
	}
	t, err := mediatype.Parse(data.Str("contentMediaType"))
	return err == nil && t.IsJSON() && !data.Has("contentEncoding")
}

// Clean judges the JSON of an item, as jsonschema.Schema.Clean does, and the
// JSON that the data of an event holds.
func (s *Schema) Clean(item []byte, may jsonschema.Cleaning) jsonschema.Cleaned {
	c := s.item.Clean(item, may)
	for _, content := range s.contents {
		if c.Undecided || content.when != nil && len(content.when.Check(item)) > 0 {
			continue
		}
		if data, ok := dataOf(c.Body); ok {
			c = content.clean(c, data, may)
		}
	}
	return c
}

func (w *content) clean(c jsonschema.Cleaned, data []byte, may jsonschema.Cleaning) jsonschema.Cleaned {
	inner := w.holds.Clean(data, may)
	for _, f := range inner.Faults {
		if f.Syntax() {
			f = jsonschema.Fault{Keyword: "contentMediaType", Message: "must hold JSON text"}
		}
		f.Pointer = "/data" + f.Pointer
		c.Faults = append(c.Faults, f)
	}
	for _, cut := range inner.Cut {
		c.Cut = append(c.Cut, "/data"+cut)
	}
	c.CutCount += inner.CutCount
	c.Undecided = inner.Undecided
	if inner.CutCount > 0 && !inner.Undecided {
		c.Body = withData(c.Body, inner.Body)
	}
	return c
}

// dataOf is what the data of an event holds.
func dataOf(item []byte) ([]byte, bool) {
	at, _ := findData(item)
	if at == nil {
		return nil, false
	}
	text, err := jsontext.AppendUnquote(nil, at)
	return text, err == nil
}

// withData is an event with other data.
func withData(item, data []byte) []byte {
	at, from := findData(item)
	out := append(make([]byte, 0, len(item)), item[:from]...)
	return append(appendString(out, data), item[from+len(at):]...)
}

// findData finds the string of data among the members of an event.
func findData(item []byte) (value jsontext.Value, from int) {
	d := jsontext.NewDecoder(bytes.NewReader(item))
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return nil, 0
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, 0
		}
		wanted := name.String() == "data"
		v, err := d.ReadValue()
		if err != nil {
			return nil, 0
		}
		if wanted && v.Kind() == '"' {
			return v.Clone(), int(d.InputOffset()) - len(v)
		}
	}
	return nil, 0
}
