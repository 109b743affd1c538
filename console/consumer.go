package console

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sallyport/store"
)

// Consumer is somebody who may come in, as administrators see it.
type Consumer struct {
	ID store.ID `json:"id"`
	// Name is what everybody calls it; it does not change.
	Name     string    `json:"name"`
	Tenant   string    `json:"tenant"`
	Roles    []string  `json:"roles"`
	Scopes   []string  `json:"scopes"`
	Disabled bool      `json:"disabled"`
	Note     string    `json:"note"`
	Created  time.Time `json:"created"`
	Changed  time.Time `json:"changed"`
	// Revision is raised by every change.
	Revision int64 `json:"revision"`
}

// NewConsumer is what a consumer is made of.
type NewConsumer struct {
	Name     string   `json:"name"`
	Tenant   string   `json:"tenant,omitempty"`
	Roles    []string `json:"roles,omitempty"`
	Scopes   []string `json:"scopes,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
	Note     string   `json:"note,omitempty"`
}

// ConsumerChange is what of a consumer is to be another; what is not given
// stays.
type ConsumerChange struct {
	Tenant   Given[string]   `json:"tenant,omitzero"`
	Roles    Given[[]string] `json:"roles,omitzero"`
	Scopes   Given[[]string] `json:"scopes,omitzero"`
	Disabled Given[bool]     `json:"disabled,omitzero"`
	Note     Given[string]   `json:"note,omitzero"`
}

// Given is a value that may be left out of a change. In JSON null gives what
// the thing has that nobody said anything about (RFC 7396 §1).
type Given[T any] struct {
	Is    bool
	Value T
}

// Give makes a value a given one.
func Give[T any](value T) Given[T] { return Given[T]{true, value} }

// IsZero tells a value that was left out.
func (g Given[T]) IsZero() bool { return !g.Is }

func (g *Given[T]) UnmarshalJSON(text []byte) error {
	g.Is = true
	return json.Unmarshal(text, &g.Value)
}

func (g Given[T]) MarshalJSON() ([]byte, error) { return json.Marshal(g.Value) }

func (g Given[T]) into(to *T) {
	if g.Is {
		*to = g.Value
	}
}

func shownConsumer(c *store.Consumer) (*Consumer, error) {
	return &Consumer{
		ID: c.ID, Name: c.Name, Tenant: c.Tenant, Roles: listed(c.Roles), Scopes: listed(c.Scopes),
		Disabled: c.Disabled, Note: c.Note, Created: c.Created.UTC(), Changed: c.Changed.UTC(), Revision: c.Revision,
	}, nil
}

// listed is a list that is never null.
func listed(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func (c *checks) consumer(s *store.Consumer) {
	c.text("/tenant", s.Tenant, maxName)
	c.grants("/roles", s.Roles)
	c.grants("/scopes", s.Scopes)
	c.text("/note", s.Note, maxNote)
}

// AddConsumer makes a consumer.
func (d *Desk) AddConsumer(ctx context.Context, by By, n NewConsumer) (*Consumer, error) {
	now := d.now()
	c := &store.Consumer{
		ID: d.newID(), Name: n.Name, Tenant: n.Tenant, Roles: n.Roles, Scopes: n.Scopes,
		Disabled: n.Disabled, Note: n.Note, Created: now, Changed: now,
	}
	if err := d.addConsumer(ctx, by, "consumer.add", c); err != nil {
		return nil, err
	}
	return d.Consumer(ctx, c.Name)
}

func (d *Desk) addConsumer(ctx context.Context, by By, action string, c *store.Consumer) error {
	var checked checks
	checked.name("/name", c.Name)
	checked.consumer(c)
	if err := checked.err(); err != nil {
		return err
	}
	detail := NewConsumer{c.Name, c.Tenant, c.Roles, c.Scopes, c.Disabled, ""}
	return theConsumer.told(d.Store.AddConsumer(ctx, c, d.entry(by, action, c.ID, detail)))
}

// Consumer is the one of that name.
func (d *Desk) Consumer(ctx context.Context, name string) (*Consumer, error) {
	c, err := d.consumer(ctx, name)
	if err != nil {
		return nil, err
	}
	return shownConsumer(c)
}

func (d *Desk) consumer(ctx context.Context, name string) (*store.Consumer, error) {
	c, err := d.Store.ConsumerByName(ctx, name)
	return c, theConsumer.told(err)
}

// Consumers are listed by their names.
func (d *Desk) Consumers(ctx context.Context, span Span) (*Page[*Consumer], error) {
	if err := span.read(); err != nil {
		return nil, err
	}
	list, err := d.Store.ListConsumers(ctx, span.After, span.Limit+1)
	if err != nil {
		return nil, err
	}
	return paged(span, list, shownConsumer, func(c *store.Consumer) string { return c.Name })
}

// AnyRevision changes a consumer or a key whatever state it is in.
const AnyRevision = -1

// ChangeConsumer changes a consumer that is in the state of a revision.
func (d *Desk) ChangeConsumer(ctx context.Context, by By, name string, revision int64, change ConsumerChange) (*Consumer, error) {
	err := again(ctx, func() error {
		c, err := d.consumer(ctx, name)
		if err != nil {
			return err
		}
		if revision != AnyRevision && c.Revision != revision {
			return theConsumer.told(store.ErrChanged)
		}
		err = d.changeConsumer(ctx, by, "consumer.change", c, change)
		if revision != AnyRevision {
			err = theConsumer.told(err)
		}
		return err
	})
	if err != nil {
		return nil, theConsumer.told(err)
	}
	return d.Consumer(ctx, name)
}

// again does something anew for as long as somebody else is quicker. What is a
// Refused already is not tried again.
func again(ctx context.Context, do func() error) error {
	for {
		err := do()
		if !errors.Is(err, store.ErrChanged) || errors.As(err, new(*Refused)) || ctx.Err() != nil {
			return err
		}
	}
}

func (d *Desk) changeConsumer(ctx context.Context, by By, action string, c *store.Consumer, change ConsumerChange) error {
	change.Tenant.into(&c.Tenant)
	change.Roles.into(&c.Roles)
	change.Scopes.into(&c.Scopes)
	change.Disabled.into(&c.Disabled)
	change.Note.into(&c.Note)
	var checked checks
	checked.consumer(c)
	if err := checked.err(); err != nil {
		return err
	}
	c.Changed = d.now()
	return d.Store.UpdateConsumer(ctx, c, d.entry(by, action, c.ID, detailOf(c.Name, change)))
}

// detailOf is a change and the name of what was changed, for the audit; notes
// are for people and stay out of it.
func detailOf(name string, change ConsumerChange) any {
	if change.Note.Is {
		change.Note.Value = "changed"
	}
	return struct {
		Name   string         `json:"name"`
		Change ConsumerChange `json:"change"`
	}{name, change}
}

// DeleteConsumer deletes a consumer that is in the state of a revision, its keys
// and its passwords.
func (d *Desk) DeleteConsumer(ctx context.Context, by By, name string, revision int64) error {
	c, err := d.consumer(ctx, name)
	if err != nil {
		return err
	}
	if revision == AnyRevision {
		revision = 0
	} else if c.Revision != revision {
		return theConsumer.told(store.ErrChanged)
	}
	return theConsumer.told(d.Store.DeleteConsumer(ctx, c.ID, revision, d.entry(by, "consumer.delete", c.ID, named{c.Name})))
}

// named is the detail of an entry about something with a name.
type named struct {
	Name string `json:"name"`
}
