package destination

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// never is a lookup that nobody answers.
func never(ctx context.Context, _ string) ([]netip.Addr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestSlowNames has names waited for that are never answered: names of others are
// found all the same, and at once.
func TestSlowNames(t *testing.T) {
	lookup := func(ctx context.Context, name string) ([]netip.Addr, error) {
		if strings.Contains(name, "slow") {
			return never(ctx, name)
		}
		return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
	}
	for name, c := range map[string]struct {
		slow           func(i int) (caller, name string)
		caller, asking string
	}{
		"of one caller and one domain, another caller":     {func(i int) (string, string) { return "eve", fmt.Sprint(i, ".slow.net") }, "alice", "good.net"},
		"of one caller and one domain, the same caller":    {func(i int) (string, string) { return "eve", fmt.Sprint(i, ".slow.net") }, "eve", "good.net"},
		"of one caller and many domains, another caller":   {func(i int) (string, string) { return "eve", fmt.Sprint("slow", i, ".net") }, "alice", "good.net"},
		"of many callers and one domain, another domain":   {func(i int) (string, string) { return fmt.Sprint("eve", i), fmt.Sprint(i, ".slow.net") }, "eve1", "good.net"},
		"of one caller in a domain of many, another there": {func(i int) (string, string) { return "eve", fmt.Sprint("slow", i, ".shared.net") }, "alice", "good.shared.net"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := Policy{Resolver: NewResolver(lookup, time.Now)}
				for i := range 130 {
					caller, name := c.slow(i)
					p.Begin(t.Context(), caller, Host, name)
				}
				synctest.Wait()
				begun := time.Now()
				j := p.Begin(t.Context(), c.caller, Host, c.asking)
				if v := j.End(t.Context()); v != Allowed || time.Since(begun) != 0 {
					t.Errorf("%d after %v", v, time.Since(begun))
				}
				time.Sleep(turnTimeout + resolveTimeout)
			})
		})
	}
}

// TestTurnThatDidNotCome is no answer: the name is asked about when it is wanted
// again, and at once for a caller who has turns.
func TestTurnThatDidNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := NewResolver(func(ctx context.Context, name string) ([]netip.Addr, error) {
			if name == "good.net." {
				asked++
				return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
			}
			return never(ctx, name)
		}, time.Now)
		for i := range 3 * turnsOfCaller {
			r.ask("eve", fmt.Sprint("slow", i, ".net"))
		}
		synctest.Wait()
		late := r.ask("eve", "good.net")
		synctest.Wait()
		if asked != 0 {
			t.Fatal("a turn beyond those of the caller")
		}
		if _, ok := r.ask("alice", "good.net").wait(t.Context()); !ok || asked != 1 {
			t.Errorf("found %v, asked %d times", ok, asked)
		}
		if _, ok := late.wait(t.Context()); !ok {
			t.Error("the answer is not that of who waits for a turn")
		}
		waits := r.ask("eve", "other.net")
		if _, ok := waits.wait(t.Context()); ok {
			t.Error("found")
		}
		time.Sleep(resolveTimeout)
		synctest.Wait()
		if r.claims != 0 || len(r.turns) != 0 {
			t.Errorf("%d still claim a turn of %d shares", r.claims, len(r.turns))
		}
	})
}

// TestClaimsAreBounded keeps one caller from filling the memory with names that
// wait.
func TestClaimsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := NewResolver(never, time.Now)
		for i := range maxRemembered {
			r.ask("eve", fmt.Sprint("slow", i, ".net"))
		}
		r.mu.Lock()
		if most := maxClaims * turnsOfCaller; len(r.known) != most || r.claims != most {
			t.Errorf("%d names under way, %d claims; want %d", len(r.known), r.claims, most)
		}
		r.mu.Unlock()
		time.Sleep(2 * (turnTimeout + resolveTimeout))
	})
}

func TestDomainOf(t *testing.T) {
	for name, want := range map[string]string{
		"a.b.example.com": "example.com", "example.com": "example.com", "com": "com", "x.shop.co.uk": "shop.co.uk",
		"co.uk": "co.uk", "shop.co.uk": "shop.co.uk", "a.example.de": "example.de", "a.b.abc.io": "b.abc.io", "": "",
	} {
		if got := domainOf(name); got != want {
			t.Errorf("%s: %s; want %s", name, got, want)
		}
	}
}
