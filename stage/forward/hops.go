package forward

import (
	"slices"
	"strings"

	"sallyport/message"
)

// hopByHop tells the fields that end at each connection (RFC 9110 §7.6.1), the
// ones that a Connection field lists among them. Host and Content-Length are
// written anew. Underscores and dots count as hyphens: behind us Transfer_Encoding
// may be read as the framing (CGI, RFC 3875 §4.1.18).
func hopByHop(name string, listed []string) bool {
	if hopFields.haveAlike(name) {
		return true
	}
	for _, l := range listed {
		// A twin goes with what it could be taken for, and never takes that away.
		if message.EqualName(name, l) || isAlike(name, l) && !plainName(name) {
			return true
		}
	}
	return false
}

var hopFields = byLength(
	"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer",
	"Transfer-Encoding", "Upgrade", "Http2-Settings", "Host", "Content-Length", "Expect",
)

// connectionListed are the field names that the Connection field makes
// hop-by-hop. A client may not use it to take away what a backend needs to
// judge a request (such as Cookie or Authorization): only unknown names count.
func connectionListed(fields message.Fields) []string {
	value := fields.Joined("Connection")
	if value == "" {
		return nil
	}
	var listed []string
	for option := range strings.SplitSeq(value, ",") {
		option = strings.TrimSpace(option)
		// Most often it is keep-alive, which ends at each connection anyway.
		if option != "" && !hopFields.haveAlike(option) && !endToEnd.haveAlike(option) {
			listed = append(listed, option)
		}
	}
	return listed
}

var endToEnd = byLength(
	"Accept", "Authorization", "Cache-Control", "Content-Encoding", "Content-Language", "Content-Range", "Content-Type", "Cookie",
	"Date", "Etag", "If-Match", "If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "Last-Modified", "Location", "Range",
	"Set-Cookie", "Vary", "Www-Authenticate",
)

func sortFields(fields message.Fields) {
	slices.SortStableFunc(fields, func(a, b message.Field) int { return strings.Compare(a.Name, b.Name) })
}
