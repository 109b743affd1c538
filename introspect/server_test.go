package introspect

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// authority is an authorization server's introspection endpoint (RFC 7662): it
// knows tokens, and tells those alone who prove that they may ask.
type authority struct {
	*httptest.Server
	clientID, secret, bearer string

	asked atomic.Int64

	mu     sync.Mutex
	tokens map[string]map[string]any
	// instead answers in its place, where it is set.
	instead http.HandlerFunc
}

func newAuthority(t testing.TB) *authority {
	a := &authority{clientID: "gateway", secret: "s3cret:/ä", bearer: "b3arer", tokens: make(map[string]map[string]any)}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// issue makes a token known that is active, with these members.
func (a *authority) issue(token string, members map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tokens[token] = members
}

func (a *authority) misbehave(how http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.instead = how
}

func (a *authority) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.asked.Add(1)
	a.mu.Lock()
	instead := a.instead
	a.mu.Unlock()
	if instead != nil {
		instead(w, r)
		return
	}
	if r.Method != "POST" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.ParseForm() != nil || len(r.PostForm["token"]) != 1 {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !a.knows(r) {
		w.Header().Set("WWW-Authenticate", `Basic realm="introspection"`)
		w.WriteHeader(http.StatusUnauthorized) // RFC 7662 §2.3
		return
	}
	a.mu.Lock()
	members, active := a.tokens[r.PostForm.Get("token")]
	a.mu.Unlock()
	answer := map[string]any{"active": active}
	for name, value := range members {
		answer[name] = value
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	json.NewEncoder(w).Encode(answer)
}

// knows checks the client as RFC 6749 §2.3.1, RFC 6750 §2.1 and RFC 8705 §2 say.
func (a *authority) knows(r *http.Request) bool {
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		return r.PostForm.Get("client_id") == a.clientID && r.Header.Get("Authorization") == ""
	}
	if id, secret, ok := r.BasicAuth(); ok {
		id, err1 := url.QueryUnescape(id)
		secret, err2 := url.QueryUnescape(secret)
		return err1 == nil && err2 == nil && id == a.clientID && secret == a.secret && !r.PostForm.Has("client_secret")
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token == a.bearer
	}
	return r.PostForm.Get("client_id") == a.clientID && r.PostForm.Get("client_secret") == a.secret
}

// endpoint asks the authority, with changes to the settings.
func (a *authority) endpoint(t testing.TB, change func(*Settings)) *Endpoint {
	t.Helper()
	s := Settings{URL: a.URL + "/introspect", Client: Client{ID: a.clientID, Secret: a.secret}, Timeout: 10 * time.Second}
	if change != nil {
		change(&s)
	}
	e, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// says is an answer of these bytes.
func says(media, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.Write([]byte(text))
	}
}

func status(code int, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Set(fields[i], fields[i+1])
		}
		w.WriteHeader(code)
	}
}
