package sallyport

import (
	"net/netip"
	"time"
)

// Principal is a caller: what one satisfied alternative of an operation's
// security proved. Without credentials it is anonymous.
type Principal struct {
	// Alternative is the index of the satisfied alternative.
	Alternative int
	// Credentials are one for each scheme of the alternative, in its order.
	Credentials []*Credential
}

// Unchecked is the kind of a credential that was left to the backend.
const Unchecked = "unchecked"

// Credential is what one security scheme proved about the caller. It is
// immutable and may be shared by many exchanges.
type Credential struct {
	// Scheme is the scheme's name in the document.
	Scheme string
	// Kind is how it was proved: key, jwt, introspected, certificate, basic, or
	// unchecked.
	Kind string
	// ID names the credential's holder for limits and logs: it is stable and
	// holds no secret. Two holders never share one.
	ID string
	// Consumer is the name that the configuration or the store gives to the
	// holder; "" for a token's.
	Consumer string
	// Key is the id of the API key in the store, for logs and limits; "" for
	// every other kind.
	Key string
	// Issuer, Subject and Tenant are a token's, as is Client: the OAuth client
	// that it was given to.
	Issuer, Subject, Tenant, Client string
	// Scopes and Roles are what the holder was granted.
	Scopes, Roles []string
	// Claims are a token's claims as JSON text; "" for other kinds.
	Claims string
	// Expires is when the proof ends; zero if it does not.
	Expires time.Time
	// Networks are where the holder may use it from; none is anywhere.
	Networks []netip.Prefix
}

// Anonymous tells whether nothing was proved.
func (p *Principal) Anonymous() bool { return len(p.Credentials) == 0 }

// Proved is the first credential that was checked here, or nil.
func (p *Principal) Proved() *Credential {
	for _, c := range p.Credentials {
		if c.Kind != Unchecked {
			return c
		}
	}
	return nil
}

// ID names the caller for limits and logs; "" if nobody was proved.
func (p *Principal) ID() string {
	if c := p.Proved(); c != nil {
		return c.ID
	}
	return ""
}

// Subject is whom the caller acts for: a token's subject or a key's consumer.
func (p *Principal) Subject() string {
	for _, c := range p.Credentials {
		if c.Subject != "" {
			return c.Subject
		}
	}
	for _, c := range p.Credentials {
		if c.Consumer != "" {
			return c.Consumer
		}
	}
	return ""
}

// Credential is the one of that scheme, or nil.
func (p *Principal) Credential(scheme string) *Credential {
	for _, c := range p.Credentials {
		if c.Scheme == scheme {
			return c
		}
	}
	return nil
}
