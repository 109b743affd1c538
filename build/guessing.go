package build

import (
	"sallyport"
	"sallyport/config"
	"sallyport/source"
	"sallyport/stage/identify"
)

// guessing is what all APIs count failures by; nil where the configuration says
// off. What was counted outlives the plan, whatever its numbers.
func (b *builder) guessing() (*identify.Guessing, error) {
	c := &b.config.Guessing
	if !c.On() || b.guessed != nil {
		return b.guessed, nil
	}
	tally, err := sallyport.Shared(b.result.Lasting, "guessing", func() (*identify.Tally, error) { return identify.NewTally(b.env.Now()), nil })
	if err != nil {
		return nil, err
	}
	b.guessed = &identify.Guessing{
		Client: allowance(c.Client), Account: allowance(c.Account), Unknown: allowance(c.Unknown),
		Delay: c.Delay.Duration(), MaxDelay: c.MaxDelay.Duration(), Waiting: c.Waiting,
		Ratio: c.Ratio, Failures: c.Failures, Remember: c.Remember.Duration(), Tally: tally,
	}
	b.guessed.Compile()
	return b.guessed, nil
}

func allowance(r config.Rate) identify.Allowance {
	return identify.Allowance{Count: r.Count, Per: r.Per}
}

// watch makes what is known of a scheme's credentials survive the plan, unless
// it is left to the backend, or is a certificate: the handshake has proved its
// key, and nobody finds one by trying.
func (a *apiBuilder) watch(s *identify.Scheme) error {
	if _, left := s.Method.(identify.Unchecked); left || s.Place.In == "certificate" {
		return nil
	}
	guessing, err := a.guessing()
	if guessing == nil || err != nil {
		return err
	}
	s.Watch, err = sallyport.Shared(a.result.Lasting, "guessing "+a.config.Name+"/"+s.Name, func() (*identify.Watch, error) {
		return guessing.Tally.NewWatch(a.config.Name, s.Name), nil
	})
	if err == nil {
		a.result.Watches = append(a.result.Watches, s.Watch)
	}
	return err
}

// guardAgainstGuessing places what holds tries back before the step that checks them.
func (o *operationBuilder) guardAgainstGuessing(security *identify.Security) {
	for _, s := range security.Schemes() {
		if s.Watch == nil {
			continue
		}
		c := &o.builder.config.Guessing
		security.Guessing = o.guessed
		at := o.declared.SecurityAt
		if c.At != (source.Position{}) {
			at = c.At
		}
		o.place(sallyport.Identify, "guessing", &identify.Guard{Security: security},
			enforced(at, "failures: %s by client, %s by account; then refused, %s at the longest after a delay", c.Client, c.Account, c.MaxDelay))
		return
	}
}
