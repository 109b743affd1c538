package identify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"sallyport"
	"sallyport/jose"
	"sallyport/problem"
)

// JWT checks JSON Web Tokens of one issuer or of several. Make it with NewJWT.
type JWT struct {
	// Revocations are asked about every token that is good otherwise, also about
	// one whose verdict was kept; nil asks nobody.
	Revocations Revocations
	// Binding holds tokens to the certificates that they are bound to; nil refuses
	// those that are.
	Binding *Binding

	cache   *jose.Cache
	issuers *jose.Issuers
	list    []*Issuer
	place   Place
	proofs  *DPoP // of the first issuer that takes any, for challenges
	bearer  bool  // some issuer takes tokens that are bound to no key
}

// Issuer is one issuer of tokens, and who its tokens say that the caller is.
type Issuer struct {
	Verifier *jose.Verifier
	Claims   Claims
	// Certificate tells that its tokens must be bound to the client's certificate.
	Certificate bool
	// DPoP takes tokens that are bound to a key of the client; nil takes none.
	DPoP *DPoP
}

// Claims say who the caller is. Each is a claim's name, names joined by dots,
// or a JSON pointer; "" is none.
type Claims struct {
	// Subject is sub where it is "".
	Subject, Tenant, Roles string
	// Scopes are the claims that grant scopes; none means scope and scp.
	Scopes []string
	// Client is the client that the token was given to: the first that a token has.
	Client []string
}

// NewJWT is the method of a scheme whose tokens stand in a place. It gives each
// verifier its Derive, so that who a token names is read once and kept with the
// token in the cache.
func NewJWT(scheme string, place Place, cache *jose.Cache, issuers ...*Issuer) (*JWT, error) {
	j := &JWT{cache: cache, list: issuers}
	var verifiers []*jose.Verifier
	for _, i := range issuers {
		i.Verifier.Bindings |= jose.BoundToCertificate
		i.Verifier.Derivation = fmt.Sprintf("credential of %q by %q", scheme, []any{i.Claims})
		i.Verifier.Derive = func(t *jose.Token) (any, error) { return i.Claims.credential(scheme, t) }
		if i.DPoP != nil {
			i.Verifier.Bindings |= jose.BoundToKey
			if j.proofs == nil {
				j.proofs = i.DPoP
			}
		}
		j.bearer = j.bearer || i.DPoP == nil || !i.DPoP.Required
		verifiers = append(verifiers, i.Verifier)
	}
	if err := j.proofs.standsIn(place); err != nil {
		return nil, err
	}
	j.place = j.proofs.beside(place)
	var err error
	j.issuers, err = jose.NewIssuers(verifiers...)
	return j, err
}

// Issuers are those that NewJWT was given.
func (j *JWT) Issuers() []*Issuer { return j.list }

// Place is where the tokens stand: that of NewJWT, and where some may be bound
// to a key the authorization scheme DPoP beside it (RFC 9449 §7.1).
func (j *JWT) Place() Place { return j.place }

// Check implements Method.
func (j *JWT) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	token, err := j.cache.Verify(x.Context, j.issuers, secret)
	if err != nil {
		return nil, refuseToken(err)
	}
	if err := refuseRevoked(j.Revocations, token.Issuer, token.ID, token.Subject, token.IssuedAt); err != nil {
		return nil, err
	}
	if err := j.bound(x, token); err != nil {
		return nil, err
	}
	credential := token.Derived.(*sallyport.Credential)
	if j.proofs != nil {
		issuer, ok := j.issuers.Of(token)
		if !ok {
			return nil, misused("token of nobody")
		}
		if err := j.list[issuer].DPoP.hold(x, presentedDPoP(x.Request), secret, &token.Confirmation, credential.ID); err != nil {
			return nil, err
		}
	}
	return credential, nil
}

// Owns implements Owner: the token names one of the issuers.
func (j *JWT) Owns(secret string) bool { return j.issuers.Named(secret) }

// Challenges implements Challenger.
func (j *JWT) Challenges(realm string, scopes []string, refused error) []string {
	return j.proofs.challenges(j.place, j.bearer, realm, scopes, refused)
}

// refuseRevoked asks on every use: a token that is taken back ends at once,
// whoever has kept a verdict on it. Revocations that are nil have taken none back.
func refuseRevoked(r Revocations, issuer, token, subject string, issued time.Time) error {
	if r == nil {
		return nil
	}
	revoked, err := r.Revoked(issuer, token, subject, issued)
	switch {
	case err != nil: // whether it holds is not known, whatever the reason
		return problem.Fail(problem.KeysUnavailable, fmt.Errorf("asking for revoked tokens: %w", err)).With("Retry-After", "5")
	case revoked:
		return problem.Refuse(problem.TokenInvalid, notValid).Because(reason("token revoked"))
	}
	return nil
}

// bound asks on every use too: the verdict of the cache is on the token alone,
// not on who presents it.
func (j *JWT) bound(x *sallyport.Exchange, t *jose.Token) error {
	must := false
	for _, i := range j.list {
		must = must || i.Certificate && i.Verifier.Issuer == t.Issuer
	}
	if !must && !t.Confirmation.Has(jose.BoundToCertificate) {
		return nil
	}
	if j.Binding == nil {
		return notBound("nobody can check the binding")
	}
	return j.Binding.Check(x, &t.Confirmation, must)
}

var errNobody = errors.New("it does not say who the caller is")

// credential is whom a good token names.
func (c *Claims) credential(scheme string, t *jose.Token) (*sallyport.Credential, error) {
	known := c.read(scheme, t)
	if known.Subject == "" {
		return nil, errNobody
	}
	known.ID = known.Issuer + "|" + known.Subject
	return known, nil
}

// read is all that a token says of a caller.
func (c *Claims) read(scheme string, t *jose.Token) *sallyport.Credential {
	known := &sallyport.Credential{
		Scheme:  scheme,
		Kind:    "jwt",
		Issuer:  t.Issuer,
		Subject: t.Subject,
		Scopes:  t.Scopes(c.Scopes...),
		Claims:  t.Claims,
		Expires: t.Expires,
	}
	if c.Subject != "" {
		known.Subject, _ = t.String(c.Subject)
	}
	if c.Tenant != "" {
		known.Tenant, _ = t.String(c.Tenant)
	}
	if c.Roles != "" {
		known.Roles, _ = t.Strings(c.Roles)
	}
	for _, name := range c.Client {
		if client, ok := t.String(name); ok && client != "" {
			known.Client = client
			break
		}
	}
	return known
}

const notValid = "The token is not valid"

// refuseToken tells the caller no more than what helps an honest one: that the
// token has expired, or that it is not valid. The log gets the reason.
func refuseToken(err error) error {
	reason := jose.ReasonOf(err)
	switch {
	case reason.Ours():
		wait := 5 * time.Second
		if undecided, ok := errors.AsType[*jose.Undecided](err); ok {
			wait = undecided.Retry
		}
		return problem.Fail(problem.KeysUnavailable, err).With("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	case reason == jose.ReasonExpired:
		return problem.Refuse(problem.TokenExpired, "The token has expired").Because(err)
	}
	return problem.Refuse(problem.TokenInvalid, notValid).Because(err)
}

// Ready tells whether tokens could be checked now, for key sets that are
// fetched.
func (i *Issuer) Ready(ctx context.Context) error {
	if r, ok := i.Verifier.Keys.(interface{ Ready(context.Context) error }); ok {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return r.Ready(ctx)
	}
	return nil
}
