package roster

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"sallyport/store"
)

// revocations are held whole: a token that was taken back must be known without
// asking anybody. Where there are more than the limit, those beyond it are not
// held, and a token that is not among those held is not known to be good: it is
// refused as one that cannot be checked. To let it pass would open the door
// that somebody shut.
type revocations struct {
	limit int

	mu       sync.RWMutex
	tokens   map[claim]time.Time // until when it counts
	subjects map[claim]subject
	byID     map[store.ID]*store.Revocation
	over     bool
}

// claim is an issuer, "" for every one, and what it says: a jti or a sub.
type claim struct{ issuer, value string }

type subject struct{ before, until time.Time }

var errTooMany = errors.New("more tokens are revoked than are held")

func newRevocations(limit int) *revocations { return &revocations{limit: limit} }

// Revoked tells whether a token was taken back: by its jti, or by its sub for
// all that were issued so early. The error is that it is not known.
func (r *Roster) Revoked(issuer, token, subject string, issued time.Time) (bool, error) {
	now := r.options.Now()
	if !r.contact.believed(now) {
		return false, r.contact.unavailable()
	}
	return r.revoked.hit(issuer, token, subject, issued, now)
}

func (v *revocations) hit(issuer, token, subject string, issued, now time.Time) (bool, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	for _, from := range [...]string{issuer, ""} {
		if until, ok := v.tokens[claim{from, token}]; ok && token != "" && now.Before(until) {
			return true, nil
		}
		// A token that does not say when it was issued is older than everything.
		if s, ok := v.subjects[claim{from, subject}]; ok && subject != "" && !issued.After(s.before) && now.Before(s.until) {
			return true, nil
		}
	}
	if v.over {
		return false, &unavailable{"the revocations", errTooMany}
	}
	return false, nil
}

// load reads all. Until it succeeds, what was held is held.
func (v *revocations) load(now time.Time, list func(now time.Time, after store.ID, limit int) ([]*store.Revocation, error)) error {
	fresh := make(map[store.ID]*store.Revocation)
	over := false
	for after := store.ID(""); !over; {
		page, err := list(now, after, batch)
		if err != nil {
			return err
		}
		for _, one := range page {
			fresh[one.ID], after = one, one.ID
		}
		if len(page) < batch {
			break
		}
		over = len(fresh) > v.limit
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.byID, v.over = fresh, over
	v.arrange()
	return nil
}

// refresh reads one, which may be new or gone.
func (v *revocations) refresh(ctx context.Context, s store.Revocations, now time.Time, id store.ID) error {
	page, err := s.ListRevocations(ctx, now, before(id), 1)
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(page) == 1 && page[0].ID == id {
		if v.over = v.over || len(v.byID) >= v.limit; !v.over {
			v.byID[id] = page[0]
			v.add(page[0])
		}
		return nil
	}
	if v.byID[id] != nil {
		delete(v.byID, id)
		v.arrange() // another one may say the same
	}
	return nil
}

// before is the id right before another one, which is a UUID: what is listed
// behind it begins with that one.
func before(id store.ID) store.ID {
	text := []byte(id)
	for i := len(text) - 1; i >= 0; i-- {
		switch c := text[i]; {
		case c == '-':
		case c == '0':
			text[i] = 'f'
		case c == 'a':
			text[i] = '9'
			return store.ID(text)
		default:
			text[i] = c - 1
			return store.ID(text)
		}
	}
	return ""
}

// arrange makes the maps anew of what is held. The lock is held.
func (v *revocations) arrange() {
	v.tokens, v.subjects = make(map[claim]time.Time), make(map[claim]subject)
	for _, one := range v.byID {
		v.add(one)
	}
}

// add lets the widest of several that say the same count.
func (v *revocations) add(one *store.Revocation) {
	if one.Token != "" {
		at := claim{one.Issuer, one.Token}
		v.tokens[at] = later(v.tokens[at], one.Until)
		return
	}
	at := claim{one.Issuer, one.Subject}
	held := v.subjects[at]
	v.subjects[at] = subject{later(held.before, one.Before), later(held.until, one.Until)}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// forget drops those that can hit nothing any more.
func (v *revocations) forget(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	held := len(v.byID)
	maps.DeleteFunc(v.byID, func(_ store.ID, one *store.Revocation) bool { return !now.Before(one.Until) })
	if len(v.byID) != held {
		v.arrange()
	}
}

func (v *revocations) state() (held int, over bool) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return len(v.byID), v.over
}
