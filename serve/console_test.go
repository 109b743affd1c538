package serve_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sallyport/serve"
)

// administered serves the shop with a store and hands out the first token.
func administered(t *testing.T, f *folder) (g *gateway, token string) {
	t.Helper()
	backend, _ := newBackend(t)
	f.write("shop.yaml", shop("/a"))
	f.write("sallyport.yaml", "store: sqlite:who.db\n"+settings(backend, "", ""))
	g = start(f)
	text, err := os.ReadFile(f.path("sallyport.admin-token"))
	if err != nil {
		t.Fatal(err)
	}
	return g, strings.TrimSpace(string(text))
}

// as asks the admin API.
func (g *gateway) as(token, path string) (status int, body string) {
	g.t.Helper()
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.admin()+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := onceClient().Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestFirstToken(t *testing.T) {
	f := newFolder(t)
	g, token := administered(t, f)
	if status, body := g.as(token, "/v1/consumers"); status != http.StatusOK || body != `{"items":[]}` {
		t.Errorf("%d %s", status, body)
	}
	info, err := os.Stat(f.path("sallyport.admin-token"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Error(info, err)
	}
	g.cancel()
	if err := <-g.ended; err != nil {
		t.Fatal(err)
	}
	g.ended <- nil

	// It is made once: a start that finds a token makes none, whoever has taken
	// the file away.
	if err := os.Remove(f.path("sallyport.admin-token")); err != nil {
		t.Fatal(err)
	}
	again := start(f)
	if _, err := os.Stat(f.path("sallyport.admin-token")); !os.IsNotExist(err) {
		t.Error("a second start makes a second token", err)
	}
	if status, _ := again.as(token, "/v1/audit"); status != http.StatusOK {
		t.Errorf("the token of the first start: %d", status)
	}
}

// What has two readings is refused by the pipeline, and mended by nobody.
func TestConsolePaths(t *testing.T) {
	g, token := administered(t, newFolder(t))
	for path, want := range map[string]int{
		"/v1/consumers/../audit":     http.StatusBadRequest,
		"/v1//consumers":             http.StatusBadRequest,
		"/v1/consumers%2f..%2faudit": http.StatusBadRequest,
		"/v1/":                       http.StatusNotFound,
		"/v1":                        http.StatusNotFound,
	} {
		if status, body := g.as(token, path); status != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// Where no file can be made the gateway serves, and no token holds that nobody
// could read: it would be the first, and so the last.
func TestFirstTokenNeedsAFile(t *testing.T) {
	f := newFolder(t)
	f.write("shop.yaml", shop("/a"))
	f.write("sallyport.yaml", "store: sqlite:who.db\n"+settings("http://127.0.0.1:9000", "", ""))
	if err := os.Mkdir(f.path("sallyport.admin-token"), 0o700); err != nil {
		t.Fatal(err)
	}
	var told bytes.Buffer
	g := start(f, func(o *serve.Options) {
		log := io.MultiWriter(&told, o.Stderr)
		o.Stdout, o.Stderr = log, log
	})
	left, err := filepath.Glob(f.path("sallyport.admin-token.*"))
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left over, %v", left, err)
	}
	g.cancel()
	if err := <-g.ended; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(told.String(), "no token for the first administrator was made") || !strings.Contains(told.String(), "sallyport admin token NAME --role admin") {
		t.Errorf("the log does not say what to do:\n%s", &told)
	}
	g.ended <- nil
	if err := os.Remove(f.path("sallyport.admin-token")); err != nil {
		t.Fatal(err)
	}
	again := start(f)
	if _, err := os.Stat(again.path("sallyport.admin-token")); err != nil {
		t.Errorf("the next start makes the token: %v", err)
	}
}
