// Package identify is the stage that asks who calls. It reads the credentials
// that an operation's security names, checks each by its method, and keeps
// every alternative that is satisfied: any of the alternatives, all schemes
// within one, exactly as the document says (OpenAPI: Security Requirement
// Object).
//
// It never takes a credential from a place the document does not name, never
// lets a presented but invalid one count as none, and tells no caller why a
// secret is wrong. RFC 9110 §11 (challenges), RFC 6750 (bearer tokens).
package identify

import (
	"context"
	"errors"
	"strings"

	"sallyport"
	"sallyport/problem"
)

// Method checks the credentials of one kind. It is given what stood in the
// scheme's place and returns whom it proves, or a refusal.
type Method interface {
	Check(ctx context.Context, secret string) (*sallyport.Credential, error)
}

// Scheme is one security scheme of the document with the method that checks it.
type Scheme struct {
	Name   string
	Place  Place
	Method Method
}

// Requirement is a scheme and what it must grant.
type Requirement struct {
	Scheme *Scheme
	Scopes []string
}

// Security holds one operation's alternatives.
type Security struct {
	// Realm is named in challenges (RFC 9110 §11.5).
	Realm string
	// Alternatives in the document's order; an empty one is anonymous.
	Alternatives [][]Requirement
}

// finding is what one scheme found in a request.
type finding struct {
	scheme     *Scheme
	credential *sallyport.Credential
	err        error
}

// Run implements sallyport.Step.
func (s *Security) Run(x *sallyport.Exchange) error {
	var room [4]finding
	found, err := s.look(x, room[:0])
	if err != nil {
		return err
	}
	if err := s.refusePresented(found); err != nil {
		return err
	}
	var identities []sallyport.Principal
	for i, alternative := range s.Alternatives {
		if credentials, ok := satisfied(alternative, found); ok {
			identities = append(identities, sallyport.Principal{Alternative: i, Credentials: credentials})
		}
	}
	if identities == nil {
		return s.challenge(problem.Refuse(problem.CredentialsMissing, "The operation needs %s.", s.needs()), "")
	}
	x.Identities, x.Caller = identities, identities[0]
	return nil
}

// look asks each scheme once, whatever the number of alternatives it stands in.
func (s *Security) look(x *sallyport.Exchange, found []finding) ([]finding, error) {
	for _, alternative := range s.Alternatives {
		for _, r := range alternative {
			if known(found, r.Scheme) {
				continue
			}
			secret, err := r.Scheme.Place.Find(x.Request)
			if err != nil {
				return nil, err
			}
			f := finding{scheme: r.Scheme}
			if secret != "" {
				if f.credential, f.err = r.Scheme.Method.Check(x.Context, secret); f.credential != nil && f.credential.Scheme != r.Scheme.Name {
					named := *f.credential
					named.Scheme = r.Scheme.Name
					f.credential = &named
				}
			}
			found = append(found, f)
		}
	}
	return found, nil
}

func known(found []finding, scheme *Scheme) bool {
	for i := range found {
		if found[i].scheme == scheme {
			return true
		}
	}
	return false
}

// refusePresented turns away a credential that was presented and that no
// scheme reading the same place accepts, even where the operation is open to
// anonymous callers: else a client would believe to be somebody.
func (s *Security) refusePresented(found []finding) error {
	for i := range found {
		f := &found[i]
		if f.err == nil || accepted(found, f.scheme.Place) {
			continue
		}
		var refusal *problem.Refusal
		if !errors.As(f.err, &refusal) {
			return f.err
		}
		if refusal.Kind.Failure() {
			return refusal
		}
		return s.challenge(refusal, refusal.Detail)
	}
	return nil
}

func accepted(found []finding, place Place) bool {
	for i := range found {
		if found[i].credential != nil && found[i].scheme.Place == place {
			return true
		}
	}
	return false
}

func satisfied(alternative []Requirement, found []finding) ([]*sallyport.Credential, bool) {
	var credentials []*sallyport.Credential
	for _, r := range alternative {
		for i := range found {
			if found[i].scheme == r.Scheme && found[i].credential != nil {
				credentials = append(credentials, found[i].credential)
			}
		}
	}
	return credentials, len(credentials) == len(alternative)
}

// challenge adds a WWW-Authenticate field for each scheme that would do (RFC
// 9110 §15.5.2: a 401 must have at least one). An error code is given only
// where a token was presented (RFC 6750 §3.1).
func (s *Security) challenge(refusal *problem.Refusal, description string) error {
	seen := make(map[string]bool)
	for _, alternative := range s.Alternatives {
		for _, r := range alternative {
			text := r.Scheme.Place.challenge(s.Realm)
			if r.Scheme.Place.Scheme == "bearer" {
				if description != "" {
					text += `, error="invalid_token", error_description="` + description + `"`
				}
				if scopes := strings.Join(r.Scopes, " "); scopes != "" && quotable(scopes) {
					text += `, scope="` + scopes + `"`
				}
			}
			if !seen[text] {
				seen[text] = true
				refusal.With("WWW-Authenticate", text)
			}
		}
	}
	return refusal
}

// quotable: the characters of a scope (RFC 6750 §3) fit a quoted string.
func quotable(scopes string) bool {
	for i := 0; i < len(scopes); i++ {
		if c := scopes[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// needs says in words what would do.
func (s *Security) needs() string {
	var ways []string
	for _, alternative := range s.Alternatives {
		var all []string
		for _, r := range alternative {
			all = append(all, r.Scheme.Place.String())
		}
		if len(all) > 0 {
			ways = append(ways, strings.Join(all, " and "))
		}
	}
	return strings.Join(ways, ", or ")
}
