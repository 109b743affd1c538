package console

import (
	"context"
	"time"

	"sallyport/store"
)

// Revocation takes tokens of somebody else back.
type Revocation struct {
	ID store.ID `json:"id"`
	// Issuer is the claim iss; "" is every issuer.
	Issuer string `json:"issuer"`
	// Token is a jti, Subject a sub: one of the two.
	Token   string `json:"token,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Before, of a subject: tokens issued then or earlier are taken back.
	Before  *time.Time `json:"before,omitempty"`
	Until   time.Time  `json:"until"`
	Created time.Time  `json:"created"`
}

// NewRevocation is what a revocation is made of.
type NewRevocation struct {
	Issuer  string `json:"issuer,omitempty"`
	Token   string `json:"token,omitempty"`
	Subject string `json:"subject,omitempty"`
	// Before is now unless it is given.
	Before time.Time `json:"before,omitzero"`
	// Until is when no token that this hits is valid any more; in a year unless
	// it is given.
	Until time.Time `json:"until,omitzero"`
}

// RevocationHolds is how long a revocation holds for which nobody said it.
const RevocationHolds = 365 * 24 * time.Hour

// maxClaim is the longest claim that a revocation names.
const maxClaim = 1024

func shownRevocation(r *store.Revocation) (*Revocation, error) {
	return &Revocation{ID: r.ID, Issuer: r.Issuer, Token: r.Token, Subject: r.Subject, Before: moment(r.Before), Until: r.Until.UTC(), Created: r.Created.UTC()}, nil
}

// Revoke takes back one token, or all tokens of a subject issued so far.
func (d *Desk) Revoke(ctx context.Context, by By, n NewRevocation) (*Revocation, error) {
	now := d.now()
	r := &store.Revocation{ID: d.newID(), Issuer: n.Issuer, Token: n.Token, Subject: n.Subject, Before: utc(n.Before), Until: utc(n.Until), Created: now}
	var checked checks
	checked.text("/issuer", n.Issuer, maxClaim)
	checked.text("/token", n.Token, maxClaim)
	checked.text("/subject", n.Subject, maxClaim)
	switch {
	case (n.Token == "") == (n.Subject == ""):
		checked.wrong("", "oneOf", "must name either a token (its jti) or a subject (its sub)")
	case n.Token != "" && !n.Before.IsZero():
		checked.wrong("/before", "not", "belongs to a subject: one token is taken back whenever it was issued")
	case n.Subject != "" && n.Before.IsZero():
		r.Before = now
	case n.Subject != "" && n.Before.After(now):
		checked.wrong("/before", "maximum", "must not be in the future: tokens to come cannot be taken back")
	}
	if n.Until.IsZero() {
		r.Until = now.Add(RevocationHolds)
	}
	checked.future("/until", r.Until, now)
	if err := checked.err(); err != nil {
		return nil, err
	}
	if err := d.Store.AddRevocation(ctx, r, d.entry(by, "token.revoke", r.ID, n)); err != nil {
		return nil, theRevocation.told(err)
	}
	return shownRevocation(r)
}

// Revocations are those that still count.
func (d *Desk) Revocations(ctx context.Context, span Span) (*Page[*Revocation], error) {
	if err := span.read(); err != nil {
		return nil, err
	}
	list, err := d.Store.ListRevocations(ctx, d.now(), store.ID(span.After), span.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(span, list, shownRevocation, func(r *store.Revocation) string { return string(r.ID) })
}

// Restore ends a revocation: what it took back is valid again.
func (d *Desk) Restore(ctx context.Context, by By, id store.ID) error {
	return theRevocation.told(d.Store.DeleteRevocation(ctx, id, d.entry(by, "token.restore", id, nil)))
}
