package roster

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/store"
)

func revocationID(n int) store.ID {
	return store.ID(fmt.Sprintf("0190a1b2-c3d4-7000-8000-%012x", n))
}

func (s *shop) revoke(n int, r store.Revocation) store.ID {
	r.ID = revocationID(n)
	s.change("revocation", string(r.ID), func() { s.revoked = append(s.revoked, &r) })
	return r.ID
}

func TestRevoked(t *testing.T) {
	holds := func(t *testing.T, r *Roster, issuer, token, subject string, issued time.Time, want bool) {
		t.Helper()
		got, err := r.Revoked(issuer, token, subject, issued)
		if err != nil || got != want {
			t.Errorf("issuer %q, jti %q, sub %q: revoked %t, %v", issuer, token, subject, got, err)
		}
	}
	inBubble(t, "what is held at the start and what comes counts", func(t *testing.T) {
		s := newShop()
		start := time.Now()
		until := start.Add(time.Hour)
		s.revoke(1, store.Revocation{Issuer: "a", Token: "one", Until: until})
		s.revoke(2, store.Revocation{Token: "everywhere", Until: until})
		r := following(t, s, Options{Stale: time.Hour})
		s.revoke(0x10, store.Revocation{Issuer: "a", Subject: "anna", Before: start, Until: until})
		synctest.Wait()
		holds(t, r, "a", "one", "", start, true)
		holds(t, r, "b", "one", "", start, false)
		holds(t, r, "b", "everywhere", "x", start, true)
		holds(t, r, "a", "", "anna", start, true)
		holds(t, r, "a", "", "anna", time.Time{}, true)
		holds(t, r, "a", "new", "anna", start.Add(time.Second), false)
		holds(t, r, "b", "", "anna", start, false)
		holds(t, r, "a", "", "", start, false)

		s.set(func() { s.revoked = s.revoked[1:] })
		s.change("revocation", string(revocationID(1)), func() {})
		synctest.Wait()
		holds(t, r, "a", "one", "", start, false)
		holds(t, r, "b", "everywhere", "", start, true)
		time.Sleep(time.Until(until) + time.Minute)
		holds(t, r, "b", "everywhere", "", start, false)
		if held, _ := r.revoked.state(); held != 0 {
			t.Errorf("%d are held that can hit nothing any more", held)
		}
	})
	inBubble(t, "many that come at one time", func(t *testing.T) {
		s := newShop()
		r := following(t, s, Options{Stale: time.Hour})
		s.set(func() { s.cut = true })
		time.Sleep(5 * time.Second)
		for i := range batch + 5 {
			s.revoke(i+1, store.Revocation{Token: fmt.Sprint(i), Until: time.Now().Add(time.Hour)})
		}
		holds(t, r, "a", "1", "", time.Now(), false) // cut off, it cannot know
		s.set(func() { s.cut = false })
		time.Sleep(2 * time.Second)
		holds(t, r, "a", "0", "", time.Now(), true)
		holds(t, r, "a", fmt.Sprint(batch+4), "", time.Now(), true)
	})
	inBubble(t, "without the store what is held counts for a while", func(t *testing.T) {
		s := newShop()
		s.revoke(1, store.Revocation{Token: "one", Until: time.Now().Add(time.Hour)})
		r := following(t, s, Options{Stale: time.Minute})
		s.set(func() { s.cut = true })
		time.Sleep(30 * time.Second)
		holds(t, r, "a", "one", "", time.Now(), true)
		holds(t, r, "a", "two", "", time.Now(), false)
		time.Sleep(time.Minute)
		if _, err := r.Revoked("a", "two", "", time.Now()); why(err) != "unavailable" {
			t.Error(err)
		}
	})
	inBubble(t, "beyond the limit no token is taken for good", func(t *testing.T) {
		s := newShop()
		r := following(t, s, Options{Stale: time.Hour, Revocations: 2})
		for i := range 3 {
			s.revoke(i+1, store.Revocation{Token: fmt.Sprint(i), Until: time.Now().Add(time.Hour)})
		}
		synctest.Wait()
		holds(t, r, "a", "1", "", time.Now(), true)
		if _, err := r.Revoked("a", "good", "", time.Now()); why(err) != "unavailable" {
			t.Error(err)
		}
		s.set(func() { s.revoked = s.revoked[:1] })
		time.Sleep(2 * time.Minute)
		holds(t, r, "a", "good", "", time.Now(), false)
	})
}

func TestBefore(t *testing.T) {
	for _, c := range []struct{ id, want store.ID }{
		{"0190a1b2-c3d4-7000-8000-000000000001", "0190a1b2-c3d4-7000-8000-000000000000"},
		{"0190a1b2-c3d4-7000-8000-00000000000a", "0190a1b2-c3d4-7000-8000-000000000009"},
		{"0190a1b2-c3d4-7000-8000-0000000000f0", "0190a1b2-c3d4-7000-8000-0000000000ef"},
		{"0190a1b2-c3d4-7000-8000-000000000000", "0190a1b2-c3d4-7000-7fff-ffffffffffff"},
		{"00000000-0000-0000-0000-000000000000", ""},
	} {
		if got := before(c.id); got != c.want {
			t.Errorf("before %s: %s, not %s", c.id, got, c.want)
		}
	}
}
