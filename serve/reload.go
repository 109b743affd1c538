package serve

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"sallyport/config"
	"sallyport/source"
)

// reload makes a new plan completely before it is swapped in. Whatever is
// wrong with it, the plan that serves goes on, and the log says why.
func (s *server) reload(ctx context.Context, why string) {
	c, err := s.options.Load()
	if err == nil {
		err = s.reloadCertificates()
	}
	if err != nil {
		s.refused(why, err)
		return
	}
	result, err := s.build(ctx, c)
	if err != nil {
		s.refused(why, err)
		return
	}
	old := s.gateway.Swap(result.Plan)
	s.warnFixed(c)
	s.config.APIs = c.APIs
	s.adopt(result)
	s.watcher.set(s.files(result))
	s.reloads.WithLabelValues("ok").Inc()
	s.log.Info("reloaded", "why", why, "digest", result.Plan.Digest, "changed", old.Digest != result.Plan.Digest, "operations", len(result.Plan.Operations))
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

func (s *server) reloadCertificates() error {
	for _, c := range s.certs {
		if err := c.reload(s.env.Now()); err != nil {
			return err
		}
	}
	return nil
}

// warnFixed names settings that a running process cannot change.
func (s *server) warnFixed(c *config.Config) {
	var fixed []string
	if !slices.EqualFunc(s.config.Listen, c.Listen, sameListener) {
		fixed = append(fixed, "listen")
	}
	for name, same := range map[string]bool{
		"admin":    s.config.Admin.Address == c.Admin.Address,
		"timeouts": reflect.DeepEqual(withoutPlace(s.config.Timeouts), withoutPlace(c.Timeouts)),
		"log":      s.config.Log.Output == c.Log.Output && s.config.Log.Format == c.Log.Format,
	} {
		if !same {
			fixed = append(fixed, name)
		}
	}
	if len(fixed) > 0 {
		slices.Sort(fixed)
		s.log.Warn("settings that take effect at the next start", "settings", fixed)
	}
}

func sameListener(a, b config.Listener) bool {
	return a.Address == b.Address && a.Redirect == b.Redirect && (a.TLS == nil) == (b.TLS == nil)
}

func withoutPlace(t config.Timeouts) config.Timeouts {
	t.Place = config.Place{}
	return t
}
