package admit

import (
	"errors"
	"strings"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
	"sallyport/websocket"
)

// Handshake lets requests by that open a WebSocket as they have to (RFC 6455
// §4.2), and where they come from a browser, from a page that may.
//
// A browser sends the cookies of its user with every handshake and asks nobody
// before: without this, any page could speak to the API as whoever visits it
// (cross-site WebSocket hijacking, RFC 6455 §10.2).
type Handshake struct {
	// Origins are the pages that may, beside those of the API's own host. "*"
	// alone lets every page.
	Origins []string
	// Suffixes are the parts after "https://*" of wildcard origins.
	Suffixes []string
	// Optional lets requests by that ask for no WebSocket, for an operation that
	// is something else too.
	Optional bool
}

// Run implements sallyport.Step.
func (h *Handshake) Run(x *sallyport.Exchange) error {
	switch err := websocket.CheckRequest(x.Request); {
	case err == nil:
	case h.Optional && (err == websocket.ErrNotAsked || err == websocket.ErrProto): // an Upgrade in HTTP/1.0 means nothing (RFC 9110 §7.8)
		return nil
	default:
		return handshakeRefusal(err)
	}
	fields := x.Request.Fields
	switch origin := fields.Get("Origin"); {
	case !fields.Has("Origin"): // no browser, which is free to write what it wants
		return nil
	case fields.Count("Origin") == 1 && (isOwn(origin, x.Request) || allowedOrigin(h.Origins, h.Suffixes, origin)):
		return nil
	}
	return problem.Refuse(problem.WebSocketOriginRefused, "Pages of this origin may not open a WebSocket here.")
}

func handshakeRefusal(err error) error {
	switch {
	case errors.Is(err, websocket.ErrProto):
		return problem.Refuse(problem.VersionUnsupported, "A WebSocket is opened by a request in HTTP/1.1.")
	case errors.Is(err, websocket.ErrNotAsked):
		return problem.Refuse(problem.WebSocketRequired, "Open a WebSocket: GET with Upgrade: websocket and Connection: Upgrade.").With("Upgrade", "websocket")
	case errors.Is(err, websocket.ErrVersion):
		return problem.Refuse(problem.WebSocketRequired, "The version of WebSocket is 13 here.").With("Upgrade", "websocket").With("Sec-WebSocket-Version", "13")
	}
	return problem.Refuse(problem.RequestMalformed, "The opening handshake is malformed: %s.", err)
}

// isOwn tells whether an origin is the host that was asked for. Behind a proxy
// that ends TLS the page is of https where the request is not; the other way
// round anybody on the way could have made the page.
func isOwn(origin string, r *message.Request) bool {
	scheme, host, ok := strings.Cut(origin, "://")
	if !ok || scheme != "https" && (scheme != "http" || r.Scheme != "http") {
		return false
	}
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return host != "" && strings.EqualFold(host, strings.TrimSuffix(r.Authority, port))
}

// allowedOrigin tells whether an origin is one of a list, or below one.
func allowedOrigin(origins, suffixes []string, origin string) bool {
	for _, o := range origins {
		if o == origin || o == "*" && len(origins) == 1 {
			return true
		}
	}
	host, secure := strings.CutPrefix(origin, "https://")
	for _, suffix := range suffixes {
		if name, ok := strings.CutSuffix(host, suffix); ok && secure && name != "" && !strings.ContainsAny(name, ":/@") {
			return true
		}
	}
	return false
}
