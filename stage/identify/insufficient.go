package identify

import "sallyport/problem"

// Insufficient adds to the refusal of a caller who is known, and lacks scopes,
// what asks for credentials that have them: for each scheme the challenge that
// it makes of one it refuses, with the scopes of all alternatives (RFC 6750 §3.1,
// RFC 9449 §7.1).
func Insufficient(realm string, lacking []Requirement, refusal *problem.Refusal) {
	why := problem.Refuse(problem.ScopeMissing, "")
	var found []finding
	for _, r := range lacking {
		found = append(found, finding{scheme: r.Scheme, err: why})
	}
	asked := Security{Realm: realm, Alternatives: [][]Requirement{lacking}}
	_ = asked.challenge(refusal, nil, found) // which is the refusal itself
}

// tokenError are the parameters that say why a token was refused. What it lacks
// are the scopes behind them.
func tokenError(refused error) string {
	switch r := problem.As(refused); r.Kind {
	case problem.ScopeMissing:
		return `, error="insufficient_scope"`
	case problem.ProofInvalid:
		return `, error="invalid_dpop_proof", error_description=` + quote(r.Detail)
	case problem.ProofNonce:
		return `, error="use_dpop_nonce", error_description=` + quote(r.Detail)
	default:
		return `, error="invalid_token", error_description=` + quote(r.Detail)
	}
}

// ofProof tells of a refusal that says nothing of the token itself: what is wrong
// with a proof is told to the scheme DPoP alone.
func ofProof(refused error) bool {
	kind := problem.As(refused).Kind
	return kind == problem.ProofInvalid || kind == problem.ProofNonce
}
