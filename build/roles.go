package build

import (
	"fmt"
	"slices"

	"sallyport/source"
	"sallyport/stage/identify"
)

// roles are what each role of the API grants, with everything it includes.
func (a *apiBuilder) roles() identify.Roles {
	if len(a.config.Roles) == 0 {
		return nil
	}
	scopes := make(map[string][]string)
	includes := make(map[string][]string)
	for i := range a.config.Roles {
		r := &a.config.Roles[i]
		scopes[r.Name], includes[r.Name] = r.Scopes, r.Includes
	}
	roles := make(identify.Roles, len(scopes))
	for name := range scopes {
		var g identify.Grant
		for _, one := range included(name, includes) {
			if one != name {
				g.Roles = append(g.Roles, one)
			}
			g.Scopes = append(g.Scopes, scopes[one]...)
		}
		slices.Sort(g.Roles)
		slices.Sort(g.Scopes)
		g.Scopes = slices.Compact(g.Scopes)
		roles[name] = g
	}
	a.idleScopes()
	return roles
}

// included is a role and all that it includes. The configuration has no cycles.
func included(name string, includes map[string][]string) []string {
	all := []string{name}
	for i := 0; i < len(all); i++ {
		for _, next := range includes[all[i]] {
			if !slices.Contains(all, next) {
				all = append(all, next)
			}
		}
	}
	return all
}

// idleScopes warns of scopes that roles grant and no operation asks for.
func (a *apiBuilder) idleScopes() {
	var asked []string
	for _, op := range a.document.Operations {
		for _, alternative := range op.Security {
			for _, r := range alternative {
				asked = append(asked, r.Scopes...)
			}
		}
	}
	for i := range a.config.Roles {
		r := &a.config.Roles[i]
		for n, scope := range r.Scopes {
			if slices.Contains(asked, scope) {
				continue
			}
			remedy := "no operation of the document asks for it"
			if near := source.Nearest(scope, asked); near != "" {
				remedy = "did you mean " + near + "?"
			}
			a.result.Warnings.Add(r.PositionOf(fmt.Sprintf("scopes/%d", n)), remedy, "the role %q grants the scope %q, which opens nothing", r.Name, scope)
		}
	}
}
