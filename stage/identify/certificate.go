package identify

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"sallyport"
	"sallyport/clientcert"
	"sallyport/problem"
)

// Certificate checks certificates of clients that the listener has verified: it
// finds out whom they name. Make it with NewCertificate.
type Certificate struct {
	part        clientcert.Part
	holders     map[string]*sallyport.Credential
	patterns    []pattern // the longest first
	consumers   Consumers
	authorities map[string]bool
	now         func() time.Time

	known   *clientcert.Memory[*x509.Certificate, *named]
	vouches *clientcert.Memory[*x509.Certificate, bool]
}

// Certificates are the settings of a Certificate.
type Certificates struct {
	// Part is which part of a certificate names its holder.
	Part clientcert.Part
	// Holders are consumers by the names that they have in certificates; with
	// clientcert.DNS, *.NAME stands for every name below.
	Holders map[string]*sallyport.Credential
	// Consumers is asked for names that Holders does not have; nil asks nobody.
	Consumers Consumers
	// Authorities narrows down whose certificates count to those with one of these
	// in their chain; none is every authority of the listener.
	Authorities []*x509.Certificate
	Now         func() time.Time
}

// pattern is a host name under which every name is one consumer's.
type pattern struct {
	suffix string // with the dot
	holder *sallyport.Credential
}

// named is what a certificate says of its holder. The certificate does not
// change: this is found out once.
type named struct {
	credential *sallyport.Credential // nil: the store is asked for the name
	name       string
	derived    atomic.Pointer[derived]
}

// derived is the credential that was made of a holder in the store, to be used
// again as long as that is the same.
type derived struct{ holder, credential *sallyport.Credential }

// NewCertificate fails for a name that no certificate could have.
func NewCertificate(o Certificates) (*Certificate, error) {
	c := &Certificate{
		part: o.Part, holders: make(map[string]*sallyport.Credential, len(o.Holders)), consumers: o.Consumers, now: o.Now,
		known:   clientcert.NewMemory[*x509.Certificate, *named](16 << 10),
		vouches: clientcert.NewMemory[*x509.Certificate, bool](1 << 10),
	}
	for name, holder := range o.Holders {
		below, isPattern := strings.CutPrefix(name, "*.")
		isPattern = isPattern && o.Part == clientcert.DNS
		if !isPattern {
			below = name
		}
		canonical, err := o.Part.Canonical(below)
		switch {
		case err != nil:
			return nil, err
		case o.Part == clientcert.DNS && strings.ContainsAny(canonical, "* "):
			return nil, reason("* stands at the beginning alone, for all names below: *.example.com")
		case isPattern:
			c.patterns = append(c.patterns, pattern{"." + canonical, holder})
		case c.holders[canonical] != nil:
			return nil, reason("two names are the same to the letter that counts: " + canonical)
		default:
			c.holders[canonical] = holder
		}
	}
	slices.SortFunc(c.patterns, func(a, b pattern) int { return len(b.suffix) - len(a.suffix) })
	if len(o.Authorities) > 0 {
		c.authorities = make(map[string]bool)
		for _, a := range o.Authorities {
			c.authorities[string(a.Raw)] = true
		}
	}
	return c, nil
}

// Check implements Method. It believes the chains that the listener verified
// for this request, and nothing else of the connection.
func (c *Certificate) Check(x *sallyport.Exchange, _ string) (*sallyport.Credential, error) {
	if x.Request.TLS == nil || len(x.Request.TLS.VerifiedChains) == 0 {
		return nil, badCertificate(clientcert.Unverified)
	}
	return c.of(x, x.Request.TLS.VerifiedChains)
}

// of is whom a certificate names that was verified.
func (c *Certificate) of(x *sallyport.Exchange, chains [][]*x509.Certificate) (*sallyport.Credential, error) {
	if c.authorities != nil && !c.vouched(chains) {
		return nil, badCertificate(reason("certificate of an authority that does not count for this scheme"))
	}
	leaf := chains[0][0]
	if c.now().After(leaf.NotAfter) {
		return nil, badCertificate(clientcert.Expired)
	}
	who, known := c.known.Get(leaf)
	if !known {
		var err error
		if who, err = c.read(leaf); err != nil {
			return nil, badCertificate(err)
		}
		c.known.Put(leaf, who)
	}
	if who.credential != nil {
		return who.credential, nil
	}
	return c.stored(x, who, leaf)
}

// vouched tells whether one of the authorities stands in a chain.
func (c *Certificate) vouched(chains [][]*x509.Certificate) bool {
	for _, chain := range chains {
		for _, authority := range chain[1:] {
			counts, known := c.vouches.Get(authority)
			if !known {
				counts = c.authorities[string(authority.Raw)]
				c.vouches.Put(authority, counts)
			}
			if counts {
				return true
			}
		}
	}
	return false
}

// read finds out whom a certificate names. All its names are considered: one
// that names two consumers has two readings, and names nobody.
func (c *Certificate) read(leaf *x509.Certificate) (*named, error) {
	// RFC 5280 §4.2.1.12: one without extended key usage would do for anything,
	// that of a server too.
	if !slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		return nil, reason("certificate without extended key usage clientAuth")
	}
	if leaf.KeyUsage != 0 && leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 { // §4.2.1.3
		return nil, reason("certificate whose key may not sign")
	}
	names, err := c.part.Names(leaf)
	if err != nil {
		return nil, reason("certificate whose names cannot be used: " + err.Error())
	}
	var found *sallyport.Credential
	for _, name := range names {
		switch holder := c.holder(name); {
		case holder == nil:
		case found != nil && !alike(found, holder):
			return nil, reason("certificate that names two consumers")
		default:
			found = holder
		}
	}
	switch {
	case found != nil && c.consumers != nil && len(names) > 1:
		return nil, reason("certificate with several names, of which the store may know another one")
	case found != nil:
		own := *found
		own.Expires = leaf.NotAfter
		return &named{credential: &own}, nil
	case c.consumers == nil || len(names) == 0:
		return nil, reason("certificate of nobody who is known")
	case len(names) > 1:
		return nil, reason("certificate with several names, of which each may be a consumer's in the store")
	}
	return &named{name: names[0]}, nil
}

// alike tells whether two names of the configuration are one holder's.
func alike(a, b *sallyport.Credential) bool {
	return a.ID == b.ID && a.Tenant == b.Tenant && slices.Equal(a.Scopes, b.Scopes) && slices.Equal(a.Roles, b.Roles)
}

func (c *Certificate) holder(name string) *sallyport.Credential {
	if holder := c.holders[name]; holder != nil {
		return holder
	}
	for _, p := range c.patterns {
		if strings.HasSuffix(name, p.suffix) {
			return p.holder
		}
	}
	return nil
}

// stored asks each time: a consumer may be shut out at any moment.
func (c *Certificate) stored(x *sallyport.Exchange, who *named, leaf *x509.Certificate) (*sallyport.Credential, error) {
	holder, err := c.consumers.Consumer(x.Context, who.name)
	switch {
	case err != nil && unavailable(err):
		return nil, problem.Fail(problem.KeysUnavailable, err).With("Retry-After", "5")
	case err != nil:
		return nil, badCertificate(reason("certificate of nobody who is known: " + err.Error()))
	}
	if d := who.derived.Load(); d != nil && d.holder == holder {
		return d.credential, nil
	}
	own := *holder
	own.Kind = kindCertificate
	if own.Expires.IsZero() || leaf.NotAfter.Before(own.Expires) {
		own.Expires = leaf.NotAfter
	}
	who.derived.Store(&derived{holder, &own})
	return &own, nil
}

const kindCertificate = "certificate"

// Says is what the method checks, for people.
func (c *Certificate) Says() string {
	says := fmt.Sprintf("named by its %s", strings.ReplaceAll(string(c.part), "_", " "))
	if n := len(c.holders) + len(c.patterns); n > 0 {
		says += fmt.Sprintf(", %d known", n)
	}
	if c.consumers != nil {
		says += ", and the consumers of the store"
	}
	return says
}

// Holders implements Known.
func (c *Certificate) Holders() []*sallyport.Credential {
	var all []*sallyport.Credential
	for _, h := range c.holders {
		all = append(all, h)
	}
	for _, p := range c.patterns {
		all = append(all, p.holder)
	}
	return all
}

// AsksStore tells whether the store is asked about a name, which must be as
// certificates have it: those that the configuration knows stand before it.
func (c *Certificate) AsksStore(name string) bool {
	canonical, err := c.part.Canonical(name)
	return c.consumers != nil && err == nil && canonical == name && c.holder(name) == nil
}

// badCertificate tells the caller no more than that; the log gets the reason.
func badCertificate(why error) error {
	return problem.Refuse(problem.CredentialsInvalid, "The client certificate is not one that counts here.").Because(why)
}
