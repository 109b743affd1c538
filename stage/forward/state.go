package forward

import (
	"sync"
	"sync/atomic"
	"weak"
)

// state is what is known of a target. It outlives pools whose settings change.
type state struct {
	// flying counts the requests under way.
	flying atomic.Int64
	// down says that active checks found it down.
	down atomic.Bool
	// checked says that there was a check, streak how many results there were
	// in a row that speak against down.
	checked atomic.Bool
	streak  atomic.Int32
	// back is when it came up again, in Unix nanoseconds; 0 if it never was down.
	back atomic.Int64
	// answered is when it last answered a request.
	answered atomic.Int64

	outlier outlier
	circuit circuit
	ended   [causes]atomic.Uint64 // attempts by how they ended
	errors  atomic.Uint64         // answers from 500 up, which are among them
}

// count is for the metrics.
func (s *state) count(what cause, status int) {
	s.ended[what].Add(1)
	if status >= 500 {
		s.errors.Add(1)
	}
}

// healthy tells whether nothing is known against the target.
func (s *state) healthy(now int64) bool { return !s.down.Load() && s.outlier.until.Load() <= now }

// since is when the target came back the last time, 0 if it was never away.
func (s *state) since() int64 { return max(s.back.Load(), s.outlier.until.Load()) }

// States finds the state of a target again by its address, so that a reload
// that changes the settings of a pool does not forget which targets are down.
// Its zero value is ready. A state goes when no pool has it any more.
type States struct {
	mu    sync.Mutex
	known map[string]weak.Pointer[state]
}

func (s *States) of(address string) *state {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.known[address].Value(); known != nil {
		return known
	}
	if s.known == nil {
		s.known = make(map[string]weak.Pointer[state])
	}
	for other, p := range s.known {
		if p.Value() == nil {
			delete(s.known, other)
		}
	}
	made := new(state)
	s.known[address] = weak.Make(made)
	return made
}
