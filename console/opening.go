package console

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"sallyport/store"
)

// Opening is something that lets somebody in, or lets them do more.
type Opening struct {
	Consumer string `json:"consumer"`
	// Key is set where it is one of the consumer's keys.
	Key store.ID `json:"key,omitempty"`
	// How is what is more than before.
	How string `json:"how"`
}

func (o Opening) String() string {
	if o.Key == "" {
		return fmt.Sprintf("%s %s", o.Consumer, o.How)
	}
	return fmt.Sprintf("%s: key %s %s", o.Consumer, o.Key, o.How)
}

// MostOpenings are kept of an import; there are counts of all.
const MostOpenings = 1000

func (i *Import) opens(consumer string, key store.ID, hows ...string) {
	for _, how := range hows {
		if how != "" && len(i.Imported.Opens) < MostOpenings {
			i.Imported.Opens = append(i.Imported.Opens, Opening{consumer, key, how})
		}
	}
}

// consumerOpens are the ways in which a consumer is let more than before.
func consumerOpens(old, c *store.Consumer) (hows []string) {
	if old.Disabled && !c.Disabled {
		hows = append(hows, "is enabled")
	}
	if old.Tenant != c.Tenant {
		hows = append(hows, "belongs to another tenant")
	}
	if more(old.Roles, c.Roles) || more(old.Scopes, c.Scopes) {
		hows = append(hows, "is granted more")
	}
	return hows
}

// keyOpens are the ways in which a key is let more than before.
func keyOpens(old, k *store.Key, now time.Time) (hows []string) {
	if s := state(k, now); s == Revoked || s == Expired {
		return nil
	}
	if !old.Expires.IsZero() && (k.Expires.IsZero() || k.Expires.After(old.Expires)) {
		hows = append(hows, "lives longer")
	}
	if more(old.Roles, k.Roles) || more(old.Scopes, k.Scopes) {
		hows = append(hows, "is granted more")
	}
	if wider(old.Networks, k.Networks) {
		hows = append(hows, "may be used from elsewhere")
	}
	return hows
}

func more(old, new []string) bool {
	return slices.ContainsFunc(new, func(g string) bool { return !slices.Contains(old, g) })
}

// wider: no network at all is every network.
func wider(old, new []netip.Prefix) bool {
	if len(old) == 0 || len(new) == 0 {
		return len(old) > 0
	}
	return slices.ContainsFunc(new, func(n netip.Prefix) bool {
		return !slices.ContainsFunc(old, func(o netip.Prefix) bool { return o.Bits() <= n.Bits() && o.Contains(n.Addr()) })
	})
}
