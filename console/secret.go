package console

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"sallyport/store"
)

// Secret is the name of a sealed value. The value is never shown.
type Secret struct {
	Name    string    `json:"name"`
	Changed time.Time `json:"changed"`
}

// PutSecret seals a value under a name, in the place of what it had.
func (d *Desk) PutSecret(ctx context.Context, by By, name, value string) (*Secret, error) {
	var checked checks
	checked.name("/name", name)
	switch {
	case value == "":
		checked.wrong("/value", "minLength", "must not be empty")
	case len(value) > maxSecret:
		checked.wrong("/value", "maxLength", "must be at most %d bytes long", maxSecret)
	}
	if err := checked.err(); err != nil {
		return nil, err
	}
	sealed, err := d.Keys.Seal([]byte(value), store.SecretsTable, store.SecretsColumn, name)
	if err != nil {
		return nil, fmt.Errorf("sealing a secret: %w", err)
	}
	s := &store.Secret{Name: name, Sealed: sealed, Changed: d.now()}
	if err := d.Store.PutSecret(ctx, s, d.entry(by, "secret.put", store.ID(name), nil)); err != nil {
		return nil, theSecret.told(err)
	}
	return &Secret{name, s.Changed}, nil
}

// Secrets are listed by their names.
func (d *Desk) Secrets(ctx context.Context, span Span) (*Page[*Secret], error) {
	if err := span.read(); err != nil {
		return nil, err
	}
	list, err := d.Store.ListSecrets(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b *store.Secret) int { return strings.Compare(a.Name, b.Name) })
	list = slices.DeleteFunc(list, func(s *store.Secret) bool { return span.After != "" && cmp.Compare(s.Name, span.After) <= 0 })
	return paged(span, list, func(s *store.Secret) (*Secret, error) { return &Secret{s.Name, s.Changed.UTC()}, nil }, func(s *store.Secret) string { return s.Name })
}

// DeleteSecret deletes a secret. What the configuration needs it for fails from
// the next reload on.
func (d *Desk) DeleteSecret(ctx context.Context, by By, name string) error {
	return theSecret.told(d.Store.DeleteSecret(ctx, name, d.entry(by, "secret.delete", store.ID(name), nil)))
}
