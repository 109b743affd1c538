package roster

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"sallyport/apikey"
	"sallyport/keyring"
	"sallyport/store"
	"sallyport/store/sqlite"
)

// TestTwoRings is one store with two nodes: the one rotates the keyring and
// issues a key, which is shown to the other before that one has heard of it.
func TestTwoRings(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	open := func() (store.Store, *keyring.Ring) {
		s, err := sqlite.Open(ctx, filepath.Join(dir, "s.db"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		master, err := keyring.FileMaster(filepath.Join(dir, "master.key"))
		if err != nil {
			t.Fatal(err)
		}
		k, err := keyring.Open(ctx, master, store.Shelf{Keyring: s, Actor: "tester"})
		if err != nil {
			t.Fatal(err)
		}
		return s, k
	}
	s, one := open()
	other, two := open()
	hear := make(chan struct{}) // closed when the other node may take over
	r := New(other, two, Options{Stale: time.Minute, Changed: func(ctx context.Context, kind store.Kind) error {
		if kind != store.KeyringChanged {
			return nil
		}
		<-hear
		return two.Reload(ctx)
	}})
	if err := r.Load(ctx); err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		r.Run(running)
	}()
	defer func() { stop(); <-ended }()

	if err := one.Rotate(ctx); err != nil {
		t.Fatal(err)
	}
	text, hash, hint, err := apikey.New(one, one.Generation())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Millisecond)
	c := &store.Consumer{ID: store.NewID(now), Name: "shop", Created: now, Changed: now}
	entry := store.Entry{At: now, Actor: "tester", Action: "test", Outcome: "done"}
	if err := s.AddConsumer(ctx, c, entry); err != nil {
		t.Fatal(err)
	}
	if err := s.AddKeys(ctx, []*store.Key{{ID: store.NewID(now), Consumer: c.ID, Hash: hash[:], Generation: one.Generation(), Hint: hint, Created: now}}, entry); err != nil {
		t.Fatal(err)
	}
	made, _, _, err := apikey.New(laterTagger{}, 200)
	if err != nil {
		t.Fatal(err)
	}
	asks(t, r, text, "unavailable")
	asks(t, r, made, "unavailable")
	close(hear)
	becomes(t, r, text, "let in")
	becomes(t, r, made, "forged")
	asks(t, r, text, "let in")
}

// becomes asks until the answer is no longer that one has to come again.
func becomes(t *testing.T, r *Roster, secret, want string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); ; <-tick.C {
		_, err := r.Key(t.Context(), secret)
		if got := why(err); got == want {
			return
		} else if got != "unavailable" || time.Now().After(end) {
			t.Fatalf("the key is %s, not %s", got, want)
		}
	}
}
