package roster

import (
	"sync"
	"time"
)

// unknowns remembers for a moment that the store knows nobody there. It is
// small, and emptied at every change, since a new key may be one of them.
type unknowns struct {
	mu    sync.RWMutex
	until map[[32]byte]time.Time
}

const (
	maxUnknowns  = 8192
	unknownsLast = 10 * time.Second
)

func (u *unknowns) has(at [32]byte, now time.Time) bool {
	u.mu.RLock()
	until, ok := u.until[at]
	u.mu.RUnlock()
	return ok && now.Before(until)
}

func (u *unknowns) put(at [32]byte, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.until == nil || len(u.until) >= maxUnknowns {
		u.until = make(map[[32]byte]time.Time)
	}
	u.until[at] = now.Add(unknownsLast)
}

func (u *unknowns) clear() {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.until = nil
}
