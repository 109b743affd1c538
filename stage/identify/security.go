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
	"log/slog"
	"slices"
	"strings"

	"sallyport"
	"sallyport/jose"
	"sallyport/problem"
)

// Method checks the credentials of one kind. It is given what stood in the
// scheme's place and returns whom it proves, or a refusal. The exchange is for
// what a credential may be bound to: the method, the target, the certificate
// and the address of the client.
type Method interface {
	Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error)
}

// Challenger is a Method whose challenges differ from those of its place: one
// that takes a further authorization scheme (Place.Also), or says what a proof
// must look like.
type Challenger interface {
	// Challenges are the values of WWW-Authenticate for the scheme, in place of
	// the one that its place has; Place.Challenge makes that one for a method
	// that only adds to it. Scopes are those that the operation asks for. Refused
	// is why a credential in the scheme's place was refused, nil where none stood
	// there: an error code is for what was presented (RFC 6750 §3.1).
	Challenges(realm string, scopes []string, refused error) []string
}

// Accountant is a Method that knows whose credential it is asked about before it
// checks it: the username of Basic. Failures are counted by it. A key names nobody
// before its tag fits, and a tag cannot be guessed: it needs no account.
type Accountant interface {
	// Account names the account that the secret claims to be of; "" where it
	// names none. It is what the client says, not what is proved. It must cost
	// the same whether there is such an account or not.
	Account(secret string) string
}

// Scheme is one security scheme of the document with the method that checks it.
type Scheme struct {
	Name   string
	Place  Place
	Method Method
	// Roles are added to what the credential is granted.
	Roles Roles
	// Watch is what is known of its credentials, for Security.Guessing; nil where
	// nothing is tried here: what is left to the backend.
	Watch *Watch

	owned owned
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
	// QueryToken tells that the document itself declares a query parameter
	// access_token for the operation. Where it does not and a bearer token is
	// asked for, that parameter is a token in the URL (RFC 6750 §2.3), which is
	// never taken: URLs are logged, kept and passed on.
	QueryToken bool
	// Guessing counts what fails; nil counts nothing. A Guard before this step
	// acts on it.
	Guessing *Guessing
}

// finding is what one scheme found in a request.
type finding struct {
	scheme     *Scheme
	try        try
	credential *sallyport.Credential
	err        error // why what was presented is refused
}

// Run implements sallyport.Step.
func (s *Security) Run(x *sallyport.Exchange) error {
	var room [4]finding
	found, err := s.look(x, room[:0])
	if err != nil {
		return err
	}
	if s.Guessing != nil {
		s.Guessing.learn(x, found)
	}
	if err := s.refuseQueryToken(x, found); err != nil {
		return err
	}
	if err := s.refusePresented(x, found); err != nil {
		return err
	}
	identities := s.identities(found)
	if len(identities) == 0 {
		if err := undecided(x, found); err != nil {
			return err
		}
		return s.challenge(problem.Refuse(problem.CredentialsMissing, "The operation needs %s.", s.needs()), nil, nil)
	}
	x.Identities, x.Caller = identities, identities[0]
	return nil
}

// identities are one for each alternative that is satisfied. Whoever proved
// something is somebody: the empty alternative, which optional security usually
// begins with, counts last.
func (s *Security) identities(found []finding) []sallyport.Principal {
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
	return identities
}

// look asks each scheme once, whatever the number of alternatives it stands in,
// and last those that ask somebody else.
func (s *Security) look(x *sallyport.Exchange, found []finding) ([]finding, error) {
	for _, alternative := range s.Alternatives {
		for _, r := range alternative {
			if inquires(r.Scheme) || known(found, r.Scheme) {
				continue
			}
			var err error
			if found, err = s.add(x, r.Scheme, found); err != nil {
				return nil, err
			}
		}
	}
	return s.inquire(x, found)
}

// add asks a scheme.
func (s *Security) add(x *sallyport.Exchange, scheme *Scheme, found []finding) ([]finding, error) {
	f, err := s.ask(x, scheme)
	if err != nil {
		if p := scheme.Place; p.In == "authorization" && p.Scheme == "bearer" {
			err = problem.As(err).With("WWW-Authenticate", s.invalidRequest())
		}
		return nil, err
	}
	return append(found, f), nil
}

// ask checks what stands in the scheme's place. The error is a request that has
// two readings; a credential that is wrong is a finding.
func (s *Security) ask(x *sallyport.Exchange, scheme *Scheme) (finding, error) {
	f := finding{scheme: scheme}
	secret, present, err := scheme.Place.Find(x.Request)
	switch {
	case err != nil && problem.As(err).Kind == problem.CredentialsAmbiguous:
		scheme.note(x, "ambiguous")
		return f, err
	case err != nil:
		f.err = err
	case present && secret == "":
		f.err = problem.Refuse(problem.CredentialsInvalid, "The credentials are empty.")
	case present:
		s.check(x, &f, secret)
	}
	if f.credential != nil {
		f.credential = scheme.own(f.credential)
	}
	return f, nil
}

// own is the credential as this scheme of this API sees it.
func (s *Scheme) own(c *sallyport.Credential) *sallyport.Credential {
	grants := len(s.Roles) > 0 && len(c.Roles) > 0 && c.Kind != sallyport.Unchecked
	if c.Scheme == s.Name && !grants {
		return c
	}
	if c.Consumer != "" && (c.Kind == "key" || c.Kind == "basic") {
		return s.owned.of(c, s.copied) // one that many requests share
	}
	return s.copied(c)
}

// copied is a credential of this scheme with what its roles grant.
func (s *Scheme) copied(c *sallyport.Credential) *sallyport.Credential {
	named := *c
	named.Scheme = s.Name
	if c.Kind != sallyport.Unchecked {
		named.Roles, named.Scopes = s.Roles.add(c.Roles, c.Scopes)
	}
	return &named
}

// check asks the method. Tries that are not known wait until there are seats for
// them: what has not failed yet must not come in any number.
func (s *Security) check(x *sallyport.Exchange, f *finding, secret string) {
	if s.Guessing != nil && f.scheme.Watch != nil {
		f.try = s.Guessing.try(x, f.scheme, secret)
		if !f.try.known && !f.try.strength.first() {
			needs, err := s.Guessing.seat(x, &f.try)
			if err != nil {
				f.err = err
				return
			}
			defer s.Guessing.Tally.checked.leave(needs)
		}
	}
	f.credential, f.err = f.scheme.Method.Check(x, secret)
	if f.try.known && f.credential != nil && f.try.watch.trouble.Load() > seconds(x.Start, s.Guessing.Tally.epoch) {
		f.try = s.Guessing.try(x, f.scheme, secret) // others failed meanwhile, and it was right after them
	}
}

// note adds to the event of a refusal which scheme it was, and why: never more
// of the credential than that.
func (s *Scheme) note(x *sallyport.Exchange, why string) {
	x.Note(slog.String("auth_scheme", s.Name))
	x.Note(slog.String("auth_reason", why))
}

func known(found []finding, scheme *Scheme) bool { return of(found, scheme) != nil }

// refusePresented turns away a credential that was presented and that no
// scheme reading the same place accepts, even where the operation is open to
// anonymous callers: else a client would believe to be somebody. Where several
// schemes refuse it, the one that could not decide has the last word, then the
// one that knows the most about it.
func (s *Security) refusePresented(x *sallyport.Exchange, found []finding) error {
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
	worst.scheme.note(x, because(refusal))
	if refusal.Kind.Failure() || refusal.Kind == problem.FailuresExceeded {
		return refusal
	}
	return s.challenge(refusal, worst, found)
}

// undecided is the failure of a scheme whose place another one accepts, where no
// alternative is satisfied without it.
func undecided(x *sallyport.Exchange, found []finding) error {
	for i := range found {
		if f := &found[i]; f.err != nil && problem.As(f.err).Kind.Failure() {
			f.scheme.note(x, because(problem.As(f.err)))
			return f.err
		}
	}
	return nil
}

// because is the reason of a refusal in one word or a few: that of the cause
// where it has one, else the kind. A cause's text may be longer, and is in the
// log by itself.
func because(refusal *problem.Refusal) string {
	if r := jose.ReasonOf(refusal.Cause); r != jose.ReasonNone {
		return r.String()
	}
	if r, ok := refusal.Cause.(reason); ok {
		return string(r)
	}
	return refusal.Kind.Name()
}

func weight(err error) int {
	switch kind := problem.As(err).Kind; {
	case kind.Failure():
		return 3
	case kind == problem.ProofInvalid || kind == problem.ProofNonce: // its token is good
		return 2
	case kind == problem.TokenExpired: // it was signed by the issuer of this scheme
		return 1
	}
	return 0
}

func accepted(found []finding, place Place) bool {
	for i := range found {
		if found[i].credential != nil && found[i].scheme.Place.same(place) {
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

// challenge adds a WWW-Authenticate field for each scheme that would do, of all
// alternatives (RFC 9110 §15.5.2: a 401 must have at least one), one field for
// each challenge: in a list of them in one field, the parameters of one and the
// name of the next are hard to tell apart (§11.6.1). Challenges that differ in
// scopes alone are one, which names the scopes of all.
func (s *Security) challenge(refusal *problem.Refusal, worst *finding, found []finding) error {
	scopes := make(map[string][]string) // by the challenge without any
	var order []string
	s.eachRequirement(func(r *Requirement) {
		for _, text := range r.challenges(s.Realm, nil, why(r.Scheme, worst, found)) {
			if _, seen := scopes[text]; !seen {
				order, scopes[text] = append(order, text), nil
			}
			for _, scope := range r.Scopes {
				scopes[text] = appendOnce(scopes[text], scope)
			}
		}
	})
	complete := make(map[string]string)
	s.eachRequirement(func(r *Requirement) {
		refused := why(r.Scheme, worst, found)
		for i, text := range r.challenges(s.Realm, nil, refused) {
			complete[text] = r.challenges(s.Realm, scopes[text], refused)[i]
		}
	})
	for _, text := range order {
		refusal.With("WWW-Authenticate", complete[text])
	}
	return refusal
}

func (s *Security) eachRequirement(do func(*Requirement)) {
	for _, alternative := range s.Alternatives {
		for i := range alternative {
			do(&alternative[i])
		}
	}
}

// why is the reason for which what the scheme found was refused. Of several that
// read one credential the one that counts speaks for all.
func why(scheme *Scheme, worst *finding, found []finding) error {
	for i := range found {
		switch f := &found[i]; {
		case f.scheme != scheme || f.err == nil:
		case worst != nil && worst.scheme.Place.same(scheme.Place):
			return worst.err
		default:
			return f.err
		}
	}
	return nil
}

func (r *Requirement) challenges(realm string, scopes []string, refused error) []string {
	if c, ok := r.Scheme.Method.(Challenger); ok {
		return c.Challenges(realm, scopes, refused)
	}
	return []string{r.Scheme.Place.Challenge(realm, scopes, refused)}
}

// refuseQueryToken turns away a token that is presented in the URL: a backend
// that takes it would believe somebody whom the gateway never checked. Beside
// one in Authorization the request has two (RFC 6750 §2: one method at most).
func (s *Security) refuseQueryToken(x *sallyport.Exchange, found []finding) error {
	if s.QueryToken || x.Request.Query == "" || !s.takesBearer() || !hasPair(x.Request.Query, "access_token") {
		return nil
	}
	if scheme := Presented(x.Request); scheme == "bearer" || scheme == "dpop" {
		return problem.Refuse(problem.CredentialsAmbiguous, "The request holds a token in Authorization and one in the query.").
			With("WWW-Authenticate", s.invalidRequest()) // RFC 6750 §3.1
	}
	return s.challenge(problem.Refuse(problem.CredentialsMissing, "A token in the query is not taken: send it in Authorization."), nil, found)
}

func (s *Security) invalidRequest() string {
	return "Bearer realm=" + quote(s.Realm) + `, error="invalid_request"`
}

func (s *Security) takesBearer() bool {
	for _, alternative := range s.Alternatives {
		for i := range alternative {
			if p := &alternative[i].Scheme.Place; p.In == "authorization" && p.Scheme == "bearer" {
				return true
			}
		}
	}
	return false
}

// needs says in words what would do, each once: to a person two issuers of tokens
// are one place.
func (s *Security) needs() string {
	var ways []string
	for _, alternative := range s.Alternatives {
		var all []string
		for _, r := range alternative {
			all = appendOnce(all, r.Scheme.Place.String())
		}
		if len(all) > 0 {
			ways = appendOnce(ways, strings.Join(all, " and "))
		}
	}
	return strings.Join(ways, ", or ")
}

func appendOnce(all []string, one string) []string {
	if slices.Contains(all, one) {
		return all
	}
	return append(all, one)
}
