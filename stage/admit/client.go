package admit

import (
	"net/netip"
	"strings"

	"github.com/gaissmai/bart"

	"sallyport"
	"sallyport/message"
)

// Client finds the client's address, and the id and scheme of the request, as
// far as proxies that are trusted report them. What anybody else says of
// itself is not believed and never reaches the backend.
type Client struct{ trusted bart.Lite }

// NewClient trusts the proxies within these prefixes.
func NewClient(trusted []netip.Prefix) *Client {
	c := &Client{}
	for _, p := range trusted {
		c.trusted.Insert(p.Masked())
	}
	return c
}

// Run implements sallyport.Step.
func (c *Client) Run(x *sallyport.Exchange) error {
	peer := x.Request.Remote.Addr().Unmap()
	x.Client = peer
	if c.trusts(peer) {
		x.Client = c.behind(peer, x.Request.Fields)
		if id := x.Request.Fields.Get("X-Request-Id"); wellFormedID(id) && x.Request.Fields.Count("X-Request-Id") == 1 {
			x.ID = id
		}
		if scheme := x.Request.Fields.Get("X-Forwarded-Proto"); scheme == "https" || scheme == "http" {
			x.Request.Scheme = scheme
		}
	}
	x.Trace = traceParent(x.Request.Fields, x.ID)
	x.Answer.Set("X-Request-Id", x.ID)
	return nil
}

// traceParent is the request's trace context if it has a well-formed one, else
// a new one that takes its trace id from the request's id (W3C Trace Context §3.2).
func traceParent(fields message.Fields, id string) string {
	if t := fields.Get("traceparent"); wellFormedTrace(t) && fields.Count("traceparent") == 1 {
		return t
	}
	digits := strings.ReplaceAll(id, "-", "")
	if len(digits) != 32 || !allHex(digits) {
		return ""
	}
	return "00-" + digits + "-" + digits[16:] + "-00"
}

func wellFormedTrace(t string) bool {
	return len(t) == 55 && t[:3] == "00-" && t[35] == '-' && t[52] == '-' && allHex(t[3:35]) && allHex(t[36:52]) && allHex(t[53:]) &&
		strings.Trim(t[3:35], "0") != "" && strings.Trim(t[36:52], "0") != ""
}

func allHex(s string) bool {
	for i := 0; i < len(s); i++ {
		if !hex(s[i]) || 'A' <= s[i] && s[i] <= 'F' {
			return false
		}
	}
	return true
}

func (c *Client) trusts(a netip.Addr) bool { return a.IsValid() && c.trusted.Contains(a) }

// behind walks from the nearest proxy outwards to the first address that is
// not a trusted proxy. Where Forwarded (RFC 7239) and X-Forwarded-For are both
// there and disagree, a client may have written one of them: then the peer is
// all that is known.
func (c *Client) behind(peer netip.Addr, fields message.Fields) netip.Addr {
	standard, hasStandard := c.outermost(peer, forwardedFor(fields), fields.Has("Forwarded"))
	usual, hasUsual := c.outermost(peer, strings.Split(fields.Joined("X-Forwarded-For"), ","), fields.Has("X-Forwarded-For"))
	switch {
	case hasStandard && hasUsual && standard != usual:
		return peer
	case hasStandard:
		return standard
	case hasUsual:
		return usual
	}
	return peer
}

func (c *Client) outermost(peer netip.Addr, hops []string, present bool) (netip.Addr, bool) {
	if !present {
		return peer, false
	}
	client := peer
	for i := len(hops) - 1; i >= 0; i-- {
		hop, ok := node(hops[i])
		if !ok {
			return client, true // unknown, obfuscated or broken: what came before is not to be believed
		}
		client = hop
		if !c.trusts(hop) {
			break
		}
	}
	return client, true
}

// forwardedFor are the for= parameters in order (RFC 7239 §4).
func forwardedFor(fields message.Fields) []string {
	var hops []string
	for _, element := range strings.Split(fields.Joined("Forwarded"), ",") {
		hop := ""
		for _, pair := range strings.Split(element, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			if strings.EqualFold(name, "for") {
				hop = value
			}
		}
		hops = append(hops, hop)
	}
	return hops
}

// node is the address of a node identifier (RFC 7239 §6), with or without
// quotes, brackets and port.
func node(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1 : len(text)-1]
	}
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return a.Unmap().WithZone(""), err == nil
}

// wellFormedID: what goes into logs and back to the client is plain and short.
func wellFormedID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for i := 0; i < len(id); i++ {
		if !unreserved(id[i]) {
			return false
		}
	}
	return true
}
