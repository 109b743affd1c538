package console

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The longest that things may be. The document says the same.
const (
	maxName     = 128
	maxNote     = 1000
	maxGrants   = 64
	maxNetworks = 64
	maxSecret   = 64 << 10
)

// checks collects what is wrong with what was given.
type checks struct{ faults []Fault }

func (c *checks) wrong(pointer, keyword, format string, args ...any) {
	c.faults = append(c.faults, Fault{pointer, keyword, fmt.Sprintf(format, args...)})
}

func (c *checks) err() error {
	if len(c.faults) == 0 {
		return nil
	}
	return &Refused{Why: ErrInvalid, Says: "What was given does not fit; errors says what to change.", Faults: c.faults}
}

// name is what consumers, secrets and tokens are called: it stands in paths, in
// logs and in header fields to the backend, so it has one spelling everywhere.
func (c *checks) name(pointer, name string) {
	switch {
	case name == "":
		c.wrong(pointer, "minLength", "must not be empty")
	case len(name) > maxName:
		c.wrong(pointer, "maxLength", "must be at most %d characters long", maxName)
	case !letterOrDigit(name[0]):
		c.wrong(pointer, "pattern", "must begin with a letter or a digit of ASCII")
	default:
		for i := range len(name) {
			if !letterOrDigit(name[i]) && strings.IndexByte("._@:+-", name[i]) < 0 {
				c.wrong(pointer, "pattern", "may hold letters and digits of ASCII and . _ @ : + - only")
				return
			}
		}
	}
}

func letterOrDigit(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

// text is for people: a note, the name of a key.
func (c *checks) text(pointer, text string, most int) {
	switch {
	case !utf8.ValidString(text):
		c.wrong(pointer, "pattern", "must be UTF-8")
	case utf8.RuneCountInString(text) > most:
		c.wrong(pointer, "maxLength", "must be at most %d characters long", most)
	case strings.ContainsFunc(text, unseen):
		c.wrong(pointer, "pattern", "must be one line without control characters and characters that are not seen")
	}
}

// unseen are controls, and the characters of category Cf: with those that turn
// the direction of writing, a list shows another text than the one that counts.
// So do the two separators of lines that are no controls.
func unseen(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// grants are scopes or roles, each a scope token (RFC 6749 §3.3): printable
// ASCII without a space, a quotation mark and a backslash.
func (c *checks) grants(pointer string, grants []string) {
	if len(grants) > maxGrants {
		c.wrong(pointer, "maxItems", "must be at most %d", maxGrants)
		return
	}
	for i, g := range grants {
		at := pointer + "/" + strconv.Itoa(i)
		switch {
		case g == "":
			c.wrong(at, "minLength", "must not be empty")
		case len(g) > maxName:
			c.wrong(at, "maxLength", "must be at most %d characters long", maxName)
		case strings.ContainsFunc(g, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }):
			c.wrong(at, "pattern", `must be printable ASCII without a space, a quotation mark or a backslash`)
		case slices.Contains(grants[:i], g):
			c.wrong(pointer, "uniqueItems", "must not name one twice")
		}
	}
}

// networks are prefixes, or addresses that stand for themselves alone.
func (c *checks) networks(pointer string, networks []string) []netip.Prefix {
	if len(networks) > maxNetworks {
		c.wrong(pointer, "maxItems", "must be at most %d", maxNetworks)
		return nil
	}
	var prefixes []netip.Prefix
	for i, text := range networks {
		at := pointer + "/" + strconv.Itoa(i)
		prefix, err := readNetwork(text)
		switch {
		case err != nil:
			c.wrong(at, "format", "must be an address or a prefix, such as 192.0.2.1, 10.0.0.0/8 or 2001:db8::/32")
		case prefix != prefix.Masked():
			c.wrong(at, "format", "must have no bits set behind the length of its prefix")
		case slices.Contains(prefixes, prefix):
			c.wrong(pointer, "uniqueItems", "must not name one twice")
		default:
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

var errNetwork = errors.New("an address of IPv4 within one of IPv6")

func readNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		address = address.Unmap()
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err == nil && prefix.Addr().Is4In6() {
		return prefix, errNetwork
	}
	return prefix, err
}

// longestLife is the furthest that anything may expire: ten years.
const longestLife = 10 * 366 * 24 * time.Hour

// future checks a moment that is to come; the zero one is never.
func (c *checks) future(pointer string, at, now time.Time) {
	switch {
	case at.IsZero():
	case !at.After(now):
		c.wrong(pointer, "minimum", "must be in the future")
	case at.Sub(now) > longestLife:
		c.wrong(pointer, "maximum", "must be within ten years")
	}
}
