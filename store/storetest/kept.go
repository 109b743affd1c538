package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"sallyport/keyring"
	"sallyport/store"
)

func revocations(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	var all []*store.Revocation
	for i := range 5 {
		r := &store.Revocation{ID: store.NewID(clock.Add(time.Duration(i) * time.Second)), Issuer: "https://id.example/", Token: "jti", Until: clock.Add(time.Duration(i) * time.Minute), Created: clock}
		if i == 4 {
			r.Issuer, r.Token, r.Subject, r.Before = "", "", "bob", clock
		}
		must(t, s.AddRevocation(ctx, r, entry("revocation.add")))
		all = append(all, r)
	}
	is(t, s.AddRevocation(ctx, all[0], entry("revocation.add")), store.ErrExists, "an id that is taken")
	got, err := s.Revocation(ctx, all[4].ID)
	must(t, err)
	same(t, got, all[4], "revocation")
	list, err := s.ListRevocations(ctx, clock.Add(2*time.Minute), "", 10)
	must(t, err)
	same(t, list, all[3:], "revocations that still count")
	list, err = s.ListRevocations(ctx, clock.Add(-1), all[0].ID, 2)
	must(t, err)
	same(t, list, all[1:3], "a page of revocations")

	must(t, s.DeleteRevocation(ctx, all[3].ID, entry("revocation.delete")))
	is(t, s.DeleteRevocation(ctx, all[3].ID, entry("revocation.delete")), store.ErrNotFound, "deleting it twice")
	must(t, s.ForgetRevocations(ctx, clock.Add(time.Minute)))
	list, err = s.ListRevocations(ctx, time.Time{}, "", 10)
	must(t, err)
	same(t, list, []*store.Revocation{all[2], all[4]}, "revocations that are left")
	_, err = s.Revocation(ctx, all[0].ID)
	is(t, err, store.ErrNotFound, "one that was forgotten")
}

func secrets(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	b := &store.Secret{Name: "b", Sealed: []byte{0, 255, 1}, Changed: clock}
	a := &store.Secret{Name: "a", Sealed: []byte("a"), Changed: clock}
	must(t, s.PutSecret(ctx, b, entry("secret.put")))
	must(t, s.PutSecret(ctx, a, entry("secret.put")))
	a.Sealed, a.Changed = []byte("new"), clock.Add(time.Hour)
	must(t, s.PutSecret(ctx, a, entry("secret.put")))
	got, err := s.Secret(ctx, "a")
	must(t, err)
	same(t, got, a, "secret")
	all, err := s.ListSecrets(ctx)
	must(t, err)
	same(t, all, []*store.Secret{a, b}, "secrets")

	must(t, s.ResealSecret(ctx, "a", []byte("new"), []byte("newer")))
	is(t, s.ResealSecret(ctx, "a", []byte("new"), []byte("newest")), store.ErrChanged, "resealing what was resealed")
	is(t, s.ResealSecret(ctx, "none", []byte("new"), []byte("newest")), store.ErrNotFound, "resealing nothing")
	a.Sealed = []byte("newer")
	got, err = s.Secret(ctx, "a")
	must(t, err)
	same(t, got, a, "resealed secret")
	must(t, s.DeleteSecret(ctx, "a", entry("secret.delete")))
	is(t, s.DeleteSecret(ctx, "a", entry("secret.delete")), store.ErrNotFound, "deleting it twice")
	_, err = s.Secret(ctx, "a")
	is(t, err, store.ErrNotFound, "a deleted secret")
}

func wrappedKeys(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	_, err := s.WrappedKeys(ctx, "seal")
	is(t, err, store.ErrNotFound, "wrapped keys before the first start")
	w := &keyring.Wrapped{Purpose: "seal", Keys: []byte{0, 1, 2}, Master: "file:x", Version: 2}
	is(t, s.PutWrappedKeys(ctx, w, entry("keyring.save")), store.ErrChanged, "the second version before the first")
	for w.Version = 1; w.Version <= 3; w.Version++ {
		w.Keys = append(w.Keys, byte(w.Version))
		must(t, s.PutWrappedKeys(ctx, w, entry("keyring.save")))
		is(t, s.PutWrappedKeys(ctx, w, entry("keyring.save")), store.ErrChanged, "a version twice")
		got, err := s.WrappedKeys(ctx, "seal")
		must(t, err)
		same(t, got, w, "wrapped keys")
	}
	w.Version = 1
	is(t, s.PutWrappedKeys(ctx, w, entry("keyring.save")), store.ErrChanged, "the first version again")
	w.Purpose = "hash"
	must(t, s.PutWrappedKeys(ctx, w, entry("keyring.save")))
}

func shelf(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	shelf := store.Shelf{Keyring: s, Actor: "serve", Now: func() time.Time { return clock }}
	w, err := shelf.Load(ctx, "seal")
	if w != nil || err != nil {
		t.Errorf("an empty shelf has %v, error %v", w, err)
	}
	w = &keyring.Wrapped{Purpose: "seal", Keys: []byte("k"), Master: `file:"a"`, Version: 1}
	must(t, shelf.Save(ctx, w))
	is(t, shelf.Save(ctx, w), keyring.ErrLost, "a version that another node saved")
	got, err := shelf.Load(ctx, "seal")
	must(t, err)
	same(t, got, w, "what was saved")
	all, err := s.ListEntries(ctx, 0, 10)
	must(t, err)
	if len(all) != 1 || all[0].Actor != "serve" || all[0].Object != "seal" || !all[0].At.Equal(clock) {
		t.Errorf("the audit tells of it as %+v", all)
	}
	stop := errors.New("stopped")
	is(t, (store.Shelf{Keyring: broken{err: stop}}).Save(ctx, w), stop, "a store that cannot be asked")
}

type broken struct {
	store.Keyring
	err error
}

func (b broken) PutWrappedKeys(ctx context.Context, w *keyring.Wrapped, e store.Entry) error {
	return b.err
}

func admins(t *testing.T, p Place) {
	s, ctx := p.Open(t), t.Context()
	a := &store.AdminToken{ID: store.NewID(clock), Name: "first", Hash: []byte("h1"), Roles: []string{"owner"}, Created: clock}
	b := &store.AdminToken{ID: store.NewID(clock.Add(time.Second)), Name: "second", Hash: []byte("h2"), Created: clock, Expires: clock.Add(time.Hour)}
	must(t, s.AddAdmin(ctx, b, entry("admin.add")))
	must(t, s.AddAdmin(ctx, a, entry("admin.add")))
	for name, twin := range map[string]*store.AdminToken{
		"name": {ID: newID(), Name: "first", Hash: []byte("h3"), Created: clock},
		"hash": {ID: newID(), Name: "third", Hash: []byte("h1"), Created: clock},
		"id":   {ID: a.ID, Name: "third", Hash: []byte("h3"), Created: clock},
	} {
		is(t, s.AddAdmin(ctx, twin, entry("admin.add")), store.ErrExists, "an admin whose "+name+" is taken")
	}
	got, err := s.AdminByHash(ctx, []byte("h2"))
	must(t, err)
	same(t, got, b, "admin by hash")
	all, err := s.ListAdmins(ctx)
	must(t, err)
	same(t, all, []*store.AdminToken{a, b}, "admins")
	must(t, s.DeleteAdmin(ctx, a.ID, entry("admin.delete")))
	is(t, s.DeleteAdmin(ctx, a.ID, entry("admin.delete")), store.ErrNotFound, "deleting it twice")
	_, err = s.AdminByHash(ctx, []byte("h1"))
	is(t, err, store.ErrNotFound, "a deleted admin")
}

var wrapped = keyring.Wrapped{Purpose: "hash", Keys: []byte("k"), Master: "m", Version: 1}
