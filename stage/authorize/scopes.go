// Package authorize is the stage that asks whether this caller may ask for
// this. It holds the scopes and roles that the document requires; it looks at
// no body and asks nobody.
package authorize

import (
	"slices"
	"strings"

	"sallyport"
	"sallyport/problem"
)

// Scopes takes the first identity whose credentials hold every scope that its
// alternative requires.
type Scopes struct {
	// Challenge adds to a refusal what asks for credentials with the scopes that
	// the caller's lack; nil adds nothing. What a challenge is like is for the
	// schemes to say.
	Challenge func(lacking []*Requirement, refusal *problem.Refusal)
	// Required are the alternatives of the operation's security, in the order
	// in which Identify numbers them.
	Required [][]Requirement
}

// Requirement is what the credential of one scheme must grant.
type Requirement struct {
	Scheme string
	// Scopes are all to be held. For schemes that have no scopes they are the
	// names of roles (OpenAPI 3.1: Security Requirement Object).
	Scopes []string
	// Roles tells that they are roles.
	Roles bool
}

// Run implements sallyport.Step.
func (s *Scopes) Run(x *sallyport.Exchange) error {
	for i := range x.Identities {
		if p := &x.Identities[i]; !s.lacks(p) {
			x.Caller = *p
			return nil
		}
	}
	if len(x.Identities) == 0 {
		return s.anonymous()
	}
	return s.refuse(x.Identities)
}

// refuse says what each of the identities lacks: any of it would do (RFC 6750
// §3.1: the scopes that are necessary). What the first lacks is the kind.
func (s *Scopes) refuse(identities []sallyport.Principal) error {
	var ways []string
	var scopes []*Requirement
	kind := problem.ScopeMissing
	for i := range identities {
		var all []string
		required := s.Required[identities[i].Alternative]
		for j := range required {
			r := &required[j]
			if !r.lacks(&identities[i]) {
				continue
			}
			if what := "the scope " + strings.Join(r.Scopes, " "); !r.Roles {
				all, scopes = append(all, what), append(scopes, r)
				continue
			}
			if all = append(all, "the role "+strings.Join(r.Scopes, " and ")); i == 0 && len(all) == 1 {
				kind = problem.RoleMissing
			}
		}
		if way := strings.Join(all, " and "); !slices.Contains(ways, way) {
			ways = append(ways, way)
		}
	}
	refusal := problem.Refuse(kind, "The operation needs %s.", strings.Join(ways, ", or "))
	if s.Challenge != nil && len(scopes) > 0 {
		s.Challenge(scopes, refusal)
	}
	return refusal
}

// anonymous judges a caller whom an observed Identify let by: it may go on
// only where some alternative asks for nothing.
func (s *Scopes) anonymous() error {
	for _, alternative := range s.Required {
		if !slices.ContainsFunc(alternative, func(r Requirement) bool { return len(r.Scopes) > 0 }) {
			return nil
		}
	}
	return problem.Refuse(problem.ScopeMissing, "The operation needs a scope that an anonymous caller cannot hold.")
}

func (s *Scopes) lacks(p *sallyport.Principal) bool {
	for i := range s.Required[p.Alternative] {
		if s.Required[p.Alternative][i].lacks(p) {
			return true
		}
	}
	return false
}

func (r *Requirement) lacks(p *sallyport.Principal) bool {
	c := p.Credential(r.Scheme)
	var held []string
	switch {
	case c == nil: // holds nothing
	case c.Kind == sallyport.Unchecked:
		return false // what is left to the backend, its scopes too; explain says so
	case r.Roles:
		held = c.Roles
	default:
		held = c.Scopes
	}
	for _, scope := range r.Scopes {
		if !slices.Contains(held, scope) {
			return true
		}
	}
	return false
}
