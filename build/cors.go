package build

import (
	"strings"

	"sallyport"
	"sallyport/stage/admit"
)

// corsPolicy is nil where the configuration lets no origin in.
func (a *apiBuilder) corsPolicy() *admit.CORS {
	c := a.config.CORS
	if c == nil {
		return nil
	}
	policy := &admit.CORS{Credentials: c.Credentials}
	policy.Origins, policy.Suffixes = originLists(c.Origins)
	var expose []string
	for _, name := range c.Expose {
		expose = append(expose, string(name))
	}
	policy.Expose = strings.Join(expose, ", ")
	return policy
}

// preflights makes the operations that answer preflights; nil where there is
// no CORS policy.
func (a *apiBuilder) preflights() func(methods []string) *sallyport.Operation {
	cors := a.cors
	if cors == nil {
		cors = a.soleCORS
	}
	if cors == nil {
		return nil
	}
	var fields []string
	for _, name := range a.config.CORS.Headers {
		fields = append(fields, strings.ToLower(string(name)))
	}
	return func(methods []string) *sallyport.Operation {
		op := &sallyport.Operation{API: a.config.Name, ID: "preflight", Index: -1}
		op.Place(sallyport.Placed{Stage: sallyport.Admit, Name: "preflight", Step: &admit.Preflight{
			CORS: cors, Methods: methods, Fields: fields, MaxAge: a.config.CORS.MaxAge.Duration(),
		}})
		return op
	}
}
