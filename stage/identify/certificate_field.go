package identify

import (
	"crypto/sha256"
	"crypto/x509"
	"net/netip"

	"sallyport"
	"sallyport/clientcert"
)

// CertificateField is a Certificate for certificates that a proxy in front of
// us, which ends TLS, has verified and tells of in the field Client-Cert (RFC
// 9440). It believes nobody else, and verifies again who issued them. Make it
// with NewCertificateField.
type CertificateField struct {
	*Certificate

	proxies []netip.Prefix
	roots   *x509.CertPool
	good    *clientcert.Memory[[sha256.Size]byte, [][]*x509.Certificate] // by the field
}

// FromField is the Name of a Place for certificates in the field Client-Cert.
const FromField = "Client-Cert"

// NewCertificateField believes the proxies within these prefixes. The settings'
// Authorities must have issued the certificates themselves.
func NewCertificateField(o Certificates, proxies []netip.Prefix) (*CertificateField, error) {
	names, err := NewCertificate(o)
	if err != nil {
		return nil, err
	}
	c := &CertificateField{
		Certificate: names, proxies: proxies, roots: x509.NewCertPool(),
		good: clientcert.NewMemory[[sha256.Size]byte, [][]*x509.Certificate](4 << 10),
	}
	for _, a := range o.Authorities {
		c.roots.AddCert(a)
	}
	return c, nil
}

// Check implements Method.
func (c *CertificateField) Check(x *sallyport.Exchange, field string) (*sallyport.Credential, error) {
	// Anybody can send the field: only a proxy that removes it from what clients
	// send may be believed (RFC 9440 §4), and only on a connection of its own.
	if !c.believes(x.Request.Remote.Addr().Unmap().WithZone("")) {
		return nil, badCertificate(reason("certificate told of by nobody who is trusted"))
	}
	if len(field) > clientcert.MaxField {
		return nil, badCertificate(reason("certificate in a field that is too long"))
	}
	key := sha256.Sum256([]byte(field))
	chains, known := c.good.Get(key)
	if !known {
		leaf, err := clientcert.ParseField(field)
		if err != nil {
			return nil, badCertificate(reason("certificate that cannot be read: " + err.Error()))
		}
		chains, err = leaf.Verify(x509.VerifyOptions{Roots: c.roots, CurrentTime: c.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			return nil, badCertificate(err)
		}
		c.good.Put(key, chains)
	}
	for _, issuer := range chains[0] {
		if now := c.now(); now.Before(issuer.NotBefore) || now.After(issuer.NotAfter) {
			return nil, badCertificate(clientcert.Expired)
		}
	}
	return c.of(x, chains)
}

func (c *CertificateField) believes(peer netip.Addr) bool {
	for _, p := range c.proxies {
		if p.Contains(peer) {
			return true
		}
	}
	return false
}
