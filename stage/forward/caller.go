package forward

import (
	"errors"

	"sallyport"
	"sallyport/problem"
)

// caller tells the backend who calls. Fields of a client with these names never
// come this far, so their absence says that nobody was identified.
func (t *text) caller(prefix string, p *sallyport.Principal) error {
	c := p.Proved()
	if c == nil {
		return nil
	}
	for _, f := range [...]struct{ name, value string }{
		{"Id", c.ID}, {"Subject", p.Subject()}, {"Tenant", c.Tenant}, {"Issuer", c.Issuer}, {"Client", c.Client}, {"Scheme", c.Scheme},
	} {
		if f.value == "" {
			continue
		}
		t.begin(prefix, f.name)
		t.WriteString(f.value)
		if err := t.endClaim(f.name); err != nil {
			return err
		}
	}
	if err := t.list(prefix, "Scopes", ' ', c.Scopes); err != nil {
		return err
	}
	return t.list(prefix, "Roles", ',', c.Roles)
}

func (t *text) endClaim(name string) error {
	if fieldValue(t.end()) {
		return nil
	}
	// A line break in a claim would start a field of the caller's choice.
	return problem.Refuse(problem.TokenInvalid, "A claim holds a control character.").
		Because(errors.New("claim for "+name)).With("WWW-Authenticate", `Bearer error="invalid_token"`)
}

// list writes names with a byte between them. A comma within a role is encoded,
// so that one role never looks like two; a scope holds no space (RFC 6749 §3.3).
func (t *text) list(prefix, name string, separator byte, names []string) error {
	if len(names) == 0 || len(names) == 1 && names[0] == "" {
		return nil
	}
	t.begin(prefix, name)
	for i, n := range names {
		if i > 0 {
			t.WriteByte(separator)
		}
		for j := range len(n) {
			switch c := n[j]; {
			case separator == ',' && c == ',':
				t.WriteString("%2C")
			case separator == ',' && c == '%':
				t.WriteString("%25")
			default:
				t.WriteByte(c)
			}
		}
	}
	return t.endClaim(name)
}

// fieldValue: RFC 9110 §5.5 without surrounding white space.
func fieldValue(v string) bool {
	for i := range len(v) {
		if v[i] < ' ' || v[i] == 0x7f {
			return false
		}
	}
	return v[0] != ' ' && v[len(v)-1] != ' '
}
