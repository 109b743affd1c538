package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sallyport/store"
)

func audit(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c := addConsumer(t, s, "c")
	refused := entry("consumer.add")
	refused.Outcome, refused.Object, refused.Detail, refused.From = "refused", "", "", ""
	must(t, s.WriteEntry(ctx, refused))
	must(t, s.DeleteConsumer(ctx, c.ID, 0, entry("consumer.delete")))
	all, err := s.ListEntries(ctx, 0, 10)
	must(t, err)
	var before []byte
	for i, want := range []store.Entry{entry("consumer.add"), refused, entry("consumer.delete")} {
		want.Number = int64(i + 1)
		want.Hash = want.Sum(before)
		before = want.Hash
		if i < len(all) {
			same(t, all[i], want, "entry")
		}
	}
	same(t, len(all), 3, "entries")
	page, err := s.ListEntries(ctx, 1, 1)
	must(t, err)
	same(t, page, all[1:2], "a page of entries")
	bad, err := s.VerifyEntries(ctx)
	must(t, err)
	same(t, bad, 0, "first entry that does not fit")
}

// entriesAreNeeded holds that nothing changes without its entry, nor an entry is
// written of what was refused.
func entriesAreNeeded(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	addConsumer(t, s, "taken")
	for name, spoil := range map[string]func(*store.Entry){
		"no time":        func(e *store.Entry) { e.At = time.Time{} },
		"no actor":       func(e *store.Entry) { e.Actor = "" },
		"no action":      func(e *store.Entry) { e.Action = "" },
		"another end":    func(e *store.Entry) { e.Outcome = "maybe" },
		"detail no JSON": func(e *store.Entry) { e.Detail = "{" },
		"a NUL":          func(e *store.Entry) { e.From = "a\x00" },
	} {
		e := entry("consumer.add")
		spoil(&e)
		is(t, s.AddConsumer(ctx, newConsumer("new"), e), store.ErrInvalid, name)
		is(t, s.WriteEntry(ctx, e), store.ErrInvalid, name)
	}
	is(t, s.AddConsumer(ctx, newConsumer("taken"), entry("consumer.add")), store.ErrExists, "a name that is taken")
	_, err := s.ConsumerByName(ctx, "new")
	is(t, err, store.ErrNotFound, "a consumer without an entry")
	all, err := s.ListEntries(ctx, 0, 10)
	must(t, err)
	same(t, len(all), 1, "entries")
	last, err := s.LastChange(ctx)
	must(t, err)
	same(t, last, 1, "changes")
}

func changes(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	none, err := s.ChangesAfter(ctx, 0, 10)
	must(t, err)
	same(t, len(none), 0, "changes of a new store")
	c := addConsumer(t, s, "c")
	k := addKey(t, s, c)
	next := newKey(c)
	must(t, s.ReplaceKey(ctx, k, next, entry("key.rotate")))
	must(t, s.UpdateKey(ctx, next, entry("key.update")))
	must(t, s.PutPassword(ctx, &store.Password{Consumer: c.ID, Username: "u", Hash: "h", Changed: clock}, entry("password.put")))
	must(t, s.DeletePassword(ctx, "u", entry("password.delete")))
	r := &store.Revocation{ID: newID(), Subject: "s", Until: clock, Created: clock}
	must(t, s.AddRevocation(ctx, r, entry("revocation.add")))
	must(t, s.PutSecret(ctx, &store.Secret{Name: "n", Sealed: []byte("s"), Changed: clock}, entry("secret.put")))
	must(t, s.PutWrappedKeys(ctx, &wrapped, entry("keyring.save")))
	a := &store.AdminToken{ID: newID(), Name: "a", Hash: []byte("h"), Created: clock}
	must(t, s.AddAdmin(ctx, a, entry("admin.add")))
	must(t, s.WriteEntry(ctx, entry("nothing")))
	must(t, s.UpdateConsumer(ctx, c, entry("consumer.update")))
	must(t, s.DeleteConsumer(ctx, c.ID, 0, entry("consumer.delete")))

	want := []store.Change{
		{Kind: store.ConsumerChanged, ID: string(c.ID)},
		{Kind: store.KeysAdded},
		{Kind: store.KeyChanged, ID: string(k.ID)},
		{Kind: store.KeysAdded},
		{Kind: store.KeyChanged, ID: string(next.ID)},
		{Kind: store.PasswordChanged, ID: "u"},
		{Kind: store.PasswordChanged, ID: "u"},
		{Kind: store.RevocationChanged, ID: string(r.ID)},
		{Kind: store.SecretChanged, ID: "n"},
		{Kind: store.KeyringChanged, ID: "hash"},
		{Kind: store.AdminChanged, ID: string(a.ID)},
		{Kind: store.ConsumerChanged, ID: string(c.ID)},
		{Kind: store.ConsumerChanged, ID: string(c.ID)},
	}
	for i := range want {
		want[i].Number = int64(i + 1)
	}
	got, err := s.ChangesAfter(ctx, 0, 100)
	must(t, err)
	same(t, got, want, "changes")
	got, err = s.ChangesAfter(ctx, 3, 2)
	must(t, err)
	same(t, got, want[3:5], "a page of changes")
	last, err := s.LastChange(ctx)
	must(t, err)
	same(t, last, int64(len(want)), "the newest change")
	got, err = s.ChangesAfter(ctx, last, 1)
	must(t, err)
	same(t, len(got), 0, "changes behind the newest")
	_, err = s.ChangesAfter(ctx, last+1, 1)
	is(t, err, store.ErrNotFound, "changes behind one that was never reached")
	_, err = s.ChangesAfter(ctx, -1, 1)
	is(t, err, store.ErrNotFound, "changes behind none")
}

// await tells of changes of the same handle and of another within a quarter of
// a second, and does not wait for what is there already.
func await(t *testing.T, p Place) {
	s, other := p.Open(t), p.Open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	must(t, s.Await(ctx, 7)) // not the newest: perhaps of a store that was restored
	var number int64
	for i := range 10 {
		committed := make(chan time.Time, 1)
		writer := []store.Store{s, other}[i%2]
		go func() {
			defer close(committed)
			c := newConsumer(fmt.Sprint("c", i))
			if err := writer.AddConsumer(ctx, c, entry("consumer.add")); err != nil {
				t.Error(err)
			}
			committed <- time.Now()
		}()
		must(t, s.Await(ctx, number))
		// A machine that is busy with other tests may be late, a store may not.
		if late := time.Since(<-committed); late > 2*time.Second {
			t.Errorf("a change was told %v late", late)
		}
		all, err := s.ChangesAfter(ctx, number, 10)
		must(t, err)
		same(t, len(all), 1, "changes that were waited for")
		number++
	}
	must(t, s.Await(ctx, 3))
}

func awaitEnds(t *testing.T, p Place) {
	s := p.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- s.Await(ctx, 0) }()
	cancel()
	is(t, <-ended, context.Canceled, "a wait that was cancelled")

	go func() { ended <- s.Await(t.Context(), 0) }()
	must(t, s.Close())
	if <-ended == nil {
		t.Error("a wait on a store that was closed ended as if there were a change")
	}
}
