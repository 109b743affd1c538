package roster

import (
	"slices"
	"sync/atomic"
	"time"

	"sallyport"
	"sallyport/store"
)

// entry is one answer of the store. All but used and what the cache keeps for
// itself is immutable.
type entry struct {
	at         [32]byte
	credential *sallyport.Credential
	refused    *Refused // where the holder is shut out
	password   string
	holder     *holder
	// id is by what a change names it: kind and id; "" for what only its holder
	// changes.
	id string

	// used is when it was last used, in seconds of the epoch.
	used atomic.Int64
	// noted is the use that the store has been told.
	noted atomic.Int64
	// Guarded by the cache: its place in the ring, and the use that the hand saw
	// last.
	slot int
	seen int64
}

// holder is a consumer as it was read: entries of one consumer share it, and
// are forgotten together by gone.
type holder struct {
	id   store.ID
	gone atomic.Bool
	// Guarded by the cache.
	entries  int
	revision int64
	first    *sallyport.Credential
}

// share lets the entries of a consumer hold its name and lists once. The entry
// is nobody else's yet.
func (h *holder) share(e *entry, c *store.Consumer) {
	switch {
	case e.credential == nil:
	case h.first == nil:
		h.first, h.revision = newCredential(nil, c), c.Revision
		fallthrough
	case h.revision == c.Revision:
		e.credential.ID, e.credential.Consumer, e.credential.Tenant = h.first.ID, h.first.Consumer, h.first.Tenant
		if len(e.credential.Scopes) == len(c.Scopes) {
			e.credential.Scopes = h.first.Scopes
		}
		if len(e.credential.Roles) == len(c.Roles) {
			e.credential.Roles = h.first.Roles
		}
	}
}

// touch notes a use. Within one second it writes once.
func (e *entry) touch(now time.Time) {
	if second := now.Unix(); e.used.Load() < second {
		e.used.Store(second)
	}
}

// holds is whom the entry proves at this moment.
func (e *entry) holds(now time.Time) (*sallyport.Credential, error) {
	if e.refused != nil {
		return nil, e.refused
	}
	if end := e.credential.Expires; !end.IsZero() && !now.Before(end) {
		return nil, &Refused{Why: "expired", Key: e.credential.Key, Consumer: e.credential.Consumer}
	}
	return e.credential, nil
}

// judge says whom the entry proves, or why nobody.
func (e *entry) judge(k *store.Key, c *store.Consumer) {
	if e.refused = refusal(k, c); e.refused == nil {
		e.credential = newCredential(k, c)
	}
}

// Judge is whom a key of a consumer proves at that moment, as requests are
// told; without a key, whom its name or a password of it does, which has no
// kind yet. The error is *Refused.
func Judge(k *store.Key, c *store.Consumer, now time.Time) (*sallyport.Credential, error) {
	var e entry
	e.judge(k, c)
	return e.holds(now)
}

// newCredential is what a consumer, and its key if there is one, are granted.
// What the two hold is shared and never written.
func newCredential(k *store.Key, c *store.Consumer) *sallyport.Credential {
	held := &sallyport.Credential{
		ID: "consumer:" + c.Name, Consumer: c.Name, Tenant: c.Tenant, Scopes: c.Scopes, Roles: c.Roles,
	}
	if k != nil {
		held.Kind, held.Key, held.Expires, held.Networks = "key", string(k.ID), k.Expires, k.Networks
		held.Scopes, held.Roles = union(c.Scopes, k.Scopes), union(c.Roles, k.Roles)
	}
	return held
}

func union(a, b []string) []string {
	all := slices.Clip(a)
	for _, one := range b {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}
