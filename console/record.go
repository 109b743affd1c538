package console

import (
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"sallyport/store"
)

// Record is one line of an export: the consumer, or one of its keys, of which
// the key itself is not there and nobody can make it of the hash that is.
type Record struct {
	// Type is keyring, consumer or key.
	Type string `json:"type"`

	// Of the keyring that the hashes of the keys belong to: for each of its
	// generations a mark by which it is known again.
	Marks map[string]string `json:"marks,omitempty"`

	// Of a consumer; of a key the name of its consumer.
	Consumer string   `json:"consumer,omitempty"`
	ID       store.ID `json:"id,omitempty"`
	Tenant   string   `json:"tenant,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
	Note     string   `json:"note,omitempty"`

	// Of both.
	Roles   []string  `json:"roles,omitempty"`
	Scopes  []string  `json:"scopes,omitempty"`
	Created time.Time `json:"created,omitzero"`

	// Of a key.
	Name       string    `json:"name,omitempty"`
	Hash       string    `json:"hash,omitempty"`
	Generation uint8     `json:"generation,omitempty"`
	Hint       string    `json:"hint,omitempty"`
	Networks   []string  `json:"networks,omitempty"`
	Expires    time.Time `json:"expires,omitzero"`
	Revoked    time.Time `json:"revoked,omitzero"`
	Rotated    store.ID  `json:"rotated,omitempty"`
}

// The types of records.
const (
	typeKeyring  = "keyring"
	typeConsumer = "consumer"
	typeKey      = "key"
)

func recordOfConsumer(c *store.Consumer) Record {
	return Record{
		Type: typeConsumer, Consumer: c.Name, ID: c.ID, Tenant: c.Tenant, Disabled: c.Disabled, Note: c.Note,
		Roles: c.Roles, Scopes: c.Scopes, Created: c.Created.UTC(),
	}
}

func recordOfKey(k *store.Key, consumer string) Record {
	r := Record{
		Type: typeKey, Consumer: consumer, ID: k.ID, Name: k.Name, Hash: hex.EncodeToString(k.Hash), Generation: k.Generation, Hint: k.Hint,
		Roles: k.Roles, Scopes: k.Scopes, Created: k.Created.UTC(), Rotated: k.Rotated,
		Expires: utc(k.Expires), Revoked: utc(k.Revoked),
	}
	for _, n := range k.Networks {
		r.Networks = append(r.Networks, n.String())
	}
	return r
}

// utc is a moment as the store keeps it.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}

// consumer is the consumer of a record, checked.
func (r *Record) consumer(now time.Time) (*store.Consumer, error) {
	c := &store.Consumer{
		ID: r.ID, Name: r.Consumer, Tenant: r.Tenant, Roles: r.Roles, Scopes: r.Scopes, Disabled: r.Disabled, Note: r.Note,
		Created: r.Created, Changed: now,
	}
	if c.Created.IsZero() {
		c.Created = now
	}
	var checked checks
	checked.name("/consumer", c.Name)
	checked.consumer(c)
	if c.ID != "" {
		checked.id("/id", c.ID)
	}
	return c, checked.err()
}

// key is the key of a record, checked, without its consumer.
func (r *Record) key() (*store.Key, error) {
	k := &store.Key{
		ID: r.ID, Name: r.Name, Generation: r.Generation, Hint: r.Hint, Scopes: r.Scopes, Roles: r.Roles,
		Created: r.Created, Expires: utc(r.Expires), Revoked: utc(r.Revoked), Rotated: r.Rotated,
	}
	var checked checks
	checked.name("/consumer", r.Consumer)
	checked.id("/id", k.ID)
	checked.key(k)
	k.Networks = checked.networks("/networks", r.Networks)
	hash, err := hex.DecodeString(r.Hash)
	if err != nil || len(hash) != 32 {
		checked.wrong("/hash", "pattern", "must be 64 hexadecimal digits")
	}
	k.Hash = hash
	if len(k.Hint) > 8 {
		checked.wrong("/hint", "maxLength", "must be at most 8 characters long")
	}
	if k.Created.IsZero() {
		checked.wrong("/created", "required", "must be there")
	}
	if k.Rotated != "" {
		checked.id("/rotated", k.Rotated)
	}
	return k, checked.err()
}

// id is one that the store would have made.
func (c *checks) id(pointer string, id store.ID) {
	if !id.Valid() {
		c.wrong(pointer, "format", "must be a UUID in lower case")
	}
}

// marks tell keyrings apart: for each generation a hash that nobody else can
// make, and of which nothing follows for the hash of a key.
func (d *Desk) marks() map[string]string {
	marks := make(map[string]string)
	for g := range 256 {
		if sum, known := d.Keys.Hash("export mark", uint8(g), nil); known {
			marks[strconv.Itoa(g)] = hex.EncodeToString(sum[:8])
		}
	}
	return marks
}

// sameKey tells whether a key is as a record has it already, its last use
// aside.
func sameKey(a, b *store.Key) bool {
	return a.Name == b.Name && slices.Equal(a.Scopes, b.Scopes) && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Networks, b.Networks) &&
		a.Expires.Equal(b.Expires) && a.Revoked.Equal(b.Revoked) && a.Rotated == b.Rotated
}

func sameConsumer(a, b *store.Consumer) bool {
	return a.Tenant == b.Tenant && slices.Equal(a.Roles, b.Roles) && slices.Equal(a.Scopes, b.Scopes) && a.Disabled == b.Disabled && a.Note == b.Note
}
