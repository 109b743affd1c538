package identify

import "slices"

// Roles are what the roles of an API grant, by their names, with everything
// that they include.
type Roles map[string]Grant

// Grant is what one role gives its holders.
type Grant struct {
	// Roles are those that it includes, itself not among them.
	Roles []string
	// Scopes are its own and those of the roles that it includes.
	Scopes []string
}

// add is what roles grant beside themselves and the scopes that are held. The
// lists given stay as they are.
func (r Roles) add(roles, scopes []string) (allRoles, allScopes []string) {
	allRoles, allScopes = slices.Clip(roles), slices.Clip(scopes)
	for _, name := range roles {
		grant, known := r[name]
		if !known {
			continue
		}
		allRoles = appendNew(allRoles, grant.Roles)
		allScopes = appendNew(allScopes, grant.Scopes)
	}
	return allRoles, allScopes
}

func appendNew(to, from []string) []string {
	for _, one := range from {
		if !slices.Contains(to, one) {
			to = append(to, one)
		}
	}
	return to
}
