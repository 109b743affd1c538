package inspect

import (
	"sallyport"
	"sallyport/mediatype"
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
	body, err := x.HoldRequest()
	if err != nil {
		return err
	}
	t, err := mediatype.Parse(x.Request.Fields.Get("Content-Type"))
	i := mediatype.Match(b.Ranges, t)
	if len(body) == 0 || err != nil || i < 0 || !t.IsJSON() || b.Looks[i].Schema == nil {
		return b.Looks[0].Rules.Decide(x, nil)
	}
	return b.Looks[i].decide(x, body)
}
