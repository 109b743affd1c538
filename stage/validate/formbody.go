package validate

import (
	"log/slog"

	"sallyport"
	"sallyport/jsonschema"
	"sallyport/mediatype"
)

// maxFormPairs bounds the pairs of a form.
const maxFormPairs = 10_000

// formBody is application/x-www-form-urlencoded: pairs that are put together to
// one object by the schema and the encodings of its properties.
type formBody struct {
	fields   *fields
	required bool
	may      jsonschema.Cleaning
	watch    bool
}

func (r *formBody) check(x *sallyport.Exchange, _ mediatype.Type) error {
	content, err := x.HoldRequest()
	if err != nil {
		return err
	}
	if len(content) == 0 && r.required {
		return empty(true)
	}
	left, dropped, err := r.clean(x, string(content))
	if err != nil || dropped == 0 {
		return err
	}
	x.Note(slog.Int("dropped", dropped))
	if !r.watch {
		x.Request.Body.Replace([]byte(left))
		x.Request.Fields.DelDigests()
	}
	return nil
}

// clean judges a form without the pairs that may be taken out. What is left is
// judged again, with nothing more to be taken out: a member that is not a pair
// of its own, such as one within JSON text, is refused.
func (r *formBody) clean(x *sallyport.Exchange, text string) (left string, dropped int, err error) {
	w := newWork().(*work)
	w.marking = true
	flaw, c := r.fields.check(text, maxFormPairs, r.may, w)
	if flaw.flaw != sound {
		x.LoseOutward(r.fields.schema, "body", "")
	} else {
		x.FindOutward(r.fields.schema, "body", "", w.out)
	}
	if err := r.verdict(flaw, c.Faults); err != nil || c.CutCount == 0 {
		return text, 0, err
	}
	left = withoutPairs(text, w.lost(c.Gone))
	flaw, again := r.fields.check(left, maxFormPairs, jsonschema.Cleaning{}, w)
	return left, c.CutCount, r.verdict(flaw, again.Faults)
}

func (r *formBody) verdict(flaw flawAt, wrong []jsonschema.Fault) error {
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
