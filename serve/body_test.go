package serve_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestBodyTimeout: how long a client may take for its body is no bound on what
// comes after.
func TestBodyTimeout(t *testing.T) {
	const timeout = 150 * time.Millisecond
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-time.After(3 * timeout):
			w.Header().Set("Content-Type", "text/plain")
			io.WriteString(w, "late")
		case <-r.Context().Done():
		}
	}))
	defer backend.Close()
	f := newFolder(t)
	f.write("shop.yaml", strings.Replace(shop("/items"), "    get:\n      operationId: getitems\n", "    post:\n      requestBody: {content: {text/plain: {}}}\n", 1))
	f.write("sallyport.yaml", settings(backend.URL, "", "")+"timeouts: {body: "+timeout.String()+"}\n")
	g := start(f)

	t.Run("a_backend_may_take_longer", func(t *testing.T) {
		r, err := onceClient().Post(g.api()+"/items", "text/plain", strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		if text, err := io.ReadAll(r.Body); r.StatusCode != 200 || string(text) != "late" {
			t.Errorf("%d %q %v", r.StatusCode, text, err)
		}
	})
	t.Run("a_client_may_not", func(t *testing.T) {
		c := g.connect()
		io.WriteString(c, "POST /items HTTP/1.1\r\nHost: shop.example\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nx")
		r, err := http.ReadResponse(c.reader, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 408 {
			t.Errorf("%d, want 408", r.StatusCode)
		}
	})
}
