package forward

import (
	"errors"
	"strings"

	"sallyport"
	"sallyport/message"
	"sallyport/problem"
)

// setCaller tells the backend who calls. Fields of a client with these names
// never come this far, so their absence says that nobody was identified.
func (u *Upstream) setCaller(out *message.Fields, p *sallyport.Principal) error {
	c := p.Proved()
	if c == nil {
		return nil
	}
	for _, f := range [...]struct{ name, value string }{
		{"Id", c.ID},
		{"Subject", p.Subject()},
		{"Tenant", c.Tenant},
		{"Issuer", c.Issuer},
		{"Scheme", c.Scheme},
		{"Scopes", strings.Join(c.Scopes, " ")},
		{"Roles", joinRoles(c.Roles)},
	} {
		if f.value == "" {
			continue
		}
		if !fieldValue(f.value) {
			// A line break in a claim would start a field of the caller's choice.
			return problem.Refuse(problem.TokenInvalid, "A claim holds a control character.").
				Because(errors.New("claim for "+f.name)).With("WWW-Authenticate", `Bearer error="invalid_token"`)
		}
		out.Add(u.Prefix+f.name, f.value)
	}
	return nil
}

// joinRoles separates roles by commas; a comma within a role is encoded, so
// that one role never looks like two.
func joinRoles(roles []string) string {
	if len(roles) == 0 {
		return ""
	}
	escaped := make([]string, len(roles))
	for i, role := range roles {
		escaped[i] = roleEscaper.Replace(role)
	}
	return strings.Join(escaped, ",")
}

var roleEscaper = strings.NewReplacer("%", "%25", ",", "%2C")

// fieldValue: RFC 9110 §5.5 without surrounding whitespace.
func fieldValue(v string) bool {
	for i := 0; i < len(v); i++ {
		if v[i] < ' ' || v[i] == 0x7f {
			return false
		}
	}
	return v[0] != ' ' && v[len(v)-1] != ' '
}
