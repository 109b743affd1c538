package forward

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"sallyport/message"
)

// Credentials are what the gateway proves itself to a backend with, and what of
// a client's own the backend does not get. Nothing of them is ever printed.
type Credentials struct {
	fields message.Fields
	query  string // as it is appended
	// Names that are taken out of what the client sent.
	dropFields, dropQuery, dropCookies []string
	secrets                            [][]byte
}

// Give has the field sent in place of all that a client sends under that name.
// It is an error where the field is the gateway's own, or the value would not
// stay one field; no error shows the value.
func (c *Credentials) Give(name, value string, secrets ...string) error {
	switch {
	case hopByHop(name, nil) || (&Upstream{Prefix: "X-Forwarded-"}).Owns(name) || message.EqualName(name, "Via") || message.EqualName(name, "Accept-Encoding"):
		return fmt.Errorf("the header field %s is the gateway's own", name)
	case !fieldText(value):
		return fmt.Errorf("the value of the header field %s cannot stand in one: it takes printable characters of ASCII, without spaces at its ends", name)
	}
	c.fields.Add(name, value)
	c.Withhold("header", name)
	c.keep(append(secrets, value)...)
	return nil
}

// GiveQuery has the query parameter sent in place of all that a client sends
// under that name.
func (c *Credentials) GiveQuery(name, value string) {
	if c.query != "" {
		c.query += "&"
	}
	c.query += url.QueryEscape(name) + "=" + url.QueryEscape(value)
	c.Withhold("query", name)
	c.keep(value, url.QueryEscape(value))
}

// Withhold takes what a client sends in that place (header, query, cookie) out.
func (c *Credentials) Withhold(in, name string) {
	switch in {
	case "header":
		c.dropFields = append(c.dropFields, name)
	case "query":
		c.dropQuery = append(c.dropQuery, name)
	case "cookie":
		c.dropCookies = append(c.dropCookies, name)
	}
}

// given tells whether the backend is given something that it could repeat.
func (c *Credentials) given() bool { return c != nil && (len(c.fields) > 0 || c.query != "") }

// fieldText: RFC 9110 §5.5, without obs-text, and without white space that a
// parser would take off.
func fieldText(value string) bool {
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return false
		}
	}
	return value != "" && strings.TrimSpace(value) == value
}

// drops tells a client's field that goes. A backend may take the twin with
// underscores for it.
func (c *Credentials) drops(name string) bool {
	return c != nil && slices.ContainsFunc(c.dropFields, func(drop string) bool { return isAlike(drop, name) })
}

// addTo adds the gateway's fields, and takes cookies out of the client's.
func (c *Credentials) addTo(out message.Fields) message.Fields {
	if c == nil {
		return out
	}
	if len(c.dropCookies) > 0 {
		for i := range out {
			if message.EqualName(out[i].Name, "Cookie") {
				out[i].Value = without(out[i].Value, ";", c.dropCookies, func(name string) string { return name })
			}
		}
		out.DelFunc(func(f message.Field) bool { return message.EqualName(f.Name, "Cookie") && f.Value == "" })
	}
	return append(out, c.fields...)
}

// queryOf is the client's query without what goes, then the gateway's.
func (c *Credentials) queryOf(query string) string {
	if c == nil || len(c.dropQuery) == 0 {
		return query
	}
	query = without(query, "&", c.dropQuery, decoded)
	if query != "" && c.query != "" {
		query += "&"
	}
	return query + c.query
}

// without takes the pairs of those names out of a text, and leaves the others
// as they stand.
func without(text, separator string, names []string, plain func(string) string) string {
	var kept []string
	for pair := range strings.SplitSeq(text, separator) {
		name, _, _ := strings.Cut(pair, "=")
		if name = plain(strings.TrimSpace(name)); !slices.ContainsFunc(names, func(n string) bool { return isAlike(n, name) }) {
			kept = append(kept, pair)
		}
	}
	return strings.TrimSpace(strings.Join(kept, separator))
}
