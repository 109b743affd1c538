package http1

import (
	"strings"

	"sallyport/message"
)

// isTrailer tells whether a field may stand behind the content: not if it says
// how to frame, route, cache or read the message, or who may (RFC 9110 §6.5.1).
// A client that merges trailers would take those for fields that were checked.
func isTrailer(name string) bool {
	if len(name) > len("Content-") && message.EqualName(name[:len("Content-")], "Content-") {
		return message.EqualName(name, "Content-Digest")
	}
	if len(name) > len("Access-Control-") && message.EqualName(name[:len("Access-Control-")], "Access-Control-") {
		return false
	}
	for _, word := range notTrailers {
		if strings.EqualFold(name, word) {
			return false
		}
	}
	return !isFraming(name)
}

var notTrailers = [...]string{
	"Accept-Ranges", "Age", "Allow", "Alt-Svc", "Authorization", "Cache-Control", "Clear-Site-Data", "Date", "Expect", "Expires", "Host", "Location",
	"Max-Forwards", "Pragma", "Proxy-Authenticate", "Proxy-Authorization", "Range", "Retry-After", "Set-Cookie", "Strict-Transport-Security", "Te",
	"Trailer", "Upgrade", "Vary", "Via", "Warning", "Www-Authenticate", "X-Content-Type-Options", "X-Frame-Options",
}
