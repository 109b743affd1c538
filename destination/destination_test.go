package destination

import (
	"net/netip"
	"strings"
	"testing"
)

// tricks are ways to name a host that is not the one that a check finds, or one
// that is not public, and what must come of each.
var tricks = []struct {
	text string
	want Verdict
}{
	// Addresses as everybody writes them.
	{"http://127.0.0.1/", Address},
	{"http://10.0.0.5:8080/admin", Address},
	{"http://172.16.0.1", Address},
	{"http://172.31.255.255", Address},
	{"http://192.168.1.1", Address},
	{"http://169.254.169.254/latest/meta-data/", Address},
	{"http://100.100.100.200/latest/meta-data/", Address},
	{"http://100.64.0.1/", Address},
	{"http://168.63.129.16/machine", Address},
	{"http://192.0.0.192/opc/v2/", Address},
	{"http://0.0.0.0:80/", Address},
	{"http://0.1.2.3/", Address},
	{"http://198.18.0.1/", Address},
	{"http://192.0.2.7/", Address},
	{"http://198.51.100.7/", Address},
	{"http://203.0.113.7/", Address},
	{"http://192.88.99.1/", Address},
	{"http://224.0.0.1/", Address},
	{"http://239.255.255.250:1900/", Address},
	{"http://240.0.0.1/", Address},
	{"http://255.255.255.255/", Address},
	// And in notations that some readers know.
	{"http://2130706433/", Ambiguous},
	{"http://0x7f000001/", Ambiguous},
	{"http://0x7f.1/", Ambiguous},
	{"http://0X7F.0x0.0x0.0x1/", Ambiguous},
	{"http://0177.0.0.1/", Ambiguous},
	{"http://017700000001/", Ambiguous},
	{"http://127.1/", Ambiguous},
	{"http://127.0.1/", Ambiguous},
	{"http://0/", Ambiguous},
	{"http://0x/", Ambiguous},
	{"http://1.2.3.0x/", Ambiguous},
	{"http://127.000.000.001/", Ambiguous},
	{"http://010.8.8.8/", Ambiguous},
	{"http://8.8.8.010/", Ambiguous},
	{"http://256.256.256.256/", Ambiguous},
	{"http://1.2.3.4.5/", Ambiguous},
	{"http://425.510.425.510/", Ambiguous},
	{"http://127.0.0.1./", Ambiguous},
	{"http://example.1/", Ambiguous},
	{"http://example.0xa/", Ambiguous},
	{"http://169.254.43518/", Ambiguous},
	{"http://2852039166/latest/", Ambiguous},
	{"http://127。0。0。1/", Ambiguous},
	{"http://127．0．0．1/", Ambiguous},
	{"http://１２７.0.0.1/", Ambiguous},
	{"http://①②⑦.⓪.⓪.①/", Ambiguous},
	{"http://١٢٧.٠.٠.١/", Ambiguous},
	{"http://¹²⁷.0.0.1/", Ambiguous},
	{"http://%31%32%37.0.0.1/", Ambiguous},
	{"http://127.0.0.1%2f@example.com/", Ambiguous},
	// IPv6, and the IPv4 within it.
	{"http://[::1]/", Address},
	{"http://[::]:80/", Address},
	{"http://[0:0:0:0:0:0:0:1]/", Address},
	{"http://[::ffff:127.0.0.1]/", Address},
	{"http://[::ffff:7f00:1]/", Address},
	{"http://[::ffff:169.254.169.254]/", Address},
	{"http://[::ffff:0:127.0.0.1]/", Address},
	{"http://[::127.0.0.1]/", Address},
	{"http://[64:ff9b::10.0.0.1]/", Address},
	{"http://[64:ff9b::a9fe:a9fe]/", Address},
	{"http://[64:ff9b:1::1]/", Address},
	{"http://[2002:7f00:1::]/", Address},
	{"http://[2002:a9fe:a9fe::1]/", Address},
	{"http://[2001:0:7f00:1::]/", Address},
	{"http://[2001:db8::1]/", Address},
	{"http://[3fff::1]/", Address},
	{"http://[100::1]/", Address},
	{"http://[5f00::1]/", Address},
	{"http://[fe80::1]/", Address},
	{"http://[fec0::1]/", Address},
	{"http://[fd00:ec2::254]/", Address},
	{"http://[fc00::1]/", Address},
	{"http://[ff02::1]/", Address},
	{"http://[fe80::1%25eth0]/", Ambiguous},
	{"http://[fe80::1%eth0]/", Ambiguous},
	{"http://[::1/", Ambiguous},
	{"http://::1/", Ambiguous},
	{"http://[127.0.0.1]/", Ambiguous},
	{"http://[v1.x]/", Ambiguous},
	{"http://[::1]example.com/", Ambiguous},
	{"http://[::1]:80:90/", Ambiguous},
	{"http://[[::1]]/", Ambiguous},
	{"http://[0:0:0:0:0:ffff:127.1]/", Ambiguous},
	// Names that lead inwards.
	{"http://localhost/", Name},
	{"http://LOCALHOST:8080/", Name},
	{"http://a.localhost/", Name},
	{"http://localhost.localdomain/", Name},
	{"http://intranet/", Name},
	{"http://db_1/", Name},
	{"http://metadata.google.internal/computeMetadata/v1/", Name},
	{"http://printer.local/", Name},
	{"http://router.home.arpa/", Name},
	{"http://1.0.0.127.in-addr.arpa/", Name},
	{"http://x.onion/", Name},
	{"http://example.com./", Ambiguous},
	{"http://localhost./", Ambiguous},
	{"http://.example.com/", Ambiguous},
	{"http://example..com/", Ambiguous},
	{"http://-a.example.com/", Ambiguous},
	{"http://" + strings.Repeat("a", 64) + ".com/", Ambiguous},
	{"http://" + strings.Repeat("a.", 130) + "com/", Ambiguous},
	{"http://" + strings.Repeat("a", maxText), Ambiguous},
	// Where the host begins and ends.
	{"http://good.com@evil.com/", Ambiguous},
	{"http://good.com:80@evil.com/", Ambiguous},
	{"http://@evil.com/", Ambiguous},
	{"http://good.com%40evil.com/", Ambiguous},
	{"http://good.com#@evil.com/", Ambiguous},
	{"http://good.com?@evil.com/", Ambiguous},
	{"http://good.com:80#@evil.com:22/", Ambiguous},
	{"http://good.com\\@evil.com/", Ambiguous},
	{"http://good.com\\.evil.com/", Ambiguous},
	{"http:\\\\evil.com/", Ambiguous},
	{"http://1.1.1.1 &@2.2.2.2# @3.3.3.3/", Ambiguous},
	{"http://good.com&@evil.com/", Ambiguous},
	{"http://good.com;evil.com/", Ambiguous},
	{"http://good.com,evil.com/", Ambiguous},
	{"http://good.com\t.evil.com/", Ambiguous},
	{"ht\ntp://evil.com/", Ambiguous},
	{" http://evil.com/", Ambiguous},
	{"http://evil.com/ ", Ambiguous},
	{"http://evil.com/\r\nHost: x", Ambiguous},
	{"http://evil.com\x00.good.com/", Ambiguous},
	{"http://evil.com\u00ad.good.com/", Ambiguous},
	{"http://evil.com\u2028.good.com/", Ambiguous},
	{"http://evil.com\u200b/", Ambiguous},
	{"http://evil.c\u2100.good.com/", Ambiguous},
	{"http://evil.com\uff0fgood.com/", Ambiguous},
	{"http://evil.com\u2215.good.com/", Ambiguous},
	{"http://\xff.com/", Ambiguous},
	{"http:evil.com", Ambiguous},
	{"http:/evil.com", Ambiguous},
	{"http:///evil.com", Ambiguous},
	{"http:////evil.com", Ambiguous},
	{"//evil.com/", Ambiguous},
	{"///evil.com/", Ambiguous},
	{"/\\evil.com/", Ambiguous},
	{"evil.com/", Ambiguous},
	{"evil.com:80/", Ambiguous},
	{"://evil.com/", Ambiguous},
	{"", Ambiguous},
	{"http://", Ambiguous},
	{"http://?x", Ambiguous},
	{"http://:80/", Ambiguous},
	{"url:http://evil.com/", Ambiguous},
	{"http://faß.de/", Ambiguous},
	{"http://xn--fa-hia.de/", Ambiguous},
	{"http://\u212aelvin.com/", Ambiguous},
	{"http://ⓔxample.com/", Ambiguous},
	{"http://xn--a.com/", Ambiguous},
	// Schemes and ports.
	{"file:///etc/passwd", Ambiguous},
	{"file://localhost/etc/passwd", Scheme},
	{"gopher://example.com:70/_x", Scheme},
	{"dict://example.com:11211/stat", Scheme},
	{"ftp://example.com/", Scheme},
	{"ldap://example.com/", Scheme},
	{"jar:http://example.com/x!/", Ambiguous},
	{"javascript:alert(1)", Ambiguous},
	{"data:text/plain,x", Ambiguous},
	{"http://example.com:/", Ambiguous},
	{"http://example.com:080/", Ambiguous},
	{"http://example.com:0/", Ambiguous},
	{"http://example.com:65536/", Ambiguous},
	{"http://example.com:4294967376/", Ambiguous},
	{"http://example.com:+80/", Ambiguous},
	{"http://example.com:80:80/", Ambiguous},
	{"http://example.com:８０/", Ambiguous},
	// What honest clients send.
	{"http://example.com", Allowed},
	{"HTTPS://Example.COM/a?b=c&d=@e", Allowed},
	{"https://example.com:8443/hooks/%20x?next=https://other.example/#top", Allowed},
	{"https://user_1.example.com/~a@b/", Allowed},
	{"http://8.8.8.8/", Allowed},
	{"http://172.32.0.1/", Allowed},
	{"http://[2606:4700::1111]:8080/", Allowed},
	{"http://[64:ff9b::8.8.8.8]/", Allowed},
	{"http://0xa.example.com/", Allowed},
	{"http://1.example.com/", Allowed},
	{"http://xn--bcher-kva.example.com/", Allowed},
	{"http://bücher.example.com/größe?q=ä", Allowed},
	{"http://例え.jp/", Allowed},
}

func TestTricks(t *testing.T) {
	p := &Policy{}
	for _, c := range tricks {
		if got := p.Judge(t.Context(), URL, c.text); got != c.want {
			t.Errorf("%q: %d %s; want %d %s", c.text, got, got.Keyword(), c.want, c.want.Keyword())
		}
	}
}

func TestHostsAreReadByThemselves(t *testing.T) {
	p := &Policy{}
	for text, want := range map[string]Verdict{
		"example.com": Allowed, "EXAMPLE.com": Allowed, "8.8.8.8": Allowed, "2606:4700::1111": Allowed,
		"127.0.0.1": Address, "::1": Address, "::ffff:10.0.0.1": Address, "fe80::1": Address,
		"0x7f.1": Ambiguous, "2130706433": Ambiguous, "fe80::1%eth0": Ambiguous, "[::1]": Ambiguous, "example.com:80": Ambiguous,
		"a@b": Ambiguous, "a/b": Ambiguous, "": Ambiguous, "http://example.com": Ambiguous,
		"localhost": Name, "metadata": Name,
	} {
		if got := p.Judge(t.Context(), Host, text); got != want {
			t.Errorf("%q: %d; want %d", text, got, want)
		}
	}
}

func TestReferencesLeadNowhereUnlessTheyNameAHost(t *testing.T) {
	p := &Policy{}
	for text, want := range map[string]Verdict{
		"/a/b": Allowed, "a/b?c=d": Allowed, "?x=http://10.0.0.1/": Allowed, "#top": Allowed, "../x": Allowed, "./a:b": Allowed,
		"https://example.com/": Allowed, "http://10.0.0.1/": Address, "//10.0.0.1/": Ambiguous, "///x": Ambiguous, "/\\x": Ambiguous,
		"a:b": Ambiguous, "1:b": Ambiguous, "http:x": Ambiguous, "ftp://example.com/": Scheme,
	} {
		if got := p.Judge(t.Context(), Reference, text); got != want {
			t.Errorf("%q: %d; want %d", text, got, want)
		}
	}
	for text, want := range map[string]Verdict{"example.com": Allowed, "10.0.0.1": Address, "http://10.0.0.1/": Address, "https://example.com": Allowed, "2606:4700::1": Allowed} {
		if got := p.Judge(t.Context(), URL|Host, text); got != want {
			t.Errorf("URL or host %q: %d; want %d", text, got, want)
		}
	}
}

func TestWhatIsPerhapsAURL(t *testing.T) {
	p := &Policy{}
	for text, want := range map[string]Verdict{
		"": Allowed, "hello world": Allowed, "Note: hi": Allowed, "see http://10.0.0.1/": Allowed, "a/b": Allowed, "12:30": Allowed, "a:b": Allowed, "/x": Allowed, "größer ①": Allowed,
		"https://example.com/": Allowed, "http://10.0.0.1/": Address, " http://10.0.0.1/": Ambiguous, "h\tttp:10.0.0.1": Ambiguous, "http:10.0.0.1": Ambiguous, "//10.0.0.1": Ambiguous, "\\/10.0.0.1": Ambiguous,
		"\u00a0http://10.0.0.1": Ambiguous, "file:/etc/passwd": Ambiguous, "gopher://10.0.0.1/": Scheme, "x:\\\\y": Ambiguous,
	} {
		if got := p.Judge(t.Context(), URL|Perhaps, text); got != want {
			t.Errorf("%q: %d; want %d", text, got, want)
		}
	}
	if got := p.Judge(t.Context(), Host|Perhaps, "10.0.0.1"); got != Address {
		t.Errorf("a host in doubt: %d", got)
	}
}

func patterns(t testing.TB, texts ...string) []Pattern {
	t.Helper()
	var list []Pattern
	for _, text := range texts {
		p, ok := ParsePattern(text)
		if !ok {
			t.Fatalf("%q is no pattern", text)
		}
		list = append(list, p)
	}
	return list
}

func TestPolicy(t *testing.T) {
	listed := Policy{Hosts: patterns(t, "Example.com", "*.partner.net", "10.1.0.0/16", "192.168.0.1", "::1", "build")}
	inner := Policy{Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}, Schemes: []string{"https", "ws"}, Ports: []uint16{8443}}
	for _, c := range []struct {
		policy *Policy
		text   string
		want   Verdict
	}{
		{&listed, "http://example.com/", Allowed}, {&listed, "http://a.example.com/", Name}, {&listed, "http://xexample.com/", Name},
		{&listed, "http://a.partner.net/", Allowed}, {&listed, "http://a.b.partner.net/", Allowed}, {&listed, "http://partner.net/", Name}, {&listed, "http://xpartner.net/", Name},
		{&listed, "http://10.1.2.3/", Allowed}, {&listed, "http://10.2.2.3/", Name}, {&listed, "http://8.8.8.8/", Name}, {&listed, "http://192.168.0.1/", Allowed},
		{&listed, "http://[::1]/", Allowed}, {&listed, "http://[::ffff:10.1.0.1]/", Allowed}, {&listed, "http://build/", Allowed}, {&listed, "http://example.com.evil.net/", Name},
		{&inner, "https://10.0.0.1/", Allowed}, {&inner, "https://[64:ff9b::10.0.0.1]/", Allowed}, {&inner, "https://192.168.0.1/", Address}, {&inner, "https://[fd00::1]/", Allowed},
		{&inner, "http://example.com/", Scheme}, {&inner, "WS://example.com/", Allowed}, {&inner, "https://example.com:443/", Allowed}, {&inner, "https://example.com:8443/", Allowed}, {&inner, "https://example.com:22/", Port}, {&inner, "ws://example.com:443/", Port},
	} {
		if got := c.policy.Judge(t.Context(), URL, c.text); got != c.want {
			t.Errorf("%q: %d %s; want %d", c.text, got, got.Keyword(), c.want)
		}
	}
	for _, text := range []string{"", "*", "*.", "*.10.0.0.1", "a b", "http://x", "127.1", "10.0.0.0/99", "*.a.*"} {
		if _, ok := ParsePattern(text); ok {
			t.Errorf("%q is a pattern", text)
		}
	}
}

func TestControlLooksAtTheAddressItself(t *testing.T) {
	for _, c := range []struct {
		policy  Policy
		address string
		taken   bool
	}{
		{Policy{}, "8.8.8.8:443", true}, {Policy{}, "127.0.0.1:80", false}, {Policy{}, "[::ffff:10.0.0.1]:80", false}, {Policy{}, "[fe80::1%lo]:80", false}, {Policy{}, "example.com:80", false},
		{Policy{Networks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}, "127.0.0.1:80", true},
		{Policy{Hosts: patterns(t, "10.0.0.1")}, "10.0.0.1:80", true}, {Policy{Hosts: patterns(t, "10.0.0.1")}, "8.8.8.8:80", false},
		{Policy{Hosts: patterns(t, "example.com")}, "8.8.8.8:80", true}, {Policy{Hosts: patterns(t, "example.com")}, "10.0.0.1:80", false},
	} {
		if err := c.policy.Control("tcp", c.address, nil); (err == nil) != c.taken {
			t.Errorf("%s: %v", c.address, err)
		}
	}
}

func TestJudgeAllocatesNothingForWhatIsSpelledOut(t *testing.T) {
	p := &Policy{Hosts: patterns(t, "*.example.com", "10.0.0.0/8")}
	for _, text := range []string{"https://hooks.example.com/a?b=c", "http://10.0.0.1/", "http://[::ffff:10.0.0.1]:8080/", "https://evil.net/"} {
		if n := testing.AllocsPerRun(100, func() { p.Judge(t.Context(), URL, text) }); n > 0 && !raceEnabled {
			t.Errorf("%s: %v allocations", text, n)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	p := &Policy{Hosts: patterns(b, "*.example.com")}
	for name, text := range map[string]string{"name": "https://hooks.example.com/a?b=c", "address": "http://10.0.0.1:8080/", "idn": "https://bücher.example.com/"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Judge(b.Context(), URL, text)
			}
		})
	}
}
