package serve_test

import (
	"os"
	"strings"
	"testing"
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
