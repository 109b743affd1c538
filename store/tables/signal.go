package tables

import "sync"

// Signal wakes all who wait for a change. Its zero value is ready.
type Signal struct {
	mu sync.Mutex
	c  chan struct{}
}

// Watch is closed by the next Wake.
func (s *Signal) Watch() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		s.c = make(chan struct{})
	}
	return s.c
}

// Wake wakes all who watch.
func (s *Signal) Wake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c != nil {
		close(s.c)
		s.c = nil
	}
}
