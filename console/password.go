package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sallyport/password"
	"sallyport/store"
)

// Password is that somebody has one, never what it is.
type Password struct {
	Username string    `json:"username"`
	Consumer string    `json:"consumer"`
	Changed  time.Time `json:"changed"`
}

// shortestPassword in characters: what a machine proves itself with can be long.
const shortestPassword = 12

// SetPassword sets the password of a username, which is the consumer's from
// then on.
func (d *Desk) SetPassword(ctx context.Context, by By, consumer, username, secret string) (*Password, error) {
	var checked checks
	username = checked.username(username)
	checked.password("/password", secret)
	if err := checked.err(); err != nil {
		return nil, err
	}
	c, err := d.consumer(ctx, consumer)
	if err != nil {
		return nil, err
	}
	hash, err := d.hash(ctx, secret)
	if err != nil {
		return nil, fmt.Errorf("hashing a password: %w", err)
	}
	p := &store.Password{Consumer: c.ID, Username: username, Hash: hash, Changed: d.now()}
	err = d.Store.PutPassword(ctx, p, d.entry(by, "password.set", store.ID(username), heldBy{c.Name}))
	if errors.Is(err, store.ErrExists) {
		return nil, inTheWay("The username is another consumer's: take another one.")
	}
	return &Password{username, c.Name, p.Changed}, thePassword.told(err)
}

func (c *checks) password(pointer, secret string) {
	switch _, err := password.Prepare(secret); {
	case utf8.RuneCountInString(secret) < shortestPassword:
		c.wrong(pointer, "minLength", "must be at least %d characters long", shortestPassword)
	case len(secret) > password.MaxPassword:
		c.wrong(pointer, "maxLength", "must be at most %d bytes long", password.MaxPassword)
	case err != nil:
		c.wrong(pointer, "pattern", "must be text without control characters")
	}
}

func (d *Desk) hash(ctx context.Context, secret string) (string, error) {
	if d.Hash == nil {
		return password.Hash(secret, password.DefaultCost())
	}
	return d.Hash(ctx, secret, password.DefaultCost())
}

// heldBy is the detail of an entry about what a consumer has.
type heldBy struct {
	Consumer string `json:"consumer"`
}

// username makes a username the text that is looked up. A slash could not stand
// in the path of the API.
func (c *checks) username(name string) string {
	read, err := password.Username(name)
	if err != nil || utf8.RuneCountInString(read) > maxName || strings.Contains(read, "/") {
		c.wrong("/username", "pattern", "must be at most %d characters without a colon, a slash and control characters", maxName)
	}
	return read
}

// Passwords are the usernames of a consumer, in their order.
func (d *Desk) Passwords(ctx context.Context, consumer string, span Span) (*Page[*Password], error) {
	if err := span.read(); err != nil {
		return nil, err
	}
	c, err := d.consumer(ctx, consumer)
	if err != nil {
		return nil, err
	}
	list, err := d.Store.ListPasswords(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(p *store.Password) bool { return p.Username <= span.After })
	return paged(span, list, func(p *store.Password) (*Password, error) {
		return &Password{p.Username, c.Name, p.Changed.UTC()}, nil
	}, func(p *store.Password) string { return p.Username })
}

// DeletePassword deletes a password of a consumer.
func (d *Desk) DeletePassword(ctx context.Context, by By, consumer, username string) error {
	var checked checks
	username = checked.username(username)
	if err := checked.err(); err != nil {
		return err
	}
	p, c, err := d.Store.PasswordFor(ctx, username)
	if err == nil && c.Name != consumer {
		err = store.ErrNotFound
	}
	if err != nil {
		return thePassword.told(err)
	}
	return thePassword.told(d.Store.DeletePassword(ctx, p.Username, d.entry(by, "password.delete", store.ID(username), heldBy{c.Name})))
}
