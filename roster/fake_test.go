package roster

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sallyport/apikey"
	"sallyport/store"
)

// tagger is a keyring of one generation.
type tagger struct{}

func (tagger) Hash(purpose string, generation uint8, data []byte) (sum [32]byte, known bool) {
	m := hmac.New(sha256.New, []byte("key of "+purpose))
	m.Write(data)
	return [32]byte(m.Sum(nil)), generation == 1
}

func (tagger) Generation() uint8 { return 1 }

var errCut = errors.New("the cable is cut")

// shop is a store in memory that can be cut off, stopped in the middle of a
// reading, and made to forget changes. What it is not asked for here panics.
type shop struct {
	store.Store
	mu        sync.Mutex
	consumers map[store.ID]*store.Consumer
	keys      map[string]*store.Key // by hash
	passwords map[string]*store.Password
	revoked   []*store.Revocation
	used      map[store.ID]time.Time
	changes   []store.Change
	forgotten int64
	cut       bool
	hung      bool // asked, it answers nothing
	reads     int
	underWay  int
	mostReads int
	told      chan struct{}
	// paused, if set, is called in the middle of a reading: behind what it read,
	// before it returns.
	paused func()
}

func newShop() *shop {
	return &shop{
		consumers: make(map[store.ID]*store.Consumer), keys: make(map[string]*store.Key),
		passwords: make(map[string]*store.Password), used: make(map[store.ID]time.Time), told: make(chan struct{}),
	}
}

// change does something and tells of it.
func (s *shop) change(kind store.Kind, id string, do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	s.changes = append(s.changes, store.Change{Number: int64(len(s.changes) + 1), Kind: kind, ID: id})
	close(s.told)
	s.told = make(chan struct{})
}

func (s *shop) addConsumer(name string) *store.Consumer {
	c := &store.Consumer{ID: store.ID("id-of-" + name), Name: name, Scopes: []string{"read"}, Roles: []string{"partner"}, Tenant: "acme", Revision: 1}
	s.change("consumer", string(c.ID), func() { s.consumers[c.ID] = c })
	return c
}

func (s *shop) addKey(t testing.TB, c *store.Consumer, with func(*store.Key)) string {
	t.Helper()
	text, hash, hint, err := apikey.New(tagger{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	k := &store.Key{Consumer: c.ID, Hash: hash[:], Generation: 1, Hint: hint}
	if with != nil {
		with(k)
	}
	s.mu.Lock()
	k.ID = store.ID(fmt.Sprintf("key-%d", len(s.keys)))
	s.mu.Unlock()
	s.change("key", string(k.ID), func() { s.keys[string(hash[:])] = k })
	return text
}

// key changes the key whose text is given.
func (s *shop) key(t testing.TB, text string, do func(*store.Key)) {
	t.Helper()
	hash, _, err := apikey.Hash(tagger{}, text)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	k := *s.keys[string(hash[:])]
	s.mu.Unlock()
	do(&k)
	s.change("key", string(k.ID), func() { s.keys[string(hash[:])] = &k })
}

func (s *shop) consumer(c *store.Consumer, do func(*store.Consumer)) {
	changed := *c
	changed.Revision++
	do(&changed)
	s.change("consumer", string(c.ID), func() { s.consumers[c.ID] = &changed })
}

func (s *shop) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// reach waits or fails where the store cannot be asked.
func (s *shop) reach(ctx context.Context) error {
	s.mu.Lock()
	cut, hung := s.cut, s.hung
	s.mu.Unlock()
	if hung {
		<-ctx.Done()
		return ctx.Err()
	}
	if cut {
		return errCut
	}
	return nil
}

func (s *shop) reading(ctx context.Context, do func() error) error {
	s.mu.Lock()
	s.reads++
	s.underWay++
	s.mostReads = max(s.mostReads, s.underWay)
	s.mu.Unlock()
	defer s.set(func() { s.underWay-- })
	if err := s.reach(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	err, paused := do(), s.paused
	s.mu.Unlock()
	if paused != nil {
		paused()
	}
	return err
}

func (s *shop) KeyByHash(ctx context.Context, hash []byte) (k *store.Key, c *store.Consumer, err error) {
	err = s.reading(ctx, func() error {
		if k = s.keys[string(hash)]; k == nil {
			return fmt.Errorf("key: %w", store.ErrNotFound)
		}
		c = s.consumers[k.Consumer]
		return nil
	})
	return k, c, err
}

func (s *shop) PasswordFor(ctx context.Context, username string) (p *store.Password, c *store.Consumer, err error) {
	err = s.reading(ctx, func() error {
		if p = s.passwords[username]; p == nil {
			return store.ErrNotFound
		}
		c = s.consumers[p.Consumer]
		return nil
	})
	return p, c, err
}

func (s *shop) ConsumerByName(ctx context.Context, name string) (c *store.Consumer, err error) {
	err = s.reading(ctx, func() error {
		for _, one := range s.consumers {
			if one.Name == name {
				c = one
				return nil
			}
		}
		return store.ErrNotFound
	})
	return c, err
}

func (s *shop) UsedKeys(ctx context.Context, used map[store.ID]time.Time) error {
	if err := s.reach(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range used {
		s.used[id] = at
	}
	return nil
}

func (s *shop) ListRevocations(ctx context.Context, now time.Time, after store.ID, limit int) ([]*store.Revocation, error) {
	if err := s.reach(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	slices.SortFunc(s.revoked, func(a, b *store.Revocation) int { return strings.Compare(string(a.ID), string(b.ID)) })
	var page []*store.Revocation
	for _, r := range s.revoked {
		if r.ID > after && now.Before(r.Until) && len(page) < limit {
			page = append(page, r)
		}
	}
	return page, nil
}

func (s *shop) ForgetRevocations(ctx context.Context, now time.Time) error { return s.reach(ctx) }

func (s *shop) LastChange(ctx context.Context) (int64, error) {
	if err := s.reach(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.changes)), nil
}

func (s *shop) ChangesAfter(ctx context.Context, number int64, limit int) ([]store.Change, error) {
	if err := s.reach(ctx); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if number < s.forgotten {
		return nil, fmt.Errorf("changes: %w", store.ErrNotFound)
	}
	after := s.changes[min(number, int64(len(s.changes))):]
	return slices.Clone(after[:min(limit, len(after))]), nil
}

func (s *shop) Await(ctx context.Context, number int64) error {
	if err := s.reach(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	told, new := s.told, int64(len(s.changes)) > number
	s.mu.Unlock()
	if new {
		return nil
	}
	select {
	case <-told:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// following runs a roster over the store within a bubble, until the test ends.
func following(t *testing.T, s *shop, o Options) *Roster {
	t.Helper()
	return followingBy(t, s, tagger{}, o)
}

func followingBy(t *testing.T, s *shop, by Tagger, o Options) *Roster {
	t.Helper()
	r := New(s, by, o)
	if err := r.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		r.Run(ctx)
		close(ended)
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	synctest.Wait()
	return r
}

// inBubble runs a test on a clock of its own.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// why is the reason of an error: unavailable, or that of a refusal.
func why(err error) string {
	var refused *Refused
	var u interface{ Unavailable() bool }
	switch {
	case err == nil:
		return "let in"
	case errors.As(err, &refused):
		return refused.Why
	case errors.As(err, &u) && u.Unavailable():
		return "unavailable"
	}
	return "another error: " + err.Error()
}

// asks presents a key and holds the answer to what it should be.
func asks(t *testing.T, r *Roster, secret, want string) {
	t.Helper()
	held, err := r.Key(t.Context(), secret)
	if why(err) != want {
		t.Errorf("the key is %s (%v), not %s", why(err), err, want)
	}
	if (held != nil) != (err == nil) {
		t.Errorf("a credential %v with the error %v", held, err)
	}
}
