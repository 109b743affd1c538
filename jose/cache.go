package jose

import (
	"container/list"
	"context"
	"crypto/sha256"
	"sync"
	"unsafe"
)

const cacheShards = 16

// Cache keeps tokens that were found good, so that one shown again costs a hash instead of a signature.
// It is safe for concurrent use, and may serve any number of verifiers and outlive them: a verdict is
// found again only by a Verifier of the same settings over the same keys, and only while its times hold.
// Nothing is remembered of refused tokens: there is no end of them, and they would push out the good.
type Cache struct {
	shards [cacheShards]cacheShard
	each   int // entries per shard
}

// cacheShard forgets what was used least recently. Only who has tokens of the issuer can put anything in,
// so a cleverer order has nothing to defend against.
type cacheShard struct {
	mu     sync.Mutex
	byKey  map[cacheKey]*list.Element
	recent list.List // of *cached, the latest first
}

// cacheKey holds hashes only: what a memory dump shows of it is no credential.
type cacheKey struct{ token, settings [sha256.Size]byte }

type cached struct {
	key   cacheKey
	keys  Version
	token *Token
}

// NewCache makes a cache for about so many tokens; each takes its claims' size and some 500 bytes more.
func NewCache(entries int) *Cache {
	c := &Cache{each: max(1, (entries+cacheShards-1)/cacheShards)}
	for i := range c.shards {
		c.shards[i].byKey = make(map[cacheKey]*list.Element)
	}
	return c
}

// Verify is v.Verify, with its good verdicts kept. The token returned is shared.
func (c *Cache) Verify(ctx context.Context, v *Verifier, token string) (*Token, error) {
	if v.Check() != nil || len(token) > v.rules.tokenBytes {
		return v.Verify(ctx, token) // refuses it before any of it is read
	}
	key := cacheKey{hashOf(token), v.rules.identity}
	shard := &c.shards[key.token[0]%cacheShards]
	// The keys are asked for each time: a key that was withdrawn takes its verdicts with it.
	if keys := v.Keys.Current(); keys != nil {
		if t := shard.get(&key, &keys.version); t != nil {
			if err := v.checkTimes(t); err != nil {
				shard.drop(&key)
				return nil, err
			}
			return t, nil
		}
	}
	t, keys, err := v.verify(ctx, token)
	if err != nil {
		return nil, err
	}
	shard.put(&cached{key, keys.version, t}, c.each)
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

// hashOf reads the string in place: to copy each token first would cost a hit its only allocation.
func hashOf(token string) [sha256.Size]byte {
	return sha256.Sum256(unsafe.Slice(unsafe.StringData(token), len(token)))
}

func (s *cacheShard) get(key *cacheKey, keys *Version) *Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.byKey[*key]
	if !ok {
		return nil
	}
	entry := at.Value.(*cached)
	if entry.keys != *keys {
		return nil // put will replace it if the token is still good
	}
	s.recent.MoveToFront(at)
	return entry.token
}

func (s *cacheShard) put(entry *cached, most int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.byKey[entry.key]; ok {
		at.Value = entry
		s.recent.MoveToFront(at)
		return
	}
	if len(s.byKey) >= most {
		last := s.recent.Back()
		delete(s.byKey, last.Value.(*cached).key)
		s.recent.Remove(last)
	}
	s.byKey[entry.key] = s.recent.PushFront(entry)
}

func (s *cacheShard) drop(key *cacheKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, ok := s.byKey[*key]; ok {
		delete(s.byKey, *key)
		s.recent.Remove(at)
	}
}
