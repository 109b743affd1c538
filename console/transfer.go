package console

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"sallyport/store"
)

// Export hands out every consumer, each with its keys behind it, and before
// them the marks of the keyring. There is no secret among it.
func (d *Desk) Export(ctx context.Context, each func(Record) error) error {
	after := ""
	if err := each(Record{Type: typeKeyring, Marks: d.marks()}); err != nil {
		return err
	}
	for {
		list, err := d.Store.ListConsumers(ctx, after, MostItems)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, c := range list {
			if err := d.exportConsumer(ctx, c, each); err != nil {
				return err
			}
		}
		after = list[len(list)-1].Name
	}
}

func (d *Desk) exportConsumer(ctx context.Context, c *store.Consumer, each func(Record) error) error {
	if err := each(recordOfConsumer(c)); err != nil {
		return err
	}
	after := store.ID("")
	for {
		keys, err := d.Store.ListKeys(ctx, c.ID, after, MostItems)
		if err != nil || len(keys) == 0 {
			return err
		}
		for _, k := range keys {
			if err := each(recordOfKey(k, c.Name)); err != nil {
				return err
			}
		}
		after = keys[len(keys)-1].ID
	}
}

// Imported counts what became of the records of an import.
type Imported struct {
	Consumers Counts `json:"consumers"`
	Keys      Counts `json:"keys"`
}

// Counts are records by what became of them.
type Counts struct {
	Added     int `json:"added"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Import is an import under way. What is there already stays; a second import
// of the same records changes nothing.
type Import struct {
	// Dry counts what would be done and does nothing.
	Dry      bool
	Imported Imported

	desk *Desk
	by   By
	// marked says that the keyring of the export was named, and is ours.
	marked bool
	// pending are new keys that are not written yet.
	pending []*store.Key
	queued  map[string]bool // their ids and hashes
	// consumers are those that the records named, by name. In a dry run some of
	// them are not in the store.
	consumers map[string]*store.Consumer
}

// Import begins an import.
func (d *Desk) Import(by By, dry bool) *Import {
	return &Import{Dry: dry, desk: d, by: by, queued: make(map[string]bool), consumers: make(map[string]*store.Consumer)}
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
	case sameConsumer(old, c):
		i.Imported.Consumers.Unchanged++
		return nil
	}
	i.Imported.Consumers.Changed++
	change := ConsumerChange{Tenant: Give(c.Tenant), Roles: Give(c.Roles), Scopes: Give(c.Scopes), Disabled: Give(c.Disabled), Note: Give(c.Note)}
	if i.Dry {
		return nil
	}
	delete(i.consumers, c.Name) // its revision is another now
	return theConsumer.told(i.desk.changeConsumer(ctx, i.by, "consumer.import", old, change))
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
	switch twice := i.queued[string(k.ID)]; {
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
		return i.addKey(ctx, k)
	} else if err != nil {
		return err
	}
	return i.updateKey(ctx, old, k, c.Name)
}

// batch is how many new keys are written at one time, with one entry.
const batch = 500

func (i *Import) addKey(ctx context.Context, k *store.Key) error {
	_, _, err := i.desk.Store.KeyByHash(ctx, k.Hash)
	if err == nil || i.queued[string(k.Hash)] {
		return inTheWay("There is another key with this hash already.")
	}
	if !errors.Is(err, store.ErrNotFound) {
		return err
	}
	i.Imported.Keys.Added++
	i.pending = append(i.pending, k)
	i.queued[string(k.Hash)], i.queued[string(k.ID)] = true, true
	if len(i.pending) < batch {
		return nil
	}
	return i.Finish(ctx)
}

// Finish writes what is not written yet. The import may go on.
func (i *Import) Finish(ctx context.Context) error {
	if len(i.pending) == 0 {
		return nil
	}
	ids := make([]store.ID, len(i.pending))
	for n, k := range i.pending {
		ids[n] = k.ID
	}
	detail := struct {
		Keys []store.ID `json:"keys"`
	}{ids}
	var err error
	if !i.Dry {
		err = i.desk.Store.AddKeys(ctx, i.pending, i.desk.entry(i.by, "key.import", "", detail))
	}
	i.pending = i.pending[:0]
	clear(i.queued)
	return theKey.told(err)
}

func (i *Import) updateKey(ctx context.Context, old, k *store.Key, consumer string) error {
	switch {
	case old.Consumer != k.Consumer:
		return inTheWay("The key belongs to another consumer here.")
	case !bytes.Equal(old.Hash, k.Hash) || old.Generation != k.Generation:
		return inTheWay("There is another key with this id already.")
	case !old.Revoked.IsZero():
		k.Revoked = old.Revoked // what is revoked stays so
	}
	if sameKey(old, k) {
		i.Imported.Keys.Unchanged++
		return nil
	}
	i.Imported.Keys.Changed++
	if i.Dry {
		return nil
	}
	k.Hint, k.Created, k.Used, k.Revision = old.Hint, old.Created, old.Used, old.Revision
	detail := struct {
		Consumer string `json:"consumer"`
		Hint     string `json:"hint"`
	}{consumer, k.Hint}
	return theKey.told(i.desk.Store.UpdateKey(ctx, k, i.desk.entry(i.by, "key.import", k.ID, detail)))
}

// maxLine is the longest line of an import: far beyond a record with all that
// it may hold.
const maxLine = 256 << 10

// ReadRecords reads an export, a record a line, and hands out each with the
// number of its line. It refuses members that no record has.
func ReadRecords(from io.Reader, each func(line int, r Record) error) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	n := 1
	for ; lines.Scan(); n++ {
		text := bytes.TrimSpace(lines.Bytes())
		if len(text) == 0 {
			continue
		}
		r, err := readRecord(text)
		if err == nil {
			err = each(n, r)
		}
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("line %d: %w", n, &Refused{Why: ErrInvalid, Says: "it is longer than any record"})
	}
	return lines.Err()
}

func readRecord(text []byte) (Record, error) {
	var r Record
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&r); err != nil {
		return r, &Refused{Why: ErrInvalid, Says: "it is no record of an export: " + plain(err)}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return r, &Refused{Why: ErrInvalid, Says: "it is no record of an export: there is more than one value on it"}
	}
	return r, nil
}

// plain is what is wrong with JSON, without what stood there.
func plain(err error) string {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("%s must not be %s", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf("it is no JSON at byte %d", syntax.Offset)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	}
	return "it holds a member that no record has, or a value of another form"
}
