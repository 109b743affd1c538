package console_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sallyport/console"
	"sallyport/password"
	"sallyport/store"
)

// As many passwords are set at one time as there is memory for; who comes
// beyond is told to come again.
func TestPasswordsAreSetWithinBounds(t *testing.T) {
	o := open(t)
	o.consumer("c")
	admin := o.token("a", console.Admin)
	full := true
	o.Hash = func(_ context.Context, secret string, c password.Cost) (string, error) {
		if full {
			return "", password.ErrBusy
		}
		return password.Hash(secret, c)
	}
	o.failing = true
	busy := o.ask(admin, "PUT", "/consumers/c/passwords/u", `{"password":"correct horse battery"}`).want(503).problem("overloaded")
	if busy.header.Get("Retry-After") == "" {
		t.Errorf("%v", busy.header)
	}
	full, o.failing = false, false
	o.ask(admin, "PUT", "/consumers/c/passwords/u", `{"password":"correct horse battery"}`).want(200)

	long := `{"password":"` + strings.Repeat("x", 513) + `"}`
	if told := o.ask(admin, "PUT", "/consumers/c/passwords/u", long).want(400); !strings.Contains(told.body, `"maxLength"`) {
		t.Errorf("too long: %s", told.body)
	}
	if told := o.ask(admin, "PUT", "/consumers/c/passwords/u", `{"password":"`+strings.Repeat("é", 300)+`"}`).want(400); !strings.Contains(told.body, `"maxLength"`) {
		t.Errorf("too many bytes: %s", told.body)
	}
}

// What somebody else has changed is not deleted, changed, rotated or revoked by
// one who has not seen it (RFC 9110 §13.1.1).
func TestConditions(t *testing.T) {
	o := open(t)
	o.consumer("c")
	admin := o.token("a", console.Admin)
	k := o.issue("c", console.NewKey{})
	key := "/keys/" + string(k.ID)
	first := o.ask(admin, "GET", key, "").want(200).header.Get("ETag")
	second := o.ask(admin, "PATCH", key, `{"name":"x"}`, "If-Match", first).want(200).header.Get("ETag")
	if first != `"1"` || second != `"2"` {
		t.Errorf("%s, then %s", first, second)
	}
	for _, r := range [][3]string{{"PATCH", key, `{"name":"y"}`}, {"POST", key + "/rotate", ""}, {"POST", key + "/revoke", ""}} {
		o.ask(admin, r[0], r[1], r[2], "If-Match", first).want(412).problem("object-changed")
	}
	if got, err := o.Key(t.Context(), k.ID); err != nil || got.Name != "x" || got.State != console.Active {
		t.Errorf("%+v %v", got, err)
	}
	o.ask(admin, "POST", key+"/rotate", `{"overlap": 3600.0}`, "If-Match", second).want(201)
	o.ask(admin, "POST", key+"/revoke", "", "If-Match", "*").want(204)

	o.ask(admin, "PATCH", "/consumers/c", `{"note":"n"}`, "If-Match", `"1"`).want(200)
	o.ask(admin, "DELETE", "/consumers/c", "", "If-Match", `"1"`).want(412).problem("object-changed")
	o.ask(admin, "DELETE", "/consumers/c", "", "If-Match", `"2"`).want(204)
}

// A node whose clock is behind must not let a key in that was to end at once.
func TestRotationWithoutAnOverlapRevokes(t *testing.T) {
	o := open(t)
	o.consumer("c")
	old := o.issue("c", console.NewKey{})
	issued, err := o.RotateKey(t.Context(), me, old.ID, console.AnyRevision, 0)
	if err != nil {
		t.Fatal(err)
	}
	if k, err := o.Key(t.Context(), old.ID); err != nil || k.State != console.Revoked || k.Rotated != issued.ID {
		t.Errorf("%+v %v", k, err)
	}
	if k, err := o.Key(t.Context(), issued.ID); err != nil || k.State != console.Active {
		t.Errorf("%+v %v", k, err)
	}
}

// A page of long items ends early, and the pages together have them all.
func TestLongPages(t *testing.T) {
	o := open(t)
	admin := o.token("a", console.Admin)
	long := `{"x":"` + strings.Repeat("x", 60<<10) + `"}`
	for range 90 {
		if err := o.Store.WriteEntry(t.Context(), store.Entry{At: o.clock.Now(), Actor: "a", Action: "long", Outcome: "done", Detail: long}); err != nil {
			t.Fatal(err)
		}
	}
	var scopes []string
	for i := range 64 {
		scopes = append(scopes, fmt.Sprintf("%0128d", i))
	}
	for i := range 300 {
		if _, err := o.AddConsumer(t.Context(), me, console.NewConsumer{Name: fmt.Sprint("c", i), Scopes: scopes, Roles: scopes}); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]int{"/audit": len(o.entries()), "/consumers": 300} {
		got, pages, after := 0, 0, ""
		for {
			page := o.ask(admin, "GET", path+"?limit=1000"+after, "").want(200)
			got, pages = got+len(page.items()), pages+1
			next, _ := page.get("next").(string)
			if next == "" {
				break
			}
			after = "&after=" + next
		}
		if got != want || pages < 3 {
			t.Errorf("%s: %d items in %d pages, want %d", path, got, pages, want)
		}
	}
}

// A text that is shown must be the one that counts.
func TestTextsShowWhatTheyAre(t *testing.T) {
	o := open(t)
	for name, c := range map[string]console.NewConsumer{
		"a tenant that turns the writing": {Name: "a", Tenant: "acme\u202ekcilo"},
		"a note with an isolate":          {Name: "a", Note: "\u2066x"},
		"a note without a width":          {Name: "a", Note: "a\u200bb"},
		"a note of two lines":             {Name: "a", Note: "a\u2028b"},
	} {
		if _, err := o.AddConsumer(t.Context(), me, c); !errors.Is(err, console.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Usernames come in pages like everything else.
func TestPagesOfUsernames(t *testing.T) {
	o := open(t)
	admin, c := o.token("a", console.Admin), o.consumer("c")
	for _, name := range []string{"b", "a", "é"} {
		p := &store.Password{Consumer: c.ID, Username: name, Hash: "$argon2id$", Changed: o.clock.Now()}
		if err := o.Store.PutPassword(t.Context(), p, store.Entry{At: o.clock.Now(), Actor: "a", Action: "a", Outcome: "done"}); err != nil {
			t.Fatal(err)
		}
	}
	first := o.ask(admin, "GET", "/consumers/c/passwords?limit=2", "").want(200)
	second := o.ask(admin, "GET", "/consumers/c/passwords?limit=2&after="+first.text("next"), "").want(200)
	if len(first.items()) != 2 || len(second.items()) != 1 || second.get("next") != nil {
		t.Errorf("%s\n%s", first.body, second.body)
	}
}
