package validate

import (
	"unicode/utf8"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
)

// textBody is a body of text: it is a string to its schema, or a number or a
// boolean where the schema lets those through.
type textBody struct {
	schema   *jsonschema.Schema
	shape    *jsonschema.Shape
	required bool
}

func (r *textBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	if len(content) == 0 && r.required {
		return empty(true)
	}
	if !utf8.Valid(content) {
		return malformed("The body is not UTF-8 text.")
	}
	if r.schema == nil {
		return nil
	}
	var wrong []jsonschema.Fault
	for _, asText := range [...]bool{false, true} {
		d := decoder{text: content, out: make([]byte, 0, len(content)+16), asText: asText}
		d.appendScalar(typesOf(r.shape))
		found := r.schema.Check(d.out)
		if len(found) == 0 {
			x.FindOutward(r.schema, "body", "", d.out)
			return nil
		}
		if wrong == nil {
			wrong = found
		}
		if !d.open {
			break
		}
	}
	x.FindOutward(r.schema, "body", "", appendQuoted(nil, content))
	return invalid(wrong, "")
}
