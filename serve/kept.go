package serve

import (
	"context"

	"sallyport/build"
)

// keep opens the store and the keyring, where the configuration names a store.
func (s *server) keep(ctx context.Context) error {
	if !s.config.Wrote("store") {
		return nil
	}
	var err error
	s.kept, err = build.OpenKept(ctx, s.config, "sallyport")
	return err
}

// giveUp closes the store once nobody asks it any more.
func (s *server) giveUp() {
	if s.kept == nil {
		return
	}
	if err := s.kept.Close(); err != nil {
		s.log.Error("closing the store", "error", err)
	}
}
