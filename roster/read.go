package roster

import (
	"context"
	"errors"
	"sync"

	"sallyport/store"
)

// flight is one reading of the store that is under way: whoever asks the same
// meanwhile waits for it.
type flight struct {
	epoch uint64
	done  chan struct{}
	entry *entry
	err   error
}

// flights bound the readings: how many there are at one time, and how many wait.
type flights struct {
	slots chan struct{}
	mu    sync.Mutex
	all   map[[32]byte]*flight
	over  bool
}

// maxWaiting is how many readings may wait for each one that is under way.
const maxWaiting = 64

func newFlights(atOnce int) *flights {
	return &flights{slots: make(chan struct{}, atOnce), all: make(map[[32]byte]*flight)}
}

// join finds the flight to that place, or begins one. A flight of an earlier
// epoch may bring what is older than a change: nobody joins it any more. It is
// nil where too many are waiting.
func (f *flights) join(at [32]byte, epoch uint64) (one *flight, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if one := f.all[at]; one != nil && one.epoch == epoch {
		return one, false
	}
	if f.over || len(f.all) >= cap(f.slots)*maxWaiting {
		return nil, false
	}
	one = &flight{epoch: epoch, done: make(chan struct{})}
	f.all[at] = one
	return one, true
}

// land ends a flight.
func (f *flights) land(at [32]byte, one *flight) {
	f.mu.Lock()
	if f.all[at] == one {
		delete(f.all, at)
	}
	f.mu.Unlock()
	close(one.done)
}

// end lets nobody begin any more.
func (f *flights) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.over = true
}

// read asks the store, once for all who ask the same at one time. While the
// store cannot be asked it answers at once.
func (r *Roster) read(ctx context.Context, q query) (*entry, error) {
	if !r.contact.up.Load() {
		return nil, r.contact.unavailable()
	}
	f := r.nameReads
	if q.kind == "key" {
		f = r.keyReads
	}
	one, first := f.join(q.at, r.cache.epoch.Load())
	if one == nil {
		r.counts.crowded.Add(1)
		return nil, &unavailable{what: "too many are waiting for the store"}
	}
	if first {
		r.fetching.Add(1)
		go r.fetch(f, one, q)
	}
	select {
	case <-one.done:
		return one.entry, one.err
	case <-ctx.Done():
		return nil, &unavailable{"waiting for the store", ctx.Err()}
	}
}

// fetch is one flight. It does not end with the request that began it, since
// others may wait for it too.
func (r *Roster) fetch(f *flights, one *flight, q query) {
	defer r.fetching.Done()
	defer f.land(q.at, one)
	ctx, cancel := context.WithTimeout(context.Background(), r.options.Timeout)
	defer cancel()
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		r.counts.crowded.Add(1)
		one.err = &unavailable{"waiting for the store", ctx.Err()}
		return
	}
	e, consumer, err := r.ask(ctx, q)
	switch {
	case err == nil:
		r.counts.found.Add(1)
		r.contact.answered()
		r.cache.put(e, consumer, one.epoch)
		one.entry = e
	case errors.Is(err, store.ErrNotFound):
		r.counts.unknown.Add(1)
		r.contact.answered()
		r.cache.putUnknown(q.at, r.options.Now(), one.epoch)
		one.err = errUnknown
	default:
		r.counts.failed.Add(1)
		r.contact.failed(err)
		one.err = &unavailable{"asking the store", err}
	}
}

// ask makes an entry of what the store says.
func (r *Roster) ask(ctx context.Context, q query) (*entry, *store.Consumer, error) {
	e := &entry{at: q.at}
	var consumer *store.Consumer
	var key *store.Key
	var err error
	switch q.kind {
	case "key":
		if key, consumer, err = r.store.KeyByHash(ctx, q.at[:]); err == nil {
			e.id = string(store.KeyChanged) + " " + string(key.ID)
		}
	case "password":
		var password *store.Password
		if password, consumer, err = r.store.PasswordFor(ctx, q.name); err == nil {
			e.id, e.password = string(store.PasswordChanged)+" "+password.Username, password.Hash
		}
	default:
		consumer, err = r.store.ConsumerByName(ctx, q.name)
	}
	if err != nil {
		return nil, nil, err
	}
	e.judge(key, consumer)
	if q.kind == "password" && e.credential != nil {
		e.credential.Kind = "basic"
	}
	return e, consumer, nil
}
