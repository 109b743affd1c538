package destination

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// names is what a resolver of a test is told.
type names map[string][]string

func (n names) lookup(_ context.Context, name string) ([]netip.Addr, error) {
	var list []netip.Addr
	for _, text := range n[name] {
		list = append(list, netip.MustParseAddr(text))
	}
	if list == nil {
		return nil, errors.New("no such host")
	}
	return list, nil
}

func TestEveryAddressOfANameIsJudged(t *testing.T) {
	known := names{
		"public.net.": {"8.8.8.8", "2606:4700::1"}, "inner.net.": {"10.0.0.1"}, "both.net.": {"8.8.8.8", "127.0.0.1"},
		"mapped.net.": {"::ffff:169.254.169.254"}, "translated.net.": {"64:ff9b::a9fe:a9fe"}, "build.": {"10.0.0.1"},
	}
	r := NewResolver(known.lookup, time.Now)
	for _, c := range []struct {
		policy Policy
		text   string
		want   Verdict
	}{
		{Policy{Resolver: r}, "http://public.net/", Allowed}, {Policy{Resolver: r}, "http://inner.net/", Address}, {Policy{Resolver: r}, "http://both.net/", Address},
		{Policy{Resolver: r}, "http://mapped.net/", Address}, {Policy{Resolver: r}, "http://translated.net/", Address}, {Policy{Resolver: r}, "http://unknown.net/", Unresolved},
		{Policy{Resolver: r, Unresolved: true}, "http://unknown.net/", Allowed}, {Policy{}, "http://unknown.net/", Allowed},
		{Policy{Resolver: r, Hosts: patterns(t, "inner.net", "build")}, "http://inner.net/", Address},
		{Policy{Resolver: r, Hosts: patterns(t, "inner.net", "build"), Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, "http://build/", Allowed},
		{Policy{Resolver: r, Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, "http://inner.net/", Allowed},
	} {
		if got := c.policy.Judge(t.Context(), URL, c.text); got != c.want {
			t.Errorf("%q: %d %s; want %d", c.text, got, got.Keyword(), c.want)
		}
	}
}

func find(ctx context.Context, r *Resolver, name string) ([]netip.Addr, bool) {
	return r.ask("a caller", name).wait(ctx)
}

func TestResolver(t *testing.T) {
	t.Run("asks once for all who ask, and again when the answer is old", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var asked atomic.Int32
			r := NewResolver(func(context.Context, string) ([]netip.Addr, error) {
				asked.Add(1)
				time.Sleep(100 * time.Millisecond)
				return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
			}, time.Now)
			var all sync.WaitGroup
			for range 50 {
				all.Go(func() {
					if _, ok := find(t.Context(), r, "a.net"); !ok {
						t.Error("not found")
					}
				})
			}
			all.Wait()
			if asked.Load() != 1 {
				t.Errorf("asked %d times", asked.Load())
			}
			time.Sleep(rememberFor)
			find(t.Context(), r, "a.net")
			if asked.Load() != 2 {
				t.Errorf("asked %d times in all", asked.Load())
			}
		})
	})
	t.Run("gives a name up after a second from its turn", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := NewResolver(never, time.Now)
			begun := time.Now()
			var all sync.WaitGroup
			for i := range 10 * turnsOfAll {
				all.Go(func() {
					if _, ok := r.ask(fmt.Sprint(i), fmt.Sprint(i, ".net")).wait(t.Context()); ok {
						t.Error("found")
					}
				})
			}
			all.Wait()
			if took := time.Since(begun); took > turnTimeout+resolveTimeout {
				t.Errorf("it took %v", took)
			}
			synctest.Wait()
			if r.claims != 0 || len(r.turns) != 0 {
				t.Errorf("%d still claim a turn of %d shares", r.claims, len(r.turns))
			}
		})
	})
	t.Run("asks about few names at one time and remembers no more than its bound", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var under, most atomic.Int32
			r := NewResolver(func(context.Context, string) ([]netip.Addr, error) {
				if n := under.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Millisecond)
				under.Add(-1)
				return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
			}, time.Now)
			var all sync.WaitGroup
			for i := range 2 * maxRemembered {
				all.Go(func() { r.ask(fmt.Sprint(i), fmt.Sprint(i, ".net")).wait(t.Context()) })
			}
			all.Wait()
			if most.Load() != turnsOfAll || len(r.known) > maxRemembered {
				t.Errorf("%d at one time, %d remembered", most.Load(), len(r.known))
			}
			if _, ok := find(t.Context(), r, "late.net"); !ok {
				t.Error("a full memory makes no room")
			}
		})
	})
	t.Run("who leaves does not take the answer along", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := NewResolver(func(context.Context, string) ([]netip.Addr, error) {
				time.Sleep(100 * time.Millisecond)
				return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
			}, time.Now)
			gone, leave := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer leave()
			if _, ok := find(gone, r, "a.net"); ok {
				t.Error("found before it was answered")
			}
			p := Policy{Resolver: r}
			if v := p.Judge(gone, Host, "b.net"); v != Unresolved || r.known["b.net"] != nil {
				t.Error("asked for nobody")
			}
			if _, ok := find(t.Context(), r, "a.net"); !ok {
				t.Error("not found")
			}
		})
	})
}
