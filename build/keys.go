package build

import (
	"crypto/sha256"

	"sallyport"
	"sallyport/config"
	"sallyport/stage/identify"
)

func (a *apiBuilder) keys(c *config.Scheme) *identify.Key {
	k := &identify.Key{Keys: make(map[[sha256.Size]byte]*identify.HeldKey), Now: a.env.Now}
	for i := range c.Key.Keys {
		key := &c.Key.Keys[i]
		k.Keys[key.Hash] = &identify.HeldKey{
			Credential: &sallyport.Credential{
				Scheme: c.Name, Kind: "key", ID: "key:" + key.Consumer, Consumer: key.Consumer, Scopes: key.Scopes, Roles: key.Roles,
			},
			Expires: key.Expires.Time,
		}
	}
	return k
}
