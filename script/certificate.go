package script

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"strings"
	"time"
)

// issuer issues certificates.
type issuer struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	above       []*issuer // those that lead to its root, the root not among them
}

// doCertificate makes a certificate for a server that signs itself, or one of a
// client.
func doCertificate(s *state, c call) error {
	name, flags := c.args[0], c.args[1:]
	from, to := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if len(flags) > 0 && flags[0] == "expired" {
		from, to, flags = from.Add(-48*time.Hour), from, flags[1:]
	}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: to}
	if len(flags) > 0 {
		return s.clientCertificate(name, template, flags)
	}
	template.DNSNames, template.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature|x509.KeyUsageCertSign, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	template.IsCA = true
	made, err := issue(template, nil)
	if err != nil {
		return err
	}
	s.roots.AddCert(made.certificate)
	return s.writeCertificate(name, made)
}

// doCA makes an authority.
func doCA(s *state, c call) error {
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: c.args[0]}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	var above *issuer
	if len(c.args) > 1 {
		name, ok := strings.CutPrefix(c.args[1], "--of=")
		if above = s.issuers[name]; !ok || above == nil {
			return fmt.Errorf("there is no authority %q", c.args[1])
		}
	}
	made, err := issue(template, above)
	if err != nil {
		return err
	}
	if above != nil {
		made.above = append([]*issuer{made}, above.above...)
	}
	s.issuers[c.args[0]] = made
	return s.writeCertificate(c.args[0], made)
}

// clientCertificate makes one of a client, of what the flags say.
func (s *state) clientCertificate(name string, template *x509.Certificate, flags []string) error {
	by, self := (*issuer)(nil), false
	template.KeyUsage, template.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	for _, flag := range flags {
		switch kind, value, _ := strings.Cut(flag, "="); kind {
		case "--of":
			by, self = s.issuers[value], value == "self"
		case "--uri":
			u, err := url.Parse(value)
			if err != nil {
				return err
			}
			template.URIs = append(template.URIs, u)
		case "--dns":
			template.DNSNames = append(template.DNSNames, value)
		case "--email":
			template.EmailAddresses = append(template.EmailAddresses, value)
		case "--cn":
			template.Subject.CommonName = value
		case "--server":
			template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		default:
			return fmt.Errorf("a certificate has no flag %s", flag)
		}
	}
	if by == nil && !self {
		return fmt.Errorf("say by whom it is issued: --of=CA, or --of=self")
	}
	made, err := issue(template, by)
	if err != nil {
		return err
	}
	shown := &tls.Certificate{Certificate: [][]byte{made.certificate.Raw}, PrivateKey: made.key, Leaf: made.certificate}
	if by != nil {
		for _, a := range by.above {
			shown.Certificate = append(shown.Certificate, a.certificate.Raw)
		}
	}
	s.shown[name] = shown
	print := sha256.Sum256(made.certificate.Raw)
	s.variables[name+"_THUMBPRINT"] = encode(print[:])
	s.variables[name+"_FIELD"] = ":" + base64.StdEncoding.EncodeToString(made.certificate.Raw) + ":"
	return s.writeCertificate(name, made)
}

// doCRL writes the revocation list of an authority.
func doCRL(s *state, c call) error {
	by := s.issuers[c.args[0]]
	if by == nil {
		return fmt.Errorf("there is no authority %s", c.args[0])
	}
	now := time.Now()
	list := &x509.RevocationList{Number: big.NewInt(now.UnixNano()), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour)}
	for i, name := range c.args[1:] {
		if i == 0 && name == "stale" {
			list.NextUpdate = now.Add(-time.Minute)
			continue
		}
		var revoked *x509.Certificate
		if authority := s.issuers[name]; authority != nil {
			revoked = authority.certificate
		} else if client := s.shown[name]; client != nil {
			revoked = client.Leaf
		} else {
			return fmt.Errorf("there is no certificate %s of a client or of an authority", name)
		}
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: revoked.SerialNumber, RevocationTime: now.Add(-time.Hour)})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, by.certificate, by.key)
	if err != nil {
		return err
	}
	return s.write(c.args[0]+".crl", pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: der}))
}

// issue makes a certificate of the template; without an issuer it signs itself.
func issue(template *x509.Certificate, by *issuer) (*issuer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(time.Now().UnixNano()), true
	parent, signer := template, key
	if by != nil {
		parent, signer = by.certificate, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParseCertificate(der)
	return &issuer{certificate: parsed, key: key}, err
}

// writeCertificate writes NAME.key and then NAME.pem.
func (s *state) writeCertificate(name string, made *issuer) error {
	private, err := x509.MarshalPKCS8PrivateKey(made.key)
	if err != nil {
		return err
	}
	if err := s.write(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})); err != nil {
		return err
	}
	return s.write(name+".pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.certificate.Raw}))
}
