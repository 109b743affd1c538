package serve_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// span is when a certificate is valid.
type span struct{ from, to time.Duration }

// valid is now.
var valid = span{-time.Hour, time.Hour}

// certificate writes a certificate for 127.0.0.1 that signs itself, as
// NAME.pem and NAME.key.
func (f *folder) certificate(name string, s span) *x509.Certificate {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(s.from), NotAfter: time.Now().Add(s.to), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}, &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}}, &key.PublicKey, key)
	if err != nil {
		f.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		f.t.Fatal(err)
	}
	f.replace(name+".key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	f.replace(name+".pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		f.t.Fatal(err)
	}
	return leaf
}

const overTLS = "listen: [{address: '127.0.0.1:0', tls: {certificate: leaf.pem, key: leaf.key}}]\n"

func TestTLS(t *testing.T) {
	backend, _ := newBackend(t)
	f := newFolder(t)
	leaf := f.certificate("leaf", valid)
	f.write("shop.yaml", shop("/items"))
	f.write("sallyport.yaml", settings(backend, overTLS, ""))
	g := start(f)
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	address := strings.TrimPrefix(g.api(), "https://")

	for name, c := range map[string]struct {
		client *tls.Config
		want   uint16 // the version agreed on; 0 for a refusal
	}{
		"1.1_is_refused":                         {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, 0},
		"1.2_with_forward_secrecy_is_taken":      {&tls.Config{MaxVersion: tls.VersionTLS12}, tls.VersionTLS12},
		"1.2_with_CBC_is_refused":                {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}}, 0},
		"1.2_without_forward_secrecy_is_refused": {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}}, 0},
		"1.3_is_taken":                           {&tls.Config{}, tls.VersionTLS13},
	} {
		t.Run(name, func(t *testing.T) {
			c.client.RootCAs = roots
			connection, err := tls.Dial("tcp", address, c.client)
			if err != nil {
				if c.want != 0 {
					t.Error(err)
				}
				return
			}
			defer connection.Close()
			if got := connection.ConnectionState().Version; got != c.want {
				t.Errorf("agreed on %x, want %x", got, c.want)
			}
		})
	}
	for _, protocol := range []string{"h2", "http/1.1"} {
		t.Run("an_answer_by_"+strings.Replace(protocol, "/", "_", 1), func(t *testing.T) {
			client := clientOf(roots, protocol == "h2")
			for path, want := range map[string]int{"/items": 200, "/other": 404, "/a/%2e%2e/items": 400} {
				r, err := client.Get(g.api() + path)
				if err != nil {
					t.Fatal(err)
				}
				text, _ := io.ReadAll(r.Body)
				r.Body.Close()
				if r.StatusCode != want || (r.ProtoMajor == 2) != (protocol == "h2") {
					t.Errorf("%s: %s %d, want %d\n%s", path, r.Proto, r.StatusCode, want, text)
				}
				if r.Header.Get("Strict-Transport-Security") == "" {
					t.Errorf("%s: no Strict-Transport-Security", path)
				}
				if want != 200 && r.Header.Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s: the refusal is no problem document: %s", path, text)
				}
			}
		})
	}
	t.Run("plain_HTTP_on_its_port_gets_no_answer_of_the_API", func(t *testing.T) {
		if status, body := g.get("http://" + address + "/items"); status != 400 {
			t.Errorf("%d %q", status, body)
		}
	})
	t.Run("min_version_1.3_refuses_1.2", func(t *testing.T) {
		f := newFolder(t)
		f.certificate("leaf", valid)
		f.write("shop.yaml", shop("/items"))
		f.write("sallyport.yaml", settings(backend, strings.Replace(overTLS, "leaf.key", "leaf.key, min_version: '1.3'", 1), ""))
		g := start(f)
		if c, err := tls.Dial("tcp", strings.TrimPrefix(g.api(), "https://"), &tls.Config{MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true}); err == nil {
			c.Close()
			t.Error("1.2 was taken")
		}
	})
}

func clientOf(roots *x509.CertPool, http2 bool) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: http2, DisableKeepAlives: true}}
}

// shown is the certificate that the gateway shows.
func (g *gateway) shown() *x509.Certificate {
	g.t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(g.api(), "https://"), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		g.t.Fatal(err)
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0]
}

func TestCertificate(t *testing.T) {
	backend, _ := newBackend(t)
	served := func(t *testing.T, s span) (*folder, *x509.Certificate) {
		f := newFolder(t)
		leaf := f.certificate("leaf", s)
		f.write("shop.yaml", shop("/items"))
		f.write("sallyport.yaml", settings(backend, overTLS, ""))
		return f, leaf
	}

	t.Run("one_that_has_expired_is_refused_at_the_start", func(t *testing.T) {
		f, _ := served(t, span{-2 * time.Hour, -time.Hour})
		if text := refusal(f); !strings.Contains(text, "sallyport.yaml:1:") || !strings.Contains(text, "has expired on "+time.Now().Add(-time.Hour).UTC().Format(time.DateOnly)) {
			t.Error(text)
		}
	})
	t.Run("one_that_is_not_valid_yet_is_refused_at_the_start", func(t *testing.T) {
		f, _ := served(t, span{time.Hour, 2 * time.Hour})
		if text := refusal(f); !strings.Contains(text, "is not valid before") {
			t.Error(text)
		}
	})
	t.Run("one_with_the_key_of_another_is_refused_at_the_start", func(t *testing.T) {
		f, _ := served(t, valid)
		f.certificate("other", valid)
		f.write("sallyport.yaml", settings(backend, strings.Replace(overTLS, "leaf.key", "other.key", 1), ""))
		if text := refusal(f); !strings.Contains(text, "sallyport.yaml:1:") || !strings.Contains(text, "private key does not match") {
			t.Error(text)
		}
	})
	t.Run("a_new_one_is_shown_once_its_files_have_changed", func(t *testing.T) {
		f, old := served(t, valid)
		g := start(f)
		if !g.shown().Equal(old) {
			t.Fatal("another one is shown")
		}
		renewed := f.certificate("leaf", valid)
		g.await("reloaded")
		if !g.shown().Equal(renewed) {
			t.Error("the old one is still shown")
		}
	})
	t.Run("one_that_has_expired_leaves_the_old_one", func(t *testing.T) {
		f, old := served(t, valid)
		g := start(f)
		f.certificate("leaf", span{-2 * time.Hour, -time.Hour})
		for line := g.await("reload refused"); !strings.Contains(line["error"].(string), "has expired on"); {
			line = g.await("reload refused") // the first of the two files was there before the second
		}
		if !g.shown().Equal(old) {
			t.Error("the one that has expired is shown")
		}
	})
	t.Run("a_new_one_waits_for_a_plan_that_can_be_used", func(t *testing.T) {
		f, old := served(t, valid)
		g := start(f)
		f.write("shop.yaml", "no document")
		g.await("reload refused")
		f.certificate("leaf", valid)
		g.await("reload refused")
		if !g.shown().Equal(old) {
			t.Error("half of what was refused is in place")
		}
	})
	t.Run("files_that_are_gone_leave_the_old_one", func(t *testing.T) {
		f, old := served(t, valid)
		g := start(f)
		if err := os.Remove(f.path("leaf.pem")); err != nil {
			t.Fatal(err)
		}
		g.await("reload refused")
		if !g.shown().Equal(old) {
			t.Error("another one is shown")
		}
	})
}
