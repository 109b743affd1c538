package identify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"sallyport"
	"sallyport/introspect"
	"sallyport/jose"
	"sallyport/problem"
)

// Introspection checks tokens by asking their issuer about them (RFC 7662).
type Introspection struct {
	Endpoint *introspect.Endpoint
	Memory   *introspect.Memory[*Introspected]
	// Scheme is the scheme's name in the document.
	Scheme string
	// Issuer is whose tokens they are. An answer that names another one is refused.
	Issuer string
	// Audiences are whom tokens are for: an answer must name one of them. None is
	// that any token of the issuer will do.
	Audiences []string
	// Claims are the members of the answer that say who the caller is.
	Claims Claims
	// Keep is how long an answer may be believed; one that says no, never longer
	// than a few seconds. Zero is that the issuer is asked for each request.
	Keep time.Duration
	// Skew is how far the issuer's clock may be off.
	Skew time.Duration
	// Binding holds tokens to the certificates that they are bound to, and DPoP to
	// the keys; nil refuses those that are. One that is bound in any other way is
	// refused (RFC 7662 does not have cnf; RFC 8705 §3.2 and RFC 9449 §6.2 put it
	// there).
	Binding *Binding
	DPoP    *DPoP
	// Certificate tells that tokens must be bound to the client's certificate.
	Certificate bool
	// In is where the tokens stand; with DPoP in Authorization.
	In Place
	// Revocations are asked beside the issuer; nil are none.
	Revocations Revocations
	Now         func() time.Time
}

// Introspected is what is remembered of an active token.
type Introspected struct {
	Credential   *sallyport.Credential
	Confirmation jose.Confirmation

	id, subject string
	issued      time.Time
}

// keepRefusal is how long a no is remembered, so that a client that goes on and
// on with a dead token does not have the issuer asked each time.
const keepRefusal = 5 * time.Second

// Check implements Method.
func (i *Introspection) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	if !introspect.WellFormed(secret) {
		return nil, refuseToken(&jose.Error{Reason: jose.ReasonMalformed, Detail: "not of the form of a bearer token"})
	}
	called := false
	verdict, err := i.Memory.Find(x.Context, secret, func() (*introspect.Verdict[*Introspected], error) {
		called = true
		return i.ask(x.Context, secret)
	})
	switch {
	case err != nil:
		return nil, notIntrospected(err)
	case called && errors.Is(verdict.Refused, introspect.ErrInactive):
		return nil, refuseToken(&asked{verdict.Refused})
	case verdict.Refused != nil:
		return nil, refuseToken(verdict.Refused)
	}
	if err := i.prove(x, secret, verdict.Value); err != nil {
		return nil, err
	}
	return verdict.Value.Credential, nil
}

// asked is why a token was refused that cost its issuer a call. What is remembered
// cost none.
type asked struct{ error }

func (a *asked) Unwrap() error { return a.error }

// prove checks what can change while an answer is remembered.
func (i *Introspection) prove(x *sallyport.Exchange, secret string, t *Introspected) error {
	if err := refuseRevoked(i.Revocations, i.Issuer, t.id, t.subject, t.issued); err != nil {
		return err
	}
	if i.Certificate || t.Confirmation.Has(jose.BoundToCertificate) {
		if i.Binding == nil {
			return notBound("nobody can check the binding")
		}
		if err := i.Binding.Check(x, &t.Confirmation, i.Certificate); err != nil {
			return err
		}
	}
	if i.DPoP == nil && !t.Confirmation.Has(jose.BoundToKey) {
		return nil
	}
	return i.DPoP.hold(x, presentedDPoP(x.Request), secret, &t.Confirmation, t.Credential.ID)
}

// bindings are those that can be checked.
func (i *Introspection) bindings() (all jose.Binding) {
	if i.Binding != nil {
		all |= jose.BoundToCertificate
	}
	if i.DPoP != nil {
		all |= jose.BoundToKey
	}
	return all
}

// Place is where the tokens stand: In, and where they may be bound to a key the
// authorization scheme DPoP beside it (RFC 9449 §7.1).
func (i *Introspection) Place() Place { return i.DPoP.beside(i.In) }

// Inquires implements Inquirer.
func (i *Introspection) Inquires() {}

// Challenges implements Challenger.
func (i *Introspection) Challenges(realm string, scopes []string, refused error) []string {
	return i.DPoP.challenges(i.In, i.DPoP != nil && !i.DPoP.Required, realm, scopes, refused)
}

// ask is the verdict on a token that is not remembered.
func (i *Introspection) ask(ctx context.Context, secret string) (*introspect.Verdict[*Introspected], error) {
	answer, err := i.Endpoint.Ask(ctx, secret)
	if _, failed := errors.AsType[*introspect.Failure](err); failed {
		return nil, err
	}
	now := i.Now()
	var credential *sallyport.Credential
	if err == nil {
		credential, err = i.judge(answer, now)
	}
	if err != nil {
		return &introspect.Verdict[*Introspected]{Refused: err, Until: now.Add(min(i.Keep, keepRefusal))}, nil
	}
	until := now.Add(i.Keep)
	if !answer.Expires.IsZero() && answer.Expires.Before(until) {
		until = answer.Expires
	}
	return &introspect.Verdict[*Introspected]{
		Value: &Introspected{credential, answer.Confirmation, answer.ID, answer.Subject, answer.IssuedAt},
		Until: until,
		Size:  2*len(answer.Claims) + 256,
	}, nil
}

// judge holds what an answer says to what is said of JWTs with the same claims
// (RFC 7662 §2.2: "as defined in JWT"). All are optional but who calls.
func (i *Introspection) judge(t *jose.Token, now time.Time) (*sallyport.Credential, error) {
	refuse := func(r jose.Reason, detail string) (*sallyport.Credential, error) {
		return nil, &jose.Error{Reason: r, Detail: detail}
	}
	switch _, hasAudience := t.Claim("aud"); {
	case t.Issuer != "" && t.Issuer != i.Issuer:
		return refuse(jose.ReasonIssuer, "its iss is another")
	case len(i.Audiences) > 0 && !hasAudience:
		return refuse(jose.ReasonClaimMissing, "no aud")
	case len(i.Audiences) > 0 && !slices.ContainsFunc(t.Audience, func(a string) bool { return slices.Contains(i.Audiences, a) }):
		return refuse(jose.ReasonAudience, "its aud names others")
	case !t.Expires.IsZero() && !now.Before(t.Expires.Add(i.Skew)):
		return refuse(jose.ReasonExpired, "exp has passed")
	case now.Add(i.Skew).Before(t.NotBefore):
		return refuse(jose.ReasonNotYetValid, "nbf is still to come")
	case now.Add(i.Skew).Before(t.IssuedAt):
		return refuse(jose.ReasonNotYetValid, "iat is still to come")
	case t.Confirmation.Bound&^i.bindings() != 0:
		return refuse(jose.ReasonBound, "it is bound to a key in a way that is not checked here")
	case saysDPoP(t) && !t.Confirmation.Has(jose.BoundToKey):
		return refuse(jose.ReasonBound, "its token_type is DPoP, and no cnf says to which key it is bound")
	}
	c := i.Claims.read(i.Scheme, t)
	c.Kind, c.Issuer = "introspected", i.Issuer
	switch {
	case c.Subject != "":
		c.ID = i.Issuer + "|" + c.Subject
	case c.Client != "":
		c.ID = "client:" + i.Issuer + "|" + c.Client // it acts for itself, and may be called what a user is
	default:
		return refuse(jose.ReasonClaimMissing, "neither a subject nor a client")
	}
	return c, nil
}

// saysDPoP tells whether an answer calls its token a bound one (RFC 9449 §5):
// without the key in cnf (§6.2) it would be as good as any bearer token.
func saysDPoP(t *jose.Token) bool {
	kind, _ := t.String("token_type")
	return strings.EqualFold(kind, "dpop")
}

func notIntrospected(err error) error {
	wait := 1.0
	if f, ok := errors.AsType[*introspect.Failure](err); ok {
		wait = math.Ceil(f.Retry.Seconds())
	}
	return problem.Fail(problem.KeysUnavailable, err).With("Retry-After", strconv.Itoa(int(max(wait, 1))))
}

// Ready tells whether the issuer could be asked.
func (i *Introspection) Ready(ctx context.Context) error {
	if err := i.Endpoint.Ready(ctx); err != nil {
		return fmt.Errorf("asking %s: %w", i.Endpoint.URL(), err)
	}
	return nil
}
