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
	"strings"

	"sallyport"
	"sallyport/problem"
)

// Method checks the credentials of one kind. It is given what stood in the
// scheme's place and returns whom it proves, or a refusal. The exchange is for
// what a credential may be bound to: the method, the target, the certificate
// and the address of the client.
type Method interface {
	Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error)
}

// Scheme is one security scheme of the document with the method that checks it.
type Scheme struct {
	Name   string
	Place  Place
	Method Method
	// Roles are added to what the credential is granted.
	Roles Roles
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
	// Whoever proved something is somebody: the empty alternative, which optional
	// security usually begins with, counts last.
	var identities []sallyport.Principal
	nobody := -1
	for i, alternative := range s.Alternatives {
		credentials, ok := satisfied(alternative, found)
		switch {
		case ok && len(credentials) == 0:
			nobody = i
		case ok:
			identities = append(identities, sallyport.Principal{Alternative: i, Credentials: credentials})
		}
	}
	if nobody >= 0 {
		identities = append(identities, sallyport.Principal{Alternative: nobody})
	}
	if len(identities) == 0 {
		return s.challenge(problem.Refuse(problem.CredentialsMissing, "The operation needs %s.", s.needs()), nil)
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
			f, err := r.Scheme.look(x)
			if err != nil {
				return nil, err
			}
			found = append(found, f)
		}
	}
	return found, nil
}

// look checks what stands in the scheme's place. The error is a request that
// has two readings; a credential that is wrong is a finding.
func (s *Scheme) look(x *sallyport.Exchange) (finding, error) {
	f := finding{scheme: s}
	secret, present, err := s.Place.Find(x.Request)
	switch {
	case err != nil && problem.As(err).Kind == problem.CredentialsAmbiguous:
		return f, err
	case err != nil:
		f.err = err
	case present && secret == "":
		f.err = problem.Refuse(problem.CredentialsInvalid, "The credentials are empty.")
	case present:
		f.credential, f.err = s.Method.Check(x, secret)
	}
	if f.credential != nil {
		f.credential = s.own(f.credential)
	}
	return f, nil
}

// own is the credential as this scheme of this API sees it.
func (s *Scheme) own(c *sallyport.Credential) *sallyport.Credential {
	grants := len(s.Roles) > 0 && len(c.Roles) > 0 && c.Kind != sallyport.Unchecked
	if c.Scheme == s.Name && !grants {
		return c
	}
	named := *c
	named.Scheme = s.Name
	if grants {
		named.Roles, named.Scopes = s.Roles.add(c.Roles, c.Scopes)
	}
	return &named
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
// anonymous callers: else a client would believe to be somebody. Where several
// schemes refuse it, the one that could not decide has the last word, then the
// one that knows the most about it.
func (s *Security) refusePresented(found []finding) error {
	var worst *finding
	for i := range found {
		f := &found[i]
		if f.err != nil && !accepted(found, f.scheme.Place) && (worst == nil || weight(f.err) > weight(worst.err)) {
			worst = f
		}
	}
	if worst == nil {
		return nil
	}
	refusal := problem.As(worst.err)
	if refusal.Kind.Failure() {
		return refusal
	}
	return s.challenge(refusal, worst.scheme)
}

func weight(err error) int {
	switch kind := problem.As(err).Kind; {
	case kind.Failure():
		return 2
	case kind == problem.TokenExpired: // it was signed by the issuer of this scheme
		return 1
	}
	return 0
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
// 9110 §15.5.2: a 401 must have at least one). An error code is given only for
// a token that was presented and refused (RFC 6750 §3.1).
func (s *Security) challenge(refusal *problem.Refusal, refused *Scheme) error {
	seen := make(map[string]bool)
	for _, alternative := range s.Alternatives {
		for _, r := range alternative {
			text := r.Scheme.Place.challenge(s.Realm)
			if r.Scheme.Place.Scheme == "bearer" {
				if refused != nil && refused.Place == r.Scheme.Place {
					text += `, error="invalid_token", error_description=` + quote(refusal.Detail)
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
