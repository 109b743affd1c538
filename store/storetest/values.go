package storetest

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sallyport/store"
)

// refusedValues cannot be kept: the error says so, says what, and holds nothing
// of the value.
func refusedValues(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	c := addConsumer(t, s, "c")
	for name, spoil := range map[string]func(*store.Consumer){
		"no id":               func(c *store.Consumer) { c.ID = "" },
		"id no UUID":          func(c *store.Consumer) { c.ID = "hostile'; DROP TABLE keys" },
		"id in capitals":      func(c *store.Consumer) { c.ID = store.ID(strings.ToUpper(string(c.ID))) },
		"no name":             func(c *store.Consumer) { c.Name = "" },
		"name with a space":   func(c *store.Consumer) { c.Name = "hostile name" },
		"name with a newline": func(c *store.Consumer) { c.Name = "hostile\nname" },
		"name with a NUL":     func(c *store.Consumer) { c.Name = "hostile\x00" },
		"name no UTF-8":       func(c *store.Consumer) { c.Name = "hostile\xff" },
		"long name":           func(c *store.Consumer) { c.Name = strings.Repeat("é", 129) },
		"tenant with a NUL":   func(c *store.Consumer) { c.Tenant = "hostile\x00" },
		"note too long":       func(c *store.Consumer) { c.Note = strings.Repeat("x", 1<<20) },
		"role with a NUL":     func(c *store.Consumer) { c.Roles = []string{"a", "hostile\x00"} },
		"role without text":   func(c *store.Consumer) { c.Roles = []string{""} },
		"scope no UTF-8":      func(c *store.Consumer) { c.Scopes = []string{"hostile\xc0"} },
		"too many scopes":     func(c *store.Consumer) { c.Scopes = make([]string, 100_000) },
		"a time before 1970":  func(c *store.Consumer) { c.Created = time.Unix(-1, 0) },
		"a time far away":     func(c *store.Consumer) { c.Changed = clock.AddDate(9000, 0, 0) },
	} {
		bad := newConsumer("new")
		spoil(bad)
		refused(t, s.AddConsumer(ctx, bad, entry("consumer.add")), name)
		bad = newConsumer("new")
		bad.ID, bad.Revision = c.ID, c.Revision
		spoil(bad)
		refused(t, s.UpdateConsumer(ctx, bad, entry("consumer.update")), name)
	}
	for name, spoil := range map[string]func(*store.Key){
		"key without a hash":  func(k *store.Key) { k.Hash = nil },
		"hash too long":       func(k *store.Key) { k.Hash = make([]byte, 1000) },
		"network that is not": func(k *store.Key) { k.Networks = []netip.Prefix{{}} },
		"rotated to nothing":  func(k *store.Key) { k.Rotated = "hostile" },
		"name with a NUL":     func(k *store.Key) { k.Name = "hostile\x00" },
		"hint no UTF-8":       func(k *store.Key) { k.Hint = "hostile\xff" },
	} {
		bad := newKey(c)
		spoil(bad)
		refused(t, s.AddKeys(ctx, []*store.Key{newKey(c), bad}, entry("key.add")), name)
		refused(t, s.UpdateKey(ctx, bad, entry("key.update")), name)
		refused(t, s.ReplaceKey(ctx, newKey(c), bad, entry("key.rotate")), name)
	}
	refused(t, s.PutPassword(ctx, &store.Password{Consumer: c.ID, Username: "hostile\x00", Hash: "h"}, entry("x")), "username with a NUL")
	refused(t, s.PutPassword(ctx, &store.Password{Consumer: c.ID, Username: "u"}, entry("x")), "password without a hash")
	refused(t, s.AddRevocation(ctx, &store.Revocation{ID: newID(), Token: "a", Subject: "b", Until: clock}, entry("x")), "revocation of two")
	refused(t, s.AddRevocation(ctx, &store.Revocation{ID: newID(), Until: clock}, entry("x")), "revocation of nothing")
	refused(t, s.AddRevocation(ctx, &store.Revocation{ID: newID(), Token: "a"}, entry("x")), "revocation for ever")
	refused(t, s.PutSecret(ctx, &store.Secret{Name: "hostile name", Sealed: []byte("x")}, entry("x")), "secret with a space")
	refused(t, s.PutSecret(ctx, &store.Secret{Name: "n"}, entry("x")), "empty secret")
	refused(t, s.ResealSecret(ctx, "n", nil, nil), "empty reseal")
	refused(t, s.AddAdmin(ctx, &store.AdminToken{ID: newID(), Name: "n"}, entry("x")), "admin without a hash")
	last, err := s.LastChange(ctx)
	must(t, err)
	same(t, last, 1, "changes by what was refused")
}

func refused(t *testing.T, err error, what string) {
	t.Helper()
	is(t, err, store.ErrInvalid, what)
	if err != nil && strings.Contains(err.Error(), "hostile") {
		t.Errorf("%s: the error holds the value: %v", what, err)
	}
}

// unusualValues are kept to the byte.
func unusualValues(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	for _, text := range []string{
		`'; DROP TABLE keys; --`, `"quoted"`, `\back\slash`, "$1", "?1", "%s", "{}", "NULL", "🔑", "日本語", "e\u0301", "\u2028",
		"<script>&amp;", "tab\tand\r\nlines", strings.Repeat("𝄞", 127),
	} {
		c := newConsumer("c")
		c.Tenant, c.Note, c.Roles, c.Scopes = text, text, []string{text, text + "!"}, []string{text}
		must(t, s.AddConsumer(ctx, c, entry("consumer.add")))
		got, err := s.ConsumerByName(ctx, "c")
		must(t, err)
		same(t, got, c, "consumer with an unusual text")
		pw := &store.Password{Consumer: c.ID, Username: text, Hash: text, Changed: clock}
		must(t, s.PutPassword(ctx, pw, entry("password.put")))
		gotPassword, _, err := s.PasswordFor(ctx, text)
		must(t, err)
		same(t, gotPassword, pw, "password with an unusual text")
		must(t, s.DeleteConsumer(ctx, c.ID, 0, entry("consumer.delete")))
	}
	long := newConsumer(strings.Repeat("é", 128))
	must(t, s.AddConsumer(ctx, long, entry("consumer.add")))
	got, err := s.ConsumerByName(ctx, long.Name)
	must(t, err)
	same(t, got, long, "the longest name")

	// What is finer than a millisecond is cut off, and every zone is one.
	east := newConsumer("east")
	east.Created = clock.Add(999 * time.Microsecond).In(time.FixedZone("east", 5*3600))
	east.Changed = time.UnixMilli(1)
	must(t, s.AddConsumer(ctx, east, entry("consumer.add")))
	got, err = s.Consumer(ctx, east.ID)
	must(t, err)
	same(t, got.Created, clock, "a time of another zone")
	same(t, got.Changed, time.UnixMilli(1).UTC(), "the first time there is")
}

// unknownThings are not found, whatever they are asked for by; the store that
// says so could be asked.
func unknownThings(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	for _, hostile := range []string{"", "unknown", "a\x00b", "\xff", strings.Repeat("x", 1<<16), string(newID())} {
		_, err := s.Consumer(ctx, store.ID(hostile))
		is(t, err, store.ErrNotFound, "consumer")
		_, err = s.ConsumerByName(ctx, hostile)
		is(t, err, store.ErrNotFound, "consumer by name")
		_, err = s.Key(ctx, store.ID(hostile))
		is(t, err, store.ErrNotFound, "key")
		_, _, err = s.KeyByHash(ctx, []byte(hostile))
		is(t, err, store.ErrNotFound, "key by hash")
		_, _, err = s.PasswordFor(ctx, hostile)
		is(t, err, store.ErrNotFound, "password")
		_, err = s.Revocation(ctx, store.ID(hostile))
		is(t, err, store.ErrNotFound, "revocation")
		_, err = s.Secret(ctx, hostile)
		is(t, err, store.ErrNotFound, "secret")
		_, err = s.WrappedKeys(ctx, hostile)
		is(t, err, store.ErrNotFound, "wrapped keys")
		_, err = s.AdminByHash(ctx, []byte(hostile))
		is(t, err, store.ErrNotFound, "admin")
		is(t, s.DeleteConsumer(ctx, store.ID(hostile), 0, entry("x")), store.ErrNotFound, "deleting a consumer")
		is(t, s.DeletePassword(ctx, hostile, entry("x")), store.ErrNotFound, "deleting a password")
		is(t, s.DeleteRevocation(ctx, store.ID(hostile), entry("x")), store.ErrNotFound, "deleting a revocation")
		is(t, s.DeleteSecret(ctx, hostile, entry("x")), store.ErrNotFound, "deleting a secret")
		is(t, s.DeleteAdmin(ctx, store.ID(hostile), entry("x")), store.ErrNotFound, "deleting an admin")
		_, err = s.ListKeys(ctx, store.ID(hostile), "", 1)
		must(t, err)
		_, err = s.ListPasswords(ctx, store.ID(hostile))
		must(t, err)
	}
	last, err := s.LastChange(ctx)
	must(t, err)
	same(t, last, 0, "changes")
}

func pages(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	for _, limit := range []int{0, -1} {
		_, err := s.ListConsumers(ctx, "", limit)
		is(t, err, store.ErrInvalid, "a page of no consumers")
		_, err = s.ListKeys(ctx, "", "", limit)
		is(t, err, store.ErrInvalid, "a page of no keys")
		_, err = s.ListRevocations(ctx, clock, "", limit)
		is(t, err, store.ErrInvalid, "a page of no revocations")
		_, err = s.ListEntries(ctx, 0, limit)
		is(t, err, store.ErrInvalid, "a page of no entries")
		_, err = s.ChangesAfter(ctx, 0, limit)
		is(t, err, store.ErrInvalid, "a page of no changes")
	}
	_, err := s.ListKeys(ctx, "", "no id", 1)
	is(t, err, store.ErrInvalid, "keys behind what is no id")
	_, err = s.ListRevocations(ctx, clock, "no id", 1)
	is(t, err, store.ErrInvalid, "revocations behind what is no id")
	_, err = s.ListConsumers(ctx, "\xff", 1)
	is(t, err, store.ErrInvalid, "consumers behind what is no text")
}

func cancelled(t *testing.T, p Place) {
	s := p.Open(t)
	c := addConsumer(t, s, "c")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Consumer(ctx, c.ID)
	is(t, err, context.Canceled, "reading")
	is(t, s.AddConsumer(ctx, newConsumer("d"), entry("consumer.add")), context.Canceled, "writing")
	is(t, s.Ping(ctx), context.Canceled, "pinging")
	_, err = s.ConsumerByName(t.Context(), "d")
	is(t, err, store.ErrNotFound, "what was not to be written")
	must(t, s.Ping(t.Context()))
}

func closed(t *testing.T, p Place) {
	s := p.Open(t)
	c := addConsumer(t, s, "c")
	must(t, s.Close())
	_, err := s.Consumer(t.Context(), c.ID)
	unasked(t, err, "reading")
	unasked(t, s.AddConsumer(t.Context(), newConsumer("d"), entry("consumer.add")), "writing")
	unasked(t, s.Ping(t.Context()), "pinging")
	_, err = s.LastChange(t.Context())
	unasked(t, err, "asking for changes")
	must(t, s.Close())
}

// unasked demands an error from which nothing can be concluded.
func unasked(t *testing.T, err error, doing string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", doing)
	}
	for _, known := range []error{store.ErrNotFound, store.ErrExists, store.ErrChanged, store.ErrNewer, store.ErrOlder, store.ErrInvalid} {
		if errors.Is(err, known) {
			t.Errorf("%s: error is %v, as if the store had been asked", doing, err)
		}
	}
}

func openedAgain(t *testing.T, p Place) {
	s := p.Open(t)
	c := addConsumer(t, s, "c")
	k := addKey(t, s, c)
	must(t, s.Close())
	s = p.Open(t)
	got, holder, err := s.KeyByHash(t.Context(), k.Hash)
	must(t, err)
	same(t, got, k, "key after a start")
	same(t, holder, c, "consumer after a start")
	last, err := s.LastChange(t.Context())
	must(t, err)
	same(t, last, 2, "the newest change after a start")
	must(t, s.WriteEntry(t.Context(), entry("again")))
	bad, err := s.VerifyEntries(t.Context())
	must(t, err)
	same(t, bad, 0, "first entry that does not fit")
}
