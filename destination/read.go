package destination

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// maxText bounds a value that is read, in bytes: beyond it clients and proxies
// begin to cut URLs off (RFC 9110 §4.1 asks for 8000 bytes).
const maxText = 8 << 10

// Target is where a value leads.
type Target struct {
	// Relative is set where the value names no host: it leads to where it is
	// read from.
	Relative bool
	// Scheme of a URL as it was written; "" of a host.
	Scheme string
	// Host is a name in lower case, A-labels for what is not ASCII (RFC 5890
	// §2.3.2.1); "" where Addr is there.
	Host string
	// Addr is an address that the value spells out.
	Addr netip.Addr
	// Port that a URL names; 0 where it names none.
	Port uint16
}

// Read finds where a value leads; the verdict is Allowed or Ambiguous.
func Read(kind Kind, text string) (t Target, v Verdict) {
	if kind&Perhaps != 0 && kind&Host == 0 && !mayLead(text) {
		t.Relative = true
		return t, Allowed
	}
	if text == "" || len(text) > maxText || !isPlain(text) {
		return t, Ambiguous
	}
	if kind&Host != 0 && (kind == Host || strings.IndexByte(text, '/') < 0) {
		if ok := t.readHost(text, true); ok || kind == Host {
			return t, verdictOf(ok)
		}
	}
	scheme, rest, found := cutScheme(text)
	switch {
	case !found && kind&Reference != 0:
		// //host would lead elsewhere, and so, to some, would a colon in the
		// first segment (RFC 3986 §4.2).
		segment, _, _ := strings.Cut(text, "/")
		t.Relative = true
		return t, verdictOf(!strings.HasPrefix(text, "//") && strings.IndexByte(beforeQuery(segment), ':') < 0)
	case !found:
		return t, Ambiguous
	}
	t.Scheme = scheme
	return t, verdictOf(t.readRest(rest))
}

func verdictOf(ok bool) Verdict {
	if ok {
		return Allowed
	}
	return Ambiguous
}

// mayLead tells text that some reader takes for a URL behind what readers strip:
// two slashes of either kind, a scheme and a slash, or a scheme that is fetched
// from without one.
func mayLead(text string) bool {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, text))
	if len(text) > 1 && isSlash(text[0]) && isSlash(text[1]) {
		return true
	}
	scheme, rest, found := cutScheme(text)
	return found && rest != "" && (isSlash(rest[0]) || slices.Contains(fetched, lower(scheme)))
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// fetched are schemes that clients take without slashes too.
var fetched = []string{"http", "https", "ws", "wss", "ftp", "ftps", "file", "url", "jar", "gopher", "dict", "ldap", "data"}

// isPlain refuses what readers strip, split at or fold: white space and control
// characters (WHATWG URL §4.4 takes tabs and newlines out), backslashes, which
// some take for slashes, and bytes that are no text.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c <= ' ' || c == '\\' || c == 0x7f {
			return false
		} else if c >= utf8.RuneSelf {
			return isPlainText(text[i:])
		}
	}
	return true
}

func isPlainText(text string) bool {
	for i, r := range text {
		if r <= ' ' || r == '\\' || unicode.IsControl(r) || unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
			return false
		}
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\uFFFD") {
			return false
		}
		// Normal forms make slashes, dots, colons and numbers of these
		// (NFKC): full-width forms, fractions, enclosed and small ones.
		if r == utf8.RuneError || folds(r) {
			return false
		}
	}
	return true
}

// folds tells a character that compatibility normalisation turns into one that
// ends a host: full-width and small forms, ligatures of symbols, the stops of
// CJK.
func folds(r rune) bool {
	switch {
	case r >= 0xff01 && r <= 0xff65, r >= 0xfe10 && r <= 0xfe6b, r >= 0x2024 && r <= 0x2026,
		r >= 0x2100 && r <= 0x2101, r >= 0x2105 && r <= 0x2106, r >= 0x2047 && r <= 0x2049,
		r >= 0x2460 && r <= 0x24ff, r >= 0x2070 && r <= 0x208e, r >= 0x2150 && r <= 0x2189,
		r == 0x3002, r == 0x2a74, r == 0x203c, r == 0x037e, r == 0x2044, r == 0x2215, r == 0x2216:
		return true
	}
	return false
}

// cutScheme takes a scheme and its colon off (RFC 3986 §3.1).
func cutScheme(text string) (scheme, rest string, found bool) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case isLetter(c):
		case i > 0 && (isDigit(c) || c == '+' || c == '-' || c == '.'):
		case i > 0 && c == ':':
			return text[:i], text[i+1:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// readRest reads what follows the scheme: two slashes, no more and no less, for
// browsers take one or three for two.
func (t *Target) readRest(rest string) bool {
	rest, found := strings.CutPrefix(rest, "//")
	if !found {
		return false
	}
	end := strings.IndexAny(rest, "/?#")
	authority := rest
	if end >= 0 {
		authority = rest[:end]
		// Readers that do not know that ? and # end the host go on to the next @.
		if rest[end] != '/' && strings.IndexByte(rest[end:], '@') >= 0 {
			return false
		}
	}
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i+1:]
		if !t.readPort(port) {
			return false
		}
	}
	if inner, bracketed := strings.CutPrefix(host, "["); bracketed {
		inner, closed := strings.CutSuffix(inner, "]")
		return closed && strings.IndexByte(inner, ':') >= 0 && t.readAddress(inner)
	}
	return t.readHost(host, false)
}

// readPort takes 1 to 65535, without zeros before it.
func (t *Target) readPort(port string) bool {
	if port == "" || len(port) > 5 || port[0] == '0' {
		return false
	}
	for i := range len(port) {
		if !isDigit(port[i]) {
			return false
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	t.Port = uint16(n)
	return err == nil
}

// readAddress takes an address without a zone, which names an interface of
// whoever reads it (RFC 4007 §11).
func (t *Target) readAddress(text string) bool {
	a, err := netip.ParseAddr(text)
	t.Addr = a
	return err == nil && a.Zone() == ""
}

// readHost reads a name or an IPv4 address; bare takes IPv6 without brackets.
func (t *Target) readHost(text string, bare bool) bool {
	if bare && strings.IndexByte(text, ':') >= 0 {
		return t.readAddress(text)
	}
	if endsInNumber(text) {
		// One notation alone is an address to all: inet_aton(3) and browsers
		// take 127.1, 0177.0.0.1, 0x7f000001 and 2130706433 for one too.
		return t.readAddress(text)
	}
	ascii, upper := true, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c >= utf8.RuneSelf:
			ascii = false
		case c >= 'A' && c <= 'Z':
			upper = true
		case !isLetter(c) && !isDigit(c) && c != '-' && c != '.' && c != '_':
			return false
		}
	}
	if upper {
		text = lower(text)
	}
	if !ascii || strings.Contains(text, "xn--") {
		var ok bool
		if text, ok = toASCII(text); !ok || endsInNumber(text) {
			return false
		}
	}
	t.Host = text
	return areLabels(text)
}

// endsInNumber is how browsers tell addresses from names (WHATWG URL §3.5), but
// that the empty label behind a last dot counts: such names are refused.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if len(last) > 1 && last[0] == '0' && (last[1] == 'x' || last[1] == 'X') {
		for i := 2; i < len(last); i++ {
			if !isHex(last[i]) {
				return false
			}
		}
		return true
	}
	for i := range len(last) {
		if !isDigit(last[i]) {
			return false
		}
	}
	return last != ""
}

// labels are checked and never mapped: what IDNA2008 does not take as it stands
// (RFC 5891 §5) one reader would map, another send as it is.
var labels = idna.New(idna.ValidateLabels(true), idna.StrictDomainName(false), idna.CheckJoiners(true), idna.BidiRule(), idna.VerifyDNSLength(true))

// toASCII is a name in A-labels, written in them throughout or in none.
func toASCII(host string) (string, bool) {
	ascii, err := labels.ToASCII(host)
	if err != nil || strings.IndexFunc(ascii, func(r rune) bool { return r >= utf8.RuneSelf }) >= 0 {
		return "", false
	}
	shown, err := labels.ToUnicode(ascii)
	if err != nil || shown != host && ascii != host {
		return "", false // it was mapped all the same
	}
	// ss, s, and nothing to those that follow IDNA2003 (UTS #46 §6).
	return ascii, !strings.ContainsAny(shown, "ßς\u200c\u200d")
}

// areLabels holds a name to the lengths of RFC 1035 §2.3.4. A dot at its end
// some drop and some keep, so it is an empty label here.
func areLabels(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

// beforeQuery is a reference up to its query or fragment.
func beforeQuery(text string) string {
	if i := strings.IndexAny(text, "?#"); i >= 0 {
		return text[:i]
	}
	return text
}

// lower changes ASCII alone: Unicode makes a k of the sign for kelvin.
func lower(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r | 0x20
		}
		return r
	}, text)
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
