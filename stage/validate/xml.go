package validate

import (
	"errors"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
	"sallyport/source"
	"sallyport/xmlbody"
)

// xmlBody is XML that must be well-formed and declare no document type: with
// it go all entities but the five of XML itself, and so every way to read files
// or to grow beyond memory. It is read into JSON by the XML Objects of its schema
// and held to that; where a schema cannot be read so, plan is nil, and a control
// says that it is not enforced.
type xmlBody struct {
	required bool
	plan     *xmlbody.Plan
	schema   *jsonschema.Schema
}

// planXML makes the plan by which XML of a schema is read; nil where there is
// none.
func (f *findings) planXML(d Document, node *source.Node) *xmlbody.Plan {
	planner := d.XML
	if planner == nil {
		planner = xmlbody.NewPlanner(d.deref)
	}
	plan, err := planner.Plan(node)
	var mistakes source.Mistakes
	if errors.As(err, &mistakes) {
		f.mistakes = append(f.mistakes, mistakes...)
	}
	return plan
}

func (r *xmlBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	if len(content) == 0 {
		return empty(r.required)
	}
	if err := xmlbody.Check(content); err != nil {
		return malformed("The body is not well-formed XML in UTF-8, with its namespaces declared and without a document type.")
	}
	if r.plan == nil {
		return nil
	}
	text, wrong, err := r.plan.Read(content)
	switch {
	case err != nil:
		return malformed("The body has too many elements.")
	case len(wrong) > 0:
		x.LoseOutward(r.schema, "body", "")
		return verdict(wrong, "")
	}
	x.FindOutward(r.schema, "body", "", text)
	return verdict(r.schema.Check(text), "")
}
