package build_test

import (
	"net/netip"
	"strings"
	"testing"

	"sallyport"
	"sallyport/message"
)

func entry(name, more string) string {
	return "  - {name: " + name + ", document: " + name + ".yaml, upstream: 'http://127.0.0.1:9000'" + more + "}\n"
}

func field(name, value string) message.Field { return message.Field{Name: name, Value: value} }

func TestConditions(t *testing.T) {
	documents := map[string]string{
		"two.yaml":   small("/", "/items", "get", "itemsOfTwo"),
		"eu.yaml":    small("/", "/items", "get", "itemsOfEU"),
		"one.yaml":   small("/", "/items", "get", "itemsOfOne"),
		"below.yaml": small("/", "/items", "get", "itemsBelow"),
	}
	plan := mustMake(t, "apis:\n"+
		entry("eu", ", hosts: [shop.example], when: {X-Api-Version: '2*', X-Region: eu}")+
		entry("two", ", hosts: [shop.example, only.shop.example], when: {X-Api-Version: '2*'}")+
		entry("below", ", hosts: ['*.shop.example']")+
		entry("one", ", hosts: [shop.example]"), documents).Plan
	for _, c := range []struct {
		host, want string
		fields     []message.Field
	}{
		{"shop.example", "one itemsOfOne", nil},
		{"shop.example", "two itemsOfTwo", []message.Field{field("x-api-version", "2")}},
		{"shop.example", "two itemsOfTwo", []message.Field{field("x-api-version", "2.1"), field("X-Region", "us")}},
		{"shop.example", "eu itemsOfEU", []message.Field{field("x-api-version", "2.1"), field("X-Region", "eu")}},
		{"shop.example", "one itemsOfOne", []message.Field{field("x-api-version", "12")}},
		{"shop.example", "one itemsOfOne", []message.Field{field("x-api-version", "2"), field("X-Api-Version", "1")}},
		{"only.shop.example", "two itemsOfTwo", []message.Field{field("x-api-version", "2")}},
		{"only.shop.example", "below itemsBelow", nil},
	} {
		if got := asked(plan, "GET", c.host, "/items", c.fields...); got != c.want {
			t.Errorf("%s %v is %q, want %q", c.host, c.fields, got, c.want)
		}
	}
	if got := asked(plan, "GET", "shop.example", "/other", field("X-Api-Version", "2")); got != "two undeclared-path" {
		t.Errorf("what the document of an API with a condition does not declare is %q", got)
	}
}

func TestOneHostOfConditionsAlone(t *testing.T) {
	plan := mustMake(t, "apis:\n"+entry("two", ", when: {X-Api-Version: '2'}"), map[string]string{"two.yaml": small("/", "/items", "get", "i")}).Plan
	if got := asked(plan, "GET", "any", "/items"); got != "no-host" {
		t.Errorf("a request that fits no condition is %q", got)
	}
}

// client asks as one address does.
func client(plan *sallyport.Plan, address netip.Addr) string {
	return plan.Match(&sallyport.Exchange{Client: address, Request: &message.Request{Method: "GET", Host: "any", Path: "/items"}}).API
}

func TestCanary(t *testing.T) {
	documents := map[string]string{"new.yaml": small("/", "/items", "get", "n"), "newer.yaml": small("/", "/items", "get", "r"), "old.yaml": small("/", "/items", "get", "o")}
	count := func(by string) map[string]int {
		plan := mustMake(t, "apis:\n"+entry("new", ", canary: {share: 10, by: "+by+"}")+entry("newer", ", canary: {share: 30, by: "+by+"}")+entry("old", ""), documents).Plan
		got := map[string]int{}
		address := netip.MustParseAddr("198.51.0.0")
		for range 20_000 {
			api := client(plan, address)
			if got[api]++; by == "client" && client(plan, address) != api {
				t.Fatalf("%s is sent to two APIs", address)
			}
			address = address.Next()
		}
		return got
	}
	for _, by := range []string{"client", "request"} {
		got := count(by)
		for api, share := range map[string]int{"new": 2000, "newer": 6000, "old": 12000} {
			if n := got[api]; n < share-400 || n > share+400 {
				t.Errorf("by %s: %s takes %d of 20000 requests, want about %d", by, api, n, share)
			}
		}
	}
	plan := mustMake(t, "apis:\n"+entry("new", ", canary: 50")+entry("old", ""), documents).Plan
	if client(plan, netip.MustParseAddr("2001:db8:1:2::1")) != client(plan, netip.MustParseAddr("2001:db8:1:2:ffff::9")) {
		t.Error("a client changes the API with its address within its own network")
	}
	if client(plan, netip.MustParseAddr("192.0.2.7")) != client(plan, netip.MustParseAddr("::ffff:192.0.2.7")) {
		t.Error("one address in two forms is two clients")
	}
}

func TestCanaryNeedsSomebodyForTheRest(t *testing.T) {
	_, err := made("apis:\n"+entry("new", ", canary: 5"), map[string]string{"new.yaml": small("/", "/items", "get", "n")})
	if err == nil || !strings.Contains(err.Error(), "nobody is there for the rest") {
		t.Errorf("%v", err)
	}
}

func TestBasePathInPlaceOfTheServers(t *testing.T) {
	plan := mustMake(t, "apis:\n"+entry("one", ", base_path: /shop/v1/")+entry("two", ", base_path: /"), map[string]string{
		"one.yaml": small("https://one.example/api", "/items", "get", "i"), "two.yaml": small("/api", "/things", "get", "t"),
	}).Plan
	for path, want := range map[string]string{"/shop/v1/items": "one i", "/api/items": "undeclared-path", "/things": "two t"} {
		if got := asked(plan, "GET", "any", path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}
