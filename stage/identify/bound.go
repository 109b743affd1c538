package identify

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"

	"sallyport"
	"sallyport/clientcert"
	"sallyport/jose"
	"sallyport/problem"
)

// Binding holds tokens to the certificate of the client that presents them (RFC
// 8705 §3): one that was stolen is of no use without the certificate's key. Make
// it with NewBinding; several methods may share one.
type Binding struct {
	prints *clientcert.Memory[*x509.Certificate, jose.Thumbprint]
}

// NewBinding remembers the thumbprints of so many certificates.
func NewBinding(most int) *Binding {
	return &Binding{clientcert.NewMemory[*x509.Certificate, jose.Thumbprint](most)}
}

// Check refuses a token that is bound to another certificate than the one of
// the request's connection, and where it must be bound, one that is not. The
// certificate need not be vouched for: that the client has its key is what the
// handshake proves (RFC 8705 §3, §4).
func (b *Binding) Check(x *sallyport.Exchange, c *jose.Confirmation, must bool) error {
	if !c.Has(jose.BoundToCertificate) {
		if must {
			return notBound("it is bound to no certificate")
		}
		return nil
	}
	state := x.Request.TLS
	if state == nil || len(state.PeerCertificates) == 0 {
		return notBound("the client has shown no certificate")
	}
	shown := b.thumbprint(state.PeerCertificates[0])
	if subtle.ConstantTimeCompare(shown[:], c.Certificate[:]) != 1 {
		return notBound("the client has shown another certificate")
	}
	return nil
}

// thumbprint is the SHA-256 of the certificate's DER (RFC 8705 §3.1).
func (b *Binding) thumbprint(c *x509.Certificate) jose.Thumbprint {
	print, known := b.prints.Get(c)
	if !known {
		print = sha256.Sum256(c.Raw)
		b.prints.Put(c, print)
	}
	return print
}

// notBound is refused as RFC 8705 §3 says: 401 with invalid_token.
func notBound(why string) error {
	return problem.Refuse(problem.TokenInvalid, "The token is not valid").Because(reason("token refused (bound): " + why))
}
