package console

import (
	"encoding/hex"
	"errors"

	"sallyport"
	"sallyport/apikey"
	"sallyport/problem"
	"sallyport/store"
)

// Method checks the tokens of administrators, as the stage identify asks. A
// token holds from the moment on that it is made, to the moment that it is
// deleted: it is looked up anew for each request.
type Method struct{ Desk *Desk }

var errExpired = errors.New("expired")

// Check implements identify.Method. A token that is unknown looks like one that
// has expired, or that nobody ever made.
func (m *Method) Check(x *sallyport.Exchange, secret string) (*sallyport.Credential, error) {
	t, err := m.Desk.holder(x.Context, secret)
	switch {
	case err == nil:
		return &sallyport.Credential{Kind: "key", ID: actor(t.Name), Roles: included(t.Roles), Expires: t.Expires}, nil
	case errors.Is(err, apikey.ErrMalformed), errors.Is(err, apikey.ErrForged), errors.Is(err, store.ErrNotFound), errors.Is(err, errExpired):
		return nil, problem.Refuse(problem.CredentialsInvalid, "The token is not valid.").Because(err)
	}
	return nil, unavailable(err)
}

// actor is what the audit calls the holder of a token.
func actor(name string) string { return "token:" + name }

// unavailable is a store that could not be asked.
func unavailable(err error) error {
	return problem.Fail(problem.StoreUnavailable, err).With("Retry-After", "2")
}

// Account implements identify.Accountant: failures are counted by the token that
// a secret is, and by none for what nobody here ever made.
func (m *Method) Account(secret string) string {
	sum, err := m.Desk.sum(secret)
	if err != nil {
		return ""
	}
	return "admin token " + hex.EncodeToString(sum[:8])
}
