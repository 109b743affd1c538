package validate

import (
	"sallyport"
	"sallyport/mediatype"
)

// maxFormPairs bounds the pairs of a form.
const maxFormPairs = 10_000

// formBody is application/x-www-form-urlencoded: pairs that are put together to
// one object by the schema and the encodings of its properties.
type formBody struct {
	fields   *fields
	required bool
}

func (r *formBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	if len(content) == 0 && r.required {
		return empty(true)
	}
	w := newWork().(*work)
	flaw, wrong := r.fields.check(string(content), maxFormPairs, w)
	switch {
	case flaw.flaw != sound:
		return flawed(flaw)
	case len(wrong) > 0 && wrong[0].Syntax():
		return malformed("The body " + flaws[repeated].message + ".")
	case len(wrong) > 0:
		return invalid(wrong, "")
	}
	return nil
}
