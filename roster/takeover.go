package roster

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"sallyport/store"
)

// takeover has somebody else take over what changed in the store beside who may
// come in, apart from the following of changes: the master key of the keyring
// may lie far away, and that it cannot be asked for says nothing of the store.
type takeover struct {
	take func(context.Context, store.Kind) error
	// taken hears of changes that were taken over.
	taken func(store.Kind)
	now   func() time.Time
	log   *slog.Logger
	wake  chan struct{}

	mu   sync.Mutex
	due  []store.Kind // in the order in which they were told
	work map[store.Kind]*work
	// begun counts the looks at the keyring, done is the newest that came to an
	// end, and doneAt when it began.
	begun, done uint64
	doneAt      time.Time
	// asked is the first look that began after a key of that generation was shown.
	asked [256]uint64
}

// work is what is known of one kind.
type work struct {
	// announced tells that the store told of a change, and that not only somebody
	// wants to know.
	announced bool
	began     time.Time
	notBefore time.Time
	pause     time.Duration
}

const (
	// lookEvery is how often the keyring is looked at for who shows keys of
	// generations that are not known: anybody can make those up.
	lookEvery = time.Second
	// longestTake bounds one attempt, and longestPause what is between two.
	longestTake  = 30 * time.Second
	longestPause = 30 * time.Second
)

// others are the kinds of changes that somebody else takes over.
var others = []store.Kind{store.SecretChanged, store.KeyringChanged, store.AdminChanged}

func newTakeover(o Options, taken func(store.Kind)) *takeover {
	return &takeover{take: o.Changed, taken: taken, now: o.Now, log: o.Log, wake: make(chan struct{}, 1), work: make(map[store.Kind]*work)}
}

// announce has kinds of changes taken over as soon as that can be.
func (t *takeover) announce(kinds ...store.Kind) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, kind := range kinds {
		w := t.of(kind)
		if w.announced = true; w.pause == 0 {
			w.notBefore = time.Time{}
		}
		t.plan(kind)
	}
}

// of is the work of a kind. The mutex is held.
func (t *takeover) of(kind store.Kind) *work {
	w := t.work[kind]
	if w == nil {
		w = new(work)
		t.work[kind] = w
	}
	return w
}

// plan puts a kind among those that are due. The mutex is held.
func (t *takeover) plan(kind store.Kind) {
	if !slices.Contains(t.due, kind) {
		t.due = append(t.due, kind)
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// lacks tells whether the keyring was looked at since a key of that generation
// was first shown, and not long ago: then there is no such generation. Else it
// is looked at, once for all who ask meanwhile, and at most once a second.
func (t *takeover) lacks(generation uint8, now time.Time) bool {
	if t.take == nil {
		return true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	asked := &t.asked[generation]
	looked := *asked != 0 && t.done >= *asked
	if looked && now.Sub(t.doneAt) < lookEvery {
		return true
	}
	if looked || *asked == 0 {
		*asked = t.begun + 1
	}
	if w := t.of(store.KeyringChanged); !slices.Contains(t.due, store.KeyringChanged) {
		w.notBefore = w.began.Add(lookEvery)
	}
	t.plan(store.KeyringChanged)
	return false
}

// attempt is one try to take a kind over.
type attempt struct {
	kind      store.Kind
	look      uint64
	announced bool
}

// run takes over what is due until ctx ends.
func (t *takeover) run(ctx context.Context) {
	for ctx.Err() == nil {
		if a, wait := t.next(); a != nil {
			t.try(ctx, a)
		} else {
			t.await(ctx, wait)
		}
	}
}

// next begins what is to be taken over now, or says how long nothing is; 0 is
// until something new is.
func (t *takeover) next() (a *attempt, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	for i, kind := range t.due {
		left := t.of(kind).notBefore.Sub(now)
		if left <= 0 {
			t.due = slices.Delete(t.due, i, i+1)
			return t.begin(kind, now), 0
		}
		if wait == 0 || left < wait {
			wait = left
		}
	}
	return nil, wait
}

// begin is an attempt that begins. The mutex is held: whoever asks for a look
// from here on is told when this one began.
func (t *takeover) begin(kind store.Kind, now time.Time) *attempt {
	w := t.of(kind)
	if kind == store.KeyringChanged {
		t.begun++
	}
	a := &attempt{kind, t.begun, w.announced}
	w.began, w.announced, w.notBefore = now, false, time.Time{}
	return a
}

func (t *takeover) await(ctx context.Context, wait time.Duration) {
	var passed <-chan time.Time
	if wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		passed = timer.C
	}
	select {
	case <-ctx.Done():
	case <-t.wake:
	case <-passed:
	}
}

// try takes a kind over. What fails is due again, later each time; what the
// gateway has goes on meanwhile.
func (t *takeover) try(ctx context.Context, a *attempt) {
	bounded, cancel := context.WithTimeout(ctx, longestTake)
	err := t.take(bounded, a.kind)
	cancel()
	if err != nil && ctx.Err() != nil {
		return
	}
	failedBefore, pause := t.end(a, err)
	switch {
	case err != nil:
		t.log.Error("a change of the store was not taken over: it is tried again", "kind", string(a.kind), "error", err, "again_in", pause.String())
	case failedBefore:
		t.log.Info("the change of the store is taken over", "kind", string(a.kind))
	}
	if err == nil && a.announced {
		t.taken(a.kind)
	}
}

func (t *takeover) end(a *attempt, err error) (failedBefore bool, pause time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.of(a.kind)
	failedBefore = w.pause > 0
	if err != nil {
		w.announced = w.announced || a.announced
		w.pause = min(max(2*w.pause, time.Second), longestPause)
		w.notBefore = t.now().Add(w.pause)
		t.plan(a.kind)
		return failedBefore, w.pause
	}
	w.pause = 0
	if a.kind == store.KeyringChanged {
		t.done, t.doneAt = a.look, w.began
	}
	return failedBefore, 0
}
