package clientcert

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// noon is the hour at which the tests' certificates are good.
var noon = time.Unix(1_800_000_000, 0)

// party is a certificate and its key.
type party struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

// issue makes a certificate of what the template says; a nil issuer is itself.
func (issuer *party) issue(t testing.TB, serial int64, template x509.Certificate) *party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(serial)
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = noon.Add(-time.Hour), noon.Add(time.Hour)
	}
	template.BasicConstraintsValid = true
	if template.IsCA {
		template.KeyUsage |= x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	}
	by := &party{&template, key}
	if issuer != nil {
		by = issuer
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, by.Certificate, key.Public(), by.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &party{c, key}
}

func authority(t testing.TB, name string) *party {
	return (*party)(nil).issue(t, 1, x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true})
}

func (issuer *party) client(t testing.TB, serial int64) *party {
	return issuer.issue(t, serial, x509.Certificate{Subject: pkix.Name{CommonName: "client"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
}

// crl makes a list as DER; change may spoil the template.
func (issuer *party) crl(t testing.TB, change func(*x509.RevocationList), serials ...int64) []byte {
	t.Helper()
	template := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: noon.Add(-time.Hour), NextUpdate: noon.Add(30 * time.Minute)}
	for _, s := range serials {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: big.NewInt(s), RevocationTime: noon.Add(-time.Hour)})
	}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateRevocationList(rand.Reader, template, issuer.Certificate, issuer.key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (issuer *party) list(t testing.TB, change func(*x509.RevocationList), serials ...int64) *List {
	t.Helper()
	lists, err := ParseLists(issuer.crl(t, change, serials...))
	if err != nil {
		t.Fatal(err)
	}
	return lists[0]
}

func chain(parties ...*party) [][]*x509.Certificate {
	var all []*x509.Certificate
	for _, p := range parties {
		all = append(all, p.Certificate)
	}
	return [][]*x509.Certificate{all}
}

func inPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
