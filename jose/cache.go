package jose

import (
	"container/list"
	"context"
	"crypto/sha256"
	"sync"
)

const (
	cacheShards = 16
	// entryBytes is about what an entry takes beside the text of its claims: the token, the places of its
	// claims, what was made of it, and the books.
	entryBytes = 1500
)

// Cache keeps tokens that were found good, so that one shown again costs a hash instead of a signature.
// It is safe for concurrent use, and may serve any number of verifiers and outlive them: a verdict is
// found again only under the same settings over the same keys, and only while its times hold.
// Nothing is remembered of refused tokens: there is no end of them, and they would push out the good.
type Cache struct {
	shards [cacheShards]cacheShard
	each   int // bytes per shard
}

// cacheShard forgets what was used least recently. Only who has tokens of the issuer can put anything in,
// so a cleverer order has nothing to defend against.
type cacheShard struct {
	mu     sync.Mutex
	byKey  map[cacheKey]*list.Element
	recent list.List // of *cached, the latest first
	bytes  int
}

// cacheKey holds hashes only: what a memory dump shows of it is no credential.
type cacheKey struct{ token, settings [sha256.Size]byte }

type cached struct {
	key   cacheKey
	which int // of several verifiers
	keys  Version
	token *Token
}

// size is the memory that the entry takes, about: the claims stand in it once as JSON, and at worst once
// more in what was made of them.
func (c *cached) size() int { return entryBytes + 2*len(c.token.Claims) }

// policy is what may stand behind a verdict: a *Verifier, or an *Issuers.
type policy interface {
	Check() error
	// bounds are the longest token that is read, and the hash of all settings.
	bounds() (tokenBytes int, identity *[sha256.Size]byte)
	verifier(which int) *Verifier
	decide(ctx context.Context, token string) (t *Token, keys *Keys, which int, err error)
}

// NewCache makes a cache that takes about so many bytes.
func NewCache(bytes int) *Cache {
	c := &Cache{each: max(1, bytes/cacheShards)}
	for i := range c.shards {
		c.shards[i].byKey = make(map[cacheKey]*list.Element)
	}
	return c
}

// Verify is p.Verify, of a *Verifier or an *Issuers, with its good verdicts kept. The token returned is
// shared.
func (c *Cache) Verify(ctx context.Context, p policy, token string) (*Token, error) {
	longest, identity := 0, (*[sha256.Size]byte)(nil)
	if p.Check() == nil {
		longest, identity = p.bounds()
	}
	if identity == nil || len(token) > longest {
		t, _, _, err := p.decide(ctx, token) // refuses it before any of it is read
		return t, err
	}
	key := cacheKey{hashOf(token), *identity}
	shard := &c.shards[key.token[0]%cacheShards]
	if held, which, keys := shard.get(&key); held != nil {
		v := p.verifier(which)
		// The keys are asked for each time: a key that was withdrawn takes its verdicts with it.
		if current := v.Keys.Current(); current != nil && current.version == keys {
			if err := v.checkTimes(held); err != nil {
				shard.drop(&key)
				return nil, err
			}
			return held, nil
		}
	}
	t, keys, which, err := p.decide(ctx, token)
	if err != nil {
		return nil, err
	}
	shard.put(&cached{key, which, keys.version, t}, c.each)
	return t, nil
}

// Len returns the number of tokens kept.
func (c *Cache) Len() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += len(s.byKey)
		s.mu.Unlock()
	}
	return n
}

// hashOf copies the token where it stands, unless it is a long one: a hit shall not allocate.
func hashOf(token string) [sha256.Size]byte {
	var room [2048]byte
	return sha256.Sum256(append(room[:0], token...))
}

// get is what was decided with which keys; put will replace it where these are not the keys any more.
func (s *cacheShard) get(key *cacheKey) (*Token, int, Version) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.byKey[*key]
	if !ok {
		return nil, 0, Version{}
	}
	s.recent.MoveToFront(at)
	entry := at.Value.(*cached)
	return entry.token, entry.which, entry.keys
}

func (s *cacheShard) put(entry *cached, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.byKey[entry.key]; ok {
		s.remove(at)
	}
	if entry.size() > most {
		return
	}
	for s.bytes+entry.size() > most {
		s.remove(s.recent.Back())
	}
	s.byKey[entry.key] = s.recent.PushFront(entry)
	s.bytes += entry.size()
}

func (s *cacheShard) drop(key *cacheKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.byKey[*key]; ok {
		s.remove(at)
	}
}

func (s *cacheShard) remove(at *list.Element) {
	entry := s.recent.Remove(at).(*cached)
	delete(s.byKey, entry.key)
	s.bytes -= entry.size()
}
