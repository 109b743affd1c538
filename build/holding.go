package build

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"sallyport"
	"sallyport/roster"
	"sallyport/stage/identify"
	"sallyport/store"
)

// Stored is a consumer of the store, and what it can prove itself with.
type Stored struct {
	Consumer  *store.Consumer
	Keys      []*store.Key
	Passwords []*store.Password
}

// FindConsumer reads a consumer of that name and all it holds; store.ErrNotFound
// where there is none.
func FindConsumer(ctx context.Context, s store.Store, name string) (*Stored, error) {
	c, err := s.ConsumerByName(ctx, name)
	if err != nil {
		return nil, err
	}
	found := &Stored{Consumer: c}
	const page = 1000
	for after := store.ID(""); ; after = found.Keys[len(found.Keys)-1].ID {
		keys, err := s.ListKeys(ctx, c.ID, after, page)
		if err != nil {
			return nil, err
		}
		found.Keys = append(found.Keys, keys...)
		if len(keys) < page {
			break
		}
	}
	found.Passwords, err = s.ListPasswords(ctx, c.ID)
	return found, err
}

// Holding is a credential that a consumer has for an API.
type Holding struct {
	// Credential is named by its scheme.
	*sallyport.Credential
	// Stored is the key of the store that it is; nil if it is none.
	Stored *store.Key
	// Username is the one of the password of the store that it is.
	Username string
	// Refused is why it lets nobody in; nil where it does.
	Refused *roster.Refused
}

// Holdings are the credentials of a consumer at that moment, those that the
// configuration gives to the name and those of the store, which is nil where
// the store does not know it.
func (a *API) Holdings(consumer string, stored *Stored, now time.Time) []Holding {
	var all []Holding
	for _, scheme := range a.Schemes() {
		if known, ok := scheme.Method.(identify.Known); ok {
			all = append(all, configured(known, scheme.Name, consumer, now)...)
		}
		if stored != nil {
			all = append(all, stored.in(scheme, now)...)
		}
	}
	return all
}

func configured(known identify.Known, scheme, consumer string, now time.Time) []Holding {
	var all []Holding
	for _, c := range known.Holders() {
		if c.Consumer != consumer {
			continue
		}
		h := named(c, scheme, c.Kind)
		if !c.Expires.IsZero() && !now.Before(c.Expires) {
			h.Refused = &roster.Refused{Why: "expired", Consumer: consumer}
		}
		all = append(all, h)
	}
	slices.SortFunc(all, func(a, b Holding) int {
		return cmp.Or(slices.Compare(a.Roles, b.Roles), slices.Compare(a.Scopes, b.Scopes), a.Expires.Compare(b.Expires))
	})
	return all
}

// in are the credentials of a scheme that asks the store.
func (s *Stored) in(scheme *identify.Scheme, now time.Time) []Holding {
	var all []Holding
	switch m := scheme.Method.(type) {
	case *identify.Key:
		for _, k := range s.Keys {
			if m.Directory != nil {
				h := s.judged(k, scheme.Name, "key", now)
				h.Stored = k
				all = append(all, h)
			}
		}
	case *identify.Basic:
		for _, p := range s.Passwords {
			if m.AsksStore(p.Username) {
				h := s.judged(nil, scheme.Name, "basic", now)
				h.Username = p.Username
				all = append(all, h)
			}
		}
	case interface{ AsksStore(name string) bool }: // certificates
		if m.AsksStore(s.Consumer.Name) {
			all = append(all, s.judged(nil, scheme.Name, "certificate", now))
		}
	}
	return all
}

func (s *Stored) judged(k *store.Key, scheme, kind string, now time.Time) Holding {
	c, err := roster.Judge(k, s.Consumer, now)
	if refused, ok := errors.AsType[*roster.Refused](err); ok {
		return Holding{Credential: &sallyport.Credential{Scheme: scheme, Kind: kind, Consumer: s.Consumer.Name}, Refused: refused}
	}
	return named(c, scheme, kind)
}

func named(c *sallyport.Credential, scheme, kind string) Holding {
	own := *c
	own.Scheme, own.Kind = scheme, kind
	return Holding{Credential: &own}
}
