package storetest

import (
	"testing"
	"time"

	"sallyport/store"
)

func keys(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c := addConsumer(t, s, "c")
	k := addKey(t, s, c)
	same(t, k.Revision, 1, "revision of a new key")
	got, holder, err := s.KeyByHash(ctx, k.Hash)
	must(t, err)
	same(t, got, k, "key by hash")
	same(t, holder, c, "its consumer")
	got, err = s.Key(ctx, k.ID)
	must(t, err)
	same(t, got, k, "key by id")
	_, _, err = s.KeyByHash(ctx, k.Hash[1:])
	is(t, err, store.ErrNotFound, "a part of a hash")

	update := *k
	update.Name, update.Hint, update.Scopes, update.Roles, update.Networks = "", "", nil, []string{"boss"}, nil
	update.Expires, update.Revoked = time.Time{}, clock.Add(time.Minute)
	// These are not changed.
	update.Hash, update.Generation, update.Created, update.Used = []byte("other"), 1, clock.Add(1e9), clock.Add(1e9)
	must(t, s.UpdateKey(ctx, &update, entry("key.update")))
	want := update
	want.Hash, want.Generation, want.Created, want.Used, want.Revision = k.Hash, k.Generation, k.Created, k.Used, 2
	got, err = s.Key(ctx, k.ID)
	must(t, err)
	same(t, got, &want, "changed key")

	got.Revoked = time.Time{}
	must(t, s.UpdateKey(ctx, got, entry("key.update")))
	got, err = s.Key(ctx, k.ID)
	must(t, err)
	same(t, got.Revoked, clock.Add(time.Minute), "when a revoked key was revoked")
	is(t, s.UpdateKey(ctx, k, entry("key.update")), store.ErrChanged, "an update of an old revision")
	is(t, s.UpdateKey(ctx, newKey(c), entry("key.update")), store.ErrNotFound, "an update of no key")
}

func manyKeys(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c, other := addConsumer(t, s, "c"), addConsumer(t, s, "other")
	var batch []*store.Key
	for i := range 200 {
		k := newKey(c)
		if i%10 == 0 {
			k.Consumer = other.ID
		}
		batch = append(batch, k)
	}
	must(t, s.AddKeys(ctx, batch, entry("key.import")))
	for _, k := range batch {
		got, _, err := s.KeyByHash(ctx, k.Hash)
		must(t, err)
		same(t, got, k, "a key of many")
	}
	same(t, count(t, s, ""), 200, "keys of all")
	same(t, count(t, s, other.ID), 20, "keys of one")
	same(t, count(t, s, newID()), 0, "keys of nobody")

	// All or none, wherever in the batch the fault is.
	for name, spoil := range map[string]func(*store.Key){
		"a hash that is taken":    func(k *store.Key) { k.Hash = batch[7].Hash },
		"an id that is taken":     func(k *store.Key) { k.ID = batch[7].ID },
		"a consumer that is none": func(k *store.Key) { k.Consumer = newID() },
		"a key without a hash":    func(k *store.Key) { k.Hash = nil },
	} {
		for _, at := range []int{0, 40, 69} {
			var more []*store.Key
			for range 70 {
				more = append(more, newKey(c))
			}
			spoil(more[at])
			if err := s.AddKeys(ctx, more, entry("key.import")); err == nil {
				t.Errorf("%s at %d was added", name, at)
			}
		}
	}
	same(t, count(t, s, ""), 200, "keys after batches that were refused")
	twins := []*store.Key{newKey(c), newKey(c)}
	twins[1].Hash = twins[0].Hash
	is(t, s.AddKeys(ctx, twins, entry("key.import")), store.ErrExists, "two of one hash in one batch")
	orphan := newKey(&store.Consumer{ID: newID()})
	is(t, s.AddKeys(ctx, []*store.Key{orphan}, entry("key.add")), store.ErrNotFound, "a key of nobody")
	is(t, s.AddKeys(ctx, nil, entry("key.add")), store.ErrInvalid, "no keys")
}

// count counts keys page by page, and holds them to their order.
func count(t *testing.T, s store.Store, consumer store.ID) int {
	t.Helper()
	n, after := 0, store.ID("")
	for {
		page, err := s.ListKeys(t.Context(), consumer, after, 7)
		must(t, err)
		for _, k := range page {
			if k.ID <= after || consumer != "" && k.Consumer != consumer {
				t.Fatalf("key %s of %s behind %s", k.ID, k.Consumer, after)
			}
			after = k.ID
		}
		if n += len(page); len(page) < 7 {
			return n
		}
	}
}

func replacedKeys(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c := addConsumer(t, s, "c")
	old := addKey(t, s, c)
	stale := *old
	old.Expires = clock.Add(time.Second)
	next := newKey(c)
	must(t, s.ReplaceKey(ctx, old, next, entry("key.rotate")))
	same(t, old.Rotated, next.ID, "what took its place")
	for _, k := range []*store.Key{old, next} {
		got, _, err := s.KeyByHash(ctx, k.Hash)
		must(t, err)
		same(t, got, k, "key after a rotation")
	}

	before := count(t, s, "")
	is(t, s.ReplaceKey(ctx, &stale, newKey(c), entry("key.rotate")), store.ErrChanged, "rotating what was rotated meanwhile")
	is(t, s.ReplaceKey(ctx, newKey(c), newKey(c), entry("key.rotate")), store.ErrNotFound, "rotating no key")
	other := addConsumer(t, s, "other")
	is(t, s.ReplaceKey(ctx, next, newKey(other), entry("key.rotate")), store.ErrInvalid, "a key of another consumer")
	lie := *next
	lie.Consumer = other.ID
	is(t, s.ReplaceKey(ctx, &lie, newKey(other), entry("key.rotate")), store.ErrInvalid, "a key that says it is of another")
	twin := newKey(c)
	twin.Hash = old.Hash
	is(t, s.ReplaceKey(ctx, next, twin, entry("key.rotate")), store.ErrExists, "a hash that is taken")
	same(t, count(t, s, ""), before, "keys after rotations that were refused")
	got, err := s.Key(ctx, next.ID)
	must(t, err)
	same(t, got, next, "key whose rotation was refused")
}

func usedKeys(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c := addConsumer(t, s, "c")
	a, b := addKey(t, s, c), addKey(t, s, c)
	last, err := s.LastChange(ctx)
	must(t, err)
	must(t, s.UsedKeys(ctx, map[store.ID]time.Time{a.ID: clock, newID(): clock, "no id": clock}))
	must(t, s.UsedKeys(ctx, map[store.ID]time.Time{a.ID: clock.Add(-time.Hour), b.ID: clock.Add(time.Hour)}))
	must(t, s.UsedKeys(ctx, nil))
	a.Used, b.Used = clock, clock.Add(time.Hour)
	for _, k := range []*store.Key{a, b} {
		got, err := s.Key(ctx, k.ID)
		must(t, err)
		same(t, got, k, "used key")
	}
	now, err := s.LastChange(ctx)
	must(t, err)
	same(t, now, last, "changes: use is none")
}
