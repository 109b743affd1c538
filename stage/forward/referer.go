package forward

import (
	"net/url"
	"strings"
)

// referer is where the client says that it comes from, without the credentials
// in its query: a page whose address holds a key names it in every request that
// it makes (RFC 9110 §17.9), to operations too that take no key at all.
func (u *Upstream) referer(value string) string {
	page, query, ok := strings.Cut(value, "?")
	if !ok || len(u.Secrets) == 0 {
		return value
	}
	query, fragment, marked := strings.Cut(query, "#") // which no honest client sends
	if query = without(query, "&", u.Secrets, decoded); query != "" {
		page += "?" + query
	}
	if marked {
		page += "#" + fragment
	}
	return page
}

// decoded is a parameter's name in any encoding; one that cannot be read is
// itself.
func decoded(name string) string {
	if plain, err := url.QueryUnescape(name); err == nil {
		return plain
	}
	return name
}
