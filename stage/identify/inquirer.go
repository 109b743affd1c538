package identify

import (
	"sallyport"
	"sallyport/problem"
)

// Inquirer is a Method that shows a credential to somebody else, who says
// whether it is good. It is asked last, and never about what another scheme of
// the operation has taken or knows for its own: a token goes to nobody but those
// who must see it, and nobody waits for an answer that changes nothing.
type Inquirer interface {
	// Inquires says so.
	Inquires()
}

// Owner is a Method that knows a credential of its own before it checks it.
type Owner interface {
	// Owns tells whether the secret says that it is of those that the method
	// checks. It is what the client says, not what is proved.
	Owns(secret string) bool
}

func inquires(s *Scheme) bool {
	_, is := s.Method.(Inquirer)
	return is
}

// inquire asks the schemes that ask somebody else. What is spared is left out,
// or refused as the scheme did whose own it is.
func (s *Security) inquire(x *sallyport.Exchange, found []finding) ([]finding, error) {
	for _, alternative := range s.Alternatives {
		for _, r := range alternative {
			if !inquires(r.Scheme) || known(found, r.Scheme) {
				continue
			}
			if !s.needed(r.Scheme, found) {
				if taken(found, r.Scheme.Place) {
					continue
				}
				if why := s.owned(x, r.Scheme, found); why != nil {
					found = append(found, finding{scheme: r.Scheme, err: why})
					continue
				}
			}
			var err error
			if found, err = s.add(x, r.Scheme, found); err != nil {
				return nil, err
			}
		}
	}
	return found, nil
}

// needed tells whether an alternative wants a credential taken by this scheme
// and by another one that has taken it already: a token that is checked here and
// asked about too. All else that is checked here must be there.
func (s *Security) needed(scheme *Scheme, found []finding) bool {
	for _, alternative := range s.Alternatives {
		has, together, lost := false, false, false
		for _, r := range alternative {
			switch f := of(found, r.Scheme); {
			case r.Scheme == scheme:
				has = true
			case f != nil && f.credential != nil:
				together = together || r.Scheme.Place.same(scheme.Place)
			case !inquires(r.Scheme):
				lost = true
			}
		}
		if has && together && !lost {
			return true
		}
	}
	return false
}

// taken tells whether a scheme has checked what stands in the place and taken it.
func taken(found []finding, place Place) bool {
	for i := range found {
		if c := found[i].credential; c != nil && c.Kind != sallyport.Unchecked && found[i].scheme.Place.same(place) {
			return true
		}
	}
	return false
}

// owned is why what stands in the scheme's place is refused by the scheme whose
// own it says that it is; nil where it is of none.
func (s *Security) owned(x *sallyport.Exchange, scheme *Scheme, found []finding) error {
	secret, present, err := scheme.Place.Find(x.Request)
	if err != nil || !present {
		return nil
	}
	for _, alternative := range s.Alternatives {
		for _, r := range alternative {
			owner, ok := r.Scheme.Method.(Owner)
			if !ok || !r.Scheme.Place.same(scheme.Place) || !owner.Owns(secret) {
				continue
			}
			if f := of(found, r.Scheme); f != nil && f.err != nil {
				return f.err
			}
			// It is presented in a way that its own scheme does not take.
			return problem.Refuse(problem.TokenInvalid, notValid).Because(reason("token of the issuer of another scheme"))
		}
	}
	return nil
}

func of(found []finding, scheme *Scheme) *finding {
	for i := range found {
		if found[i].scheme == scheme {
			return &found[i]
		}
	}
	return nil
}
