package roster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"sallyport/store"
)

// batch is how many changes are asked for at one time.
const batch = 1000

// Load begins: it notes where the changes are and reads what is held whole. It
// may be called again after an error.
func (r *Roster) Load(ctx context.Context) error {
	began := r.options.Now()
	if err := r.begin(ctx); err != nil {
		return fmt.Errorf("reading the store: %w", err)
	}
	r.contact.made(began, 0)
	return nil
}

// begin believes nothing that was before.
func (r *Roster) begin(ctx context.Context) error {
	var number int64
	err := r.timed(ctx, func(ctx context.Context) (err error) {
		number, err = r.store.LastChange(ctx)
		return err
	})
	if err != nil {
		return err
	}
	r.cache.forgetAll()
	if err := r.loadRevocations(ctx); err != nil {
		return err
	}
	r.number = number
	return nil
}

// loadRevocations may read many pages: each has the time of one reading.
func (r *Roster) loadRevocations(ctx context.Context) error {
	return r.revoked.load(r.options.Now(), func(now time.Time, after store.ID, limit int) (page []*store.Revocation, err error) {
		err = r.timed(ctx, func(ctx context.Context) (err error) {
			page, err = r.store.ListRevocations(ctx, now, after, limit)
			return err
		})
		return page, err
	})
}

// Run follows the store's changes until ctx ends; then it writes what is left
// to be written. Readings that are under way end before it returns.
func (r *Roster) Run(ctx context.Context) {
	var writing sync.WaitGroup
	writing.Go(func() { r.keepHouse(ctx) })
	writing.Go(func() { r.others.run(ctx) })
	pause := time.Duration(0)
	for ctx.Err() == nil {
		switch err := r.follow(ctx); {
		case err == nil:
			pause = 0
			r.await(ctx)
		case ctx.Err() == nil:
			r.contact.lost(err)
			pause = min(max(2*pause, beat/10), beat)
			sleep(ctx, pause)
		}
	}
	writing.Wait()
	r.keyReads.end()
	r.nameReads.end()
	r.fetching.Wait()
}

// await returns when there may be changes, and at the latest after a beat. A
// store that cannot tell is asked a few times within it.
func (r *Roster) await(ctx context.Context) {
	waking, cancel := r.contact.waking(ctx, beat)
	defer cancel()
	if !r.contact.up.Load() {
		return // given up since it was last asked
	}
	if err := r.store.Await(waking, r.number); err != nil && waking.Err() == nil {
		sleep(waking, beat/4)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// follow applies every change that the store knows of. Then there is contact,
// as of the time before the store was asked.
func (r *Roster) follow(ctx context.Context) error {
	if !r.contact.up.Load() {
		if err := r.meetAgain(ctx); err != nil {
			return err
		}
	}
	if r.recount.Swap(false) {
		if err := r.loadRevocations(ctx); err != nil {
			return err
		}
	}
	for missed := 0; ; {
		began := r.options.Now()
		changes, err := r.changes(ctx)
		switch {
		case errors.Is(err, store.ErrNotFound):
			r.options.Log.Warn("the store has forgotten changes: everything is read anew")
			if err := r.anew(ctx); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			if err := r.apply(ctx, changes); err != nil {
				return err
			}
			missed += len(changes)
			if len(changes) < batch {
				r.contact.made(began, missed)
				return nil
			}
		}
	}
}

// meetAgain looks whether it is the store that we know: one that was put back
// to an older state tells of no changes, and yet nothing may be believed.
func (r *Roster) meetAgain(ctx context.Context) error {
	var last int64
	err := r.timed(ctx, func(ctx context.Context) (err error) {
		last, err = r.store.LastChange(ctx)
		return err
	})
	if err == nil && last < r.number {
		r.options.Log.Warn("the store was put back to an older state: everything is read anew")
		err = r.anew(ctx)
	}
	return err
}

func (r *Roster) changes(ctx context.Context) (changes []store.Change, err error) {
	err = r.timed(ctx, func(ctx context.Context) (err error) {
		changes, err = r.store.ChangesAfter(ctx, r.number, batch)
		return err
	})
	return changes, err
}

func (r *Roster) timed(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, r.options.Timeout)
	defer cancel()
	return do(ctx)
}

// apply forgets first, so that nothing that fails behind keeps a key alive. An
// error leaves the number where it is: the changes come again.
func (r *Roster) apply(ctx context.Context, changes []store.Change) error {
	if len(changes) == 0 {
		return nil
	}
	r.cache.forget(changes)
	if err := r.applyRevocations(ctx, changes); err != nil {
		return err
	}
	r.tell(changes)
	r.counts.changes.Add(uint64(len(changes)))
	r.number = changes[len(changes)-1].Number
	return nil
}

// tell announces what is somebody else's to take over.
func (r *Roster) tell(changes []store.Change) {
	if r.options.Changed == nil {
		if slices.ContainsFunc(changes, func(c store.Change) bool { return c.Kind == store.KeyringChanged }) {
			r.cache.forgetAll()
		}
		return
	}
	for _, kind := range others {
		if slices.ContainsFunc(changes, func(c store.Change) bool { return c.Kind == kind }) {
			r.others.announce(kind)
		}
	}
}

// anew believes nothing that was before, here and elsewhere.
func (r *Roster) anew(ctx context.Context) error {
	if err := r.begin(ctx); err != nil {
		return err
	}
	if r.options.Changed != nil {
		r.others.announce(others...)
	}
	return nil
}

// applyRevocations reads the revocations that changed, or, where they are many,
// all.
func (r *Roster) applyRevocations(ctx context.Context, changes []store.Change) error {
	var ids []store.ID
	for _, change := range changes {
		if change.Kind == store.RevocationChanged {
			ids = append(ids, store.ID(change.ID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > batch/10 {
		return r.loadRevocations(ctx)
	}
	return r.timed(ctx, func(ctx context.Context) error {
		for _, id := range ids {
			if err := r.revoked.refresh(ctx, r.store, r.options.Now(), id); err != nil {
				return err
			}
		}
		return nil
	})
}
