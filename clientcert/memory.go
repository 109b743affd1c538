package clientcert

import (
	"sync"
	"sync/atomic"
)

// Memory keeps what was found of certificates. It is safe for many goroutines;
// when it is full it begins anew, which costs each its next look-up.
type Memory[K comparable, V any] struct {
	most  int64
	count atomic.Int64
	known atomic.Pointer[sync.Map]
}

// NewMemory holds so many entries at most.
func NewMemory[K comparable, V any](most int) *Memory[K, V] {
	m := &Memory[K, V]{most: int64(most)}
	m.known.Store(new(sync.Map))
	return m
}

// Get is what was put in under the key.
func (m *Memory[K, V]) Get(key K) (V, bool) {
	held, ok := m.known.Load().Load(key)
	if !ok {
		var none V
		return none, false
	}
	return *held.(*V), true
}

// Put keeps the value.
func (m *Memory[K, V]) Put(key K, value V) {
	known := m.known.Load()
	if _, replaced := known.Swap(key, &value); replaced {
		return
	}
	if m.count.Add(1) > m.most && m.known.CompareAndSwap(known, new(sync.Map)) {
		m.count.Store(0)
	}
}
