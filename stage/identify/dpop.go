package identify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"sallyport"
	"sallyport/jose"
	"sallyport/message"
	"sallyport/problem"
)

// DPoP checks proofs that the client holds the key which its token is bound to
// (RFC 9449 §4.3, §7): one in each request, for its method, its target and its
// token, taken once.
type DPoP struct {
	// Required refuses tokens that are bound to no key; otherwise these are taken
	// as Bearer.
	Required bool
	// Algorithms are those that proofs may be signed with.
	Algorithms []string
	// Window is how old a proof may be.
	Window time.Duration
	// Replays remembers proofs; several may share one.
	Replays *Replays
	// Nonces must stand in proofs; nil asks for none.
	Nonces *Nonces
	Now    func() time.Time
}

// beside is the place of a scheme's tokens, with the authorization scheme DPoP
// beside its own where they may be bound to a key (RFC 9449 §7.1). A nil DPoP
// leaves it as it is.
func (d *DPoP) beside(place Place) Place {
	if d != nil && place.Scheme != "dpop" {
		place.Also = append(slices.Clip(place.Also), "dpop")
	}
	return place
}

// standsIn is an error for tokens that stand elsewhere than in Authorization.
func (d *DPoP) standsIn(place Place) error {
	if d != nil && place.In != "authorization" {
		return errors.New("tokens that are bound to a key stand in Authorization (RFC 9449 §7.1)")
	}
	return nil
}

// maxAhead is how far the clock of a client may be ahead, at most.
const maxAhead = 30 * time.Second

// presentedDPoP tells whether the Authorization field has the scheme DPoP.
func presentedDPoP(r *message.Request) bool {
	const scheme = "dpop"
	value := r.Fields.Get("Authorization")
	return len(value) > len(scheme) && message.EqualName(value[:len(scheme)], scheme) && (value[len(scheme)] == ' ' || value[len(scheme)] == '\t')
}

// hold lets a token by that was presented as what it is: a bound one as DPoP
// with its proof, another one as Bearer. A nil DPoP takes Bearer alone.
func (d *DPoP) hold(x *sallyport.Exchange, asDPoP bool, secret string, c *jose.Confirmation, holder string) error {
	bound := c.Has(jose.BoundToKey)
	switch {
	case asDPoP != bound:
		// RFC 9449 §7.1, §7.2: else who stole a bound token would present it as Bearer.
		return misused("token presented by the wrong scheme for its binding")
	case !bound && d != nil && d.Required:
		return misused("token bound to no key")
	case !bound:
		return nil
	case d == nil: // its verifier has refused it already
		return misused("token bound to a key, and no proof is taken")
	}
	return d.prove(x, secret, c.Key, holder)
}

func misused(why string) error {
	return problem.Refuse(problem.TokenInvalid, notValid).Because(reason(why))
}

// prove goes through the checks of RFC 9449 §4.3 that jose.VerifyProof leaves:
// 1, and 8 to 12.
func (d *DPoP) prove(x *sallyport.Exchange, token string, key jose.Thumbprint, holder string) error {
	fields := x.Request.Fields
	if fields.Count("DPoP") != 1 {
		return badProof("The request must hold one DPoP proof.", errors.New("none or several DPoP fields"))
	}
	p, err := jose.VerifyProof(fields.Get("DPoP"), d.Algorithms, key)
	if err != nil {
		return badProof("The DPoP proof is not valid.", err)
	}
	now := d.Now()
	sum := sha256.Sum256([]byte(token))
	switch {
	case p.Method != x.Request.Method:
		return badProof("The DPoP proof is for another method (htm).", nil)
	case !sameTarget(p.Target, x.Request):
		return badProof("The DPoP proof is for another URL (htu).", nil)
	case p.TokenHash != base64.RawURLEncoding.EncodeToString(sum[:]):
		return badProof("The DPoP proof is for another token (ath).", nil)
	}
	if err := d.nonce(x, p.Nonce, now); err != nil {
		return err
	}
	since := now.Add(-d.Window)
	if p.IssuedAt.Before(since) || p.IssuedAt.After(now.Add(min(maxAhead, d.Window))) {
		return badProof("The DPoP proof is too old, or of a time to come (iat).", nil)
	}
	return replayed(d.take(x, holder, p, since))
}

// takenProof is what came of the one proof that an exchange has.
type takenProof struct {
	by  *Replays
	key jose.Thumbprint
	id  string
	err error
}

// take takes a proof once for an exchange, however many schemes hold the token
// to it: to the second it is no replay.
func (d *DPoP) take(x *sallyport.Exchange, holder string, p *jose.Proof, since time.Time) error {
	type key struct{}
	if t, ok := x.Context.Value(key{}).(*takenProof); ok && t.by == d.Replays && t.key == p.Key && t.id == p.ID {
		return t.err
	}
	t := &takenProof{d.Replays, p.Key, p.ID, d.Replays.take(holder, p, since)}
	x.Context = context.WithValue(x.Context, key{}, t)
	return t.err
}

// nonce asks for one of ours, and gives the next one out before the old one ends
// (RFC 9449 §8.2).
func (d *DPoP) nonce(x *sallyport.Exchange, text string, now time.Time) error {
	if d.Nonces == nil {
		return nil
	}
	good, latest := d.Nonces.Good(text, now)
	if !good {
		return problem.Refuse(problem.ProofNonce, "The DPoP proof must hold the nonce of the field DPoP-Nonce.").With("DPoP-Nonce", d.Nonces.At(now))
	}
	if !latest {
		x.Answer.Set("DPoP-Nonce", d.Nonces.At(now))
	}
	return nil
}

func replayed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errTooMany):
		return problem.Refuse(problem.LimitExceeded, "More DPoP proofs than can be remembered come from one holder.").With("Retry-After", "8")
	case errors.Is(err, errReplayFull):
		return problem.Fail(problem.Overloaded, err).With("Retry-After", "8")
	}
	return badProof("The DPoP proof was used before.", err)
}

func badProof(detail string, cause error) error {
	refusal := problem.Refuse(problem.ProofInvalid, "%s", detail)
	if cause != nil {
		return refusal.Because(cause)
	}
	return refusal
}

// challenges are those of a scheme whose tokens may be bound to a key, and where
// bearer says so, to none. What is wrong with a proof is told to the scheme DPoP
// alone.
func (d *DPoP) challenges(place Place, bearer bool, realm string, scopes []string, refused error) []string {
	if d == nil {
		return []string{place.Challenge(realm, scopes, refused)}
	}
	all := []string{d.challenge(realm, scopes, refused)}
	if !bearer {
		return all
	}
	if refused != nil {
		switch problem.As(refused).Kind {
		case problem.TokenInvalid, problem.TokenExpired, problem.ScopeMissing:
		default:
			refused = nil
		}
	}
	return append(all, place.Challenge(realm, scopes, refused))
}

// challenge is that of RFC 9449 §7.1.
func (d *DPoP) challenge(realm string, scopes []string, refused error) string {
	text := "DPoP realm=" + quote(realm) + `, algs="` + strings.Join(d.Algorithms, " ") + `"`
	if refused != nil {
		text += tokenError(refused)
	}
	if all := strings.Join(scopes, " "); all != "" && quotable(all) {
		text += `, scope="` + all + `"`
	}
	return text
}
