package config

// KeySet is the API keys that are known, here or in a file of their own. Without
// keys and file they are the store's.
type KeySet struct {
	Place `json:"-"`

	// The keys. None of them stands here, only its hash.
	Keys []Key `yaml:"keys"`
	// A file that holds such a list under keys, besides those that stand here.
	File string `yaml:"file" path:""`
	// Ask the store for keys that are not listed. Without keys and file it is
	// asked anyway.
	Store bool `yaml:"store"`
}

// AsksStore tells whether keys are the store's, too.
func (k *KeySet) AsksStore() bool { return k.Store || len(k.Keys) == 0 && !k.Wrote("file") }

// Key is one API key and whom it proves.
type Key struct {
	Place `json:"-"`

	// Who holds the key. Several keys may have one holder.
	Consumer string `yaml:"consumer" required:""`
	// The SHA-256 of the key as sha256:HEX. A key must be random, 128 bits at
	// least: then the hash gives nothing away, and need not be slow.
	Hash KeyHash `yaml:"hash" required:""`
	// The scopes that the holder was granted.
	Scopes []string `yaml:"scopes"`
	// The roles that the holder has.
	Roles []string `yaml:"roles"`
	// The networks that the key may be used from, by the client's address.
	// Without any, from anywhere.
	Networks []Network `yaml:"networks"`
	// When the key ends: a date (at its beginning, UTC) or a time such as
	// 2027-01-31T12:00:00Z. Without it, never.
	Expires Time `yaml:"expires"`
}

func (k *KeySet) check(c *decoder) {
	if k.File != "" {
		k.Keys = append(k.Keys, c.keyFile(k.File, k.PositionOf("file"))...)
	}
	if len(k.Keys) == 0 && k.Wrote("keys") && !k.Wrote("file") && !k.Store {
		c.wrong(k.PositionOf("keys"), "list keys, or remove the word to ask the store", "without a key nobody can come in")
	}
	seen := make(map[KeyHash]bool, len(k.Keys))
	for i := range k.Keys {
		hash := k.Keys[i].Hash
		if hash != (KeyHash{}) && seen[hash] {
			c.wrong(k.Keys[i].PositionOf("hash"), "give every holder a key of its own", "this key stands in the list twice")
		}
		seen[hash] = true
	}
}
