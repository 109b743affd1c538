package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport/apikey"
	"sallyport/store"
)

// The roles of administrators. Each may do what those before it may.
const (
	Reader   = "reader"
	Operator = "operator"
	Admin    = "admin"
)

// roles in the order in which each includes those before it.
var roles = [...]string{Reader, Operator, Admin}

// included are the roles that somebody with these has.
func included(held []string) []string {
	for i := len(roles) - 1; i >= 0; i-- {
		if slices.Contains(held, roles[i]) {
			return roles[:i+1]
		}
	}
	return nil
}

// Token is a token of an administrator: all but the token.
type Token struct {
	ID      store.ID   `json:"id"`
	Name    string     `json:"name"`
	Roles   []string   `json:"roles"`
	State   string     `json:"state"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
}

// NewToken is what a token is made of.
type NewToken struct {
	Name string `json:"name"`
	// Roles are reader unless they are given.
	Roles   []string  `json:"roles,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// IssuedToken is a new token. Secret is the token itself: nobody can read it
// ever again.
type IssuedToken struct {
	*Token
	Secret string `json:"token"`
}

func (d *Desk) shownToken(t *store.AdminToken) *Token {
	state := Active
	if !t.Expires.IsZero() && !d.Now().Before(t.Expires) {
		state = Expired
	}
	return &Token{ID: t.ID, Name: t.Name, Roles: listed(t.Roles), State: state, Created: t.Created.UTC(), Expires: moment(t.Expires)}
}

// AddToken makes a token for an administrator.
func (d *Desk) AddToken(ctx context.Context, by By, n NewToken) (*IssuedToken, error) {
	t, secret, err := d.makeToken(n)
	if err == nil {
		err = d.keepToken(ctx, by, t)
	}
	if err != nil {
		return nil, err
	}
	return &IssuedToken{d.shownToken(t), secret}, nil
}

// makeToken makes a token that does not hold until it is kept.
func (d *Desk) makeToken(n NewToken) (t *store.AdminToken, secret string, err error) {
	if len(n.Roles) == 0 {
		n.Roles = []string{Reader}
	}
	var checked checks
	checked.name("/name", n.Name)
	for i, r := range n.Roles {
		if !slices.Contains(roles[:], r) {
			checked.wrong(fmt.Sprintf("/roles/%d", i), "enum", "must be reader, operator or admin")
		}
	}
	checked.future("/expires", n.Expires, d.Now())
	if err := checked.err(); err != nil {
		return nil, "", err
	}
	t = &store.AdminToken{ID: d.newID(), Name: n.Name, Roles: n.Roles, Created: d.now(), Expires: utc(n.Expires)}
	secret, t.Hash, err = d.newToken()
	return t, secret, err
}

func (d *Desk) keepToken(ctx context.Context, by By, t *store.AdminToken) error {
	if err := d.freeName(ctx, t.Name); err != nil {
		return err
	}
	detail := NewToken{Name: t.Name, Roles: t.Roles, Expires: t.Expires}
	return theToken.told(d.Store.AddAdmin(ctx, t, d.entry(by, "token.add", t.ID, detail)))
}

// freeName: the audit calls administrators by the names of their tokens.
func (d *Desk) freeName(ctx context.Context, name string) error {
	list, err := d.Store.ListAdmins(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(t *store.AdminToken) bool { return t.Name == name }) {
		return theToken.told(store.ErrExists)
	}
	return nil
}

// Tokens are the tokens of all administrators.
func (d *Desk) Tokens(ctx context.Context, span Span) (*Page[*Token], error) {
	if err := span.read(); err != nil {
		return nil, err
	}
	list, err := d.Store.ListAdmins(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b *store.AdminToken) int { return strings.Compare(string(a.ID), string(b.ID)) })
	list = slices.DeleteFunc(list, func(t *store.AdminToken) bool { return string(t.ID) <= span.After })
	return paged(span, list, func(t *store.AdminToken) (*Token, error) { return d.shownToken(t), nil }, func(t *store.AdminToken) string { return string(t.ID) })
}

// DeleteToken ends a token at once.
func (d *Desk) DeleteToken(ctx context.Context, by By, id store.ID) error {
	list, err := d.Store.ListAdmins(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t *store.AdminToken) bool { return t.ID == id })
	if i < 0 {
		return theToken.told(store.ErrNotFound)
	}
	return theToken.told(d.Store.DeleteAdmin(ctx, id, d.entry(by, "token.delete", id, named{list[i].Name})))
}

// An administrator's token is an API key under other keys: it has the same
// checks, and neither is ever taken for the other.
const (
	keyPrefix   = apikey.Prefix
	tokenPrefix = keyPrefix + "admin_"
)

// apart makes other hashes of the same keys.
type apart struct{ Keyring }

func (a apart) Hash(purpose string, generation uint8, data []byte) ([32]byte, bool) {
	return a.Keyring.Hash("admin token: "+purpose, generation, data)
}

func (d *Desk) newToken() (secret string, hash []byte, err error) {
	key, sum, _, err := apikey.New(apart{d.Keys}, d.Keys.Generation())
	if err != nil {
		return "", nil, fmt.Errorf("making a token: %w", err)
	}
	return tokenPrefix + strings.TrimPrefix(key, keyPrefix), sum[:], nil
}

// sum is what a token is found by.
func (d *Desk) sum(secret string) (sum [32]byte, err error) {
	rest, ok := strings.CutPrefix(secret, tokenPrefix)
	if !ok {
		return sum, apikey.ErrMalformed
	}
	sum, _, err = apikey.Hash(apart{d.Keys}, keyPrefix+rest)
	return sum, err
}

// holder finds the token in the store. Without the form and the check of a
// token the store is not asked.
func (d *Desk) holder(ctx context.Context, secret string) (*store.AdminToken, error) {
	sum, err := d.sum(secret)
	if err != nil {
		return nil, err
	}
	t, err := d.Store.AdminByHash(ctx, sum[:])
	if err != nil {
		return nil, err
	}
	if !t.Expires.IsZero() && !d.Now().Before(t.Expires) {
		return nil, errExpired
	}
	return t, nil
}
