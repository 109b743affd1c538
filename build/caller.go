package build

import (
	"slices"

	"sallyport"
	"sallyport/problem"
	"sallyport/stage/identify"
)

// Verdict is what an operation says to a caller before anything is known of
// its request.
type Verdict struct {
	Operation *sallyport.Operation
	// Refusal is nil where the caller may ask.
	Refusal *problem.Refusal
	// Public tells that anybody may.
	Public bool
	// Unchecked tells that the backend decides, at least in part.
	Unchecked bool
}

// May asks every operation of the API about a caller who holds these
// credentials, each named by its scheme, through the steps that requests pass.
func (a *API) May(held []*sallyport.Credential) []Verdict {
	verdicts := make([]Verdict, len(a.Operations))
	for i, op := range a.Operations {
		verdicts[i] = may(op, held)
	}
	return verdicts
}

func may(op *sallyport.Operation, held []*sallyport.Credential) Verdict {
	v := Verdict{Operation: op, Public: true}
	x := &sallyport.Exchange{Op: op}
	for _, placed := range op.Steps(sallyport.Identify) {
		security, ok := placed.Step.(*identify.Security)
		if !ok {
			continue
		}
		v.Public = false
		identities, err := security.Prove(append(left(security), held...))
		if err != nil {
			v.Refusal = problem.As(err)
			return v
		}
		x.Identities, x.Caller = identities, identities[0]
	}
	for _, placed := range op.Steps(sallyport.Authorize) {
		if err := placed.Step.Run(x); err != nil {
			v.Refusal = problem.As(err)
			return v
		}
	}
	for _, c := range x.Caller.Credentials {
		v.Unchecked = v.Unchecked || c.Kind == sallyport.Unchecked
	}
	v.Public = v.Public || len(x.Identities) > 0 && x.Caller.Anonymous()
	for _, c := range op.Unenforced {
		if c.Effect == sallyport.Refused {
			v.Refusal = problem.Refuse(problem.OperationUnserved, "The operation is not served.")
		}
	}
	return v
}

// left are the credentials of schemes that are left to the backend: anybody can
// present one.
func left(s *identify.Security) []*sallyport.Credential {
	var all []*sallyport.Credential
	for _, scheme := range s.Schemes() {
		if _, unchecked := scheme.Method.(identify.Unchecked); unchecked {
			all = append(all, &sallyport.Credential{Scheme: scheme.Name, Kind: sallyport.Unchecked})
		}
	}
	return all
}

// Schemes are those by which callers of the API are identified.
func (a *API) Schemes() []*identify.Scheme {
	var schemes []*identify.Scheme
	for _, op := range a.Operations {
		for _, placed := range op.Steps(sallyport.Identify) {
			security, ok := placed.Step.(*identify.Security)
			if !ok {
				continue
			}
			for _, scheme := range security.Schemes() {
				if !slices.Contains(schemes, scheme) {
					schemes = append(schemes, scheme)
				}
			}
		}
	}
	return schemes
}
