package roster

import (
	"errors"
	"slices"
	"testing"
	"time"

	"sallyport/store"
)

// TestJudge holds what reports are told to what requests are.
func TestJudge(t *testing.T) {
	now := time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)
	consumer := func(disabled bool) *store.Consumer {
		return &store.Consumer{ID: "c", Name: "shop", Tenant: "acme", Roles: []string{"partner"}, Scopes: []string{"read"}, Disabled: disabled}
	}
	key := func(change func(*store.Key)) *store.Key {
		k := &store.Key{ID: "k", Roles: []string{"teller", "partner"}, Scopes: []string{"write"}, Expires: now.Add(time.Second)}
		change(k)
		return k
	}
	as := func(*store.Key) {}
	for name, c := range map[string]struct {
		key      *store.Key
		disabled bool
		why      string
	}{
		"a key":                 {key(as), false, ""},
		"its end":               {key(func(k *store.Key) { k.Expires = now }), false, "expired"},
		"a revoked one":         {key(func(k *store.Key) { k.Revoked = now.Add(time.Hour) }), false, "revoked"},
		"one of a shut out":     {key(as), true, "disabled"},
		"the consumer":          {nil, false, ""},
		"a consumer who is out": {nil, true, "disabled"},
	} {
		got, err := Judge(c.key, consumer(c.disabled), now)
		if c.why != "" {
			if r, ok := errors.AsType[*Refused](err); !ok || r.Why != c.why || got != nil {
				t.Errorf("%s: %+v, error %v", name, got, err)
			}
			continue
		}
		roles, scopes, kind := []string{"partner"}, []string{"read"}, ""
		if c.key != nil {
			roles, scopes, kind = []string{"partner", "teller"}, []string{"read", "write"}, "key"
		}
		if err != nil || !slices.Equal(got.Roles, roles) || !slices.Equal(got.Scopes, scopes) || got.Kind != kind || got.Tenant != "acme" || got.ID != "consumer:shop" {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
	}
}
