package build

import (
	"context"
	"crypto/sha256"
	"net/netip"
	"strings"

	"sallyport"
	"sallyport/config"
	"sallyport/stage/identify"
)

// keys makes the method of API keys. Those of the configuration are known when
// it is built; the store is asked per request, through the roster.
func (a *apiBuilder) keys(c *config.Scheme) *identify.Key {
	k := &identify.Key{Keys: make(map[[sha256.Size]byte]*identify.HeldKey), Now: a.env.Now}
	switch {
	case !c.Key.AsksStore():
	case a.options.Roster == nil:
		k.Directory = noStore{}
	default:
		k.Directory = a.options.Roster
	}
	for i := range c.Key.Keys {
		key := &c.Key.Keys[i]
		k.Keys[key.Hash] = &identify.HeldKey{
			Credential: &sallyport.Credential{
				Scheme: c.Name, Kind: "key", ID: "key:" + key.Consumer, Consumer: key.Consumer, Scopes: key.Scopes, Roles: key.Roles, Networks: networks(key.Networks),
			},
			Expires: key.Expires.Time,
		}
	}
	return k
}

func networks(written []config.Network) []netip.Prefix {
	var all []netip.Prefix
	for _, n := range written {
		all = append(all, n.Prefix)
	}
	return all
}

// Key answers where no store is open, as in a check: nobody comes in.
func (noStore) Key(context.Context, string) (*sallyport.Credential, error) { return nil, errNoStore }

// keysOf says for a person whose keys are taken.
func keysOf(k *identify.Key) string {
	var whose []string
	if len(k.Keys) > 0 || k.Directory == nil {
		whose = append(whose, counted(len(k.Keys), "key", "keys"))
	}
	if k.Directory != nil {
		whose = append(whose, "keys of the store")
	}
	return strings.Join(whose, " and ")
}
