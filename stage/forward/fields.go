package forward

import (
	"net/http"
	"strconv"
	"strings"

	"sallyport"
)

// fields are the request's header fields as the backend gets them: the
// client's without those that are the gateway's to give, then the gateway's.
func (u *Upstream) fields(x *sallyport.Exchange) (http.Header, error) {
	listed := connectionListed(x.Request.Fields)
	out := newHeader(len(x.Request.Fields) + 16)
	for _, f := range x.Request.Fields {
		if !u.gatewayOwned(f.Name) && !hopByHop(f.Name, listed) {
			out.add(http.CanonicalHeaderKey(f.Name), f.Value)
		}
	}
	if out.Header["User-Agent"] == nil {
		out.set("User-Agent", "") // or net/http would name itself
	}
	if u.Identity {
		out.set("Accept-Encoding", "identity")
		delete(out.Header, "Range")
		delete(out.Header, "If-Range")
	}
	setForwarded(out, x)
	out.set("X-Request-Id", x.ID)
	if x.Trace != "" {
		out.set("Traceparent", x.Trace)
	}
	out.add("Via", via(x.Request.Proto))
	return out.Header, u.setCaller(out, &x.Caller)
}

// header is an http.Header whose values lie in one array: net/http wants a
// slice for each, which would be an allocation for each.
type header struct {
	http.Header
	values []string
}

func newHeader(size int) *header {
	return &header{make(http.Header, size), make([]string, 0, size)}
}

func (h *header) set(name, value string) {
	h.values = append(h.values, value)
	n := len(h.values)
	h.Header[name] = h.values[n-1 : n : n] // appending to it copies it
}

func (h *header) add(name, value string) {
	if old := h.Header[name]; old != nil {
		h.Header[name] = append(old, value)
		return
	}
	h.set(name, value)
}

func setForwarded(out *header, x *sallyport.Exchange) {
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
		out.set("X-Forwarded-For", chain)
	}
	out.set("X-Forwarded-Host", host)
	out.set("X-Forwarded-Proto", x.Request.Scheme)
	if port := x.Request.Local.Port(); port != 0 {
		out.set("X-Forwarded-Port", strconv.Itoa(int(port)))
	}
	out.set("Forwarded", "for="+forwardedNode(client)+`;host="`+host+`";proto=`+x.Request.Scheme+behind)
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
