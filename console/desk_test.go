package console_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sallyport/console"
	"sallyport/store"
)

// Of administrators who change one thing at one time nobody undoes what another
// did: with a revision all but one are told, without one all changes hold.
func TestChangesAtOneTime(t *testing.T) {
	o := open(t)
	first := o.consumer("c")
	const many = 8
	change := func(revision int64, change func(int) console.ConsumerChange) (failed int) {
		var wait sync.WaitGroup
		errs := make([]error, many)
		for i := range many {
			wait.Go(func() { _, errs[i] = o.ChangeConsumer(t.Context(), me, "c", revision, change(i)) })
		}
		wait.Wait()
		for _, err := range errs {
			if err == nil {
				continue
			}
			if failed++; !errors.Is(err, store.ErrChanged) {
				t.Error(err)
			}
		}
		return failed
	}
	note := func(i int) console.ConsumerChange {
		return console.ConsumerChange{Note: console.Give(strconv.Itoa(i))}
	}
	if failed := change(first.Revision, note); failed != many-1 {
		t.Errorf("%d of %d are told that somebody else was quicker", failed, many)
	}
	if failed := change(console.AnyRevision, note); failed != 0 {
		t.Errorf("%d fail that said nothing of a revision", failed)
	}
	if c, err := o.Consumer(t.Context(), "c"); err != nil || c.Revision != first.Revision+1+many {
		t.Errorf("%+v %v", c, err)
	}
}

// Of many who rotate one key at one time one does.
func TestKeyIsRotatedOnce(t *testing.T) {
	o := open(t)
	o.consumer("c")
	key := o.issue("c", console.NewKey{Expires: o.clock.Now().Add(48 * time.Hour)})
	o.clock.pass(time.Hour)
	var wait sync.WaitGroup
	made := make([]*console.Issued, 8)
	for i := range made {
		wait.Go(func() {
			var err error
			if made[i], err = o.RotateKey(t.Context(), me, key.ID, console.AnyRevision, console.Overlap); err != nil && !errors.Is(err, store.ErrExists) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	var next *console.Issued
	for _, m := range made {
		if m != nil && next != nil {
			t.Error("two keys take the place of one")
		}
		if m != nil {
			next = m
		}
	}
	if next == nil {
		t.Fatal("none does")
	}
	if lives := next.Expires.Sub(next.Created); lives != 48*time.Hour {
		t.Errorf("the new key lives for %s, the old one was made to live for 48 h", lives)
	}
	old, err := o.Key(t.Context(), key.ID)
	if err != nil || old.Rotated != next.ID || !old.Expires.Equal(o.clock.Now().Add(console.Overlap)) {
		t.Errorf("%+v %v", old, err)
	}
	page, err := o.KeysOf(t.Context(), "c", console.Span{})
	if err != nil || len(page.Items) != 2 {
		t.Errorf("%d keys, %v", len(page.Items), err)
	}
}

// A store that cannot be asked is told as such, and to no caller why.
func TestStoreThatIsAway(t *testing.T) {
	o := open(t)
	token := o.token("ann", console.Admin)
	if err := o.Store.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, "/v1/consumers", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	o.api.ServeHTTP(w, r)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), ":store-unavailable") || strings.Contains(w.Body.String(), "closed") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

// What cannot be kept is refused with the place and a sentence, before anything
// is written.
func TestInputIsChecked(t *testing.T) {
	o := open(t)
	before := len(o.entries())
	many := make([]string, 65)
	for i := range many {
		many[i] = "s" + strconv.Itoa(i)
	}
	for name, c := range map[string]struct {
		n    console.NewConsumer
		says string
	}{
		"no name":             {console.NewConsumer{}, "name: must not be empty"},
		"a long name":         {console.NewConsumer{Name: strings.Repeat("a", 129)}, "name: must be at most 128"},
		"a name of a dash":    {console.NewConsumer{Name: "-x"}, "name: must begin with a letter or a digit"},
		"a slash":             {console.NewConsumer{Name: "a/b"}, "name: may hold"},
		"a note of two lines": {console.NewConsumer{Name: "a", Note: "x\ny"}, "note: must be one line"},
		"a long note":         {console.NewConsumer{Name: "a", Note: strings.Repeat("ü", 1001)}, "note: must be at most 1000"},
		"a tenant of bytes":   {console.NewConsumer{Name: "a", Tenant: "\xff"}, "tenant: must be UTF-8"},
		"a scope of two":      {console.NewConsumer{Name: "a", Scopes: []string{"b", "c d"}}, "scopes/1: must be printable ASCII"},
		"a scope twice":       {console.NewConsumer{Name: "a", Scopes: []string{"b", "b"}}, "scopes: must not name one twice"},
		"an empty role":       {console.NewConsumer{Name: "a", Roles: []string{""}}, "roles/0: must not be empty"},
		"too many roles":      {console.NewConsumer{Name: "a", Roles: many}, "roles: must be at most 64"},
	} {
		_, err := o.AddConsumer(t.Context(), me, c.n)
		if !errors.Is(err, console.ErrInvalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	if len(o.entries()) != before {
		t.Error("what was refused is in the audit as done")
	}
}
