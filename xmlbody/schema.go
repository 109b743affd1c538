package xmlbody

import (
	"bytes"
	"slices"
	"strings"

	"sallyport/jsonschema"
	"sallyport/source"
)

// Schema judges bodies of XML.
type Schema struct {
	*Plan
	json *jsonschema.Schema
}

// Compile makes a schema ready; nil where it has no plan. The error is that of
// Planner.Plan, or of jsonschema.Compiler.
func Compile(c *jsonschema.Compiler, p *Planner, node *source.Node, use jsonschema.Use) (*Schema, error) {
	plan, err := p.Plan(node)
	if plan == nil {
		return nil, err
	}
	json, err := c.Compile(node, use)
	if err != nil {
		return nil, err
	}
	return &Schema{plan, json}, nil
}

// Notes lists what the schema says and nobody holds.
func (s *Schema) Notes() []jsonschema.Note { return s.json.Notes() }

// maxCut is how many places of what was taken out are listed.
const maxCut = 100

// Clean judges a body as jsonschema.Schema.Clean does. Undecided is also a body
// that the plan cannot read. Where undeclared members are taken out, so is what
// belongs to no member: attributes and elements within a text, text between
// elements, comments, instructions. What is left is read again: it must say
// what the schema has judged, or it is Undecided.
func (s *Schema) Clean(content []byte, may jsonschema.Cleaning) jsonschema.Cleaned {
	if Check(content) != nil {
		return undecided(content, jsonschema.Fault{Message: "is not well-formed XML in UTF-8, with its namespaces declared and without a document type"})
	}
	c, spans := s.clean(content, may)
	json := c.Body
	if c.Body, c.Gone = content, nil; c.Undecided || len(spans) == 0 && !cutsItems(c) {
		c.Cut, c.CutCount = nil, 0
		return c
	}
	c.Body, c.Gone = without(content, spans)
	if Check(c.Body) == nil {
		if again, more := s.clean(c.Body, may); !again.Undecided && len(more) == 0 && !cutsItems(again) && bytes.Equal(again.Body, json) {
			return c
		}
	}
	return undecided(content, jsonschema.Fault{Keyword: "xml", Message: "has parts that cannot be taken out safely"})
}

// cutsItems tells whether items are, or may be, among what was taken out of the
// JSON text: which elements they were is not known, so that they must not be
// found there again.
func cutsItems(c jsonschema.Cleaned) bool {
	return len(c.Cut) >= maxCut || slices.ContainsFunc(c.Cut, func(place string) bool { return strings.HasSuffix(place, "/*") })
}

func undecided(content []byte, faults ...jsonschema.Fault) jsonschema.Cleaned {
	return jsonschema.Cleaned{Body: content, Faults: faults, Undecided: true}
}

// clean judges a body that is well-formed. Body is the JSON that is left of it;
// the spans are what has to be taken out of the XML for that.
func (s *Schema) clean(content []byte, may jsonschema.Cleaning) (jsonschema.Cleaned, []span) {
	r := newReader(content, may.Undeclared)
	out, err := r.document(s.Plan)
	switch {
	case err != nil:
		return undecided(content, jsonschema.Fault{Keyword: "xml", Message: "has too many elements to be read"}), nil
	case len(r.faults) > 0:
		return undecided(content, r.faults...), nil
	}
	c := s.json.Clean(out.text, may)
	spans := within(out.marks, c.Gone)
	c.CutCount += len(r.cuts)
	for _, cut := range r.cuts {
		spans = append(spans, cut.span)
		if len(c.Cut) < maxCut && !slices.Contains(c.Cut, cut.place) {
			c.Cut = append(c.Cut, cut.place)
		}
	}
	mark := len(content) - len(r.content)
	for i := range spans {
		spans[i].from, spans[i].to = spans[i].from+mark, spans[i].to+mark
	}
	return c, spans
}
