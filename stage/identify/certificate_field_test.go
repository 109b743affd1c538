package identify

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sallyport"
	"sallyport/clientcert"
	"sallyport/problem"
)

// issuing is an authority and certificates of its clients.
func issuing(t *testing.T, usage x509.ExtKeyUsage) (authority, client *x509.Certificate) {
	t.Helper()
	make := func(template, parent *x509.Certificate, key, signer *ecdsa.PrivateKey) *x509.Certificate {
		template.SerialNumber, template.BasicConstraintsValid = big.NewInt(1), true
		template.NotBefore, template.NotAfter = noon.Add(-time.Hour), noon.Add(time.Hour)
		der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	above, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	below, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	root := &x509.Certificate{Subject: pkix.Name{CommonName: "Root"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
	authority = make(root, root, above, above)
	return authority, make(&x509.Certificate{URIs: uris("spiffe://bank/shop"), ExtKeyUsage: []x509.ExtKeyUsage{usage}}, authority, below, above)
}

func TestCertificateField(t *testing.T) {
	authority, client := issuing(t, x509.ExtKeyUsageClientAuth)
	_, forged := issuing(t, x509.ExtKeyUsageClientAuth)
	now := noon
	method, err := NewCertificateField(Certificates{
		Part: clientcert.URI, Holders: map[string]*sallyport.Credential{"spiffe://bank/shop": holder("shop")},
		Authorities: []*x509.Certificate{authority}, Now: func() time.Time { return now },
	}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	if err != nil {
		t.Fatal(err)
	}
	scheme := &Scheme{Name: "mtls", Place: Place{In: "certificate", Name: FromField}, Method: method}
	of := func(c *x509.Certificate) string { return string(clientcert.AppendField(nil, c)) }
	from := func(peer string, fields ...string) error {
		x := request("", fields...)
		x.Request.Remote = netip.AddrPortFrom(netip.MustParseAddr(peer), 1)
		err := security(all(scheme)).Run(x)
		if err == nil && x.Caller.Proved().Consumer != "shop" {
			t.Errorf("it is %+v", x.Caller.Proved())
		}
		return err
	}
	for range 2 { // the second time from what is kept
		if err := from("10.0.0.1", "Client-Cert", of(client)); err != nil {
			t.Error(err)
		}
		if err := from("::ffff:10.0.0.1", "client-cert", of(client)); err != nil {
			t.Error(err)
		}
		wantKind(t, from("192.0.2.1", "Client-Cert", of(client)), problem.CredentialsInvalid)
		wantKind(t, from("10.0.0.1", "Client-Cert", of(forged)), problem.CredentialsInvalid)
	}
	wantKind(t, from("10.0.0.1"), problem.CredentialsMissing)
	wantKind(t, from("10.0.0.1", "Client_Cert", of(client)), problem.CredentialsMissing)
	wantKind(t, from("10.0.0.1", "Client-Cert", of(client), "Client-Cert", of(client)), problem.CredentialsAmbiguous)
	for _, bad := range []string{"", "x", of(client) + ";a", of(client)[1:], strings.Repeat("A", clientcert.MaxField+1)} {
		wantKind(t, from("10.0.0.1", "Client-Cert", bad), problem.CredentialsInvalid)
	}
	now = client.NotAfter.Add(1)
	wantKind(t, from("10.0.0.1", "Client-Cert", of(client)), problem.CredentialsInvalid)
}
