package message

import "strings"

// MayTrail tells whether a field may stand behind the content: not if it says
// how to frame, route, cache or read the message, or who may (RFC 9110 §6.5.1).
// A client that merges trailers would take those for fields that were checked.
func MayTrail(name string) bool {
	if len(name) > len("Content-") && EqualName(name[:len("Content-")], "Content-") {
		return EqualName(name, "Content-Digest")
	}
	if len(name) > len("Access-Control-") && EqualName(name[:len("Access-Control-")], "Access-Control-") {
		return false
	}
	for _, word := range notTrailers {
		if strings.EqualFold(name, word) {
			return false
		}
	}
	return true
}

var notTrailers = [...]string{
	"Accept-Ranges", "Age", "Allow", "Alt-Svc", "Authorization", "Cache-Control", "Clear-Site-Data", "Connection", "Cookie", "Date", "Expect", "Expires",
	"Host", "Keep-Alive", "Location", "Max-Forwards", "Pragma", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Range", "Retry-After",
	"Set-Cookie", "Strict-Transport-Security", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Vary", "Via", "Warning", "Www-Authenticate", "X-Content-Type-Options", "X-Frame-Options",
}

// FilterTrailers leaves those trailers that keep says yes to.
func (b *Body) FilterTrailers(keep func(name string) bool) {
	if b.MayHaveTrailers() {
		b.trailing = filteredTrailers{b.trailing, keep}
	}
}

// MayHaveTrailers tells whether fields may stand behind the content.
func (b *Body) MayHaveTrailers() bool { return b != nil && b.trailing != nil }

// DropTrailers leaves no trailers.
func (b *Body) DropTrailers() {
	if b != nil {
		b.trailing = nil
	}
}

type filteredTrailers struct {
	of   Trailing
	keep func(name string) bool
}

// Trailers implements Trailing.
func (f filteredTrailers) Trailers() Fields {
	var kept Fields
	for _, t := range f.of.Trailers() {
		if f.keep(t.Name) {
			kept = append(kept, t)
		}
	}
	return kept
}

// TakesTrailers tells whether the client asks for fields behind the content
// (RFC 9110 §10.1.4).
func (r *Request) TakesTrailers() bool { return HasToken(r.Fields.Joined("Te"), "trailers") }

// HasToken looks for a token in a list (RFC 9110 §5.6.1), without regard to case.
func HasToken(list, token string) bool {
	for list != "" {
		var item string
		item, list, _ = strings.Cut(list, ",")
		if strings.EqualFold(strings.Trim(item, " \t"), token) {
			return true
		}
	}
	return false
}
