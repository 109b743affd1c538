// Package destination judges where a value leads: a URL, a reference, a host
// name or an address that a client sent and that a backend may fetch from
// (server-side request forgery). It reads such a value once and strictly, and
// says whether a policy lets it lead there.
//
// What two readers take for two hosts is refused and never mended: a URL is
// taken only where RFC 3986, the WHATWG URL standard, net/url and what curl and
// older libraries make of it agree. So there is no user information, no
// backslash, no white space, no percent sign in a host, no number that is an
// address in another notation, no letter that a mapping of IDNA (UTS #46)
// changes. Names are asked of a resolver, and each of their addresses must be
// allowed.
//
// Which addresses are public is said by the IANA special-purpose registries (RFC
// 6890 and its updates), which names never are by that of special-use names (RFC
// 6761). An address within another one (RFC 4291 §2.5.5, RFC 6052) counts too.
//
// Between the judging of a name and its use the answer of the resolver may change
// (DNS rebinding). Who fetches by itself closes that gap with Policy.Control.
package destination

import (
	"context"
	"net/netip"
	"slices"
	"strings"
)

// Kind is what a value is read as.
type Kind uint8

// The kinds; a value may be of several.
const (
	// URL is an absolute URL or IRI.
	URL Kind = 1 << iota
	// Reference is a URL, or a relative reference without a host, which leads
	// nowhere else.
	Reference
	// Host is a name, an IPv4 or an IPv6 address.
	Host
	// Perhaps is text that may be a URL: what no reader would take for one leads
	// nowhere.
	Perhaps
)

// Verdict is what comes of a value.
type Verdict uint8

// The verdicts.
const (
	// Allowed lets it lead where it leads.
	Allowed Verdict = iota
	// Ambiguous has two readings, or none.
	Ambiguous
	// Scheme is one that the policy does not have.
	Scheme
	// Port is one that the policy does not have.
	Port
	// Name is a host that the policy does not list, or that never is public.
	Name
	// Address is not public, or one of those of the name is not.
	Address
	// Unresolved is a name that no address could be found of in time.
	Unresolved
)

// words are the keyword of a verdict and what is told of it.
var words = [...]struct{ keyword, message string }{
	Allowed:    {"", ""},
	Ambiguous:  {"ambiguous", "must be written so that every reader finds the same host in it"},
	Scheme:     {"scheme", "must have a scheme that is allowed here"},
	Port:       {"port", "must have a port that is allowed here"},
	Name:       {"host", "must lead to a host that is allowed here"},
	Address:    {"address", "must lead to a public address"},
	Unresolved: {"unresolved", "must name a host that can be found"},
}

// Keyword is one word for a verdict, as it stands in problems; "" for Allowed.
func (v Verdict) Keyword() string { return words[v].keyword }

// String is a sentence about what would be right. It holds nothing of the value.
func (v Verdict) String() string { return words[v].message }

// Policy is where values may lead. It is made once and never changed. The zero
// value lets http and https lead to every public host, unresolved.
type Policy struct {
	// Schemes of URLs, in lower case; none are http and https.
	Schemes []string
	// Ports that a URL may name beside the one of its scheme; none are all.
	Ports []uint16
	// Hosts are those that may be led to alone; none are all that are public.
	Hosts []Pattern
	// Networks may be led to though they are not public.
	Networks []netip.Prefix
	// Resolver finds the addresses of names, which must all be allowed; nil asks
	// nobody, and a name is judged by its text alone.
	Resolver *Resolver
	// Unresolved lets a name by of which no address could be found.
	Unresolved bool
}

// Judge says whether a value may lead where it leads. It asks the resolver last,
// for nobody in particular, and waits no longer than that does.
func (p *Policy) Judge(ctx context.Context, kind Kind, text string) Verdict {
	j := p.Begin(ctx, "", kind, text)
	return j.End(ctx)
}

// Judgement is one that has begun. Make it with Begin.
type Judgement struct {
	policy  *Policy
	verdict Verdict
	named   bool // the verdict is that of the answer
	answer  *answer
}

// Begin judges a value as far as its text goes, and asks about its name without
// waiting, so that the names of several values are asked about at one time.
// Caller is who sent it, for each of whom few names are asked about at once; ""
// stands for whom nobody knows.
func (p *Policy) Begin(ctx context.Context, caller string, kind Kind, text string) Judgement {
	t, v := Read(kind, text)
	j := Judgement{policy: p, verdict: v}
	switch {
	case v != Allowed || t.Relative:
	case t.Scheme != "" && !p.takesScheme(t.Scheme):
		j.verdict = Scheme
	case t.Port != 0 && t.Port != defaultPort(t.Scheme) && len(p.Ports) > 0 && !slices.Contains(p.Ports, t.Port):
		j.verdict = Port
	case t.Addr.IsValid():
		j.verdict = p.literal(t.Addr)
	case !p.takesName(t.Host):
		j.verdict = Name
	case p.Resolver != nil:
		if j.named = true; ctx.Err() == nil {
			j.answer = p.Resolver.ask(caller, t.Host)
		}
	}
	return j
}

// End is what comes of it, when its name is found or its context is done.
func (j *Judgement) End(ctx context.Context) Verdict {
	if !j.named {
		return j.verdict
	}
	addresses, ok := j.answer.wait(ctx)
	if !ok {
		if j.policy.Unresolved {
			return Allowed
		}
		return Unresolved
	}
	for _, a := range addresses {
		if !j.policy.Takes(a) {
			return Address
		}
	}
	return Allowed
}

func (p *Policy) takesScheme(scheme string) bool {
	if len(p.Schemes) == 0 {
		return strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")
	}
	return slices.ContainsFunc(p.Schemes, func(one string) bool { return strings.EqualFold(one, scheme) })
}

func defaultPort(scheme string) uint16 {
	switch {
	case strings.EqualFold(scheme, "http"), strings.EqualFold(scheme, "ws"):
		return 80
	case strings.EqualFold(scheme, "https"), strings.EqualFold(scheme, "wss"):
		return 443
	}
	return 0
}

// literal judges an address that stands in the value itself.
func (p *Policy) literal(a netip.Addr) Verdict {
	listed := slices.ContainsFunc(p.Hosts, func(h Pattern) bool { return h.network.IsValid() && h.network.Contains(a.Unmap()) })
	switch {
	case len(p.Hosts) > 0 && !listed:
		return Name
	case listed || p.Takes(a):
		return Allowed
	}
	return Address
}

// takesName judges a host by its text alone.
func (p *Policy) takesName(host string) bool {
	listed := slices.ContainsFunc(p.Hosts, func(h Pattern) bool { return h.matches(host) })
	return listed || len(p.Hosts) == 0 && !isLocalName(host)
}

// Takes tells whether an address may be connected to: it is public, or in one of
// Networks, and so is the IPv4 address that stands within it.
func (p *Policy) Takes(a netip.Addr) bool {
	return IsPublic(a) || slices.ContainsFunc(p.Networks, func(n netip.Prefix) bool {
		return n.Contains(a.WithZone("")) || n.Contains(embedded(a))
	})
}

// Pattern is a host of a policy. Make it with ParsePattern.
type Pattern struct {
	text    string // in lower case; a suffix begins with a dot
	network netip.Prefix
}

// ParsePattern reads a host name, *. and the end of names, an address or a
// network; ok is false for anything else.
func ParsePattern(text string) (p Pattern, ok bool) {
	if n, err := netip.ParsePrefix(text); err == nil {
		return Pattern{network: n.Masked()}, true
	}
	suffix, starred := strings.CutPrefix(text, "*.")
	t, v := Read(Host, suffix)
	switch {
	case v != Allowed || starred && t.Addr.IsValid():
		return p, false
	case t.Addr.IsValid():
		a := t.Addr.Unmap()
		return Pattern{network: netip.PrefixFrom(a, a.BitLen())}, true
	case starred:
		return Pattern{text: "." + t.Host}, true
	}
	return Pattern{text: t.Host}, true
}

// matches tells whether a name in lower case is meant. A suffix means what is
// below it, and not itself.
func (p Pattern) matches(host string) bool {
	return p.text != "" && (host == p.text || p.text[0] == '.' && len(host) > len(p.text) && strings.HasSuffix(host, p.text))
}
