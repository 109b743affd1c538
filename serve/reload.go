package serve

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"sallyport/build"
	"sallyport/config"
	"sallyport/source"
)

// reload makes a new plan completely before it is swapped in. Whatever is
// wrong with it, the plan that serves goes on, and the log says why.
func (s *server) reload(ctx context.Context, why string) {
	s.watcher.look() // what is read now is no news any more; what changes while it is read still is
	c, result, renew, err := s.next(ctx)
	switch {
	case ctx.Err() != nil:
		return // told to stop meanwhile
	case err != nil:
		s.refused(why, err)
		return
	}
	renew()
	old := s.gateway.Swap(result.Plan)
	s.env.Keep(result.Lasting)
	s.warnFixed(c)
	s.adopt(c, result)
	s.watch(result)
	s.reloads.WithLabelValues("ok").Inc()
	s.log.Info("reloaded", "why", why, "digest", result.Plan.Digest, "changed", old.Digest != result.Plan.Digest, "operations", len(result.Plan.Operations))
}

// next reads everything anew and changes nothing yet. What is wrong is watched
// too, so that mending it is enough.
func (s *server) next(ctx context.Context) (*config.Config, *build.Result, func(), error) {
	c, err := s.options.Load()
	if err != nil {
		return nil, nil, nil, err
	}
	s.watcher.set(slices.Concat(s.files, named(c), s.certificateFiles()))
	if err := s.unopened(c); err != nil {
		return nil, nil, nil, err
	}
	if err := s.rekey(ctx, c); err != nil {
		return nil, nil, nil, err
	}
	renew, err := s.renewal()
	if err != nil {
		return nil, nil, nil, err
	}
	result, err := s.build(ctx, c)
	return c, result, renew, err
}

func (s *server) refused(why string, err error) {
	s.reloads.WithLabelValues("refused").Inc()
	s.log.Error("reload refused", "why", why, "error", err.Error(), "mistakes", mistakeCount(err))
}

func mistakeCount(err error) int {
	var ms source.Mistakes
	if errors.As(err, &ms) {
		return len(ms)
	}
	return 1
}

// renewal reads all certificates and returns what puts them in place.
func (s *server) renewal() (func(), error) {
	takes := make([]func(), len(s.certs))
	for i, c := range s.certs {
		var err error
		if takes[i], err = c.read(s.env.Now()); err != nil {
			return nil, err
		}
	}
	return func() {
		for _, take := range takes {
			take()
		}
	}, nil
}

// warnFixed names settings that a running process cannot change.
func (s *server) warnFixed(c *config.Config) {
	var fixed []string
	for _, setting := range []struct {
		name string
		same bool
	}{
		{"admin", s.config.Admin.Address == c.Admin.Address && sameTLS(s.config.Admin.TLS, c.Admin.TLS)},
		{"listen", slices.EqualFunc(s.config.Listen, c.Listen, sameListener)},
		{"log", s.config.Log.Output == c.Log.Output && s.config.Log.Format == c.Log.Format},
		{"sizes", sameSizes(s.config.Sizes, c.Sizes)},
		{"store", s.kept == nil || sameStore(&s.config.Store, &c.Store)},
		{"timeouts", reflect.DeepEqual(withoutPlace(s.config.Timeouts), withoutPlace(c.Timeouts))},
	} {
		if !setting.same {
			fixed = append(fixed, setting.name)
		}
	}
	if len(fixed) > 0 {
		s.log.Warn("settings that take effect at the next start", "settings", fixed)
	}
}

// sameListener leaves hsts out, which belongs to the plan.
func sameListener(a, b config.Listener) bool {
	if a.H2C != b.H2C || a.HTTP3 != b.HTTP3 {
		return false
	}
	if a.MaxConnections != b.MaxConnections || a.MaxConnectionsPerClient != b.MaxConnectionsPerClient {
		return false
	}
	return a.Address == b.Address && a.Redirect == b.Redirect && a.RedirectTo == b.RedirectTo && sameTLS(a.TLS, b.TLS)
}

// sameTLS compares two that may both be nil.
func sameTLS(a, b *config.TLS) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Certificate == b.Certificate && a.Key == b.Key && a.MinVersion == b.MinVersion && a.ClientCertificates == b.ClientCertificates &&
		a.AcceptStaleCRL == b.AcceptStaleCRL && slices.Equal(a.ClientCA, b.ClientCA) && slices.Equal(a.ClientCRL, b.ClientCRL)
}

func sameSizes(a, b config.Sizes) bool {
	return a.HeaderBytes == b.HeaderBytes && a.HeaderCount == b.HeaderCount && a.TargetBytes == b.TargetBytes && a.HeldBodies == b.HeldBodies
}

func withoutPlace(t config.Timeouts) config.Timeouts {
	t.Place = config.Place{}
	return t
}
