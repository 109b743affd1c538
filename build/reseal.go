package build

import (
	"context"
	"errors"
	"fmt"

	"sallyport/store"
)

// Stale is how many things in the store are sealed by older keys than the
// newest, of how many.
func (k *Kept) Stale(ctx context.Context) (stale, all int, err error) {
	list, err := k.Store.ListSecrets(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("listing secrets: %w", err)
	}
	for _, s := range list {
		if !k.Ring.Fresh(s.Sealed) {
			stale++
		}
	}
	return stale, len(list), nil
}

// Reseal seals by the newest key whatever in the store an older one sealed, and
// returns how many it was. Gateways may serve meanwhile, and secrets change; cut
// off, it goes on where it was when it is called again.
func (k *Kept) Reseal(ctx context.Context) (resealed int, err error) {
	list, err := k.Store.ListSecrets(ctx)
	if err != nil {
		return 0, fmt.Errorf("listing secrets: %w", err)
	}
	for _, s := range list {
		if k.Ring.Fresh(s.Sealed) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return resealed, err
		}
		changed, err := k.reseal(ctx, s)
		if err != nil {
			return resealed, fmt.Errorf("sealing the secret %s anew: %w", s.Name, err)
		}
		if changed {
			resealed++
		}
	}
	return resealed, nil
}

// reseal leaves alone what somebody changed or deleted meanwhile: it is sealed
// by a new key already, or gone.
func (k *Kept) reseal(ctx context.Context, s *store.Secret) (bool, error) {
	plain, err := k.Ring.Open(s.Sealed, store.SecretsTable, store.SecretsColumn, s.Name)
	if err != nil {
		return false, err
	}
	sealed, err := k.Ring.Seal(plain, store.SecretsTable, store.SecretsColumn, s.Name)
	if err != nil {
		return false, err
	}
	err = k.Store.ResealSecret(ctx, s.Name, s.Sealed, sealed)
	if errors.Is(err, store.ErrChanged) || errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
