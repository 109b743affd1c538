package console

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"sallyport/store"
)

// Imported counts what became of the records of an import.
type Imported struct {
	Consumers Counts `json:"consumers"`
	Keys      Counts `json:"keys"`
	// Opens are what lets somebody in, or lets them do more, than before: the
	// first MostOpenings of it.
	Opens []Opening `json:"opens,omitempty"`
}

// Counts are records by what became of them.
type Counts struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Import is an import under way. It brings back what was deleted. Of what is
// there it takes away, and gives nothing: a consumer that the records say is
// disabled is, a key has the sooner of two ends, and all else stays as it is. A
// second import of the same records changes nothing.
type Import struct {
	// Dry counts what would be done and does nothing.
	Dry bool
	// Overwrite makes what is there what the records say, more than it has
	// included; but what is revoked stays revoked, and what another key took the
	// place of still ends.
	Overwrite bool
	Imported  Imported

	desk *Desk
	by   By
	// marked says that the keyring of the export was named, and is ours.
	marked  bool
	pending pending
	// consumers are those that the records named, by name. In a dry run some of
	// them are not in the store.
	consumers map[string]*store.Consumer
}

// Import begins an import.
func (d *Desk) Import(by By) *Import {
	return &Import{desk: d, by: by, pending: pending{known: make(map[string]bool)}, consumers: make(map[string]*store.Consumer)}
}

// Take takes one record in. A consumer comes before its keys. What was taken is
// written when Finish has returned.
func (i *Import) Take(ctx context.Context, r Record) error {
	switch r.Type {
	case typeKeyring:
		return i.keyring(r)
	case typeConsumer:
		return i.consumer(ctx, r)
	case typeKey:
		return i.key(ctx, r)
	}
	return invalid("/type", "enum", "must be keyring, consumer or key")
}

// keyring refuses keys of another keyring: their hashes would be there, and no
// key would ever fit them.
func (i *Import) keyring(r Record) error {
	own := i.desk.marks()
	for generation, mark := range r.Marks {
		if own[generation] != mark {
			return invalid("/marks", "const", "these keys were made under the keyring of another store, and none of them would hold here")
		}
	}
	i.marked = true
	return nil
}

func (i *Import) consumer(ctx context.Context, r Record) error {
	c, err := r.consumer(i.desk.now())
	if err != nil {
		return err
	}
	old, err := i.named(ctx, c.Name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return i.add(ctx, c)
	case err != nil:
		return err
	}
	if !i.Overwrite {
		closed := *old
		closed.Disabled = old.Disabled || c.Disabled
		c = &closed
	}
	if sameConsumer(old, c) {
		i.Imported.Consumers.Unchanged++
		return nil
	}
	i.Imported.Consumers.Changed++
	i.opens(c.Name, "", consumerOpens(old, c)...)
	if i.Dry {
		return nil
	}
	delete(i.consumers, c.Name) // its revision is another now
	return theConsumer.told(i.desk.changeConsumer(ctx, i.by, "consumer.import", old, changeTo(old, c)))
}

// changeTo names what of a consumer differs.
func changeTo(old, c *store.Consumer) (change ConsumerChange) {
	if old.Tenant != c.Tenant {
		change.Tenant = Give(c.Tenant)
	}
	if !slices.Equal(old.Roles, c.Roles) {
		change.Roles = Give(c.Roles)
	}
	if !slices.Equal(old.Scopes, c.Scopes) {
		change.Scopes = Give(c.Scopes)
	}
	if old.Disabled != c.Disabled {
		change.Disabled = Give(c.Disabled)
	}
	if old.Note != c.Note {
		change.Note = Give(c.Note)
	}
	return change
}

func (i *Import) add(ctx context.Context, c *store.Consumer) error {
	if c.ID == "" {
		c.ID = i.desk.newID()
	}
	i.Imported.Consumers.Added++
	if i.Dry {
		i.consumers[c.Name] = c
		return nil
	}
	return i.desk.addConsumer(ctx, i.by, "consumer.import", c)
}

// named is a consumer that the records speak of.
func (i *Import) named(ctx context.Context, name string) (*store.Consumer, error) {
	if c := i.consumers[name]; c != nil {
		return c, nil
	}
	c, err := i.desk.Store.ConsumerByName(ctx, name)
	if err == nil {
		if len(i.consumers) > MostItems {
			clear(i.consumers)
		}
		i.consumers[name] = c
	}
	return c, err
}

func (i *Import) key(ctx context.Context, r Record) error {
	k, err := r.key()
	if err != nil {
		return err
	}
	if !i.marked {
		return invalid("/type", "const", "a record of type keyring must come before the first key: it says which keyring the hashes belong to")
	}
	c, err := i.named(ctx, r.Consumer)
	if errors.Is(err, store.ErrNotFound) {
		return invalid("/consumer", "const", "there is no such consumer: its record must come before its keys")
	} else if err != nil {
		return err
	}
	k.Consumer = c.ID
	switch twice := i.pending.known[string(k.ID)]; {
	case twice && i.Dry:
		i.Imported.Keys.Unchanged++
		return nil
	case twice:
		if err := i.Finish(ctx); err != nil {
			return err
		}
	}
	old, err := i.desk.Store.Key(ctx, k.ID)
	if errors.Is(err, store.ErrNotFound) {
		return i.addKey(ctx, k, c.Name)
	} else if err != nil {
		return err
	}
	return i.updateKey(ctx, old, k, c.Name)
}

func (i *Import) addKey(ctx context.Context, k *store.Key, consumer string) error {
	_, _, err := i.desk.Store.KeyByHash(ctx, k.Hash)
	if err == nil || i.pending.known[string(k.Hash)] {
		return inTheWay("There is another key with this hash already.")
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if err := i.endAsBefore(ctx, k); err != nil {
		return err
	}
	i.Imported.Keys.Added++
	if s := state(k, i.desk.Now()); s == Active || s == Rotated {
		i.opens(consumer, k.ID, "comes back")
	}
	if i.pending.add(k, consumer) {
		return nil
	}
	return i.Finish(ctx)
}

// endAsBefore gives a key that comes back the end that it had when it was
// deleted: an older export does not know of it.
func (i *Import) endAsBefore(ctx context.Context, k *store.Key) error {
	revoked, expires, err := i.desk.Store.Ended(ctx, k.Hash)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err == nil {
		k.Revoked, k.Expires = sooner(revoked, k.Revoked), sooner(expires, k.Expires)
	}
	return err
}

// sooner is the first of two moments; the zero one is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// Finish writes what is not written yet. The import may go on.
func (i *Import) Finish(ctx context.Context) error {
	if len(i.pending.keys) == 0 {
		return nil
	}
	var err error
	if !i.Dry {
		err = i.desk.Store.AddKeys(ctx, i.pending.keys, i.desk.entry(i.by, "key.import", "", i.pending.detail()))
	}
	i.pending.clear()
	return theKey.told(err)
}

func (i *Import) updateKey(ctx context.Context, old, k *store.Key, consumer string) error {
	switch {
	case old.Consumer != k.Consumer:
		return inTheWay("The key belongs to another consumer here.")
	case !bytes.Equal(old.Hash, k.Hash) || old.Generation != k.Generation:
		return inTheWay("There is another key with this id already.")
	}
	i.merge(old, k)
	if sameKey(old, k) {
		i.Imported.Keys.Unchanged++
		return nil
	}
	i.Imported.Keys.Changed++
	i.opens(consumer, k.ID, keyOpens(old, k, i.desk.Now())...)
	if i.Dry {
		return nil
	}
	k.Hint, k.Created, k.Used, k.Revision = old.Hint, old.Created, old.Used, old.Revision
	return theKey.told(i.desk.Store.UpdateKey(ctx, k, i.desk.entry(i.by, "key.import", k.ID, importedOf(k, consumer))))
}

// merge makes of a record what the key that is there becomes.
func (i *Import) merge(old, k *store.Key) {
	if !old.Revoked.IsZero() {
		k.Revoked = old.Revoked // what is revoked stays so
	}
	if !i.Overwrite || old.Rotated != "" {
		k.Expires = sooner(old.Expires, k.Expires)
	}
	if old.Rotated != "" {
		k.Rotated = old.Rotated
	}
	if !i.Overwrite {
		k.Name, k.Scopes, k.Roles, k.Networks = old.Name, old.Scopes, old.Roles, old.Networks
	}
}

// importedKey is what the audit says of a key that was taken in.
type importedKey struct {
	ID       store.ID  `json:"id,omitempty"`
	Consumer string    `json:"consumer"`
	Hint     string    `json:"hint,omitempty"`
	Name     string    `json:"name,omitempty"`
	Scopes   []string  `json:"scopes,omitempty"`
	Roles    []string  `json:"roles,omitempty"`
	Networks []string  `json:"networks,omitempty"`
	Expires  time.Time `json:"expires,omitzero"`
	Revoked  time.Time `json:"revoked,omitzero"`
	Rotated  store.ID  `json:"rotated,omitempty"`
}

func importedOf(k *store.Key, consumer string) importedKey {
	r := recordOfKey(k, consumer)
	return importedKey{Consumer: consumer, Hint: r.Hint, Name: r.Name, Scopes: r.Scopes, Roles: r.Roles, Networks: r.Networks, Expires: r.Expires, Revoked: r.Revoked, Rotated: r.Rotated}
}

// pending are new keys that are not written yet.
type pending struct {
	keys  []*store.Key
	told  []importedKey
	bytes int
	known map[string]bool // their ids and hashes
}

// The most keys of one entry, and about how long what it says of them may be:
// an entry is read by people, and takes 64 KiB.
const (
	batch      = 100
	batchBytes = 16 << 10
)

// add tells whether there is room for another one behind it.
func (p *pending) add(k *store.Key, consumer string) bool {
	told := importedOf(k, consumer)
	told.ID = k.ID
	text, _ := plainJSON(told) // texts, numbers and times cannot fail
	p.keys, p.told = append(p.keys, k), append(p.told, told)
	p.known[string(k.Hash)], p.known[string(k.ID)] = true, true
	p.bytes += len(text)
	return len(p.keys) < batch && p.bytes < batchBytes
}

func (p *pending) detail() any {
	return struct {
		Keys []importedKey `json:"keys"`
	}{p.told}
}

func (p *pending) clear() {
	p.keys, p.told, p.bytes = p.keys[:0], p.told[:0], 0
	clear(p.known)
}
