package identify

import (
	"slices"

	"sallyport"
	"sallyport/problem"
)

// Known is a method that knows its holders from the configuration.
type Known interface {
	// Holders are their credentials, in no order, those that have expired among
	// them.
	Holders() []*sallyport.Credential
}

// Prove is who a caller would be who presented these credentials, each good and
// named by its scheme, without a request: for reports of what a caller may do.
// The error is what Run would refuse such a request with.
func (s *Security) Prove(held []*sallyport.Credential) ([]sallyport.Principal, error) {
	var found []finding
	for _, scheme := range s.Schemes() {
		f := finding{scheme: scheme}
		if n := slices.IndexFunc(held, func(c *sallyport.Credential) bool { return c.Scheme == scheme.Name }); n >= 0 {
			f.credential = scheme.own(held[n])
		}
		found = append(found, f)
	}
	if identities := s.identities(found); len(identities) > 0 {
		return identities, nil
	}
	return nil, problem.Refuse(problem.CredentialsMissing, "The operation needs %s.", s.needs())
}

// Schemes are those that the alternatives name, each once.
func (s *Security) Schemes() []*Scheme {
	var schemes []*Scheme
	for _, alternative := range s.Alternatives {
		for _, r := range alternative {
			if !slices.Contains(schemes, r.Scheme) {
				schemes = append(schemes, r.Scheme)
			}
		}
	}
	return schemes
}
