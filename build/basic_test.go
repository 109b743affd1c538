package build_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/build"
	"sallyport/config"
	"sallyport/password"
	"sallyport/roster"
	"sallyport/store"
)

var behindPasswords = strings.Replace(inside, "security: []", "security: [{staff: [auditor]}]", 1) + "components: {securitySchemes: {staff: {type: http, scheme: basic}}}\n"

// withPasswords is a gateway whose users are those of a roster; nil is none.
func withPasswords(t *testing.T, r *roster.Roster) http.Handler {
	t.Helper()
	c, err := config.Parse("sallyport.yaml", []byte("apis: [{name: inside, document: inside.yaml, upstream: 'http://backend.invalid', identify: {staff: {basic: {}}}}]"))
	if err != nil {
		t.Fatal(err)
	}
	env := sallyport.NewEnv(slog.New(slog.DiscardHandler), 1<<20)
	result, err := build.Build(t.Context(), env, c, build.Options{
		Documents: map[string][]byte{"inside.yaml": []byte(behindPasswords)},
		Local:     map[string]build.Local{"inside": {Answers: map[string]sallyport.Step{"getState": stating(`{"state":"fine"}`)}}},
		Roster:    r,
	})
	if err != nil {
		t.Fatal(err)
	}
	return sallyport.NewGateway(env, result.Plan)
}

func signIn(gateway http.Handler, username, given string) int {
	request, w := httptest.NewRequest(http.MethodGet, "/state", nil), httptest.NewRecorder()
	request.SetBasicAuth(username, given)
	gateway.ServeHTTP(w, request)
	return w.Code
}

// From the store through its memory to the request: a password that is set,
// changed and deleted.
func TestPasswordsOfTheStore(t *testing.T) {
	kept, err := build.OpenKept(t.Context(), keeping(t, t.TempDir()), "cli:test")
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	entry := store.Entry{At: time.Now(), Actor: "cli:test", Action: "test", Outcome: "done"}
	consumer := &store.Consumer{ID: "0199f3c2-7b1e-7d4a-9c55-2f8e6a10b3d7", Name: "back-office", Roles: []string{"auditor"}, Created: time.Now()}
	if err := kept.Store.AddConsumer(t.Context(), consumer, entry); err != nil {
		t.Fatal(err)
	}
	put := func(given string) {
		t.Helper()
		hash, err := password.Hash(given, password.Cost{Memory: 64, Passes: 1, Lanes: 1})
		if err == nil {
			err = kept.Store.PutPassword(t.Context(), &store.Password{Consumer: consumer.ID, Username: "ann", Hash: hash, Changed: time.Now()}, entry)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	put("the first of them")

	known := roster.New(kept.Store, kept.Ring, roster.Options{Stale: time.Minute})
	if err := known.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	following, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); known.Run(following) }()
	defer func() { stop(); <-ended }()
	gateway := withPasswords(t, known)

	for _, c := range []struct {
		username, given string
		want            int
	}{
		{"ann", "the first of them", 200}, {"ann", "the first of them", 200},
		{"ann", "another", 401}, {"bob", "the first of them", 401},
	} {
		if got := signIn(gateway, c.username, c.given); got != c.want {
			t.Errorf("%s with %q: %d, want %d", c.username, c.given, got, c.want)
		}
	}
	put("the second of them")
	until(t, "the old password is refused", func() bool { return signIn(gateway, "ann", "the first of them") == 401 })
	if got := signIn(gateway, "ann", "the second of them"); got != 200 {
		t.Errorf("the new password: %d", got)
	}
	if err := kept.Store.DeletePassword(t.Context(), "ann", entry); err != nil {
		t.Fatal(err)
	}
	until(t, "the user is gone", func() bool { return signIn(gateway, "ann", "the second of them") == 401 })
}

// until waits for a change to get about.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !so() {
		if ctx.Err() != nil {
			t.Fatalf("still not so: %s", what)
		}
	}
}

// Without a store nobody can be asked, and so nobody comes in.
func TestPasswordsWithoutAStore(t *testing.T) {
	if got := signIn(withPasswords(t, nil), "ann", "whatever it may be"); got != http.StatusServiceUnavailable {
		t.Errorf("%d", got)
	}
}
