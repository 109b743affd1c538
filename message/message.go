package message

import (
	"crypto/tls"
	"net/netip"
)

// Request is a request as the client sent it, and its one reading.
type Request struct {
	Method string
	// Target is the request target as received, origin-form: path and query.
	Target string
	// Path is the canonical path, still percent-encoded: the bytes that are
	// matched, authorised on and sent upstream. Set by Admit.
	Path string
	// Query is what follows the first "?", without it. Set by Admit.
	Query string
	// Authority is the host the client asked for, as received.
	Authority string
	// Host is the authority's host in lower case without port or trailing
	// dot. Set by Admit.
	Host string
	// Scheme is http or https: what the client spoke to this listener.
	Scheme string
	// Proto is the protocol version, such as HTTP/1.1.
	Proto  string
	Fields Fields
	// Body is nil where the request has no content.
	Body *Body
	// Remote is the other end of the connection: the client or a proxy.
	Remote netip.AddrPort
	// Local is our end of the connection.
	Local netip.AddrPort
	// TLS is nil on a plain connection.
	TLS *tls.ConnectionState
}

// Response is an answer, from the upstream or made by the gateway. Its fields
// hold no framing (Content-Length, Transfer-Encoding, Connection): that follows
// from the body. An answer to HEAD has a body that is never read, for its length.
type Response struct {
	Status int
	Fields Fields
	// Body is nil where the answer has no content.
	Body *Body
	// Tunnel is what follows an answer of 101; nil with any other.
	Tunnel Tunnel
}

// Close gives up what has not been sent of it.
func (r *Response) Close() {
	r.Body.Close()
	if r.Tunnel != nil {
		r.Tunnel.Close()
	}
}

// Bodiless tells whether an answer of this status to this method has no
// content by definition (RFC 9110 §6.4.1).
func Bodiless(method string, status int) bool {
	return method == "HEAD" || status < 200 || status == 204 || status == 304
}
