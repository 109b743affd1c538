package forward

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"sallyport/problem"
)

// certified is a self-signed certificate for a name, and its key, as PEM.
func certified(t testing.TB, name string, until time.Time) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: until.Add(-48 * time.Hour), NotAfter: until,
		DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// secure is a backend over TLS.
func secure(t testing.TB, certificate, key []byte, config *tls.Config) (url string, b *backend) {
	t.Helper()
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config.Certificates = []tls.Certificate{pair}
	b = backendAt(t, tls.NewListener(l, config), func(c *conversation) bool { c.say(ok); return true })
	return "https://" + l.Addr().String(), b
}

func TestTLS(t *testing.T) {
	tomorrow := time.Now().Add(24 * time.Hour)
	here, hereKey := certified(t, "127.0.0.1", tomorrow)
	other, otherKey := certified(t, "backend.example", tomorrow)
	old, oldKey := certified(t, "127.0.0.1", time.Now().Add(-time.Hour))
	client, clientKey := certified(t, "gateway.example", tomorrow)
	clients := x509.NewCertPool()
	clients.AppendCertsFromPEM(client)
	for _, c := range []struct {
		name             string
		certificate, key []byte
		server           *tls.Config
		roots            []byte
		shows            bool
		set              func(*TLS)
		kind             problem.Kind // Internal is an answer
	}{
		{name: "a root of one's own", certificate: here, key: hereKey, roots: here},
		{name: "an unknown root", certificate: here, key: hereKey, kind: problem.UpstreamUntrusted},
		{name: "another root", certificate: here, key: hereKey, roots: other, kind: problem.UpstreamUntrusted},
		{name: "another name", certificate: other, key: otherKey, roots: other, kind: problem.UpstreamUntrusted},
		{name: "a name that is said", certificate: other, key: otherKey, roots: other, set: func(c *TLS) { c.ServerName = "backend.example" }},
		{name: "a certificate that has expired", certificate: old, key: oldKey, roots: old, kind: problem.UpstreamUntrusted},
		{name: "a client's certificate", certificate: here, key: hereKey, roots: here, server: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients}, shows: true},
		{name: "no client's certificate", certificate: here, key: hereKey, roots: here, server: &tls.Config{ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: clients, MaxVersion: tls.VersionTLS12}, kind: problem.UpstreamUnreachable},
		{name: "TLS 1.3 alone", certificate: here, key: hereKey, roots: here, set: func(c *TLS) { c.MinVersion = tls.VersionTLS13 }},
		{name: "a backend that is too old", certificate: here, key: hereKey, roots: here, server: &tls.Config{MaxVersion: tls.VersionTLS12}, set: func(c *TLS) { c.MinVersion = tls.VersionTLS13 }, kind: problem.UpstreamUnreachable},
		{name: "a backend that is far too old", certificate: here, key: hereKey, roots: here, server: &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, kind: problem.UpstreamUnreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := c.server
			if server == nil {
				server = new(tls.Config)
			}
			url, b := secure(t, c.certificate, c.key, server)
			var shown, shownKey []byte
			if c.shows {
				shown, shownKey = client, clientKey
			}
			settings, err := NewTLS(c.roots, shown, shownKey)
			if err != nil {
				t.Fatal(err)
			}
			if c.set != nil {
				c.set(settings)
			}
			u := &Upstream{Pool: newPool(t, PoolConfig{Targets: Targets(url), Connect: 10 * time.Second, FirstByte: 10 * time.Second, TLS: settings})}
			x := exchange(t, "GET", "/", "")
			err = run(t, u, x)
			if c.kind == problem.Internal {
				if err != nil || content(t, x) != "ok" {
					t.Error(err)
				}
				return
			}
			wantKind(t, err, c.kind)
			if len(b.heard) != 0 {
				t.Error("the backend heard of it")
			}
		})
	}
}

// TestHandshakeHasATime: a backend that takes connections and says nothing is
// given up as one that takes none.
func TestHandshakeHasATime(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u := &Upstream{Pool: newPool(t, PoolConfig{Targets: Targets("https://" + l.Addr().String()), Connect: 20 * time.Millisecond})}
	wantKind(t, run(t, u, exchange(t, "GET", "/", "")), problem.UpstreamUnreachable)
}

// TestPoolIsNamedByWhatItDependsOn, and its name tells no secret.
func TestPoolIsNamedByWhatItDependsOn(t *testing.T) {
	one, oneKey := certified(t, "a", time.Now().Add(time.Hour))
	two, twoKey := certified(t, "a", time.Now().Add(time.Hour))
	name := func(roots, certificate, key []byte, set func(*TLS)) string {
		c, err := NewTLS(roots, certificate, key)
		if err != nil {
			t.Fatal(err)
		}
		if set != nil {
			set(c)
		}
		return fmt.Sprintf("%+v", PoolConfig{Targets: Targets("https://a"), TLS: c, Checks: Checks{Statuses: []Statuses{{200, 201}}}})
	}
	if first, again := name(one, two, twoKey, nil), name(one, two, twoKey, nil); first != again {
		t.Error("the same settings have two names")
	}
	names := []string{
		name(nil, nil, nil, nil), name(one, nil, nil, nil), name(two, nil, nil, nil), name(nil, one, oneKey, nil), name(nil, two, twoKey, nil), name(two, one, oneKey, nil),
		name(nil, nil, nil, func(c *TLS) { c.ServerName = "b" }), name(nil, nil, nil, func(c *TLS) { c.MinVersion = tls.VersionTLS13 }),
		fmt.Sprintf("%+v", PoolConfig{Targets: Targets("https://a")}),
	}
	seen := make(map[string]bool)
	for _, n := range names {
		if seen[n] || strings.Contains(n, "PRIVATE") || strings.Contains(n, "0xc0") {
			t.Errorf("another pool has this name, or it tells too much or too little: %s", n)
		}
		seen[n] = true
	}
}

func TestTLSMistakes(t *testing.T) {
	certificate, key := certified(t, "a", time.Now().Add(time.Hour))
	_, otherKey := certified(t, "b", time.Now().Add(time.Hour))
	for _, c := range []struct {
		name                    string
		roots, certificate, key []byte
		isRoots                 bool
	}{
		{"roots that are none", []byte("nonsense"), nil, nil, true},
		{"a key for roots", key, nil, nil, true},
		{"no key", nil, certificate, nil, false},
		{"another key", nil, certificate, otherKey, false},
		{"a certificate that is none", nil, []byte("nonsense"), key, false},
	} {
		if _, err := NewTLS(c.roots, c.certificate, c.key); err == nil || IsRoots(err) != c.isRoots {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
