package serve_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/quic-go/quic-go/http3"
)

// authority issues certificates of clients.
type authority struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	serial      int64
}

func newAuthority(t *testing.T, name string) *authority {
	a := &authority{t: t}
	template := &x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	pair := a.issue(template, valid)
	a.certificate, a.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	return a
}

func (a *authority) issue(template *x509.Certificate, s span) *tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.serial++
	template.SerialNumber, template.BasicConstraintsValid = big.NewInt(a.serial), true
	template.NotBefore, template.NotAfter = time.Now().Add(s.from), time.Now().Add(s.to)
	parent, signer := a.certificate, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func (a *authority) client(name string) *tls.Certificate {
	return a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: name}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, valid)
}

func (a *authority) pem() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw}))
}

// crl is a revocation list as DER.
func (a *authority) crl(s span, revoked ...*tls.Certificate) string {
	a.t.Helper()
	list := &x509.RevocationList{Number: big.NewInt(time.Now().UnixNano()), ThisUpdate: time.Now().Add(s.from), NextUpdate: time.Now().Add(s.to)}
	for _, c := range revoked {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: c.Leaf.SerialNumber, RevocationTime: time.Now()})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, a.certificate, a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return string(der)
}

const securedShop = `openapi: 3.1.0
info: {title: shop, version: '1'}
components: {securitySchemes: {mtls: {type: mutualTLS}}}
security: [{mtls: []}]
paths:
  /items:
    get: {operationId: getItems, responses: {'200': {description: all is well, content: {text/plain: {}}}}}
`

// secured is a gateway for clients of the authority, over all protocols.
func secured(t *testing.T, a *authority, demands string) (*gateway, *x509.CertPool) {
	backend, _ := newBackend(t)
	f := newFolder(t)
	roots := x509.NewCertPool()
	roots.AddCert(f.certificate("leaf", valid))
	f.write("clients.pem", a.pem())
	f.write("clients.crl", a.crl(valid))
	f.write("shop.yaml", securedShop)
	f.write("sallyport.yaml", settings(backend, "listen: [{address: '127.0.0.1:0', http3: true, tls: {certificate: leaf.pem, key: leaf.key, "+demands+"}}]\n",
		"    identify: {mtls: {certificate: {by: common_name, consumers: {shop: shop, till: till}}}}\n"))
	return start(f), roots
}

const verified = "client_ca: clients.pem, client_crl: clients.crl"

// clientsOf are clients that show the certificate, over each protocol.
func clientsOf(t *testing.T, roots *x509.CertPool, shown *tls.Certificate) map[string]*http.Client {
	config := func() *tls.Config {
		c := &tls.Config{RootCAs: roots, ClientSessionCache: tls.NewLRUClientSessionCache(4)}
		if shown != nil {
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return shown, nil }
		}
		return c
	}
	first, second := &http.Transport{TLSClientConfig: config()}, &http.Transport{TLSClientConfig: config(), ForceAttemptHTTP2: true}
	third := &http3.Transport{TLSClientConfig: config()}
	t.Cleanup(func() { first.CloseIdleConnections(); second.CloseIdleConnections(); third.Close() })
	return map[string]*http.Client{"HTTP/1.1": {Transport: first}, "HTTP/2.0": {Transport: second}, "HTTP/3.0": {Transport: third}}
}

// ask is the status of an answer, 0 where there was none, and whether it came
// over a connection that stood already (of HTTP/3 that is not told).
func ask(t *testing.T, g *gateway, client *http.Client, protocol string) (status int, reused bool) {
	t.Helper()
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) { reused = i.Reused },
	}), "GET", g.api()+"/items", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		return 0, reused
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, answer.Body); err != nil {
		t.Error(err)
	}
	if answer.Proto != protocol {
		t.Errorf("it came by %s, not %s", answer.Proto, protocol)
	}
	return answer.StatusCode, reused
}

func TestClientCertificates(t *testing.T) {
	a := newAuthority(t, "clients")
	g, roots := secured(t, a, verified)
	revoked, good := a.client("shop"), a.client("till")
	doomed, lasting := clientsOf(t, roots, revoked), clientsOf(t, roots, good)
	want := func(when string, clients map[string]*http.Client, status int) {
		t.Helper()
		for protocol, client := range clients {
			if got, _ := ask(t, g, client, protocol); got != status {
				t.Errorf("%s, by %s: %d, want %d", when, protocol, got, status)
			}
		}
	}
	want("while it is good", doomed, 200)
	want("another one", lasting, 200)
	want("without one", clientsOf(t, roots, nil), 0)
	want("of another authority", clientsOf(t, roots, newAuthority(t, "clients").client("shop")), 0)
	want("that has expired", clientsOf(t, roots, a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "shop"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, span{-time.Hour, -time.Minute})), 0)
	want("for servers", clientsOf(t, roots, a.issue(&x509.Certificate{Subject: pkix.Name{CommonName: "shop"}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, valid)), 0)

	g.replace("clients.crl", a.crl(valid, revoked))
	g.await("reloaded")
	want("revoked, on the connection that stands", doomed, 401)
	want("revoked, on a new one", clientsOf(t, roots, revoked), 0)
	for protocol, client := range lasting {
		if status, reused := ask(t, g, client, protocol); status != 200 || !reused && protocol != "HTTP/3.0" {
			t.Errorf("the reload touched others, by %s: %d, on the same connection %v", protocol, status, reused)
		}
	}

	g.replace("clients.crl", a.crl(span{-time.Hour, -time.Minute}))
	if line := g.await("reload refused"); !strings.Contains(line["error"].(string), "was to be renewed on") {
		t.Error(line)
	}
	want("with a list that was refused", doomed, 401)
	want("with a list that was refused, another one", lasting, 200)

	other := newAuthority(t, "others")
	g.replace("clients.pem", other.pem())
	g.replace("clients.crl", other.crl(valid))
	g.await("reloaded")
	want("of an authority that has gone", lasting, 401)
	want("of one that has come", clientsOf(t, roots, other.client("shop")), 200)
}

// TestClientCertificatesOfResumedSessions: a ticket holds what was verified when
// the session began, and must not stand in for what counts now.
func TestClientCertificatesOfResumedSessions(t *testing.T) {
	for name, version := range map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t, "clients")
			g, roots := secured(t, a, verified)
			shown := a.client("shop")
			config := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{*shown}, MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(1)}
			status := func() (code int, resumed bool) {
				c, err := tls.Dial("tcp", strings.TrimPrefix(g.api(), "https://"), config)
				if err != nil {
					return 0, false
				}
				defer c.Close()
				io.WriteString(c, "GET /items HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
				r, err := http.ReadResponse(bufio.NewReader(c), nil)
				if err != nil {
					return 0, c.ConnectionState().DidResume
				}
				_, _ = io.Copy(io.Discard, r.Body)
				return r.StatusCode, c.ConnectionState().DidResume
			}
			if code, _ := status(); code != 200 {
				t.Fatalf("%d", code)
			}
			if code, resumed := status(); code != 200 || !resumed {
				t.Fatalf("%d, resumed %v: nothing is tested", code, resumed)
			}
			g.replace("clients.crl", a.crl(valid, shown))
			g.await("reloaded")
			if code, resumed := status(); code != 0 {
				t.Errorf("revoked: %d, resumed %v", code, resumed)
			}
		})
	}
}

func TestClientCertificatesThatNobodyVerifies(t *testing.T) {
	a := newAuthority(t, "clients")
	backend, _ := newBackend(t)
	f := newFolder(t)
	roots := x509.NewCertPool()
	roots.AddCert(f.certificate("leaf", valid))
	f.write("shop.yaml", strings.Replace(securedShop, "type: mutualTLS", "type: mutualTLS, description: of the backend", 1))
	f.write("sallyport.yaml", settings(backend, "listen: [{address: '127.0.0.1:0', http3: true, tls: {certificate: leaf.pem, key: leaf.key, client_certificates: any}}]\n",
		"    identify: {mtls: {unchecked: true}}\n"))
	g := start(f)
	self := (&authority{t: t}).issue(&x509.Certificate{Subject: pkix.Name{CommonName: "self"}}, valid)
	for _, shown := range []*tls.Certificate{self, a.client("shop")} {
		for protocol, client := range clientsOf(t, roots, shown) {
			if status, _ := ask(t, g, client, protocol); status != 200 {
				t.Errorf("%s by %s: %d", shown.Leaf.Subject, protocol, status)
			}
		}
	}
	for protocol, client := range clientsOf(t, roots, nil) {
		if status, _ := ask(t, g, client, protocol); status != 401 {
			t.Errorf("without one by %s: %d", protocol, status)
		}
	}
}

func TestClientCertificateMistakes(t *testing.T) {
	backend, _ := newBackend(t)
	a, other := newAuthority(t, "clients"), newAuthority(t, "others")
	for name, c := range map[string]struct{ ca, crl, more, want string }{
		"no_authority":             {"nothing", a.crl(valid), "", "it holds no certificate in PEM"},
		"a_client_as_authority":    {string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.client("shop").Certificate[0]})), a.crl(valid), "", "is not that of an authority"},
		"no_list":                  {a.pem(), "nothing", "", "it is no revocation list"},
		"a_list_of_somebody_else":  {a.pem(), other.crl(valid), "", "no revocation list is signed by the authority CN=clients"},
		"one_authority_without":    {a.pem() + other.pem(), a.crl(valid), "", "no revocation list is signed by the authority CN=others"},
		"a_stale_list":             {a.pem(), a.crl(span{-2 * time.Hour, -time.Hour}), "", "was to be renewed on"},
		"a_list_of_the_future":     {a.pem(), a.crl(span{time.Hour, 2 * time.Hour}), "", "is not valid before"},
		"a_stale_list_is_accepted": {a.pem(), a.crl(span{-2 * time.Hour, -time.Hour}), ", accept_stale_crl: true", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t)
			f.certificate("leaf", valid)
			f.write("clients.pem", c.ca)
			f.write("clients.crl", c.crl)
			f.write("shop.yaml", shop("/items"))
			f.write("sallyport.yaml", settings(backend, "listen: [{address: '127.0.0.1:0', tls: {certificate: leaf.pem, key: leaf.key, "+verified+c.more+"}}]\n", ""))
			if c.want == "" {
				start(f)
				return
			}
			if text := refusal(f); !strings.Contains(text, "sallyport.yaml:1:") || !strings.Contains(text, c.want) {
				t.Error(text)
			}
		})
	}
}
