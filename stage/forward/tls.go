package forward

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
)

// TLS is how https targets are spoken to. Their certificates are always
// verified.
type TLS struct {
	// Roots are those whom the targets' certificates must come from; nil are
	// the system's.
	Roots *x509.CertPool
	// Certificate is shown to targets that ask for one; nil is none.
	Certificate *tls.Certificate
	// ServerName stands in the certificates, where it is not the target's host.
	ServerName string
	// MinVersion is the oldest version that is spoken; 0 is TLS 1.2.
	MinVersion uint16

	digest string
}

// NewTLS reads PEM: a list of roots, and a certificate with its key; each may
// be empty.
func NewTLS(roots, certificate, key []byte) (*TLS, error) {
	t := new(TLS)
	if len(roots) > 0 {
		t.Roots = x509.NewCertPool()
		if !t.Roots.AppendCertsFromPEM(roots) {
			return nil, errNoRoots
		}
	}
	if len(certificate) > 0 || len(key) > 0 {
		pair, err := tls.X509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		t.Certificate = &pair
	}
	h := sha256.New()
	for _, part := range [][]byte{roots, certificate, key} {
		fmt.Fprintf(h, "%d\n", len(part))
		h.Write(part)
	}
	t.digest = hex.EncodeToString(h.Sum(nil))
	return t, nil
}

var errNoRoots = errors.New("it holds no certificate in PEM")

// IsRoots tells whether an error of NewTLS is about the roots.
func IsRoots(err error) bool { return errors.Is(err, errNoRoots) }

// String is the same for the same settings, and tells no secret.
func (t *TLS) String() string {
	if t == nil {
		return "default"
	}
	return fmt.Sprintf("%s %q %x", t.digest, t.ServerName, t.MinVersion)
}

func (t *TLS) config() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t == nil {
		return c
	}
	c.RootCAs, c.ServerName = t.Roots, t.ServerName
	c.MinVersion = max(c.MinVersion, t.MinVersion)
	if t.Certificate != nil {
		c.Certificates = []tls.Certificate{*t.Certificate}
	}
	return c
}
