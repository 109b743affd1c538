package admit

import (
	"crypto/tls"
	"net/netip"
	"strings"
	"testing"

	"sallyport"
)

func secure() *tls.ConnectionState { return &tls.ConnectionState{} }

// behindProxies trusts 10.0.0.0/8 and fd00::/8.
func behindProxies() *Client {
	return NewClient([]netip.Prefix{netip.MustParsePrefix("10.1.2.3/8"), netip.MustParsePrefix("fd00::/8")})
}

func from(peer string, fields ...string) *sallyport.Exchange {
	x := exchange("GET", "/", fields...)
	x.Request.Remote = netip.AddrPortFrom(netip.MustParseAddr(peer), 1234)
	x.ID = "0197f1c2-1111-7222-8333-444455556666"
	return x
}

func TestClientAddress(t *testing.T) {
	const usual, standard = "X-Forwarded-For", "Forwarded"
	for _, c := range []struct {
		name, peer string
		fields     []string
		want       string
	}{
		{"nobody between", "192.0.2.1", nil, "192.0.2.1"},
		{"a stranger's word is not believed", "192.0.2.1", []string{usual, "203.0.113.9"}, "192.0.2.1"},
		{"nor in the standard field", "192.0.2.1", []string{standard, "for=203.0.113.9"}, "192.0.2.1"},
		{"a proxy that says nothing", "10.0.0.1", nil, "10.0.0.1"},
		{"a proxy's word", "10.0.0.1", []string{usual, "203.0.113.9"}, "203.0.113.9"},
		{"an IPv4 peer on an IPv6 socket", "::ffff:10.0.0.1", []string{usual, "::ffff:203.0.113.9"}, "203.0.113.9"},
		{"two proxies", "10.0.0.1", []string{usual, "203.0.113.9, 10.0.0.2"}, "203.0.113.9"},
		{"two proxies in two lines", "10.0.0.1", []string{usual, "203.0.113.9", usual, "10.0.0.2"}, "203.0.113.9"},
		{"what a client wrote before the proxy's word", "10.0.0.1", []string{usual, "198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"a trusted address that a client wrote", "10.0.0.1", []string{usual, "10.9.9.9, 203.0.113.9"}, "203.0.113.9"},
		{"a chain of proxies alone", "10.0.0.1", []string{usual, "10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		{"a port", "10.0.0.1", []string{usual, "203.0.113.9:5678"}, "203.0.113.9"},
		{"IPv6", "fd00::1", []string{usual, "2001:db8::9"}, "2001:db8::9"},
		{"IPv6 in brackets", "fd00::1", []string{usual, "[2001:db8::9]"}, "2001:db8::9"},
		{"IPv6 and a port", "fd00::1", []string{usual, "[2001:db8::9]:443"}, "2001:db8::9"},
		{"a zone is nobody else's business", "fd00::1", []string{usual, "fe80::1%eth0"}, "fe80::1"},
		{"spaces and tabs", "10.0.0.1", []string{usual, " \t203.0.113.9 "}, "203.0.113.9"},
		{"empty", "10.0.0.1", []string{usual, ""}, "10.0.0.1"},
		{"broken last", "10.0.0.1", []string{usual, "203.0.113.9, nonsense"}, "10.0.0.1"},
		{"broken before a proxy", "10.0.0.1", []string{usual, "nonsense, 10.0.0.2"}, "10.0.0.2"},
		{"a quote that a client left open", "10.0.0.1", []string{usual, `", 203.0.113.9`}, "203.0.113.9"},

		{"standard", "10.0.0.1", []string{standard, "for=203.0.113.9"}, "203.0.113.9"},
		{"standard among other parameters", "10.0.0.1", []string{standard, "proto=https;For=203.0.113.9;by=10.0.0.1"}, "203.0.113.9"},
		{"standard IPv6, quoted, with port", "10.0.0.1", []string{standard, `for="[2001:db8::9]:4711"`}, "2001:db8::9"},
		{"standard IPv6, quoted", "10.0.0.1", []string{standard, `for="[2001:db8::9]"`}, "2001:db8::9"},
		{"standard, two proxies", "10.0.0.1", []string{standard, "for=203.0.113.9, for=10.0.0.2;by=10.0.0.1"}, "203.0.113.9"},
		{"standard, unknown", "10.0.0.1", []string{standard, "for=203.0.113.9, for=unknown"}, "10.0.0.1"},
		{"standard, obfuscated", "10.0.0.1", []string{standard, "for=203.0.113.9, for=_hidden, for=10.0.0.2"}, "10.0.0.2"},
		{"standard, without for", "10.0.0.1", []string{standard, "for=203.0.113.9, by=10.0.0.2"}, "10.0.0.1"},
		{"standard, for twice in one element", "10.0.0.1", []string{standard, "for=198.51.100.1;for=203.0.113.9"}, "10.0.0.1"},
		{"standard, for within a quoted host", "10.0.0.1", []string{standard, `for=203.0.113.9;host="x,for=198.51.100.1"`}, "203.0.113.9"},
		{"standard, for within a quoted host, cut by semicolons", "10.0.0.1", []string{standard, `for=203.0.113.9;host="x,for=198.51.100.1;x="`}, "203.0.113.9"},
		{"standard, escaped quotes within a quoted host", "10.0.0.1", []string{standard, `for=203.0.113.9;host="x\",for=198.51.100.1;y=\""`}, "203.0.113.9"},
		{"standard, a quote that a client left open", "10.0.0.1", []string{standard, `for="198.51.100.1, for=203.0.113.9`}, "203.0.113.9"},
		{"standard, empty", "10.0.0.1", []string{standard, ""}, "10.0.0.1"},

		{"both agree", "10.0.0.1", []string{standard, "for=203.0.113.9", usual, "203.0.113.9"}, "203.0.113.9"},
		{"both disagree", "10.0.0.1", []string{standard, "for=198.51.100.1", usual, "203.0.113.9"}, "10.0.0.1"},
		{"one is broken", "10.0.0.1", []string{standard, "for=198.51.100.1", usual, "nonsense"}, "10.0.0.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := from(c.peer, c.fields...)
			if err := behindProxies().Run(x); err != nil {
				t.Fatal(err)
			}
			if got := x.Client.String(); got != c.want {
				t.Errorf("the client is %s, want %s", got, c.want)
			}
		})
	}
}

func TestClientOfManyHops(t *testing.T) {
	x := from("10.0.0.1", "X-Forwarded-For", strings.Repeat("10.0.0.9,", 50_000)+"203.0.113.9")
	if n := testing.AllocsPerRun(1, func() { x.Client = behindProxies().behind(x.Request.Remote.Addr(), x.Request.Fields) }); n > 20 {
		t.Errorf("%v allocations for a list that a client made long", n)
	}
	if x.Client.String() != "203.0.113.9" {
		t.Errorf("the client is %s", x.Client)
	}
}

// FuzzForwarded: whatever a client puts before what a proxy appended, it is
// never believed.
func FuzzForwarded(f *testing.F) {
	for _, seed := range []string{"", "for=1.2.3.4", `for="`, `for="\`, `for=1.2.3.4;host="x`, `"`, `\"`, ",,,", "for=10.0.0.1", `x="a,b";for="[::1]:1"`} {
		f.Add(seed)
	}
	c := behindProxies()
	f.Fuzz(func(t *testing.T, client string) {
		for _, name := range []string{"Forwarded", "X-Forwarded-For"} {
			appended := "203.0.113.9"
			if name == "Forwarded" {
				appended = `for=203.0.113.9;host="a,b;\"c"`
			}
			x := from("10.0.0.1", name, client+", "+appended)
			if err := c.Run(x); err != nil || x.Client.String() != "203.0.113.9" {
				t.Errorf("%s: %q before the proxy's element: the client is %s", name, client, x.Client)
			}
			x = from("10.0.0.1", name, client)
			if err := c.Run(x); err != nil || !x.Client.IsValid() || x.Client.Zone() != "" {
				t.Errorf("%s: %q: the client is %s, %v", name, client, x.Client, err)
			}
		}
	})
}

func TestRequestID(t *testing.T) {
	own := from("192.0.2.1").ID
	for _, c := range []struct {
		name, peer string
		fields     []string
		want       string
	}{
		{"our own", "192.0.2.1", nil, own},
		{"a stranger's", "192.0.2.1", []string{"X-Request-Id", "theirs"}, own},
		{"a proxy's", "10.0.0.1", []string{"X-Request-Id", "a-Z_0.~"}, "a-Z_0.~"},
		{"two", "10.0.0.1", []string{"X-Request-Id", "a", "x-request-id", "b"}, own},
		{"too long", "10.0.0.1", []string{"X-Request-Id", strings.Repeat("a", 129)}, own},
		{"with what could break a log", "10.0.0.1", []string{"X-Request-Id", "a\nb"}, own},
		{"with markup", "10.0.0.1", []string{"X-Request-Id", "<b>"}, own},
		{"empty", "10.0.0.1", []string{"X-Request-Id", ""}, own},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := from(c.peer, c.fields...)
			if err := behindProxies().Run(x); err != nil || x.ID != c.want || x.Answer.Get("X-Request-Id") != c.want {
				t.Errorf("id %q, answered %q, %v; want %q", x.ID, x.Answer.Get("X-Request-Id"), err, c.want)
			}
		})
	}
}

func TestScheme(t *testing.T) {
	for _, c := range []struct {
		name, peer string
		fields     []string
		want       string
	}{
		{"a stranger's", "192.0.2.1", []string{"X-Forwarded-Proto", "https"}, "http"},
		{"a proxy's", "10.0.0.1", []string{"X-Forwarded-Proto", "https"}, "https"},
		{"a client's before the proxy's", "10.0.0.1", []string{"X-Forwarded-Proto", "https", "X-Forwarded-Proto", "http"}, "http"},
		{"neither", "10.0.0.1", []string{"X-Forwarded-Proto", "gopher"}, "http"},
	} {
		x := from(c.peer, c.fields...)
		if err := behindProxies().Run(x); err != nil || x.Request.Scheme != c.want {
			t.Errorf("%s: %q, %v; want %q", c.name, x.Request.Scheme, err, c.want)
		}
	}
}

func TestTraceParent(t *testing.T) {
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	const made = "00-0197f1c2111172228333444455556666-8333444455556666-00"
	for _, c := range []struct {
		name   string
		fields []string
		want   string
	}{
		{"none", nil, made},
		{"well formed", []string{"traceparent", good}, good},
		{"two", []string{"traceparent", good, "Traceparent", good}, made},
		{"capitals", []string{"traceparent", strings.ToUpper(good)}, made},
		{"trace id of zeros", []string{"traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01"}, made},
		{"parent id of zeros", []string{"traceparent", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01"}, made},
		{"version ff", []string{"traceparent", "ff" + good[2:]}, made},
		{"longer", []string{"traceparent", good + "-00"}, made},
		{"not hex", []string{"traceparent", strings.Replace(good, "0af", "0xf", 1)}, made},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := from("192.0.2.1", append(c.fields, "tracestate", "vendor=1")...)
			if err := behindProxies().Run(x); err != nil || x.Trace != c.want {
				t.Errorf("trace %q, %v; want %q", x.Trace, err, c.want)
			}
			if kept := x.Request.Fields.Has("tracestate"); kept != (c.want == good) {
				t.Errorf("tracestate kept: %v", kept)
			}
		})
	}
	x := from("10.0.0.1", "X-Request-Id", "not-a-uuid")
	if err := behindProxies().Run(x); err != nil || x.Trace != "" {
		t.Errorf("an id of another form made the trace %q", x.Trace)
	}
}
