package config

import "strings"

// Credential is what the gateway proves itself to a backend with: one of
// bearer, basic, header and query.
type Credential struct {
	Place `json:"-"`

	// A token, sent as Authorization: Bearer (RFC 6750 §2.1).
	Bearer Secret `yaml:"bearer"`
	// A name and a password, sent as Authorization: Basic (RFC 7617).
	Basic *BasicCredential `yaml:"basic"`
	// The header field that value is sent in.
	Header FieldName `yaml:"header"`
	// The query parameter that value is sent in. Servers log URLs: a header
	// field keeps a secret better.
	Query string `yaml:"query"`
	// What stands in the header field or the query parameter.
	Value Secret `yaml:"value"`
}

// BasicCredential is a name and a password.
type BasicCredential struct {
	Place `json:"-"`

	// The name, without a colon.
	User string `yaml:"user" required:""`
	// The password.
	Password Secret `yaml:"password" required:""`
}

func (c *Credential) check(d *decoder) {
	var written []string
	for _, key := range []string{"bearer", "basic", "header", "query"} {
		if c.Wrote(key) {
			written = append(written, key)
		}
	}
	switch {
	case len(written) == 0:
		d.wrong(c.At, "write bearer, basic, header or query", "nothing says how the backend takes the credential")
		return
	case len(written) > 1:
		d.wrong(c.PositionOf(written[1]), "write another item for it", "one credential stands in one place, not in %s and %s", written[0], written[1])
		return
	}
	switch valued := written[0] == "header" || written[0] == "query"; {
	case valued && !c.Wrote("value"):
		d.wrong(c.PositionOf(written[0]), "add value", "nothing says what stands there")
	case !valued && c.Wrote("value"):
		d.wrong(c.PositionOf("value"), "remove it", "value belongs to header and query; %s holds the secret itself", written[0])
	}
}

func (b *BasicCredential) check(d *decoder) {
	if strings.Contains(b.User, ":") {
		d.wrong(b.PositionOf("user"), "take the colon out", "the backend would read a user with a colon as a shorter one (RFC 7617 §2)")
	}
}

// checkCredentials: of two in one place the backend could take either.
func (u *Upstream) checkCredentials(d *decoder) {
	seen := make(map[string]bool)
	for i := range u.Credentials {
		c := &u.Credentials[i]
		slot := c.slot()
		if slot != "" && seen[slot] {
			d.wrong(u.PositionOf(item("credentials", i)), "remove one of them", "two credentials stand in the %s", slot)
		}
		seen[slot] = true
	}
}

func (c *Credential) slot() string {
	switch {
	case c.Wrote("bearer") || c.Wrote("basic"):
		return "header field authorization"
	case c.Header != "":
		return "header field " + strings.ToLower(string(c.Header))
	case c.Query != "":
		return "query parameter " + c.Query
	}
	return ""
}
