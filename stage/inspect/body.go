package inspect

import (
	"errors"

	"sallyport"
	"sallyport/mediatype"
	"sallyport/problem"
)

// Body asks rules about the body of a request, which Validate has read.
type Body struct {
	// Ranges are the media types that the operation takes.
	Ranges []mediatype.Range
	// Looks are for each of them; one without a schema is no JSON.
	Looks []Look
}

// Run implements sallyport.Step.
func (b *Body) Run(x *sallyport.Exchange) error {
	body := x.Request.Body
	if body == nil || body.Length == 0 || body.Empty() {
		return b.Looks[0].Rules.Decide(x, nil)
	}
	look := b.look(x)
	if look == nil {
		return unread() // and not held: what is passed on as it comes may be large
	}
	held, err := x.HoldRequest()
	if err != nil {
		return err
	}
	return look.decide(x, held)
}

// look is the one for the body; nil where nothing of it can be known. No rule is
// asked then: has() would say of any value that it is not there.
func (b *Body) look(x *sallyport.Exchange) *Look {
	t, err := mediatype.Parse(x.Request.Fields.Get("Content-Type"))
	if err != nil || x.Request.Fields.Count("Content-Type") != 1 || !t.IsJSON() || !t.IsUTF8() {
		return nil
	}
	i := mediatype.Match(b.Ranges, t)
	if i < 0 || b.Looks[i].Schema == nil {
		return nil
	}
	return &b.Looks[i]
}

func unread() error {
	return problem.Refuse(problem.RuleRefused, "").Because(errors.New("no rule can be asked about a body that is not JSON with a schema"))
}
