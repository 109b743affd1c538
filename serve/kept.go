package serve

import (
	"context"
	"errors"
	"fmt"

	"sallyport/build"
	"sallyport/config"
	"sallyport/keyring"
	"sallyport/roster"
	"sallyport/source"
	"sallyport/store"
)

// keep opens the store and the keyring, where the configuration needs them, and
// follows what changes in them until giveUp.
func (s *server) keep(ctx context.Context) error {
	c := &s.config.Store
	s.options.Build.Secret = s.secret
	if !s.config.NeedsStore() {
		return nil
	}
	var err error
	if s.kept, err = build.OpenKept(ctx, s.config, "sallyport"); err != nil {
		return err
	}
	s.keyring = &s.config.Keyring
	s.roster = roster.New(s.kept.Store, s.kept.Ring, roster.Options{
		Now: s.env.Now, Log: s.log,
		Stale: c.Stale.Duration(), Timeout: c.Timeout.Duration(), Entries: c.Cache, Changed: s.changed,
	})
	if err := s.roster.Load(ctx); err != nil {
		s.kept.Close()
		return source.Mistakes{{Position: c.PositionOf("url"), Message: err.Error()}}
	}
	s.registry.MustRegister(s.roster.Collector(), s.locked.gauge())
	s.options.Build.Roster = s.roster
	s.log.Info("the store is open", "url", c.URL.String(), "stale", c.Stale.String())
	s.follow()
	return nil
}

// follow lets the roster live until giveUp: through the drain, when requests are
// still under way.
func (s *server) follow() {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.roster.Run(ctx)
	}()
	s.unfollow = func() {
		stop()
		<-ended
	}
}

// changed takes over what changed in the store beside who may come in. A plan
// holds secrets of the store: it is built anew.
func (s *server) changed(ctx context.Context, kind store.Kind) error {
	switch kind {
	case store.KeyringChanged:
		err := s.kept.Ring.Reload(ctx)
		s.locked.note(err, s.env.Now())
		if errors.Is(err, keyring.ErrMaster) {
			return fmt.Errorf("the keyring is wrapped by another master key: name it under keyring; until then no newer keys are taken over: %w", err)
		}
		return err
	case store.SecretChanged:
		select {
		case s.stored <- struct{}{}:
		default: // one reload is due already
		}
	}
	return nil
}

// rekey takes the keyring by the master key that the configuration names now.
func (s *server) rekey(ctx context.Context, c *config.Config) error {
	if s.kept == nil || s.keyring == nil || sameMaster(s.keyring, &c.Keyring) && !s.locked.is() {
		return nil // where the keys did not open, the same name may be of another key by now
	}
	master, err := build.Master(&c.Keyring)
	if err != nil {
		return err
	}
	if err := s.kept.Ring.Use(ctx, master); err != nil {
		return source.Mistakes{{Position: c.Keyring.At, Message: "taking the keyring by another master key: " + err.Error(), Remedy: "wrap its keys by that one first: sallyport keyring rewrap"}}
	}
	s.keyring = &c.Keyring
	s.locked.note(nil, s.env.Now())
	return nil
}

func sameMaster(a, b *config.Keyring) bool {
	if a.Master.File != b.Master.File || a.Master.Value.Reveal() != b.Master.Value.Reveal() || (a.Vault == nil) != (b.Vault == nil) {
		return false
	}
	if a.Vault == nil {
		return true
	}
	v, w := a.Vault, b.Vault
	return v.Address.String() == w.Address.String() && v.Mount == w.Mount && v.Key == w.Key && v.Namespace == w.Namespace && v.CA == w.CA && v.Token.Reveal() == w.Token.Reveal()
}

// giveUp closes the store once nobody asks it any more.
func (s *server) giveUp() {
	if s.kept == nil {
		return
	}
	s.unfollow()
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

// storeReady is asked by /readyz.
func (s *server) storeReady() []build.Ready {
	if s.roster == nil {
		return nil
	}
	return []build.Ready{
		{Name: "the store", At: s.config.Store.At, Check: s.roster.Ready},
		{Name: "the keyring", At: s.config.Keyring.At, Check: func(context.Context) error {
			return s.locked.ready(s.env.Now(), s.config.Store.Stale.Duration())
		}},
	}
}

// unopened refuses a configuration that needs a store where none was opened at
// the start.
func (s *server) unopened(c *config.Config) error {
	if s.kept != nil || !c.NeedsStore() {
		return nil
	}
	return source.Mistakes{{Position: c.Store.At, Message: "a store is needed now, and is opened at the start only", Remedy: "start the gateway again"}}
}

func sameStore(a, b *config.Store) bool {
	return a.URL.SQLite == b.URL.SQLite && a.URL.Postgres.Reveal() == b.URL.Postgres.Reveal() &&
		a.Stale == b.Stale && a.Timeout == b.Timeout && a.Cache == b.Cache
}
