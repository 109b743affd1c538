package serve

import (
	"context"
	"errors"

	"sallyport/build"
)

// keep opens the store and the keyring, where the configuration names a store.
func (s *server) keep(ctx context.Context) error {
	s.options.Build.Secret = s.secret
	if !s.config.Wrote("store") && len(s.config.Stored) == 0 {
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

// secret is what lies sealed in the store.
func (s *server) secret(ctx context.Context, name string) (string, error) {
	if s.kept == nil {
		return "", errors.New("no store was open when the gateway was started: start it again")
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Store.Timeout.Duration())
	defer cancel()
	return s.kept.Secret(ctx, name)
}
