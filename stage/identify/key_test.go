package identify

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"sallyport"
	"sallyport/problem"
)

// cabinet is a directory of keys by their text.
type cabinet map[string]*sallyport.Credential

var errStranger = errors.New("unknown")

func (c cabinet) Key(_ context.Context, secret string) (*sallyport.Credential, error) {
	if secret == "when the store is gone" {
		return nil, gone{}
	}
	if held := c[secret]; held != nil {
		return held, nil
	}
	return nil, errStranger
}

func from(t *testing.T, client string) *sallyport.Exchange {
	x := asking(t)
	x.Client = netip.MustParseAddr(client)
	return x
}

func TestKeyOfDirectory(t *testing.T) {
	held := &sallyport.Credential{Kind: "key", Consumer: "acme", Key: "id-1", Networks: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}}
	k := keyed("scheme", "listed")
	k.Directory = cabinet{"kept": held}

	for _, client := range []string{"192.0.2.7", "2001:db8::7", "::ffff:192.0.2.7", "2001:db8::7%eth0"} {
		if got, err := k.Check(from(t, client), "kept"); got != held || err != nil {
			t.Errorf("from %s: %v, %v", client, got, err)
		}
	}
	if got, err := k.Check(from(t, "203.0.113.1"), "listed"); err != nil || got.Consumer != "listed" {
		t.Errorf("the one that is listed: %v, %v", got, err)
	}
	stranger := wantKind(t, second(k.Check(from(t, "192.0.2.7"), "neither")), problem.CredentialsInvalid)
	for _, client := range []string{"203.0.113.7", "2001:db9::7", "::ffff:203.0.113.7"} {
		misplaced := wantKind(t, second(k.Check(from(t, client), "kept")), problem.CredentialsInvalid)
		if misplaced.Detail != stranger.Detail || misplaced.Error() == stranger.Error() {
			t.Errorf("from %s: %q beside %q", client, misplaced, stranger)
		}
	}
	if _, err := k.Check(asking(t), "kept"); err == nil {
		t.Error("let in without an address")
	}
	r := wantKind(t, second(k.Check(from(t, "192.0.2.7"), "when the store is gone")), problem.KeysUnavailable)
	if r.Fields.Get("Retry-After") == "" {
		t.Error("nobody is told when to come again")
	}
}

// TestOwned: a shared credential is copied once for a scheme, and never stands
// for another one.
func TestOwned(t *testing.T) {
	s := &Scheme{Name: "one", Roles: Roles{"teller": {Scopes: []string{"read"}}}}
	shared := &sallyport.Credential{Kind: "key", Consumer: "acme", Roles: []string{"teller"}}
	own := s.own(shared)
	if own.Scheme != "one" || len(own.Scopes) != 1 || shared.Scheme != "" || shared.Scopes != nil {
		t.Fatalf("%+v of %+v", own, shared)
	}
	if s.own(shared) != own {
		t.Error("it is copied again")
	}
	if n := testing.AllocsPerRun(100, func() { s.own(shared) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for range 5 * ownedSlots {
		c := &sallyport.Credential{Kind: "key", Consumer: "other", Key: "k"}
		if got := s.own(c); got.Consumer != "other" || got.Scopes != nil {
			t.Fatalf("%+v", got)
		}
	}
	if got := s.own(shared); got.Consumer != "acme" || got.Scopes[0] != "read" {
		t.Errorf("%+v", got)
	}
}
