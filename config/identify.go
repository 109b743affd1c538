package config

// Scheme is what one security scheme of the document needs to know. It holds
// exactly one of jwt, introspection, key, certificate, basic and unchecked.
type Scheme struct {
	Place `json:"-"`

	// Name is the scheme's name in the document.
	Name string `yaml:"-"`
	// The credential is a JSON Web Token: for schemes of type http with scheme
	// bearer, oauth2, openIdConnect, or apiKey. Of several issuers each is an item
	// of a list.
	JWT []JWT `yaml:"jwt,alone"`
	// The credential is a token about which its issuer is asked: for the same
	// types of schemes.
	Introspection *Introspection `yaml:"introspection"`
	// The credential is an API key.
	Key *KeySet `yaml:"key"`
	// The credential is a username and a password: for schemes of type http with
	// scheme basic. {} stands for the users of the store.
	Basic *Basic `yaml:"basic"`
	// The credential is the certificate of the client: for schemes of type
	// mutualTLS.
	Certificate *Certificate `yaml:"certificate"`
	// The gateway does not check this credential; it goes to the backend as it
	// came, and the backend decides. It proves nothing to the gateway's own
	// rules and limits.
	Unchecked bool `yaml:"unchecked"`
}

func (s *Scheme) check(c *decoder) {
	said := 0
	for _, key := range []string{"jwt", "introspection", "key", "certificate", "basic", "unchecked"} {
		if s.Wrote(key) {
			said++
		}
	}
	if said != 1 {
		c.wrong(s.At, "write one of jwt, introspection, key, certificate, basic and unchecked: true", "the scheme %q needs exactly one way to be checked, not %d", s.Name, said)
	} else if s.Wrote("unchecked") && !s.Unchecked {
		c.wrong(s.PositionOf("unchecked"), "say how it is checked instead", "unchecked: false does not say how the scheme %q is checked", s.Name)
	}
	s.checkIssuers(c)
}
