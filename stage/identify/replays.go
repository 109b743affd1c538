package identify

import (
	"crypto/sha256"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"sallyport/jose"
)

// Replays remembers proofs of possession for as long as they would be taken
// again (RFC 9449 §11.1). It never forgets one early: where it is full, further
// proofs are refused. Make it with NewReplays.
//
// It is bounded in all, and for each holder within each few seconds, so that
// nobody fills it alone: to make proofs without end one needs tokens of many
// subjects. A proof is kept as a hash by the time that it says it was made at,
// so that what is over goes at once and as a whole.
type Replays struct {
	most, each int
	taken      atomic.Int64
	shards     [16]replayShard
}

const (
	// replaySlice is how much of the time of proofs is kept, and goes, together.
	replaySlice = 8 * time.Second
	// maxReplays proofs take some 40 MiB.
	maxReplays = 1 << 20
	// replaysEach is what one holder has of each slice: 2000 requests a second.
	replaysEach = 1 << 14
)

// replayShard holds all proofs of a holder.
type replayShard struct {
	mu     sync.Mutex
	slices map[int64]*replays
	oldest int64 // no slice before it is kept, nor taken
}

type replays struct {
	seen   map[proofHash]struct{}
	owners map[proofHash]int
}

// proofHash is enough of a SHA-256 that nobody finds two that are alike.
type proofHash [16]byte

var (
	errReplayed   = errors.New("the proof was used before")
	errProofOld   = errors.New("the proof is older than what is remembered")
	errTooMany    = errors.New("too many proofs of one holder")
	errReplayFull = errors.New("too many proofs to remember")
)

// NewReplays remembers a million proofs at most.
func NewReplays() *Replays { return newReplays(maxReplays, replaysEach) }

func newReplays(most, each int) *Replays {
	r := &Replays{most: most, each: each}
	for i := range r.shards {
		r.shards[i].slices = make(map[int64]*replays)
	}
	return r
}

// take notes a proof of the holder, and fails where it was noted before or
// cannot be. Nothing that was made before since will be asked about any more.
func (r *Replays) take(holder string, p *jose.Proof, since time.Time) error {
	owner := shortHash([]byte(holder))
	var room [sha256.Size + 256]byte
	id := shortHash(append(append(room[:0], p.Key[:]...), p.ID...)) // a jti is one among those of its key
	shard := &r.shards[owner[0]%16]
	if r.taken.Add(1) > int64(r.most) {
		r.taken.Add(-1)
		r.sweep(since) // shards that nobody asks keep what is over
		if r.taken.Add(1) > int64(r.most) {
			r.taken.Add(-1)
			return errReplayFull
		}
	}
	err := shard.take(r, owner, id, sliceOf(p.IssuedAt), sliceOf(since))
	if err != nil {
		r.taken.Add(-1)
	}
	return err
}

func (s *replayShard) take(r *Replays, owner, id proofHash, at, oldest int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forget(r, oldest)
	if at < s.oldest {
		return errProofOld // a clock that was set back must not bring forgotten proofs to life
	}
	slice := s.slices[at]
	if slice == nil {
		slice = &replays{make(map[proofHash]struct{}), make(map[proofHash]int)}
		s.slices[at] = slice
	}
	if _, before := slice.seen[id]; before {
		return errReplayed
	}
	if slice.owners[owner] >= r.each {
		return errTooMany
	}
	slice.owners[owner]++
	slice.seen[id] = struct{}{}
	return nil
}

func (s *replayShard) forget(r *Replays, oldest int64) {
	if oldest <= s.oldest {
		return
	}
	s.oldest = oldest
	for at, slice := range s.slices {
		if at < oldest {
			r.taken.Add(-int64(len(slice.seen)))
			delete(s.slices, at)
		}
	}
}

func (r *Replays) sweep(since time.Time) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		s.forget(r, sliceOf(since))
		s.mu.Unlock()
	}
}

// sliceOf counts slices of time.
func sliceOf(t time.Time) int64 { return t.Unix() / int64(replaySlice/time.Second) }

func shortHash(text []byte) proofHash {
	sum := sha256.Sum256(text)
	return proofHash(sum[:len(proofHash{})])
}
