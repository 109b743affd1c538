package roster

import (
	"context"
	"time"

	"sallyport/store"
)

// keepHouse writes the last uses of keys about once a minute, and forgets
// revocations that have had their time, until ctx ends; then it writes what is
// left.
func (r *Roster) keepHouse(ctx context.Context) {
	minute, hour := time.NewTicker(time.Minute), time.NewTicker(time.Hour)
	defer minute.Stop()
	defer hour.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.options.Timeout)
			defer cancel()
			r.writeUses(last)
			return
		case <-minute.C:
			r.writeUses(ctx)
			r.revoked.forget(r.options.Now())
			r.warnOfRevocations()
		case <-hour.C:
			r.forgetRevocations(ctx)
		}
	}
}

// warnOfRevocations says, as long as it is so, that tokens are refused because
// more are revoked than are held, and has it looked whether it still is.
func (r *Roster) warnOfRevocations() {
	switch held, over := r.revoked.state(); {
	case over:
		r.recount.Store(true)
		r.options.Log.Error("more tokens are revoked than are held: every token that is not known to be revoked is refused (503)", "held", held, "limit", r.revoked.limit)
	case held > r.revoked.limit/10*9:
		r.options.Log.Warn("almost as many tokens are revoked as can be held", "held", held, "limit", r.revoked.limit)
	}
}

// usesAtOnce is how many keys are noted in one writing.
const usesAtOnce = 1000

// writeUses tells the store when keys were last used. What fails is tried again
// the next time.
func (r *Roster) writeUses(ctx context.Context) {
	if !r.contact.up.Load() {
		return
	}
	uses := r.cache.uses()
	for len(uses) > 0 {
		n := min(len(uses), usesAtOnce)
		at := make(map[store.ID]time.Time, n)
		for _, u := range uses[:n] {
			at[u.key] = time.Unix(u.at, 0).UTC()
		}
		err := r.timed(ctx, func(ctx context.Context) error { return r.store.UsedKeys(ctx, at) })
		if err != nil {
			r.options.Log.Warn("noting when keys were last used", "keys", len(uses), "error", err)
			r.cache.note(uses, false)
			return
		}
		r.cache.note(uses[:n], true)
		uses = uses[n:]
	}
}

func (r *Roster) forgetRevocations(ctx context.Context) {
	if !r.contact.up.Load() {
		return
	}
	err := r.timed(ctx, func(ctx context.Context) error { return r.store.ForgetRevocations(ctx, r.options.Now()) })
	if err != nil {
		r.options.Log.Warn("forgetting revocations that have had their time", "error", err)
	}
}
