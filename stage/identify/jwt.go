package identify

import (
	"context"
	"time"

	"sallyport"
	"sallyport/jose"
	"sallyport/problem"
)

// JWT checks JSON Web Tokens of one issuer.
type JWT struct {
	Verifier *jose.Verifier
	Cache    *jose.Cache
	// Claims that say who the caller is. Each is a claim's name, names joined
	// by dots, or a JSON pointer.
	Subject, Tenant, Roles string
	// Scopes are the claims that grant scopes; none means scope and scp.
	Scopes []string
}

// Check implements Method.
func (j *JWT) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	token, err := j.Cache.Verify(x.Context, j.Verifier, secret)
	if err != nil {
		return nil, j.refuse(err)
	}
	c := &sallyport.Credential{
		Kind:    "jwt",
		Issuer:  token.Issuer,
		Subject: token.Subject,
		Scopes:  token.Scopes(j.Scopes...),
		Claims:  token.Claims,
		Expires: token.Expires,
	}
	if j.Subject != "" {
		c.Subject, _ = token.String(j.Subject)
	}
	if j.Tenant != "" {
		c.Tenant, _ = token.String(j.Tenant)
	}
	if j.Roles != "" {
		c.Roles, _ = token.Strings(j.Roles)
	}
	if c.Subject == "" {
		return nil, problem.Refuse(problem.TokenInvalid, "The token does not say who the caller is.")
	}
	c.ID = c.Issuer + "|" + c.Subject
	return c, nil
}

// refuse tells the caller no more than what helps an honest one: that the
// token has expired, or that it is not valid. The log gets the reason.
func (j *JWT) refuse(err error) error {
	reason := jose.ReasonOf(err)
	switch {
	case reason.Ours():
		return problem.Fail(problem.KeysUnavailable, err).With("Retry-After", "5")
	case reason == jose.ReasonExpired:
		return problem.Refuse(problem.TokenExpired, "The token has expired").Because(err)
	}
	return problem.Refuse(problem.TokenInvalid, "The token is not valid").Because(err)
}

// Ready tells whether tokens could be checked now, for key sets that are
// fetched.
func (j *JWT) Ready(ctx context.Context) error {
	if r, ok := j.Verifier.Keys.(interface{ Ready(context.Context) error }); ok {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return r.Ready(ctx)
	}
	return nil
}
