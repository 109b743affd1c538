package storetest

import (
	"testing"
	"time"

	"sallyport/store"
)

func consumers(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c := newConsumer("alice")
	must(t, s.AddConsumer(ctx, c, entry("consumer.add")))
	same(t, c.Revision, 1, "revision of a new consumer")
	got, err := s.Consumer(ctx, c.ID)
	must(t, err)
	same(t, got, c, "consumer by id")
	got, err = s.ConsumerByName(ctx, "alice")
	must(t, err)
	same(t, got, c, "consumer by name")

	update := *c
	update.Name, update.Tenant, update.Roles, update.Scopes = "alicia", "", nil, []string{"x"}
	update.Disabled, update.Note, update.Changed = true, "", clock.Add(time.Hour)
	update.Created = clock.Add(time.Minute) // is not changed
	must(t, s.UpdateConsumer(ctx, &update, entry("consumer.update")))
	same(t, update.Revision, 2, "revision of a changed consumer")
	got, err = s.Consumer(ctx, c.ID)
	must(t, err)
	update.Created = clock
	same(t, got, &update, "changed consumer")
	_, err = s.ConsumerByName(ctx, "alice")
	is(t, err, store.ErrNotFound, "the old name")

	is(t, s.UpdateConsumer(ctx, c, entry("consumer.update")), store.ErrChanged, "an update of an old revision")
	same(t, c.Revision, 1, "revision after an update that was refused")
	gone := newConsumer("gone")
	gone.Revision = 1
	is(t, s.UpdateConsumer(ctx, gone, entry("consumer.update")), store.ErrNotFound, "an update of nobody")
}

func namesOfConsumers(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	a := addConsumer(t, s, "a")
	is(t, s.AddConsumer(ctx, newConsumer("a"), entry("consumer.add")), store.ErrExists, "a name that is taken")
	twin := newConsumer("twin")
	twin.ID = a.ID
	is(t, s.AddConsumer(ctx, twin, entry("consumer.add")), store.ErrExists, "an id that is taken")
	b := addConsumer(t, s, "b")
	b.Name = "a"
	is(t, s.UpdateConsumer(ctx, b, entry("consumer.update")), store.ErrExists, "a new name that is taken")

	// In the order of their bytes, whatever language the database speaks.
	for _, name := range []string{"Z", "é", "z", "a-b", "aa", "A"} {
		addConsumer(t, s, name)
	}
	var got []string
	for after := ""; ; {
		page, err := s.ListConsumers(ctx, after, 3)
		must(t, err)
		for _, c := range page {
			got = append(got, c.Name)
		}
		if len(page) < 3 {
			break
		}
		after = page[2].Name
	}
	same(t, got, []string{"A", "Z", "a", "a-b", "aa", "b", "z", "é"}, "names in pages of three")
}

func deletedConsumers(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c, other := addConsumer(t, s, "c"), addConsumer(t, s, "other")
	k, kept := addKey(t, s, c), addKey(t, s, other)
	must(t, s.PutPassword(ctx, &store.Password{Consumer: c.ID, Username: "c", Hash: "$argon2id$", Changed: clock}, entry("password.put")))
	must(t, s.DeleteConsumer(ctx, c.ID, 0, entry("consumer.delete")))
	_, err := s.Consumer(ctx, c.ID)
	is(t, err, store.ErrNotFound, "a deleted consumer")
	_, _, err = s.KeyByHash(ctx, k.Hash)
	is(t, err, store.ErrNotFound, "its key, by hash")
	_, err = s.Key(ctx, k.ID)
	is(t, err, store.ErrNotFound, "its key, by id")
	_, _, err = s.PasswordFor(ctx, "c")
	is(t, err, store.ErrNotFound, "its password")
	is(t, s.DeleteConsumer(ctx, c.ID, 0, entry("consumer.delete")), store.ErrNotFound, "deleting it twice")
	_, _, err = s.KeyByHash(ctx, kept.Hash)
	must(t, err)
	again := addConsumer(t, s, "c") // its name is free again
	again.Note = "changed"
	must(t, s.UpdateConsumer(ctx, again, entry("consumer.change")))
	is(t, s.DeleteConsumer(ctx, again.ID, 1, entry("consumer.delete")), store.ErrChanged, "deleting an old revision")
	must(t, s.DeleteConsumer(ctx, again.ID, 2, entry("consumer.delete")))
}

// endedKeys come back with no more life than they had when they were deleted.
func endedKeys(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c := addConsumer(t, s, "c")
	endless, ending, revoked := newKey(c), newKey(c), newKey(c)
	endless.Expires, revoked.Expires = time.Time{}, time.Time{}
	must(t, s.AddKeys(ctx, []*store.Key{endless, ending, revoked}, entry("key.add")))
	revoked.Revoked = clock.Add(time.Minute)
	must(t, s.UpdateKey(ctx, revoked, entry("key.revoke")))
	must(t, s.DeleteConsumer(ctx, c.ID, 0, entry("consumer.delete")))

	_, _, err := s.Ended(ctx, endless.Hash)
	is(t, err, store.ErrNotFound, "the end of a key that had none")
	at, _, err := s.Ended(ctx, revoked.Hash)
	must(t, err)
	same(t, at, clock.Add(time.Minute), "when a deleted key was revoked")
	at, end, err := s.Ended(ctx, ending.Hash)
	must(t, err)
	same(t, at, time.Time{}, "when a deleted key was revoked that was not")
	same(t, end, clock.Add(time.Hour), "when a deleted key was to end")

	d := addConsumer(t, s, "d")
	back := func(k *store.Key, change func(*store.Key)) error {
		again := *k
		again.ID, again.Consumer = newID(), d.ID
		change(&again)
		return s.AddKeys(ctx, []*store.Key{newKey(d), &again}, entry("key.import"))
	}
	for name, err := range map[string]error{
		"a revoked key that lives":        back(revoked, func(k *store.Key) { k.Revoked = time.Time{} }),
		"a key that had an end, endless":  back(ending, func(k *store.Key) { k.Expires = time.Time{} }),
		"a key with a later end than its": back(ending, func(k *store.Key) { k.Expires = clock.Add(2 * time.Hour) }),
	} {
		is(t, err, store.ErrEnded, name)
	}
	same(t, count(t, s, d.ID), 0, "keys after what was refused")
	asItWas := func(*store.Key) {}
	must(t, back(endless, asItWas))
	must(t, back(revoked, asItWas))
	must(t, back(ending, func(k *store.Key) { k.Expires = clock.Add(time.Minute) }))
	must(t, s.DeleteConsumer(ctx, d.ID, 0, entry("consumer.delete")))
	_, end, err = s.Ended(ctx, ending.Hash)
	must(t, err)
	same(t, end, clock.Add(time.Minute), "the sooner of two ends")
}

func passwords(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c, other := addConsumer(t, s, "c"), addConsumer(t, s, "other")
	one := &store.Password{Consumer: c.ID, Username: "zoë: 1", Hash: "$argon2id$v=19$m=1,t=1,p=1$a$b", Changed: clock}
	must(t, s.PutPassword(ctx, one, entry("password.put")))
	got, holder, err := s.PasswordFor(ctx, one.Username)
	must(t, err)
	same(t, got, one, "password")
	same(t, holder, c, "its consumer")

	one.Hash, one.Changed = "$argon2id$v=19$m=2", clock.Add(time.Hour)
	must(t, s.PutPassword(ctx, one, entry("password.put")))
	two := &store.Password{Consumer: c.ID, Username: "anna", Hash: "x", Changed: clock}
	must(t, s.PutPassword(ctx, two, entry("password.put")))
	all, err := s.ListPasswords(ctx, c.ID)
	must(t, err)
	same(t, all, []*store.Password{two, one}, "usernames of a consumer")
	all, err = s.ListPasswords(ctx, other.ID)
	must(t, err)
	same(t, len(all), 0, "usernames of another")

	theft := &store.Password{Consumer: other.ID, Username: "anna", Hash: "y", Changed: clock}
	is(t, s.PutPassword(ctx, theft, entry("password.put")), store.ErrExists, "another's username")
	got, _, err = s.PasswordFor(ctx, "anna")
	must(t, err)
	same(t, got, two, "the password that was not taken over")
	orphan := &store.Password{Consumer: newID(), Username: "nobody", Hash: "y", Changed: clock}
	is(t, s.PutPassword(ctx, orphan, entry("password.put")), store.ErrNotFound, "a password of nobody")

	must(t, s.DeletePassword(ctx, "anna", entry("password.delete")))
	is(t, s.DeletePassword(ctx, "anna", entry("password.delete")), store.ErrNotFound, "deleting it twice")
	_, _, err = s.PasswordFor(ctx, "anna")
	is(t, err, store.ErrNotFound, "a deleted password")
}
