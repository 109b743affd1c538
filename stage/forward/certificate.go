package forward

import (
	"crypto/tls"
	"crypto/x509"

	"sallyport/clientcert"
	"sallyport/message"
)

// Certificates tell the backend the client's certificate (RFC 9440): only one
// that an authority of the listener vouches for. Make them with NewCertificates.
type Certificates struct {
	chain bool
	texts *clientcert.Memory[*[]*x509.Certificate, certificateText]
}

// certificateText is a certificate, and those that lead to its root, as fields.
type certificateText struct{ leaf, chain string }

// NewCertificates tell of what leads to the root too, where chain says so.
func NewCertificates(chain bool) *Certificates {
	return &Certificates{chain: chain, texts: clientcert.NewMemory[*[]*x509.Certificate, certificateText](4 << 10)}
}

// addTo adds the fields. A client's own never come this far, so their absence
// says that there was no certificate.
func (c *Certificates) addTo(out message.Fields, state *tls.ConnectionState) message.Fields {
	if c == nil || state == nil || len(state.VerifiedChains) == 0 {
		return out
	}
	key := &state.VerifiedChains[0] // it is the connection's
	text, known := c.texts.Get(key)
	if !known {
		text = c.write(state.VerifiedChains[0])
		c.texts.Put(key, text)
	}
	out.Add("Client-Cert", text.leaf)
	if text.chain != "" {
		out.Add("Client-Cert-Chain", text.chain)
	}
	return out
}

// write leaves the root out, which the backend has or does not trust (§2.3).
func (c *Certificates) write(verified []*x509.Certificate) certificateText {
	text := certificateText{leaf: string(clientcert.AppendField(nil, verified[0]))}
	if c.chain && len(verified) > 2 {
		text.chain = string(clientcert.AppendChain(nil, verified[1:len(verified)-1]))
	}
	return text
}
