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
	// Realm is named in the challenge.
	Realm string
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
		if p := &x.Identities[i]; s.lacking(p) == nil {
			x.Caller = *p
			return nil
		}
	}
	if len(x.Identities) == 0 {
		return s.anonymous()
	}
	lacking := s.lacking(&x.Identities[0])
	if lacking.Roles {
		return problem.Refuse(problem.RoleMissing, "The operation needs the role %s.", strings.Join(lacking.Scopes, " and "))
	}
	scopes := strings.Join(lacking.Scopes, " ")
	return problem.Refuse(problem.ScopeMissing, "The operation needs the scope %s.", scopes).
		With("WWW-Authenticate", `Bearer realm=`+quote(s.Realm)+`, error="insufficient_scope", scope=`+quote(scopes)) // RFC 6750 §3.1
}

// quote makes a quoted string (RFC 9110 §5.6.4).
func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
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

func (s *Scopes) lacking(p *sallyport.Principal) *Requirement {
	for i := range s.Required[p.Alternative] {
		r := &s.Required[p.Alternative][i]
		c := p.Credential(r.Scheme)
		var held []string
		switch {
		case c == nil: // holds nothing
		case c.Kind == sallyport.Unchecked:
			continue // what is left to the backend, its scopes too; explain says so
		case r.Roles:
			held = c.Roles
		default:
			held = c.Scopes
		}
		for _, scope := range r.Scopes {
			if !slices.Contains(held, scope) {
				return r
			}
		}
	}
	return nil
}
