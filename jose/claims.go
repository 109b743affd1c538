package jose

// ParseClaims reads a set of claims that somebody told who is trusted, and not a signed token: an introspection
// endpoint's answer (RFC 7662 §2.2). It checks their form and nothing else; the form of a registered claim is
// told by an *Error beside the token. The token is nil where text is not one JSON object whose names stand
// once each.
func ParseClaims(text []byte) (*Token, error) {
	t := &Token{Claims: string(text), claims: make([]claim, 0, 16)}
	var wrong error
	err := eachMember(t.Claims, maxMembers, func(name, value string) error {
		t.claims = append(t.claims, claim{name, value})
		if err := t.read(name, value); err != nil && wrong == nil {
			wrong = err
		}
		return nil
	})
	if err != nil {
		return nil, refuse(ReasonMalformed, "they are "+err.Error())
	}
	return t, wrong
}
