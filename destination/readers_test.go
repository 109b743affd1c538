package destination

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/idna"
	"pgregory.net/rapid"
)

// A reader finds the host of a URL the way that some client does; "" is none.
type reader func(text string) string

var readers = map[string]reader{
	"net/url": func(text string) string {
		u, err := url.Parse(text)
		if err != nil {
			return ""
		}
		return canonical(u.Hostname())
	},
	"browser": browser,
	"curl":    func(text string) string { return loose(text, "/?#") },
	"old":     func(text string) string { return loose(text, "/") },
	"naive": func(text string) string {
		_, rest, _ := strings.Cut(text, "//")
		rest, _, _ = strings.Cut(rest, "/")
		rest = rest[:cut(rest, "?#")]
		return canonical(unbracket(rest))
	},
}

// browser reads by the WHATWG URL standard: it strips, folds slashes, decodes
// and maps.
func browser(text string) string {
	text = strings.Trim(text, "\x00\x01\x02\x03\x04\x05\x06\x07\b\t\n\v\f\r \x1f")
	text = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(text)
	_, rest, found := strings.Cut(text, ":")
	if !found {
		return ""
	}
	rest = strings.TrimLeft(rest, `/\`)
	rest = rest[:cut(rest, `/\?#`)]
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	host := unbracket(rest)
	if decoded, err := url.PathUnescape(host); err == nil {
		host = decoded
	}
	return canonical(host)
}

func loose(text, ends string) string {
	_, rest, found := strings.Cut(text, "://")
	if !found {
		return ""
	}
	rest = rest[:cut(rest, ends)]
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	return canonical(unbracket(rest[:cut(rest, "?#")]))
}

func cut(text, ends string) int {
	if i := strings.IndexAny(text, ends); i >= 0 {
		return i
	}
	return len(text)
}

func unbracket(host string) string {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, _, _ = strings.Cut(inner, "]")
		return inner
	}
	host, _, _ = strings.Cut(host, ":")
	return host
}

var mapping = idna.New(idna.MapForLookup(), idna.Transitional(true), idna.StrictDomainName(false))

// canonical maps a host as browsers did first, and reads numbers by inet_aton.
func canonical(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.String()
	}
	if mapped, err := mapping.ToASCII(host); err == nil {
		host = mapped
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if a, ok := aton(host); ok {
		return a.String()
	}
	return host
}

// aton reads an IPv4 address of one to four numbers, decimal, octal or
// hexadecimal.
func aton(text string) (netip.Addr, bool) {
	parts := strings.Split(text, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var whole uint64
	for i, part := range parts {
		digits, base := part, 10
		switch lower := strings.ToLower(part); {
		case lower == "0x":
			digits = "0"
		case strings.HasPrefix(lower, "0x"):
			digits, base = part[2:], 16
		case strings.HasPrefix(part, "0"):
			base = 8
		}
		n, err := strconv.ParseUint(digits, base, 64)
		last := i == len(parts)-1
		if err != nil || !last && n > 255 || last && n >= 1<<(8*(5-len(parts))) {
			return netip.Addr{}, false
		}
		if last {
			whole |= n
		} else {
			whole |= n << (8 * (3 - i))
		}
	}
	return netip.AddrFrom4([4]byte{byte(whole >> 24), byte(whole >> 16), byte(whole >> 8), byte(whole)}), true
}

// agree says which reader finds another host than Read does in what it takes.
func agree(t interface{ Errorf(string, ...any) }, text string) {
	target, v := Read(URL, text)
	if v != Allowed {
		return
	}
	own := target.Host
	if target.Addr.IsValid() {
		own = target.Addr.String()
	}
	for name, read := range readers {
		if got := read(text); got != own && got != "" { // what a reader refuses leads it nowhere
			t.Errorf("%q leads to %q; to the %s reader it leads to %q", text, own, name, got)
		}
	}
}

func TestReadersAgreeOnTricks(t *testing.T) {
	for _, c := range tricks {
		agree(t, c.text)
	}
}

// What is put together of the pieces that readers stumble over is refused or
// leads all of them to one host.
func TestReadersAgree(t *testing.T) {
	piece := rapid.SampledFrom([]string{
		"http", "https", "HTTP", ":", "/", "//", "\\", "@", "?", "#", ".", "..", "%2e", "%40", "%", "[", "]", ":80", ":", "0", "127.0.0.1", "0x7f", "0177", "1", "::1", "::ffff:10.0.0.1",
		"good.com", "evil", "com", "a", "-", "_", "xn--", "xn--bcher-kva", "bücher", "ß", "Ｅ", "。", "．", "①", "\u212a", "\u00ad", "\u200d", "\u2044", "\t", "\n", " ", "\x00", "&", ";", ",", "!", "$", "'", "(", "*", "+", "=", "~", "{", "\"", "<", "^", "|", "`",
	})
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"http://", "https://", "http:", ""}).Draw(t, "begins") + strings.Join(rapid.SliceOfN(piece, 1, 10).Draw(t, "pieces"), "")
		agree(t, text)
	})
}

func FuzzRead(f *testing.F) {
	for _, c := range tricks {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		agree(t, text)
		for _, kind := range []Kind{Reference, Host, URL | Host, URL | Reference | Host} {
			target, v := Read(kind, text)
			if v == Allowed && !target.Relative && target.Host == "" && !target.Addr.IsValid() {
				t.Errorf("%q leads nowhere and is taken", text)
			}
		}
	})
}
