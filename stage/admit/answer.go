package admit

import (
	"sallyport"
	"sallyport/message"
)

// AnswerFields are set on every answer, refusals included.
type AnswerFields struct {
	Fields message.Fields
	// HSTS is the value of Strict-Transport-Security; "" sends none. It is
	// sent over TLS only (RFC 6797 §7.2).
	HSTS string
}

// Run implements sallyport.Step.
func (a *AnswerFields) Run(x *sallyport.Exchange) error {
	x.Answer = append(x.Answer, a.Fields...)
	if a.HSTS != "" && x.Request.TLS != nil {
		x.Answer.Add("Strict-Transport-Security", a.HSTS)
	}
	return nil
}
