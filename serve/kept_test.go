package serve_test

import (
	"os"
	"strings"
	"testing"

	"sallyport/build"
	"sallyport/keyring"
)

// keyed is the shop with one scheme; its operation asks for a key.
func keyed(f *folder, backend, store, identify string) {
	f.write("shop.yaml", strings.Replace(shop("/items"), "security: []", "security: [{key: []}]\ncomponents: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}", 1))
	f.write("sallyport.yaml", store+settings(backend, "", "    identify: {key: "+identify+"}\n"))
}

func TestStore(t *testing.T) {
	backend, _ := newBackend(t)
	const listed = "{key: {keys: [{consumer: a, hash: 'sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'}]}}"

	t.Run("is_opened_where_a_scheme_asks_it", func(t *testing.T) {
		t.Parallel()
		f := newFolder(t)
		keyed(f, backend, "", "{key: {}}")
		g := start(f)
		g.wantStatus(g.api()+"/items", 401)
		if status, body := g.get(g.admin() + "/metrics"); status != 200 || !strings.Contains(body, "sallyport_store_up 1") {
			t.Errorf("%d\n%s", status, body)
		}
		g.wantStatus(g.admin()+"/readyz", 200)
	})
	t.Run("is_not_opened_where_nobody_does", func(t *testing.T) {
		t.Parallel()
		f := newFolder(t)
		keyed(f, backend, "", listed)
		g := start(f)
		g.wantStatus(g.api()+"/items", 401)
		if _, err := os.Stat(f.path("sallyport.db")); err == nil {
			t.Error("a store was made")
		}
		// What needs one later needs a start.
		keyed(f, backend, "", "{key: {}}")
		g.await("reload refused")
		g.wantStatus(g.api()+"/items", 401)
	})
	t.Run("that_cannot_be_opened_is_a_mistake_with_its_place", func(t *testing.T) {
		t.Parallel()
		f := newFolder(t)
		keyed(f, backend, "store: sqlite:no-such-folder/who.db\n", "{key: {}}")
		if err := refusal(f); !strings.Contains(err, "sallyport.yaml:1:8") || !strings.Contains(err, "no-such-folder") {
			t.Error(err)
		}
	})
}

// A gateway whose file was taken away says so, and is not ready.
func TestStoreThatWasReplaced(t *testing.T) {
	f := newFolder(t)
	g, _ := administered(t, f)
	g.wantStatus(g.admin()+"/readyz", 200)
	if err := os.Rename(f.path("who.db"), f.path("away.db")); err != nil {
		t.Fatal(err)
	}
	g.await("the store cannot be asked")
	if status, body := g.get(g.admin() + "/readyz"); status != 503 || !strings.Contains(body, "replaced while it was open") {
		t.Errorf("%d %s", status, body)
	}
	if err := os.Rename(f.path("away.db"), f.path("who.db")); err != nil {
		t.Fatal(err)
	}
	g.await("the store answers again")
	g.wantStatus(g.admin()+"/readyz", 200)
}

// A gateway that is not told of another master key goes on, says so, and is not
// ready for ever; a reload takes the key that the same file holds by then.
func TestKeyringThatDoesNotOpen(t *testing.T) {
	backend, _ := newBackend(t)
	f := newFolder(t)
	f.write("shop.yaml", shop("/a"))
	f.write("sallyport.yaml", "store: {url: 'sqlite:who.db', stale: 0s}\nkeyring: file:master.key\n"+settings(backend, "", ""))
	g := start(f)
	c, err := f.load()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := build.OpenKept(t.Context(), c, "cli:test")
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	next, err := keyring.FileMaster(f.path("next.key"))
	if err == nil {
		err = kept.Ring.Rewrap(t.Context(), next)
	}
	if err != nil {
		t.Fatal(err)
	}
	g.await("a change of the store was not taken over: it is tried again")
	if status, body := g.get(g.admin() + "/readyz"); status != 503 || !strings.Contains(body, "the keyring: its newest keys have not opened") {
		t.Errorf("%d %s", status, body)
	}
	if _, body := g.get(g.admin() + "/metrics"); !strings.Contains(body, "sallyport_keyring_current 0") {
		t.Error("no metric tells of it")
	}
	if err := os.Rename(f.path("next.key"), f.path("master.key")); err != nil {
		t.Fatal(err)
	}
	g.reload <- struct{}{}
	g.await("reloaded")
	g.wantStatus(g.admin()+"/readyz", 200)
	if _, body := g.get(g.admin() + "/metrics"); !strings.Contains(body, "sallyport_keyring_current 1") {
		t.Error("no metric tells that it opens again")
	}
}
