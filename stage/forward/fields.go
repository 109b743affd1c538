package forward

import (
	"strconv"
	"strings"

	"sallyport"
	"sallyport/message"
)

// fields are the request's header fields as the backend gets them: the
// client's without those that are the gateway's to give, then the gateway's.
func (u *Upstream) fields(x *sallyport.Exchange) (message.Fields, error) {
	listed := connectionListed(x.Request.Fields)
	out := make(message.Fields, 0, len(x.Request.Fields)+16)
	for _, f := range x.Request.Fields {
		switch {
		case u.gatewayOwned(f.Name) || hopByHop(f.Name, listed):
		case u.Identity && u.asksForLess(f.Name):
		default:
			out = append(out, f)
		}
	}
	if u.Identity {
		out.Add("Accept-Encoding", "identity")
	}
	setForwarded(&out, x)
	out.Add("X-Request-Id", x.ID)
	if x.Trace != "" {
		out.Add("Traceparent", x.Trace)
	}
	out.Add("Via", via(x.Request.Proto))
	return out, u.setCaller(&out, &x.Caller)
}

// asksForLess tells the fields by which a client asks for an answer that is
// encoded or a part, and so cannot be judged.
func (u *Upstream) asksForLess(name string) bool {
	return message.EqualName(name, "Accept-Encoding") || message.EqualName(name, "Range") || message.EqualName(name, "If-Range")
}

func setForwarded(out *message.Fields, x *sallyport.Exchange) {
	peer := x.Request.Remote.Addr().Unmap().WithZone("")
	client, chain, behind := "unknown", "", "" // RFC 7239 §6.2: a peer without an address, such as a socket in the file system
	if x.Client.IsValid() {
		client = x.Client.String()
		chain = client
	}
	if peer != x.Client && peer.IsValid() {
		chain += ", " + peer.String()
		behind = ", for=" + forwardedNode(peer.String())
	}
	host := x.Request.Authority
	if chain != "" {
		out.Add("X-Forwarded-For", chain)
	}
	out.Add("X-Forwarded-Host", host)
	out.Add("X-Forwarded-Proto", x.Request.Scheme)
	if port := x.Request.Local.Port(); port != 0 {
		out.Add("X-Forwarded-Port", strconv.Itoa(int(port)))
	}
	out.Add("Forwarded", "for="+forwardedNode(client)+`;host="`+host+`";proto=`+x.Request.Scheme+behind)
}

// via says how the request came to us (RFC 9110 §7.6.3).
func via(proto string) string {
	if strings.HasPrefix(proto, "HTTP/2") {
		return "2 sallyport"
	}
	return "1.1 sallyport"
}

// forwardedNode is an address as RFC 7239 §6 writes it.
func forwardedNode(address string) string {
	if strings.IndexByte(address, ':') >= 0 {
		return `"[` + address + `]"`
	}
	return address
}
