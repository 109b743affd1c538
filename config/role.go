package config

import (
	"slices"

	"sallyport/source"
)

// Role is what those who have it are granted. Who has it is said elsewhere: by
// a key, by a consumer of the store, or by a claim of a token.
type Role struct {
	Place `json:"-"`

	// Name is what keys, consumers and tokens call it.
	Name string `yaml:"-"`
	// The scopes that it grants, beside those of the credential itself.
	Scopes []string `yaml:"scopes"`
	// Other roles that it includes, with all that they grant.
	Includes []string `yaml:"includes"`
}

func (*Role) shorthand() string { return "scopes" }

func (r *Role) check(c *decoder) {
	if !printable(r.Name, 128) {
		c.wrong(r.At, "use 1 to 128 printable ASCII characters", "%q is no name for a role", r.Name)
	}
	for i, scope := range r.Scopes {
		if !scopeToken(scope) {
			c.wrong(r.PositionOf(item("scopes", i)), "write one scope an item, without spaces and quotation marks", "%q is no scope (RFC 6749 §3.3)", scope)
		}
	}
	distinctItems(c, r.Place, "scopes", r.Scopes)
	distinctItems(c, r.Place, "includes", r.Includes)
}

// scopeToken is a scope by RFC 6749 §3.3.
func scopeToken(text string) bool {
	for i := range len(text) {
		if b := text[i]; b <= ' ' || b > '~' || b == '"' || b == '\\' {
			return false
		}
	}
	return text != ""
}

// checkRoles finds what a role includes that is none, or itself, and roles that
// grant nothing and that no other includes.
func (a *API) checkRoles(c *decoder) {
	known := make(map[string]*Role, len(a.Roles))
	names := make([]string, len(a.Roles))
	for i := range a.Roles {
		known[a.Roles[i].Name], names[i] = &a.Roles[i], a.Roles[i].Name
	}
	for i := range a.Roles {
		r := &a.Roles[i]
		if len(r.Scopes)+len(r.Includes) == 0 && !a.includes(r.Name) {
			c.wrong(r.At, "list scopes, or roles under includes, or remove it", "the role %q grants nothing", r.Name)
		}
		for n, other := range r.Includes {
			switch at := r.PositionOf(item("includes", n)); {
			case known[other] == nil:
				remedy := "add it under roles, or remove it here"
				if near := source.Nearest(other, names); near != "" {
					remedy = "did you mean " + near + "?"
				}
				c.wrong(at, remedy, "there is no role %q", other)
			case reaches(known, other, r.Name, make(map[string]bool)):
				c.wrong(at, "remove one of them", "the role %q includes itself by way of %q", r.Name, other)
			}
		}
	}
}

// includes tells whether some role includes it: where the document asks for roles,
// that is all it needs.
func (a *API) includes(role string) bool {
	return slices.ContainsFunc(a.Roles, func(r Role) bool { return slices.Contains(r.Includes, role) })
}

func reaches(known map[string]*Role, from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if seen[from] || known[from] == nil {
		return false
	}
	seen[from] = true
	for _, next := range known[from].Includes {
		if reaches(known, next, to, seen) {
			return true
		}
	}
	return false
}
