package forward

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
)

func TestTheBackendIsToldTheCertificate(t *testing.T) {
	of := func(text string) *x509.Certificate { return &x509.Certificate{Raw: []byte(text)} }
	leaf, middle, top, root := of("leaf"), of("middle"), of("top"), of("root")
	vouched := func(chain ...*x509.Certificate) *tls.ConnectionState {
		return &tls.ConnectionState{PeerCertificates: chain[:1], VerifiedChains: [][]*x509.Certificate{chain}}
	}
	const ofLeaf, ofChain = "Client-Cert: :bGVhZg==:\n", "Client-Cert-Chain: :bWlkZGxl:, :dG9w:\n"
	for name, c := range map[string]struct {
		tells *Certificates
		state *tls.ConnectionState
		want  string
	}{
		"not at all":                             {nil, vouched(leaf, root), ""},
		"alone":                                  {NewCertificates(false), vouched(leaf, middle, top, root), ofLeaf},
		"with its chain":                         {NewCertificates(true), vouched(leaf, middle, top, root), ofLeaf + ofChain},
		"with its chain that is the root alone":  {NewCertificates(true), vouched(leaf, root), ofLeaf},
		"that signs itself, and is trusted":      {NewCertificates(true), vouched(leaf), ofLeaf},
		"that nobody vouches for":                {NewCertificates(true), &tls.ConnectionState{PeerCertificates: []*x509.Certificate{leaf}}, ""},
		"where there is none":                    {NewCertificates(true), &tls.ConnectionState{}, ""},
		"where there is none, and no TLS either": {NewCertificates(true), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second time from what is kept
				x := exchange(t, "GET", "/", "", "Client-Cert", ":dGhpZWY=:", "client_cert", "1", "Client-Cert-Chain", "1", "CLIENT_CERT-CHAIN", "1", "X-Client-Cert", "1")
				x.Request.TLS = c.state
				fields, err := (&Upstream{Prefix: "X-Caller-", Certificates: c.tells}).fields(x)
				if err != nil {
					t.Fatal(err)
				}
				var told strings.Builder
				for _, f := range fields {
					if strings.Contains(strings.ToLower(f.Name), "cert") {
						told.WriteString(f.Name + ": " + f.Value + "\n")
					}
				}
				if told.String() != c.want {
					t.Errorf("it is told\n%s, want\n%s", told.String(), c.want)
				}
			}
		})
	}
}

func TestTellingTheCertificateAllocatesNothingMore(t *testing.T) {
	x := exchange(t, "GET", "/", "", "Accept", "*/*")
	leaf := &x509.Certificate{Raw: []byte("leaf")}
	x.Request.TLS = &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{leaf, leaf, leaf}}}
	count := func(u *Upstream) float64 {
		return testing.AllocsPerRun(100, func() {
			if _, err := u.fields(x); err != nil {
				t.Fatal(err)
			}
		})
	}
	if silent, telling := count(&Upstream{}), count(&Upstream{Certificates: NewCertificates(true)}); telling > silent {
		t.Errorf("%v allocations, without it %v", telling, silent)
	}
}
