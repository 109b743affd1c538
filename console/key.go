package console

import (
	"context"
	"fmt"
	"time"

	"sallyport/apikey"
	"sallyport/store"
)

// Key is an API key as administrators see it: all but the key.
type Key struct {
	ID       store.ID `json:"id"`
	Consumer string   `json:"consumer"`
	Name     string   `json:"name"`
	// Hint are the last characters of the key.
	Hint     string   `json:"hint"`
	Scopes   []string `json:"scopes"`
	Roles    []string `json:"roles"`
	Networks []string `json:"networks"`
	// State is active, expired, revoked, or rotated for one that ends because
	// another one takes its place.
	State   string     `json:"state"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
	Revoked *time.Time `json:"revoked,omitempty"`
	Used    *time.Time `json:"used,omitempty"`
	// Rotated is the key that takes its place.
	Rotated store.ID `json:"rotated,omitempty"`
	// Revision is raised by every change; use is none.
	Revision int64 `json:"revision"`
}

// The states of a key.
const (
	Active  = "active"
	Expired = "expired"
	Revoked = "revoked"
	Rotated = "rotated"
)

// Issued is a new key. Secret is the key itself: nobody can read it ever again.
type Issued struct {
	*Key
	Secret string `json:"key"`
}

// NewKey is what a key is made of.
type NewKey struct {
	Name     string    `json:"name,omitempty"`
	Scopes   []string  `json:"scopes,omitempty"`
	Roles    []string  `json:"roles,omitempty"`
	Networks []string  `json:"networks,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
}

// KeyChange is what of a key is to be another; what is not given stays.
type KeyChange struct {
	Name     Given[string]    `json:"name,omitzero"`
	Scopes   Given[[]string]  `json:"scopes,omitzero"`
	Roles    Given[[]string]  `json:"roles,omitzero"`
	Networks Given[[]string]  `json:"networks,omitzero"`
	Expires  Given[time.Time] `json:"expires,omitzero"`
}

func (d *Desk) shownKey(k *store.Key, consumer string) *Key {
	networks := make([]string, len(k.Networks))
	for i, n := range k.Networks {
		networks[i] = n.String()
	}
	return &Key{
		ID: k.ID, Consumer: consumer, Name: k.Name, Hint: k.Hint, Scopes: listed(k.Scopes), Roles: listed(k.Roles), Networks: networks,
		State: state(k, d.Now()), Created: k.Created.UTC(), Expires: moment(k.Expires), Revoked: moment(k.Revoked), Used: moment(k.Used), Rotated: k.Rotated, Revision: k.Revision,
	}
}

func state(k *store.Key, now time.Time) string {
	switch {
	case !k.Revoked.IsZero():
		return Revoked
	case !k.Expires.IsZero() && !now.Before(k.Expires):
		return Expired
	case k.Rotated != "":
		return Rotated
	}
	return Active
}

// moment is nil where there was none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func (c *checks) key(k *store.Key) {
	c.text("/name", k.Name, maxName)
	c.grants("/scopes", k.Scopes)
	c.grants("/roles", k.Roles)
}

// IssueKey makes a key for a consumer.
func (d *Desk) IssueKey(ctx context.Context, by By, consumer string, n NewKey) (*Issued, error) {
	c, err := d.consumer(ctx, consumer)
	if err != nil {
		return nil, err
	}
	var checked checks
	k := &store.Key{Consumer: c.ID, Name: n.Name, Scopes: n.Scopes, Roles: n.Roles, Networks: checked.networks("/networks", n.Networks), Created: d.now(), Expires: utc(n.Expires)}
	checked.key(k)
	checked.future("/expires", k.Expires, d.Now())
	if err := checked.err(); err != nil {
		return nil, err
	}
	secret, err := d.fill(k)
	if err != nil {
		return nil, err
	}
	if err := d.Store.AddKeys(ctx, []*store.Key{k}, d.entry(by, "key.issue", k.ID, issued{c.Name, k.Hint, n})); err != nil {
		return nil, theKey.told(err)
	}
	return &Issued{d.shownKey(k, c.Name), secret}, nil
}

// issued is the detail of the entry about a new key.
type issued struct {
	Consumer string `json:"consumer"`
	Hint     string `json:"hint"`
	NewKey
}

// fill makes the key itself.
func (d *Desk) fill(k *store.Key) (secret string, err error) {
	secret, hash, hint, err := apikey.New(d.Keys, d.Keys.Generation())
	if err != nil {
		return "", fmt.Errorf("making a key: %w", err)
	}
	k.ID, k.Hash, k.Generation, k.Hint = d.newID(), hash[:], d.Keys.Generation(), hint
	return secret, nil
}

// Key is the one of that id.
func (d *Desk) Key(ctx context.Context, id store.ID) (*Key, error) {
	k, c, err := d.key(ctx, id)
	if err != nil {
		return nil, err
	}
	return d.shownKey(k, c.Name), nil
}

func (d *Desk) key(ctx context.Context, id store.ID) (*store.Key, *store.Consumer, error) {
	k, err := d.Store.Key(ctx, id)
	if err != nil {
		return nil, nil, theKey.told(err)
	}
	c, err := d.Store.Consumer(ctx, k.Consumer)
	return k, c, theConsumer.told(err)
}

// AllKeys are the keys of everybody, in the order in which they were made.
func (d *Desk) AllKeys(ctx context.Context, span Span) (*Page[*Key], error) {
	return d.keys(ctx, "", span)
}

// KeysOf are the keys of a consumer, in the order in which they were made.
func (d *Desk) KeysOf(ctx context.Context, consumer string, span Span) (*Page[*Key], error) {
	c, err := d.consumer(ctx, consumer)
	if err != nil {
		return nil, err
	}
	return d.keys(ctx, c.ID, span)
}

func (d *Desk) keys(ctx context.Context, consumer store.ID, span Span) (*Page[*Key], error) {
	if err := span.read(); err != nil {
		return nil, err
	}
	list, err := d.Store.ListKeys(ctx, consumer, store.ID(span.After), span.Limit+1)
	if err != nil {
		return nil, err
	}
	names := make(map[store.ID]string)
	return paged(span, list, func(k *store.Key) (*Key, error) {
		name, known := names[k.Consumer]
		if !known {
			c, err := d.Store.Consumer(ctx, k.Consumer)
			if err != nil {
				return nil, theConsumer.told(err)
			}
			name = c.Name
			names[k.Consumer] = name
		}
		return d.shownKey(k, name), nil
	}, func(k *store.Key) string { return string(k.ID) })
}

// keyAt is the key in the state of a revision.
func (d *Desk) keyAt(ctx context.Context, id store.ID, revision int64) (*store.Key, *store.Consumer, error) {
	k, c, err := d.key(ctx, id)
	if err == nil && revision != AnyRevision && k.Revision != revision {
		err = theKey.told(store.ErrChanged)
	}
	return k, c, err
}

// ChangeKey changes a key that is not revoked and is in the state of a revision.
func (d *Desk) ChangeKey(ctx context.Context, by By, id store.ID, revision int64, change KeyChange) (*Key, error) {
	err := again(ctx, func() error {
		k, c, err := d.keyAt(ctx, id, revision)
		if err != nil {
			return err
		}
		if !k.Revoked.IsZero() {
			return inTheWay("The key is revoked: nothing about it can be changed any more.")
		}
		return d.changeKey(ctx, by, k, c.Name, change)
	})
	if err != nil {
		return nil, theKey.told(err)
	}
	return d.Key(ctx, id)
}

func (d *Desk) changeKey(ctx context.Context, by By, k *store.Key, consumer string, change KeyChange) error {
	var checked checks
	change.Name.into(&k.Name)
	change.Scopes.into(&k.Scopes)
	change.Roles.into(&k.Roles)
	if change.Networks.Is {
		k.Networks = checked.networks("/networks", change.Networks.Value)
	}
	if change.Expires.Is {
		k.Expires = utc(change.Expires.Value)
		checked.future("/expires", k.Expires, d.Now())
	}
	checked.key(k)
	if err := checked.err(); err != nil {
		return err
	}
	detail := struct {
		Consumer string    `json:"consumer"`
		Hint     string    `json:"hint"`
		Change   KeyChange `json:"change"`
	}{consumer, k.Hint, change}
	return d.Store.UpdateKey(ctx, k, d.entry(by, "key.change", k.ID, detail))
}

// The time for which a key and the one in its place hold both.
const (
	Overlap     = 24 * time.Hour
	MostOverlap = 90 * 24 * time.Hour
)

// RotateKey makes a key in the place of one that goes on for an overlap; without
// one, that is revoked. The new one is like the old one, and lives as long as
// that was made to live.
func (d *Desk) RotateKey(ctx context.Context, by By, id store.ID, revision int64, overlap time.Duration) (issued *Issued, err error) {
	if overlap < 0 || overlap > MostOverlap {
		return nil, invalid("/overlap", "maximum", "must be at least 0 and at most 90 days")
	}
	err = again(ctx, func() error {
		old, c, err := d.keyAt(ctx, id, revision)
		if err == nil {
			err = rotatable(old, d.Now())
		}
		if err == nil {
			issued, err = d.rotateKey(ctx, by, old, c.Name, overlap)
		}
		return err
	})
	return issued, theKey.told(err)
}

// rotatable refuses keys in whose place nothing can be.
func rotatable(k *store.Key, now time.Time) error {
	switch state(k, now) {
	case Revoked:
		return inTheWay("The key is revoked: issue a new one.")
	case Expired:
		return inTheWay("The key has expired: issue a new one.")
	case Rotated:
		return inTheWay("Another key takes its place already: rotate that one.")
	}
	return nil
}

func (d *Desk) rotateKey(ctx context.Context, by By, old *store.Key, consumer string, overlap time.Duration) (*Issued, error) {
	now := d.now()
	k := &store.Key{Consumer: old.Consumer, Name: old.Name, Scopes: old.Scopes, Roles: old.Roles, Networks: old.Networks, Created: now}
	if !old.Expires.IsZero() {
		k.Expires = now.Add(old.Expires.Sub(old.Created))
	}
	secret, err := d.fill(k)
	if err != nil {
		return nil, err
	}
	if end := now.Add(overlap); old.Expires.IsZero() || end.Before(old.Expires) {
		old.Expires = end
	}
	if overlap == 0 {
		old.Revoked = now // an end is held to the clock of each node, and one may be behind
	}
	old.Rotated = k.ID
	detail := struct {
		Consumer string    `json:"consumer"`
		New      store.ID  `json:"new"`
		Hint     string    `json:"hint"`
		Ends     time.Time `json:"ends"`
	}{consumer, k.ID, k.Hint, old.Expires}
	if err := d.Store.ReplaceKey(ctx, old, k, d.entry(by, "key.rotate", old.ID, detail)); err != nil {
		return nil, err
	}
	return &Issued{d.shownKey(k, consumer), secret}, nil
}

// RevokeKey ends a key that is in the state of a revision, at once and for good.
// To revoke one that is revoked already changes nothing.
func (d *Desk) RevokeKey(ctx context.Context, by By, id store.ID, revision int64) error {
	return theKey.told(again(ctx, func() error {
		k, c, err := d.keyAt(ctx, id, revision)
		if err != nil || !k.Revoked.IsZero() {
			return err
		}
		k.Revoked = d.now()
		detail := struct {
			Consumer string `json:"consumer"`
			Hint     string `json:"hint"`
		}{c.Name, k.Hint}
		return d.Store.UpdateKey(ctx, k, d.entry(by, "key.revoke", k.ID, detail))
	}))
}
