package forward

import (
	"net/netip"
	"strings"
	"testing"

	"sallyport"
)

func TestKey(t *testing.T) {
	x := func() *sallyport.Exchange {
		x := exchange(t, "GET", "/accounts/42", "", "X-Session", "ann", "Cookie", "a=1; sid=s1", "cookie", "sid=s2; theme=dark")
		x.Caller = sallyport.Principal{Credentials: []*sallyport.Credential{{Scheme: "key", Kind: "key", ID: "key:ann"}}}
		x.Op.Params, x.Params = []string{"id"}, []string{"42"}
		return x
	}
	for _, c := range []struct {
		key  Key
		text string
	}{
		{Key{"caller", ""}, "key:ann"}, {Key{"header", "x-session"}, "ann"}, {Key{"cookie", "sid"}, "s1"}, {Key{"cookie", "theme"}, "dark"},
		{Key{"path", "id"}, "42"}, {Key{"header", "X-Other"}, ""}, {Key{"cookie", "si"}, ""}, {Key{"cookie", "SID"}, ""}, {Key{"path", "other"}, ""},
	} {
		if key, ok := c.key.of(x()); ok != (c.text != "") || ok && key != hashOf(c.text) {
			t.Errorf("%v is %d, %v, not that of %q", c.key, key, ok, c.text)
		}
	}
	nobody := x()
	nobody.Caller = sallyport.Principal{}
	if _, ok := (&Key{From: "caller"}).of(nobody); ok {
		t.Error("nobody has a key")
	}

	client := Key{From: "client"}
	one, _ := client.of(x())
	mapped := x()
	mapped.Client = netip.MustParseAddr("::ffff:192.0.2.1")
	if same, ok := client.of(mapped); !ok || same != one {
		t.Error("one address in two forms is two clients")
	}
	other := x()
	other.Client = netip.MustParseAddr("192.0.2.2")
	if two, ok := client.of(other); !ok || two == one {
		t.Error("two clients are one")
	}
	unknown := x()
	unknown.Client = netip.Addr{}
	if _, ok := client.of(unknown); ok {
		t.Error("a client without an address has a key")
	}
	request := x()
	for _, key := range []Key{{"caller", ""}, {"header", "X-Session"}, {"cookie", "theme"}, {"path", "id"}, client} {
		if n := testing.AllocsPerRun(100, func() { key.of(request) }); n != 0 {
			t.Errorf("%v: %v allocations", key, n)
		}
	}
}

// FuzzCookie: whatever a client sends, the key is the value of a cookie of that
// name or there is none.
func FuzzCookie(f *testing.F) {
	for _, seed := range []string{"sid=1", "a=1; sid=2;sid=3", "sid", "=; sid=", ";;sid==", " sid=1", "sid=\"a;b\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		value := (&Key{From: "cookie", Name: "sid"}).cookie(exchange(t, "GET", "/", "", "Cookie", cookie))
		if value != "" && !strings.Contains(cookie, "sid="+value) || strings.Contains(value, ";") {
			t.Errorf("%q of %q", value, cookie)
		}
	})
}
