package demo_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport/demo"
	"sallyport/jose"
)

func newIssuer(t *testing.T) *demo.Issuer {
	t.Helper()
	issuer, err := demo.NewIssuer()
	if err != nil {
		t.Fatal(err)
	}
	return issuer
}

func newPage(t *testing.T) http.Handler {
	t.Helper()
	handler, err := demo.Page{Gateway: "http://127.0.0.1:8080", Backend: "http://127.0.0.1:9000", Issuer: newIssuer(t)}.Handler()
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func get(handler http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestPageServesItsFilesUnderAStrictPolicy(t *testing.T) {
	page := newPage(t)
	for path, mediaType := range map[string]string{
		"/": "text/html", "/style.css": "text/css", "/app.js": "text/javascript", "/token.js": "text/javascript", "/owner.js": "text/javascript",
		"/icon.svg": "image/svg+xml", "/demo.json": "application/json",
	} {
		w := get(page, "GET", path)
		if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), mediaType) {
			t.Errorf("%s: status %d and %q, want 200 and %s", path, w.Code, w.Header().Get("Content-Type"), mediaType)
		}
		policy := w.Header().Get("Content-Security-Policy")
		for _, directive := range []string{
			"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
			"form-action 'none'", "connect-src 'self' http://127.0.0.1:8080 http://127.0.0.1:9000",
		} {
			if !strings.Contains(policy, directive) {
				t.Errorf("%s: the policy lacks %s: %s", path, directive, policy)
			}
		}
		if strings.Contains(policy, "unsafe") {
			t.Errorf("%s: the policy is not strict: %s", path, policy)
		}
		if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("%s: X-Content-Type-Options is %q", path, got)
		}
	}
}

func TestPageServesNothingElse(t *testing.T) {
	page := newPage(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/page.go", 404}, {"GET", "/bank.openapi.yaml", 404}, {"GET", "/page/app.js", 404},
		{"POST", "/", 405}, {"POST", "/demo.json", 405}, {"DELETE", "/app.js", 405},
	} {
		w := get(page, c.method, c.path)
		if w.Code != c.status {
			t.Errorf("%s %s: status %d, want %d", c.method, c.path, w.Code, c.status)
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s: answered without a policy", c.method, c.path)
		}
	}
}

func TestPageRefusesAnAddressThatIsNoOrigin(t *testing.T) {
	for _, address := range []string{
		"", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://:80", "http://127.0.0.1:8080/", "http://user@127.0.0.1",
		"http://127.0.0.1:8080;script-src", "http://127.0.0.1 *", "http://*", "http://a,b", "http://[::1",
	} {
		good := "http://127.0.0.1:9000"
		if _, err := (demo.Page{Gateway: address, Backend: good}).Handler(); err == nil {
			t.Errorf("%q is taken for the gateway", address)
		}
		if _, err := (demo.Page{Gateway: good, Backend: address}).Handler(); err == nil {
			t.Errorf("%q is taken for the backend", address)
		}
	}
	if _, err := (demo.Page{Gateway: "https://[::1]:8443", Backend: "http://localhost:9000"}).Handler(); err != nil {
		t.Errorf("two origins are refused: %v", err)
	}
}

// A verifier of our own library has to see each preset as its label says.
func TestPresetsAreWhatTheySay(t *testing.T) {
	issuer := newIssuer(t)
	now := time.Unix(1_800_000_000, 0)
	presets, err := issuer.Presets(now)
	if err != nil {
		t.Fatal(err)
	}
	text, err := issuer.KeySet()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := jose.ParseKeys(text)
	if err != nil {
		t.Fatal(err)
	}
	verifier := &jose.Verifier{
		Keys: keys, Issuer: demo.IssuerURL, Audiences: []string{demo.Audience}, Algorithms: []string{"ES256"},
		Now: func() time.Time { return now.Add(time.Minute) },
	}
	if err := verifier.Check(); err != nil {
		t.Fatal(err)
	}
	subjects := map[string]string{"valid": "alice", "other": "bob", "reader": "alice"}
	for _, preset := range presets {
		t.Run(preset.ID, func(t *testing.T) {
			if preset.Label == "" || preset.Note == "" {
				t.Error("there is no label or no note")
			}
			if (preset.ID == "missing") != (preset.Token == "") {
				t.Errorf("the token is %q", preset.Token)
			}
			token, err := verifier.Verify(context.Background(), preset.Token)
			if preset.Genuine != (err == nil) {
				t.Fatalf("genuine is %t, and verifying it says: %v", preset.Genuine, err)
			}
			if err != nil {
				return
			}
			if got, _ := token.String("sub"); got != subjects[preset.ID] {
				t.Errorf("the subject is %q, want %q", got, subjects[preset.ID])
			}
		})
	}
}

func TestSettingsOfferEveryPreset(t *testing.T) {
	var settings struct {
		Gateway, Backend, Issuer, Audience string
		Presets                            []demo.Preset
	}
	if err := json.Unmarshal(get(newPage(t), "GET", "/demo.json").Body.Bytes(), &settings); err != nil {
		t.Fatal(err)
	}
	if settings.Gateway != "http://127.0.0.1:8080" || settings.Backend != "http://127.0.0.1:9000" {
		t.Errorf("the sides are %q and %q", settings.Gateway, settings.Backend)
	}
	have := map[string]bool{}
	for _, preset := range settings.Presets {
		have[preset.ID] = true
	}
	for _, id := range []string{"valid", "missing", "expired", "tampered", "none", "other"} {
		if !have[id] {
			t.Errorf("the preset %s is missing", id)
		}
	}
}
