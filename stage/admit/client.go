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
		// A second value is somebody else's: a proxy may have added its own to a client's.
		if scheme := x.Request.Fields.Joined("X-Forwarded-Proto"); scheme == "https" || scheme == "http" {
			x.Request.Scheme = scheme
		}
	}
	x.Trace = traceParent(x.Request, x.ID)
	x.Answer.Set("X-Request-Id", x.ID)
	return nil
}

// traceParent is the request's trace context if it has a well-formed one, else
// a new one that takes its trace id from the request's id (W3C Trace Context
// §3.2). A new trace has no state of another one (§3.3.1).
func traceParent(r *message.Request, id string) string {
	if t := r.Fields.Get("traceparent"); wellFormedTrace(t) && r.Fields.Count("traceparent") == 1 {
		return t
	}
	r.Fields.Del("tracestate")
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
	standard, hasStandard := c.outermost(peer, fields, "Forwarded", forwardedFor)
	usual, hasUsual := c.outermost(peer, fields, "X-Forwarded-For", func(element string) string { return element })
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

// outermost reads a list from its end, where the nearest proxy wrote: what a
// client put before it can be of any length and form.
func (c *Client) outermost(peer netip.Addr, fields message.Fields, name string, node func(string) string) (netip.Addr, bool) {
	if !fields.Has(name) {
		return peer, false
	}
	client := peer
	for list, more := fields.Joined(name), true; more; {
		var element string
		list, element, more = cutLast(list, ',')
		hop, ok := address(node(element))
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

// forwardedFor is the value of an element's one for= parameter (RFC 7239 §4).
func forwardedFor(element string) string {
	node, found := "", false
	for more := true; more; {
		var pair string
		element, pair, more = cutLast(element, ';')
		if name, value, _ := strings.Cut(strings.TrimSpace(pair), "="); strings.EqualFold(name, "for") {
			if found {
				return "" // each parameter stands once
			}
			node, found = value, true
		}
	}
	return node
}

// cutLast cuts off what follows the last separator that is not within a quoted
// string (RFC 9110 §5.6.4): a proxy may quote a host that its client made up.
func cutLast(list string, separator byte) (before, last string, found bool) {
	quoted := false
	for i := len(list) - 1; i >= 0; i-- {
		switch c := list[i]; {
		case c == '"':
			if backslashes := i - len(strings.TrimRight(list[:i], `\`)); backslashes%2 == 0 {
				quoted = !quoted
			}
		case c == separator && !quoted:
			return list[:i], list[i+1:], true
		}
	}
	return "", list, false
}

// address is that of a node identifier (RFC 7239 §6), with or without quotes,
// brackets and port.
func address(node string) (netip.Addr, bool) {
	node = strings.TrimSpace(node)
	if len(node) > 1 && node[0] == '"' && node[len(node)-1] == '"' {
		node = node[1 : len(node)-1]
	}
	if ap, err := netip.ParseAddrPort(node); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	if len(node) > 1 && node[0] == '[' && node[len(node)-1] == ']' {
		node = node[1 : len(node)-1]
	}
	a, err := netip.ParseAddr(node)
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
